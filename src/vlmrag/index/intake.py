"""From files to an index that is up to date: read what changed, let go of what went, commit once.

A file is unchanged while its size and time of change are; else its content decides. Nothing of the old library is
touched before the one commit at the end.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.index.attribute_rows import AttributeRules
from vlmrag.index.encoder import Encoder, load_encoder
from vlmrag.index.figures.model import PictureEncoder
from vlmrag.index.figures.showing import show_figures
from vlmrag.index.files import replace_file
from vlmrag.index.index import Index, IndexWriter
from vlmrag.index.store import Library
from vlmrag.ingest.arxiv import find_superseded
from vlmrag.ingest.illustrations import has_changed
from vlmrag.ingest.papers import merge_papers
from vlmrag.ingest.reader import ReadingRules, list_files
from vlmrag.ingest.workers import MakeRules, Readers, Unread, read_safely
from vlmrag.language.glossary import Glossary
from vlmrag.reports import Report, Skipped
from vlmrag.types import Figure, Progress, Reading

Known = Mapping[str, tuple[int, int, str]]
"""Size, time of change in ns and sha256 of the sources that the index holds, by path."""
CROWD = 48
"""Notes from which on starting processes to read them pays: half a second each."""
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
    make_rules: Callable[[Index], AttributeRules] | None = None
    """Gives the rules by which the attributes of a library's papers are read; without, none are kept."""
    find_pictures: Callable[[], PictureEncoder | None] = lambda: None
    """Returns the model that looks at figures, None where there is none; asked where there are figures."""

    def take_in(self, paths: Sequence[Path], *, rebuild: bool = False, progress: Progress | None = None) -> Report:
        """Read `paths`, or without any the default folders and every path given before; return what was done."""
        started = time.perf_counter()
        given = [Path(os.path.expanduser(p)) for p in paths]  # noqa: PTH111 - pathlib's raises for an unknown user
        places = self._recall_places()
        rules = self._recipe(find_roots([*self._default_places(), *places, *given]))()
        files, skipped = list_files(given or [p for p in (*self._default_places(), *places) if not is_gone(p)])
        with self._make_writer(rules, rebuild) as writer:
            known = writer.known()
            if writer.outdated:
                again = (locate(source, self.home) for source in known)
                files = list(dict.fromkeys([*files, *(file for file in again if not is_gone(file))]))
            read, failed, shut, remarks = self._take_files(files, known, rules, writer, progress)
            unfit = {s.path for s in failed}
            failed += shut
            gone = self._let_go(writer, known, {self._show(p) for p in files} - {s.path for s in shut}, unfit)
            committed = writer.commit(merge_papers, progress)
            unread = {s.path for s in (*skipped, *failed)}
            kept = (p for p in given if not unread & {str(p), self._show(p)})
            self._remember_places([*places, *(p.resolve() for p in kept)])
            pictures, unseen = self._look(writer, rebuild, progress)
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
            pictures=pictures,
            remarks=(*remarks, *unseen),
        )

    def _make_writer(self, rules: ReadingRules, rebuild: bool) -> IndexWriter:
        return IndexWriter(
            self.folder,
            self.encoder,
            {"reader": rules.fingerprint},
            rebuild=rebuild,
            put_into_english=self.glossary.put_into_english,
            make_rules=self._open_rules if self.make_rules else None,
        )

    def _open_rules(self, library: Library) -> AttributeRules:
        """The rules for a library that is being written, which they read as it will be."""
        assert self.make_rules is not None
        return self.make_rules(Index(self.folder, self.encoder, library, library.read_meta()))

    def _recipe(self, roots: tuple[Path, ...]) -> MakeRules:
        """What another process, too, makes the same reading rules of."""
        return partial(make_rules, self.encoder.name, self.glossary, self.limit, self.overlap, roots)

    def _look(self, writer: IndexWriter, rebuild: bool, progress: Progress | None) -> tuple[int, tuple[Skipped, ...]]:
        """Have the model of pictures look at the figures that it has not seen; return how many, and what it cannot."""
        gallery = writer.gallery
        encoder = self.find_pictures() if gallery.views() else None
        if encoder is None:
            return 0, ()
        if rebuild:
            gallery.clear()
        hashes = {path: sha256 for path, (_, _, sha256) in writer.known().items()}
        with Readers(self._recipe(()), count=max(1, os.cpu_count() or 1)) as readers:
            show = partial(show_figures, hashes=hashes, locate=partial(locate, home=self.home), readers=readers)
            return gallery.fill(encoder, show, progress)

    def _take_files(
        self, files: Sequence[Path], known: Known, rules: ReadingRules, writer: IndexWriter, progress: Progress | None
    ) -> tuple[int, list[Skipped], list[Skipped], list[Skipped]]:
        """Put the files that changed into the writer; return how many, what is unfit, what is shut, and remarks."""
        read = 0
        unfit: list[Skipped] = []
        shut: list[Skipped] = []
        remarks: list[Skipped] = []
        changed = []
        for path in files:
            found = self._find_change(path, known, writer)
            if isinstance(found, Unread):
                (shut if found.shut else unfit).append(Skipped(found.path, found.why))
            elif found:
                changed.append((path, self._show(path)))
        before = len(files) - len(changed)
        for done, result in enumerate(self._read(changed, rules), start=before + 1):
            if progress:
                progress("reading", done, len(files))
            if isinstance(result, Unread):
                (shut if result.shut else unfit).append(Skipped(result.path, result.why))
                continue
            try:
                writer.put(result)
                read += 1
                remarks += (Skipped(result.source.path, problem) for problem in result.problems)
            except SourceError as error:
                unfit.append(Skipped(error.path, error.why))
        place = {shown: at for at, (_, shown) in enumerate(changed)}  # processes are done in any order
        for told in (unfit, shut, remarks):
            told.sort(key=lambda skipped: place.get(skipped.path, -1))
        return read, unfit, shut, remarks

    def _find_change(self, path: Path, known: Known, writer: IndexWriter) -> bool | Unread:
        """Say whether a file changed since it was read; one that was only touched is noted as such."""
        shown = self._show(path)
        try:
            now = path.stat()
            check_file(shown, now.st_mode)
            before = known.get(shown)
            if before and before[:2] == (now.st_size, now.st_mtime_ns):
                return self._has_new_images(shown, writer)
            if before and before[2] == hashlib.sha256(path.read_bytes()).hexdigest():
                writer.touch(shown, now.st_mtime_ns, now.st_size)
                return self._has_new_images(shown, writer)
        except SourceError as error:
            return Unread(error.path, error.why)
        except OSError as error:  # it went, or was shut, since its folder was listed
            return Unread(shown, f"cannot be read: {error.strerror or error}", shut=True)
        return True

    def _has_new_images(self, shown: str, writer: IndexWriter) -> bool:
        """Whether an image that a note links was changed, went or came since the note was read."""
        images = writer.linked_images.get(shown, ())
        return any(has_changed(locate(file, self.home), file, sha256) for file, sha256 in images)

    def _read(self, files: Sequence[tuple[Path, str]], rules: ReadingRules) -> Iterator[Reading | Unread]:
        """Yield what becomes of each file: notes read here, PDFs and a crowd of notes in processes of their own."""
        pdfs = [file for file in files if file[0].suffix.lower() == ".pdf"]
        notes = [file for file in files if file[0].suffix.lower() != ".pdf"]
        if len(notes) < CROWD:
            yield from (read_safely(path, shown, rules) for path, shown in notes)
            notes = []
        if notes or pdfs:
            with Readers(self._recipe(rules.roots), count=max(1, os.cpu_count() or 1)) as readers:
                yield from readers.read([*notes, *pdfs])

    def _let_go(self, writer: IndexWriter, known: Iterable[str], here: set[str], unfit: set[str]) -> int:
        """Remove the sources whose file has gone, is no text any more or has a newer version beside it.

        Return how many. What is shut stays.
        """
        over = (is_gone, is_superseded)
        gone = [s for s in known if s in unfit or (s not in here and any(f(locate(s, self.home)) for f in over))]
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
        lines = file.read_bytes().split(b"\n") if file.exists() else []
        return [Path(os.fsdecode(line.replace(b"\0", b"\n"))) for line in lines if line]

    def _remember_places(self, places: Iterable[Path]) -> None:
        known = {os.fsencode(p): None for p in places if p not in self._default_places()}
        lines = [p.replace(b"\n", b"\0") + b"\n" for p in known]  # no path holds a NUL, but one may hold a newline
        replace_file(self.folder / PLACES, lambda draft: draft.write_bytes(b"".join(lines)))


def make_rules(
    encoder: str, glossary: Glossary, limit: int, overlap: int, roots: tuple[Path, ...] = ()
) -> ReadingRules:
    """Return the rules by which files are read for the encoder of that name."""
    loaded = load_encoder(encoder)
    special = loaded.count_pieces("")

    def count_pieces(text: str) -> int:
        return loaded.count_pieces(text) - special

    return ReadingRules(count_pieces, glossary, limit, overlap, roots)


def find_roots(places: Iterable[Path]) -> tuple[Path, ...]:
    """Return the folders among the places that were given, links followed; that of a file is not one."""
    found: dict[Path, None] = {}
    for place in places:
        with contextlib.suppress(OSError, RuntimeError):  # what cannot be opened is told where it is read
            if place.is_dir():
                found[place.resolve()] = None
    return tuple(found)


def locate(source: str, home: Path) -> Path:
    """The file of a source as it is shown."""
    return Path(source) if Path(source).is_absolute() else home / source


def is_gone(path: Path) -> bool:
    """Whether there is surely nothing at `path`; what may not be looked at is not gone."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_superseded(path: Path) -> bool:
    """Whether a newer version of the same paper lies beside it."""
    try:
        return path.name in find_superseded(other.name for other in path.parent.iterdir())
    except OSError:
        return False


def check_file(shown: str, mode: int) -> None:
    """Raise `SourceError` for what is no file, whose reading might never end, and for a name that is no text."""
    if not stat.S_ISREG(mode):
        raise SourceError(shown, "is not a file that can be read: it is a folder, a pipe, a socket or a device")
    try:
        shown.encode()
    except UnicodeEncodeError:
        readable = os.fsencode(shown).decode("utf-8", "backslashreplace")
        raise SourceError(readable, "has a name that is not UTF-8; rename it") from None


def find_stale(index: Index, home: Path) -> list[str]:
    """Return the sources whose file, or an image it links, was changed or went since, in the order of the library."""
    stale = []
    images: dict[str, list[Figure]] = {}
    for figure in index.figures():
        images.setdefault(figure.source, []).append(figure)
    for source in index.sources():
        file = locate(source.path, home)
        try:
            now = file.stat()
            same = (now.st_size, now.st_mtime_ns) == (source.size, source.mtime_ns)
            if not same and stat.S_ISREG(now.st_mode):
                same = hashlib.sha256(file.read_bytes()).hexdigest() == source.sha256
        except OSError:
            same = False
        linked = ((f.image, f.sha256) for f in images.get(source.path, ()) if f.image)
        if not same or any(has_changed(locate(image, home), image, sha256) for image, sha256 in linked):
            stale.append(source.path)
    return stale
