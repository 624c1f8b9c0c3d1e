"""What the figures of a library show, as vectors: a table beside the rest, filled for the figures that have none yet.

A vector stands under its `view`, which says what was looked at: a part of a page of a PDF of certain bytes, or an image
file of certain bytes. So a file that is read again, or lies in two places, keeps its vectors; and under `picture`, the
hash of what was drawn there, for two versions of a paper show the same picture in different files. A view that could
not be drawn has no vector, and is not tried again by the same model.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import SourceError
from vlmrag.index.figures.model import PictureEncoder
from vlmrag.index.store import Library
from vlmrag.ingest.images import open_image
from vlmrag.reports import FigureCount, Skipped
from vlmrag.types import Figure, Progress

if TYPE_CHECKING:  # all that reads files hangs on it, and a question reads none
    from vlmrag.ingest.workers import Unread

Floats = NDArray[np.float32]
Show: TypeAlias = "Callable[[Sequence[Figure]], Iterator[tuple[Figure, bytes | Unread]]]"
"""Yields figures with their pictures, in the same order."""
BATCH = 32
"""Pictures that are encoded between two moments at which their vectors are kept."""


class Gallery:
    """The table `pictures` of a library."""

    def __init__(self, library: Library) -> None:
        """Read nothing yet."""
        self._library = library

    def views(self) -> list[tuple[str, Figure]]:
        """Return the figures that have a picture, in the order of the library, each with its view."""
        known = self._library.read_known()
        return [
            (name_view(figure, known[figure.source][2]), figure)
            for figure in self._library.read_figures()
            if figure.image is None or figure.sha256
        ]

    def count(self) -> FigureCount:
        """Return how many figures there are, and how many of them by which model have a vector: the one with most."""
        times = Counter(view for view, _ in self.views())
        seen: Counter[str] = Counter()
        for view, model in self._library.query("SELECT view, model FROM pictures WHERE vector IS NOT NULL"):
            seen[model] += times[view]
        model, pictured = max(sorted(seen.items()), key=lambda item: item[1], default=("", 0))
        return FigureCount(times.total(), pictured, model)

    def read(self, weights: str) -> tuple[list[Figure], Floats]:
        """Return the figures that have a vector by a model, in the order of the library, and those (n, dimension)."""
        query = "SELECT view, vector FROM pictures WHERE weights = ? AND vector IS NOT NULL"
        vectors = dict(self._library.query(query, weights))
        found = [(figure, vectors[view]) for view, figure in self.views() if view in vectors]
        rows = np.frombuffer(b"".join(vector for _, vector in found), dtype="<f4")
        return [figure for figure, _ in found], rows.reshape(len(found), -1 if found else 0)

    def fill(
        self, encoder: PictureEncoder, show: Show, progress: Progress | None = None
    ) -> tuple[int, tuple[Skipped, ...]]:
        """Encode the figures that this model has not seen; return how many, and what could not be shown.

        Each batch is kept at once, so that a kill loses little. Vectors of other models and of figures that are gone
        are dropped at the end. `progress` is told of the stage "looking".
        """
        views, weights = self.views(), encoder.fingerprint
        done = {view for (view,) in self._library.query("SELECT view FROM pictures WHERE weights = ?", weights)}
        new: dict[str, Figure] = {}
        for view, figure in views:
            if view not in done:
                new.setdefault(view, figure)
        wanted = list(new.items())
        remarks: list[Skipped] = []
        batch: list[tuple[str, str, bytes]] = []
        encoded = 0
        shown = zip(wanted, show([figure for _, figure in wanted]), strict=True)
        for number, ((view, _), (figure, picture)) in enumerate(shown, start=1):
            problem = _check(picture, figure) if isinstance(picture, bytes) else picture
            if problem is not None:
                remarks.append(Skipped(figure.source, f"{figure.label} cannot be shown: {problem.why}"))
                if not problem.shut:
                    self._keep(encoder, [(view, "", None)])
            elif isinstance(picture, bytes):
                batch.append((view, hashlib.sha256(picture).hexdigest(), picture))
            if len(batch) == BATCH or number == len(wanted):
                encoded += self._encode(encoder, batch)
                batch = []
            if progress:
                progress("looking", number, len(wanted))
        self._prune(weights, {view for view, _ in views})
        return encoded, tuple(remarks)

    def clear(self) -> None:
        """Forget all vectors."""
        self._library.write("DELETE FROM pictures", [()])

    def _encode(self, encoder: PictureEncoder, batch: Sequence[tuple[str, str, bytes]]) -> int:
        """Encode pictures that are not known by their bytes; return how many."""
        query = "SELECT picture, vector FROM pictures WHERE weights = ? AND picture IN ({})".format(
            ", ".join("?" * len(batch))
        )
        known = dict(self._library.query(query, encoder.fingerprint, *(picture for _, picture, _ in batch)))
        new = {picture: data for _, picture, data in batch if picture not in known}
        if new:
            rows = encoder.encode_pictures(list(new.values())).astype("<f4")
            known |= {picture: row.tobytes() for picture, row in zip(new, rows, strict=True)}
        self._keep(encoder, [(view, picture, known[picture]) for view, picture, _ in batch])
        return len(new)

    def _keep(self, encoder: PictureEncoder, rows: Iterable[tuple[str, str, bytes | None]]) -> None:
        found = [(view, picture, encoder.name, encoder.fingerprint, vector) for view, picture, vector in rows]
        self._library.write("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?)", found)

    def _prune(self, weights: str, views: set[str]) -> None:
        there = self._library.query("SELECT view, weights FROM pictures ORDER BY view, weights")
        gone = [row for row in there if row[0] not in views or row[1] != weights]
        if gone:
            self._library.write("DELETE FROM pictures WHERE view = ? AND weights = ?", gone)


def name_view(figure: Figure, sha256: str) -> str:
    """Return the name of what a figure shows; `sha256` is that of its source."""
    if figure.image is not None:
        return figure.sha256
    return hashlib.sha256(repr((sha256, figure.page, figure.rect)).encode()).hexdigest()


def _check(picture: bytes, figure: Figure) -> Unread | None:
    """Return what is wrong with a picture, if anything: one must not stop the others of its batch."""
    from vlmrag.ingest.workers import Unread

    try:
        open_image(picture)
    except SourceError as error:
        return Unread(figure.source, error.why)
    return None
