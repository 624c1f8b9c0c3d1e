"""What the figures of a library show: the models that look at them, and the vectors that are kept."""
