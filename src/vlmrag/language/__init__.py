"""Scripts, words and the field's glossary: what matching reads, never what people are shown."""
