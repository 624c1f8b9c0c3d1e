"""A model may write an answer, under proof: it words what the evidence says, and every sentence is held against it."""
