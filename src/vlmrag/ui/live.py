"""A library that is read by many while one writes to it: each reader finishes with the state that it began with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vlmrag.reports import Report
from vlmrag.types import Progress
from vlmrag.ui.library import Library

if TYPE_CHECKING:
    from vlmrag.assistant import Assistant


class Live:
    """Hands every call on to an Assistant that is current, and puts a new one in its place after an ingest."""

    def __init__(self, open_library: Callable[[], Assistant]) -> None:
        """`open_library` returns a new Assistant over the same library each time."""
        self._open = open_library
        self._current = open_library()
        self._swap = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        """Return what the current Assistant has under this name."""
        return getattr(self._current, name)

    def ingest(self, paths: Iterable[str | Path] = (), *, progress: Progress | None = None) -> Report:
        """Read files and folders as `Assistant.ingest` does, beside those who go on reading; then show what is new.

        The old state is let go of when its last reader is done.
        """
        fresh = self._open()
        report = fresh.ingest(paths, progress=progress)
        fresh.papers()  # the first to ask need not wait for it
        with self._swap:
            self._current = fresh
        return report


def keep_live(open_library: Callable[[], Assistant]) -> Library:
    """Return the library that `open_library` opens, for a page at which several people read and write."""
    return cast(Library, Live(open_library))
