"""The nouns of `types` as rows of a table, and back: a column per field, JSON where a field is a tuple."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from vlmrag.types import Attribute, Chunk, Document, Field, Figure, Paper, Place, Sentence, Source, Work

Noun = TypeVar("Noun")
Decode = Callable[[Any], Any]

DECODERS: Final[dict[type, dict[str, Decode]]] = {
    Source: {},
    Document: {
        "heading": tuple,
        "works": lambda works: tuple(Work(tuple(Field(**field) for field in work["fields"])) for work in works),
    },
    Sentence: {"terms": tuple},
    Attribute: {},
    Chunk: {"heading": tuple, "rects": lambda rects: None if rects is None else tuple(map(tuple, rects))},
    Figure: {
        "rect": lambda rect: None if rect is None else tuple(rect),
        "mentions": lambda spans: tuple(map(tuple, spans)),
    },
    Paper: {
        **dict.fromkeys(("aliases", "orgs", "authors", "tags", "documents"), tuple),
        "sources": lambda places: tuple(Place(**place) for place in places),
    },
}
"""For each noun its fields that are kept as JSON, and what makes the field out of the parsed JSON."""


_COLUMNS: Final[dict[type, tuple[str, ...]]] = {}


def list_columns(noun: type) -> tuple[str, ...]:
    """Return the names of the noun's fields, which are its table's columns."""
    if noun not in _COLUMNS:
        _COLUMNS[noun] = tuple(field.name for field in dataclasses.fields(noun))
    return _COLUMNS[noun]


def quote_columns(noun: type) -> str:
    """Return the columns as SQL; quoted, since `end` is a word of SQL."""
    return ", ".join(f'"{name}"' for name in list_columns(noun))


def to_row(thing: object) -> list[Any]:
    """Return the values of a noun's columns."""
    coded = DECODERS[type(thing)]
    values = ((name, getattr(thing, name)) for name in list_columns(type(thing)))
    return [to_json(value) if name in coded else value for name, value in values]


def from_rows(noun: type[Noun], rows: Iterable[Sequence[Any]]) -> list[Noun]:
    """Make nouns out of rows of their columns."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    if not columns:
        return []
    for at, name in enumerate(list_columns(noun)):
        if name in DECODERS[noun]:
            parsed = json.loads(f"[{','.join(columns[at])}]")  # one call for a whole column is ten times as fast
            columns[at] = map(DECODERS[noun][name], parsed)
    return [noun(*values) for values in zip(*columns, strict=True)]


def to_json(value: object) -> str:
    """Write a tuple as JSON that a person can read; its dataclasses become objects."""
    return _ENCODER.encode(value)


def _to_object(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in list_columns(type(thing))}


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_to_object)
