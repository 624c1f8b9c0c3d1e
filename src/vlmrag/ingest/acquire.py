"""Ids become papers in a folder: what is there stays, what is missing is asked for, and each failure is told by its id.

The folder alone remembers. A PDF that has its name is whole, one that is coming is a hidden part, so that a run that
was killed is simply run again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vlmrag.errors import FetchError, SourceError
from vlmrag.ingest.arxiv import BATCH, ArxivId, FeedError, Metadata, make_pdf_path, make_query, pick, read_feed
from vlmrag.ingest.arxiv_record import keep_record, load_record
from vlmrag.ingest.connection import BrokenExchange, Reply
from vlmrag.ingest.download import Answer, GrowingPdf, clear_leftovers, is_whole
from vlmrag.ingest.fetching import Client
from vlmrag.ingest.names import PaperNames
from vlmrag.reports import Fetched, Missed
from vlmrag.types import Progress

MOST_BYTES = 200_000_000
"""Size of a PDF from which on it is not fetched, unless a larger one is allowed."""
_LONGEST_FEED = 50_000_000
"""A paper of a large collaboration has three thousand authors."""


class _FeedAnswer(Answer):
    """An answer of the API: one that is cut or mangled is asked for again."""

    def __init__(self) -> None:
        super().__init__(_LONGEST_FEED)
        self.found: list[Metadata] = []

    def take(self, reply: Reply) -> None:
        super().take(reply)
        try:
            self.found = read_feed(self.data)
        except FeedError as error:
            if error.asked:
                raise FetchError(str(error), 400) from error
            raise BrokenExchange(str(error)) from error


@dataclass
class Acquisition:
    """One run: fetches papers into a folder, one after the other."""

    folder: Path
    shown: str
    """The folder as people are shown it."""
    client: Client
    limit: int = MOST_BYTES
    """Bytes of the largest PDF that is fetched."""
    progress: Progress | None = None
    fetched: list[Fetched] = field(default_factory=list)
    present: list[ArxivId] = field(default_factory=list)
    """What turned out to be there already."""
    missed: list[Missed] = field(default_factory=list)

    def run(self, ids: Sequence[ArxivId]) -> None:
        """Fetch the newest version of each paper, or the version that its id names.

        What became of each is in `fetched`, `present` or `missed`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        clear_leftovers(self.folder)
        wanted: list[Metadata] = []
        for start in range(0, len(ids), BATCH):
            wanted += self._ask(ids[start : start + BATCH])
            self._report("asking", min(start + BATCH, len(ids)), len(ids))
        for done, metadata in enumerate(wanted, start=1):
            try:
                self._fetch(metadata)
            except FetchError as error:
                self._miss(metadata.id, str(error))
            self._report("fetching", done, len(wanted))

    def _ask(self, ids: Sequence[ArxivId]) -> Iterator[Metadata]:
        """Yield what arXiv says of papers, kept on the disk; of an id that spoils the question, the others."""
        answer = _FeedAnswer()
        try:
            self.client.get(make_query(ids), answer)
        except FetchError as error:
            if error.status == 400 and len(ids) > 1:
                half = len(ids) // 2
                yield from self._ask(ids[:half])
                yield from self._ask(ids[half:])
                return
            for ident in ids:
                self._miss(ident, f"its metadata cannot be had: {error}")
            return
        for ident in ids:
            metadata = pick(ident, answer.found)
            if metadata is None:
                self._miss(ident, "arXiv knows no such paper")
                continue
            keep_record(self.folder, metadata)
            if metadata.withdrawn:
                self._miss(metadata.id, f"withdrawn by its authors{_name_former(metadata.id)}")
            else:
                yield metadata

    def _fetch(self, metadata: Metadata) -> None:
        path = self.folder / f"{metadata.id.stem}.pdf"
        if is_whole(path):
            self.present.append(metadata.id)
            return
        growing = GrowingPdf(path, self.limit, _count_pages)
        self.client.get(make_pdf_path(metadata.id), growing)
        file = f"{self.shown}/{path.name}"
        self.fetched.append(Fetched(str(metadata.id), metadata.title, file, growing.size, growing.pages))

    def _miss(self, ident: ArxivId, why: str) -> None:
        self.missed.append(Missed(str(ident), why))

    def _report(self, stage: str, done: int, total: int) -> None:
        if self.progress:
            self.progress(stage, done, total)


def read_ids(words: Iterable[str], find_names: Callable[[], PaperNames]) -> tuple[list[ArxivId], list[Missed]]:
    """Return the papers that words name, by an id in any form or as the library calls them, and the words that do not.

    The library is asked only for words that are no id.
    """
    ids: dict[ArxivId, None] = {}
    missed = []
    for each in words:
        if ident := ArxivId.parse(each):
            ids[ident] = None
            continue
        named = {p.id: p for p, start, end in find_names().find(each) if each[start:end] == each.strip()}
        ident = ArxivId.parse(next(iter(named.values())).arxiv or "") if len(named) == 1 else None
        if ident:
            ids[ident] = None
        else:
            why = "the library has no arXiv id for it" if named else "neither an arXiv id nor a paper of the library"
            missed.append(Missed(each, why))
    return list(ids), missed


def split_present(folder: Path, ids: Iterable[ArxivId]) -> tuple[list[ArxivId], list[ArxivId]]:
    """Return the papers that lie in a folder with PDF and record, and those that do not.

    For an id without a version, any will do that is no older than the record. What a reader wrote into a PDF is no
    fault of it.
    """
    present: list[ArxivId] = []
    missing: list[ArxivId] = []
    for ident in ids:
        held = load_record(folder, ident)
        newest = ident.version or max(find_versions(folder, ident), default=0)
        told = held.id.version or 0 if held and not (held.withdrawn or ident.version) else 0
        there = held is not None and newest >= max(told, 1) and is_whole(_locate(folder, ident.number, newest))
        (present if there else missing).append(ArxivId(ident.number, newest) if there else ident)
    return present, missing


def find_versions(folder: Path, ident: ArxivId) -> dict[int, Path]:
    """Return the PDFs of a paper by version, oldest first."""
    stem = re.escape(ArxivId(ident.number).stem)
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    found = [int(match[1]) for name in names if (match := re.fullmatch(rf"{stem}v(\d+)\.pdf", name))]
    return {version: _locate(folder, ident.number, version) for version in sorted(found)}


def _count_pages(path: Path) -> int:
    """Open a PDF and count its pages; raises FetchError for one that cannot be opened."""
    from vlmrag.ingest.pdf import count_pages

    try:
        return count_pages(path)
    except SourceError as error:
        raise FetchError(f"what came {error.why}") from error


def _locate(folder: Path, number: str, version: int) -> Path:
    return folder / f"{ArxivId(number, version).stem}.pdf"


def _name_former(ident: ArxivId) -> str:
    before = (ident.version or 1) - 1
    return f"; an earlier version may still be had: vlmrag fetch {ArxivId(ident.number, before)}" if before else ""
