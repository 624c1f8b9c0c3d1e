"""What can be done to the library at the page, each as a job for the `Workshop`; None where nothing was given."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.ingest.arxiv import ArxivId
from vlmrag.reports import Report, Skipped
from vlmrag.types import Progress
from vlmrag.ui.library import Library
from vlmrag.ui.uploads import keep_upload
from vlmrag.ui.work import Outcome

Job = Callable[[Progress], Outcome]


def take_uploads(library: Library, files: Sequence[str] | None, replace: bool) -> Job | None:
    """Keep files that came through the browser in the home's own folders, and read them.

    A file that cannot be read is told of and not kept, unless it took the place of another.
    """
    if not files:
        return None

    def work(progress: Progress) -> Outcome:
        home = library.config.home
        saved: list[str] = []
        new: set[str] = set()
        refused: list[Skipped] = []
        for file in map(Path, files):
            try:
                shown, kept = keep_upload(file, file.name, home, replace=replace)
            except SourceError as error:
                refused.append(Skipped(error.path, error.why))
                continue
            saved.append(shown)
            if kept == "new":
                new.add(shown)
        report = library.ingest(progress=progress) if saved else None
        for path in new & _list_skipped(report):
            (home / path).unlink(missing_ok=True)
        return Outcome(report=report, saved=tuple(saved), refused=tuple(refused))

    return work


def _list_skipped(report: Report | None) -> set[str]:
    return {skipped.path for skipped in report.skipped} if report else set()


def take_paths(library: Library, text: str) -> Job | None:
    """Read the files and folders of this machine that are named, one a line."""
    paths = [line.strip().strip("\"'") for line in text.splitlines() if line.strip()]
    return (lambda progress: Outcome(report=library.ingest(paths, progress=progress))) if paths else None


def take_changes(library: Library) -> Job:
    """Read what changed in the home's own folders and in those that were given before."""
    return lambda progress: Outcome(report=library.ingest(progress=progress))


def fetch_papers(library: Library, text: str) -> Job | None:
    """Fetch the papers that are named from arXiv, then read them: the one job that opens a connection."""
    ids = split_ids(text)
    if not ids:
        return None

    def work(progress: Progress) -> Outcome:
        fetched = library.fetch(ids, progress=progress)
        report = library.ingest(progress=progress) if fetched.fetched else None
        return Outcome(report=report, fetched=fetched)

    return work


def split_ids(text: str) -> list[str]:
    """Return the ids and names that a line holds: parted by commas or lines, ids by blanks too."""
    found: list[str] = []
    for part in filter(None, map(str.strip, re.split(r"[\n,;，；、]", text))):
        words = part.split()
        found += words if all(ArxivId.parse(word) for word in words) else [part]
    return found
