"""What is fetched, as it grows: a PDF that survives a kill at any moment, and a small answer kept in memory.

A PDF grows in a hidden `.part` file, beside it a `.mark` with the server's name for that state of the file (its ETag,
else its date). The next try, or the next run, asks for the rest on the condition that the state is still the same
(`Range` with `If-Range`, RFC 9110, 13.1.5); without a mark nobody could tell, and it starts over. Only a whole,
checked file gets the name that readers know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from vlmrag.errors import FetchError
from vlmrag.ingest.connection import BrokenExchange, Reply

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")
_EDGE = 2048
"""Bytes at a file's end in which `%%EOF` must stand, and at its start `%PDF-`: readers allow for some dirt."""


class Answer:
    """A reply that is kept in memory."""

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` bytes."""
        self.data = b""
        self._limit = limit

    def ask(self) -> Mapping[str, str]:
        """Ask for the whole."""
        return {}

    def take(self, reply: Reply) -> None:
        """Take the whole; raises BrokenExchange for less of it, FetchError for too much."""
        pieces: list[bytes] = []
        size, length = 0, read_length(reply)
        while piece := reply.read():
            pieces.append(piece)
            size += len(piece)
            _check_size(size, self._limit)
        if reply.status != 200 or (length is not None and size != length):
            raise BrokenExchange("the answer was cut off")
        self.data = b"".join(pieces)


class GrowingPdf:
    """A PDF that is being fetched; whole and checked, it lies at `path`."""

    def __init__(self, path: Path, limit: int, count_pages: Callable[[Path], int]) -> None:
        """Fetch at most `limit` bytes to `path`; `count_pages` raises FetchError for a file that cannot be opened."""
        self.path = path
        self.size = self.pages = 0
        """Bytes and pages, once it is there."""
        self._part, self._mark = _locate_growing(path)
        self._limit = limit
        self._count_pages = count_pages

    def ask(self) -> Mapping[str, str]:
        """Ask for what is missing, if it can be known to belong to what is there."""
        size, mark = self._held(), self._read_mark()
        return {"Range": f"bytes={size}-", "If-Range": mark} if size and mark else {}

    def take(self, reply: Reply) -> None:
        """Add a reply to the file; with its last byte the file takes its place."""
        if reply.status != 416 and "html" in reply.headers.get("Content-Type", "").lower():
            self.discard()
            raise FetchError("the server sends a web page instead of a PDF")
        try:
            start, total = find_place(reply, self._held())
        except BrokenExchange:
            self.discard()
            raise
        if start == 0:
            self.discard()
            self._write_mark(read_mark(reply))
        self._grow(reply, total)
        if total is not None and self._held() != total:
            raise BrokenExchange(f"the file broke off after {self._held():,} of {total:,} bytes")
        self._put_in_place()

    def discard(self) -> None:
        """Forget what was fetched so far."""
        self._part.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def _grow(self, reply: Reply, total: int | None) -> None:
        size = self._held()
        try:
            _check_size(max(size, total or 0), self._limit)
            if reply.status == 416:
                return
            with self._part.open("ab") as file:
                while piece := reply.read():
                    size += len(piece)
                    _check_size(size, self._limit)
                    file.write(piece)
        except FetchError:
            self.discard()
            raise

    def _put_in_place(self) -> None:
        """Check the whole file and give it its name, so that a loss of power leaves it whole or not there."""
        try:
            check_pdf(self._part)
            self.pages = self._count_pages(self._part)
        except FetchError:
            self.discard()
            raise
        self.size = self._held()
        move_whole(self._part, self.path)
        self._mark.unlink(missing_ok=True)

    def _held(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _read_mark(self) -> str:
        return self._mark.read_text("latin-1") if self._mark.exists() else ""

    def _write_mark(self, mark: str) -> None:
        if mark:
            self._mark.write_text(mark, "latin-1")


def clear_leftovers(folder: Path) -> None:
    """Remove what a run left beside a whole PDF that has its name: it was killed before it could do so itself."""
    for path in folder.glob("*.pdf"):
        for left in _locate_growing(path):
            if left.exists() and is_whole(path):
                left.unlink()


def find_place(reply: Reply, held: int) -> tuple[int, int | None]:
    """Return at which byte a reply's body begins, and how many the whole file has if that is told.

    `held` are the bytes that are there. Raises BrokenExchange for a part that does not follow on them.
    """
    length = read_length(reply)
    if reply.status == 200:
        return 0, length
    match = _RANGE.fullmatch(reply.headers.get("Content-Range", "").strip())
    total = int(match["total"]) if match and match["total"] != "*" else None
    if reply.status == 416:
        if held and total == held:
            return held, held
        raise BrokenExchange("what was kept of it does not fit any more")
    if match is None or match["first"] is None or int(match["first"]) != held or not held:
        raise BrokenExchange("the server sent another part than was asked for")
    if total is None and int(match["last"]) >= held:
        total = int(match["last"]) + 1
    return held, total


def read_mark(reply: Reply) -> str:
    """Return by what a later request can tell that the file is still the same: a strong ETag, or its date."""
    tag = reply.headers.get("ETag", "").strip()
    good = len(tag) > 2 and tag[0] == tag[-1] == '"' and tag.isascii() and tag.isprintable()
    dated = reply.headers.get("Last-Modified", "").strip()
    return tag if good else dated if dated.isascii() and dated.isprintable() else ""


def read_length(reply: Reply) -> int | None:
    """Return the bytes that a reply announces for its body; None where it does not."""
    value = reply.headers.get("Content-Length", "").strip()
    return int(value) if value.isascii() and value.isdigit() and "chunked" not in _coding(reply) else None


def check_pdf(path: Path) -> None:
    """Raise FetchError for a file that does not begin or does not end as a PDF does."""
    with path.open("rb") as file:
        start = file.read(_EDGE)
        file.seek(max(0, path.stat().st_size - _EDGE))
        end = file.read()
    if b"%PDF-" not in start:
        page = start.lstrip()[:1] == b"<"
        raise FetchError(f"what came is {'a web page' if page else 'not a PDF'}" if start else "what came is empty")
    if b"%%EOF" not in end:
        raise FetchError("what came is a PDF without its end")


def is_whole(path: Path) -> bool:
    """Whether a PDF is there, from its beginning to its end."""
    try:
        check_pdf(path)
    except (FetchError, FileNotFoundError):
        return False
    return True


def move_whole(draft: Path, path: Path) -> None:
    """Flush a file to the disk and give it its name in one step."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def _locate_growing(path: Path) -> tuple[Path, Path]:
    """Return where a PDF that is coming lies, and its mark."""
    return path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.mark")


def _coding(reply: Reply) -> str:
    return reply.headers.get("Transfer-Encoding", "").lower()


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise FetchError(f"it is larger than {limit / 1e6:,.0f} MB; --max-size allows more")
