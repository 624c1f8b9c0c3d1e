"""How good the answers and the retrieval are, in figures: over a gold set of questions, or a BEIR collection."""
