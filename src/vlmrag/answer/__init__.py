"""From a question and the library to a cited answer."""
