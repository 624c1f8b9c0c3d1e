"""What the page needs of an Assistant, and no more: any object with these methods can be put behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vlmrag.reports import Status
from vlmrag.search.reading import Context, PageImage
from vlmrag.types import Answer, Citation, Paper, Turn


class Library(Protocol):
    """A library that answers. The page calls it from worker threads, one call at a time."""

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question, `history` being the conversation so far, oldest first."""
        ...

    def read_context(self, citation: Citation, around: int = 600) -> Context:
        """Return the quote with about `around` characters on either side."""
        ...

    def render_page(self, source: str, number: int) -> PageImage:
        """Return a page of a PDF, from 1."""
        ...

    def read_pdf(self, sha256: str) -> tuple[str, bytes]:
        """Return path and bytes of the PDF with this hash; called from any thread."""
        ...

    def papers(self) -> list[Paper]:
        """Return the papers known."""
        ...

    def status(self) -> Status:
        """Return the state of the library."""
        ...
