"""From files to documents, papers, sentences and chunks."""
