"""From files to an index that is up to date: read what changed, let go of what went, commit once.

A file is unchanged while its size and time of change are; else its content decides. Nothing of the old library is
touched before the one commit at the end.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.index.encoder import Encoder
from vlmrag.index.index import Index, IndexWriter
from vlmrag.ingest.papers import merge_papers
from vlmrag.ingest.reader import ReadingRules, list_files, read_file
from vlmrag.language.glossary import Glossary
from vlmrag.types import Progress, Report, Skipped

Known = Mapping[str, tuple[int, int, str]]
"""Size, time of change in ns and sha256 of the sources that the index holds, by path."""
PLACES = "places.txt"
"""In the index's folder: the paths that were given to `ingest`, one a line."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes files into one index."""

    home: Path
    folder: Path
    """Of the index."""
    encoder: Encoder
    glossary: Glossary
    limit: int
    """Longest chunk in word pieces."""
    overlap: int

    def take_in(self, paths: Sequence[Path], *, rebuild: bool = False, progress: Progress | None = None) -> Report:
        """Read `paths`, or without any the default folders and every path given before; return what was done."""
        started = time.perf_counter()
        rules = self._make_rules()
        given = [p.expanduser() for p in paths]
        places = self._recall_places()
        files, skipped = list_files(given or [p for p in (*self._default_places(), *places) if p.exists()])
        with IndexWriter(self.folder, self.encoder, {"reader": rules.fingerprint}, rebuild=rebuild) as writer:
            known = writer.known()
            if writer.outdated:
                again = (locate(source, self.home) for source in known)
                files = list(dict.fromkeys([*files, *(file for file in again if file.exists())]))
            read, failed = self._take_files(files, known, rules, writer, progress)
            gone = self._let_go(writer, known, {self._show(p) for p in files}, {s.path for s in failed})
            committed = writer.commit(merge_papers, progress)
            self._remember_places([*places, *(p.resolve() for p in given if p.exists())])
        return Report(
            files=committed.sources,
            read=read,
            unchanged=len(files) - read - len(failed),
            gone=gone,
            documents=committed.documents,
            papers=committed.papers,
            sentences=committed.sentences,
            chunks=committed.chunks,
            embedded=committed.embedded,
            skipped=(*skipped, *failed),
            index=committed.fingerprint,
            seconds=time.perf_counter() - started,
        )

    def _make_rules(self) -> ReadingRules:
        special = self.encoder.count_pieces("")
        return ReadingRules(
            count_pieces=lambda text: self.encoder.count_pieces(text) - special,
            glossary=self.glossary,
            limit=self.limit,
            overlap=self.overlap,
        )

    def _take_files(
        self, files: Sequence[Path], known: Known, rules: ReadingRules, writer: IndexWriter, progress: Progress | None
    ) -> tuple[int, list[Skipped]]:
        """Put the files that changed into the writer; return how many, and those that cannot be read."""
        read, failed = 0, []
        for done, path in enumerate(files, start=1):
            try:
                read += self._take_file(path, known, rules, writer)
            except SourceError as error:
                failed.append(Skipped(error.path, error.why))
            if progress:
                progress("reading", done, len(files))
        return read, failed

    def _take_file(self, path: Path, known: Known, rules: ReadingRules, writer: IndexWriter) -> bool:
        """Put one file into the writer if it changed; return whether it did."""
        shown, stat = self._show(path), path.stat()
        before = known.get(shown)
        if before and before[:2] == (stat.st_size, stat.st_mtime_ns):
            return False
        if before and before[2] == hashlib.sha256(path.read_bytes()).hexdigest():
            writer.touch(shown, stat.st_mtime_ns, stat.st_size)
            return False
        writer.put(read_file(path, shown, rules))
        return True

    def _let_go(self, writer: IndexWriter, known: Iterable[str], here: set[str], failed: set[str]) -> int:
        """Remove the sources whose file has gone, or can no longer be read; return how many."""
        gone = [s for s in known if s in failed or (s not in here and not locate(s, self.home).exists())]
        for source in gone:
            writer.remove(source)
        return len(gone)

    def _show(self, path: Path) -> str:
        """A path as people are shown it: below the home folder without it, with forward slashes."""
        full = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays a link
        return (full.relative_to(self.home) if full.is_relative_to(self.home) else full).as_posix()

    def _default_places(self) -> list[Path]:
        return [self.home / "data" / "notes", self.home / "data" / "pdfs"]

    def _recall_places(self) -> list[Path]:
        file = self.folder / PLACES
        return [Path(line) for line in file.read_text("utf-8").splitlines() if line] if file.exists() else []

    def _remember_places(self, places: Iterable[Path]) -> None:
        known = {str(p): None for p in places if p not in self._default_places()}
        (self.folder / PLACES).write_text("".join(f"{p}\n" for p in known), "utf-8")


def locate(source: str, home: Path) -> Path:
    """The file of a source as it is shown."""
    return Path(source) if Path(source).is_absolute() else home / source


def find_stale(index: Index, home: Path) -> list[str]:
    """Return the sources whose file was changed or went since it was read, in the order of the library."""
    stale = []
    for source in index.sources():
        file = locate(source.path, home)
        try:
            stat = file.stat()
        except OSError:
            stale.append(source.path)
            continue
        same = (stat.st_size, stat.st_mtime_ns) == (source.size, source.mtime_ns)
        if not same and hashlib.sha256(file.read_bytes()).hexdigest() != source.sha256:
            stale.append(source.path)
    return stale
