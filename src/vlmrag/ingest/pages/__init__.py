"""From the pages of a PDF to its text: columns, paragraphs, headings, captions, references, marks."""
