"""The server of the page: who may come in, and what it hands out besides the page."""
