"""From chunks to one folder on disk that can be searched."""
