"""What a run tells: files that were skipped, what an ingest did, the state of a library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class FigureCount:
    """How many figures a library has, and how many of them can be found by what they show."""

    figures: int = 0
    pictured: int = 0
    """Whose picture a model has seen."""
    model: str = ""

    def describe(self) -> str:
        """Return the same in a line, which says how to have pictures searched where they are not."""
        if not self.pictured:
            how = "hf download sentence-transformers/clip-ViT-B-32, then vlmrag ingest"
            return f"{self.figures}, found by their words alone; to find them by what they show: {how}"
        return f"{self.figures}, {self.pictured} of them found by what they show as well ({self.model})"


@dataclass(frozen=True, slots=True)
class DenseSearch:
    """How the passages nearest in meaning are found."""

    recall: float = 1.0
    """Share of the ten nearest that are found: 1 where every passage is compared, else as it was measured."""
    lists: int = 0
    """That the passages are in; 0 where every passage is compared."""
    probed: int = 0
    """Lists that a search reads."""

    def describe(self) -> str:
        """Return the same in a line."""
        if not self.lists:
            return "exact: every passage is compared"
        return f"{self.probed} of {self.lists} lists are read; {self.recall:.1%} of the ten nearest found, as measured"


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did."""

    files: int
    """Files in the library now."""
    read: int
    """Files that were new or changed."""
    unchanged: int
    gone: int
    documents: int
    papers: int
    sentences: int
    chunks: int
    embedded: int
    """Chunks whose vector had to be computed."""
    skipped: tuple[Skipped, ...]
    index: str
    """Fingerprint of the index, `sha256:...`."""
    seconds: float
    pictures: int = 0
    """Figures that the model of pictures looked at for the first time."""
    remarks: tuple[Skipped, ...] = ()
    """What of the files that were read could not be: "page 3 has no text; skipped"."""


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a library."""

    home: str
    index: str
    """The folder of the index."""
    fingerprint: str
    """`sha256:...`: the same library read by the same rules has the same."""
    version: int
    """Of the index's format."""
    generation: int
    """How many times the index was changed."""
    encoder: str
    dimension: int
    files: int
    documents: int
    papers: int
    sentences: int
    chunks: int
    bytes: int
    """On disk."""
    stale: tuple[str, ...]
    """Sources whose file changed or went since they were read."""
    figures: FigureCount = FigureCount()
    dense: DenseSearch = DenseSearch()
    attributes_stored: bool = True
    """Whether what papers state was read by the rules of today; else it is read anew by every command that asks."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A paper that was fetched."""

    id: str
    """arXiv id with its version."""
    title: str
    file: str
    """Where its PDF lies, as shown to people."""
    bytes: int
    pages: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A paper that could not be fetched, and why."""

    id: str
    """arXiv id, or the words that were to name a paper."""
    why: str


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch did, or, on a dry run, would do."""

    fetched: tuple[Fetched, ...]
    present: tuple[str, ...]
    """arXiv ids, with their versions, of papers that were there."""
    planned: tuple[str, ...]
    """arXiv ids that a dry run would ask for; else empty."""
    missed: tuple[Missed, ...]
    folder: str
    """Where papers and records lie, as shown to people."""
    seconds: float
