"""The encoders behind the seam `index/encoder.py`: MiniLM of our own, and any model of sentence-transformers."""
