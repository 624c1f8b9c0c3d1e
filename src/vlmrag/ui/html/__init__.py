"""What the page shows, as HTML that is safe: text from notes and PDFs stays text."""
