"""A model may read where the rules are unsure, under proof: what it says counts only where a sentence bears it out."""
