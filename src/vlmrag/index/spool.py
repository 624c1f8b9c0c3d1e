"""Readings that wait for the commit: on the disk, for a thousand papers do not fit into memory."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vlmrag.types import Document, Reading


class Spool:
    """A mapping from path to reading; what is put again or dropped is gone, its bytes until the end."""

    def __init__(self, folder: Path) -> None:
        """Use a file of no name in `folder`: whatever happens, the system takes it away."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in `close`
        self._places: dict[str, tuple[int, int]] = {}
        self._documents: dict[str, tuple[Document, ...]] = {}
        self._chunks: dict[str, int] = {}

    def put(self, reading: Reading) -> None:
        """Keep a reading under its source's path."""
        packed = pickle.dumps(reading, protocol=pickle.HIGHEST_PROTOCOL)
        start = self._file.seek(0, 2)
        self._file.write(packed)
        path = reading.source.path
        self._places[path] = (start, len(packed))
        self._documents[path], self._chunks[path] = reading.documents, len(reading.chunks)

    def drop(self, path: str) -> None:
        """Forget a reading, if there is one."""
        for kept in (self._places, self._documents, self._chunks):
            kept.pop(path, None)

    def clear(self) -> None:
        """Forget all readings."""
        for kept in (self._places, self._documents, self._chunks):
            kept.clear()
        self._file.truncate(0)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __contains__(self, path: str) -> bool:
        return path in self._places

    def __len__(self) -> int:
        return len(self._places)

    def paths(self) -> list[str]:
        """Return the paths, sorted."""
        return sorted(self._places)

    def documents(self) -> list[Document]:
        """Return the documents of all readings, by path; they are few and stay in memory."""
        return [document for path in self.paths() for document in self._documents[path]]

    def count_chunks(self) -> int:
        """Return how many chunks all readings have."""
        return sum(self._chunks.values())

    def __iter__(self) -> Iterator[Reading]:
        """Yield the readings by path, one at a time in memory."""
        for path in self.paths():
            start, length = self._places[path]
            self._file.seek(start)
            yield pickle.loads(self._file.read(length))
