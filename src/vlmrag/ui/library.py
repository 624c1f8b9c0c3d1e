"""What the page needs of an Assistant, and no more: any object with these methods can be put behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vlmrag.config import Config
from vlmrag.reports import FetchReport, Report, Status
from vlmrag.search.reading import Context, PageImage
from vlmrag.types import Answer, Citation, Figure, Filters, Paper, Progress, Turn

if TYPE_CHECKING:
    from vlmrag.answer.generator import Generator
    from vlmrag.answer.profile import Profile
    from vlmrag.answer.similar import SimilarPaper
    from vlmrag.answer.table import Row
    from vlmrag.answer.writing.local import LocalModel
    from vlmrag.ingest.findings import Finding


class Library(Protocol):
    """A library that answers. The page calls it from several threads at a time."""

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        """Yield the answer to a question, and again whenever more of it is written; each is whole.

        `history` is the conversation so far, oldest first; `filters` are what it is put to.
        """
        ...

    def word(
        self, answer: Answer, generator: Generator, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        """Yield a quoted answer again, better with each thing that a generator reads or writes for it."""
        ...

    def open_generator(
        self, address: str | None = None, *, allow_remote: bool = False, tell: Callable[[str], None] = ...
    ) -> Generator | None:
        """Return the model at an address, to which no connection is opened yet."""
        ...

    def list_local_models(self) -> list[LocalModel]:
        """Ask this machine's servers which models they offer: the page's one connection for its choice of a model."""
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

    def read_note(self, sha256: str) -> tuple[str, str]:
        """Return path and text of the note with this hash; called from any thread."""
        ...

    def papers(self) -> list[Paper]:
        """Return the papers known."""
        ...

    def status(self) -> Status:
        """Return the state of the library."""
        ...

    @property
    def config(self) -> Config:
        """Where the library lies."""
        ...

    def profile(self, name: str) -> Profile:
        """Return all that the library has of a paper."""
        ...

    def similar(self, like: str, k: int = 10, *, lang: str = "en") -> list[SimilarPaper]:
        """Return the papers most like one, each with its reasons in a language."""
        ...

    def table(self, columns: Sequence[str], *, papers: Sequence[str] | None = None) -> list[Row]:
        """Return papers with what they state in columns."""
        ...

    def map_papers(self) -> list[tuple[Paper, float, float]]:
        """Return each paper with its place on a map."""
        ...

    def check(self) -> list[Finding]:
        """Return what is probably wrong in the notes."""
        ...

    def crop_figure(self, figure: Figure) -> bytes:
        """Return a figure as PNG."""
        ...

    def ingest(self, paths: Iterable[str | Path] = (), *, progress: Progress | None = None) -> Report:
        """Read files and folders; called from a thread of its own."""
        ...

    def fetch(self, ids: Iterable[str] = (), *, progress: Progress | None = None) -> FetchReport:
        """Download papers from arXiv; called from a thread of its own."""
        ...
