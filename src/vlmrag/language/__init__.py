"""Scripts, words and the field's glossary: what matching reads, never what people are shown.

`fold` brings a text to one script, `words` finds its words and sentences, `glossary` says which words mean the same;
`patterns` lets regular expressions wait until they are needed.
"""
