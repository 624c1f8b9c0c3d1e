"""From the pages of a PDF to its text: columns, paragraphs, headings, captions, tables, references, a reader's marks."""
