"""The pictures of figures as bytes: parts of PDFs drawn in processes of their own, image files as they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.ingest.illustrations import read_unchanged
from vlmrag.ingest.workers import Order, Readers, Unread
from vlmrag.types import Figure

Locate = Callable[[str], Path]
"""Returns the file of a path as it is shown."""


def show_figures(
    figures: Sequence[Figure], hashes: dict[str, str], locate: Locate, readers: Readers
) -> Iterator[tuple[Figure, bytes | Unread]]:
    """Yield figures with their pictures, in order; `hashes` are the sha256 of sources.

    What changed or went since it was read, or cannot be drawn, is `Unread`.
    """
    groups = [(source, list(found)) for source, found in groupby(figures, key=lambda figure: figure.source)]
    orders = [
        Order(locate(source), source, hashes[source], tuple((f.page, f.rect) for f in found if f.page and f.rect))
        for source, found in groups
        if found[0].image is None
    ]
    drawn = readers.draw(orders)
    for _, found in groups:
        if found[0].image is None:
            yield from zip(found, next(drawn), strict=True)
        else:
            yield from ((figure, _read(figure, locate)) for figure in found)


def _read(figure: Figure, locate: Locate) -> bytes | Unread:
    try:
        return read_unchanged(locate(figure.image or ""), figure)
    except SourceError as error:
        return Unread(figure.source, error.why, shut=True)
