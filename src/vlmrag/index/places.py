"""Where rows stand: chunk, document and order of the library by row number, read as far as a question needs them.

A question touches a few hundred of what may be a million chunks. What was read is kept, for a chunk that answered one
question is near the next.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import NamedTuple

from vlmrag.index.store import Library

_COLUMNS = '"row", id, document, source, start'


class Place(NamedTuple):
    """Where a chunk stands."""

    row: int
    id: str
    document: str
    source: str
    start: int

    @property
    def order(self) -> tuple[str, int, str]:
        """What places are sorted by in the library."""
        return (self.source, self.start, self.id)


class Places:
    """The places of one state of a library. Threads may share it."""

    def __init__(self, library: Library) -> None:
        """Read nothing yet."""
        self._library = library
        self._by_row: dict[int, Place] = {}
        self._by_id: dict[str, Place] = {}
        self._sizes: dict[str, int] = {}

    @cached_property
    def total(self) -> int:
        """How many chunks there are."""
        return int(self._library.query("SELECT count(*) FROM chunks")[0][0])

    def at_rows(self, rows: Iterable[int]) -> dict[int, Place]:
        """Return places by row; rows that the library does not have are left out."""
        wanted = list(rows)
        missing = [row for row in wanted if row not in self._by_row]
        if missing:
            self._keep(f'SELECT {_COLUMNS} FROM chunks WHERE "row" IN (SELECT value FROM json_each(?))', missing)
        return {row: self._by_row[row] for row in wanted if row in self._by_row}

    def of_chunks(self, ids: Iterable[str]) -> dict[str, Place]:
        """Return places by the chunk's id, in the order of `ids`; raises `KeyError`."""
        wanted = list(ids)
        missing = [id_ for id_ in wanted if id_ not in self._by_id]
        if missing:
            self._keep(f"SELECT {_COLUMNS} FROM chunks WHERE id IN (SELECT value FROM json_each(?))", missing)
        return {id_: self._by_id[id_] for id_ in wanted}

    def count_chunks(self, documents: Iterable[str]) -> dict[str, int]:
        """Return how many chunks each document has."""
        wanted = set(documents)
        missing = sorted(wanted - self._sizes.keys())
        if missing:
            query = """SELECT document, count(*) FROM chunks
                WHERE document IN (SELECT value FROM json_each(?)) GROUP BY document"""
            self._sizes.update(dict.fromkeys(missing, 0) | dict(self._library.query(query, json.dumps(missing))))
        return {document: self._sizes[document] for document in wanted}

    def select_rows(self, documents: Collection[str]) -> list[int]:
        """Return the rows of the chunks of documents, in increasing order."""
        query = 'SELECT "row" FROM chunks WHERE document IN (SELECT value FROM json_each(?)) ORDER BY "row"'
        return [row for (row,) in self._library.query(query, json.dumps(sorted(set(documents))))]

    def _keep(self, query: str, wanted: list[int] | list[str]) -> None:
        for found in self._library.query(query, json.dumps(wanted)):
            place = Place(*found)
            self._by_row[place.row] = self._by_id[place.id] = place
