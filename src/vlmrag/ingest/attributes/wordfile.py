"""The file of a vocabulary: read, checked, and merged from the built-in one and a user's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from vlmrag.errors import SourceError
from vlmrag.language.fold import fold

Table = dict[str, dict[str, Any]]
"""A vocabulary as it stands in its file: part, entry, and lists of words."""
_LISTS = {"components": ("words", "values"), "states": ("words",)}
"""The lists that an entry of each part of a vocabulary may have."""
_NAMED = ("names",)
"""Parts whose entries have lists under names of the user's own choice."""
_CUES = ("neutral", "others", "negation", "only", "clause", "breaks", "predicate", "joint")
_READING = (
    "uses", "fills", "equals", "examples", "compares", "replaced", "purposes", "tools", "made", "learnable",
    "whole", "trains", "proposes", "other_sections", "accepts", "generates", "weak", "prompted", "ambiguous",
    "surveys", "places", "cites", "ourselves", "trials", "prompt_tuning", "encodes", "architecture",
    "generic",
)  # fmt: skip
_LEXICON = ("roles", "modalities", "tasks", "benchmarks", "things")
"""Parts whose entries are lists: what a thing is called, by its name in the table."""
_PARTS = (*_LISTS, *_NAMED, "cues", "reading", *_LEXICON)


def read_built_in() -> Table:
    """Return the vocabulary of the field, `parts.toml`."""
    return tomllib.loads(resources.files("vlmrag.ingest").joinpath("parts.toml").read_text("utf-8"))


def read_table(path: Path) -> Table:
    """Read a vocabulary; raise SourceError where it is not of the form of `parts.toml`."""
    try:
        text = path.read_text("utf-8-sig")
        table: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why, _, place = str(error).rpartition(" (at ")  # "line 3, column 7)" or "end of document)"
        line = re.match(r"line (\d+)", place)
        raise SourceError(f"{path}, line {line[1] if line else text.count(chr(10)) + 1}", why) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read as a vocabulary: {error}") from error
    for where, why in _find_faults(table):
        at = 0
        for name in map(re.escape, where):  # the head of the part, then that of its entry, then the list
            key = re.compile(rf"^[ \t]*(?:\[.*\b{name}\b.*\]|[\"']?{name}[\"']?\s*=)", re.MULTILINE)
            at = found.start() if (found := key.search(text, at)) else at
        raise SourceError(f"{path}, line {text.count(chr(10), 0, at) + 1}", f"{'.'.join(where)}: {why}")
    return table


def _find_faults(table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each place of a table that is not of the form of `parts.toml`, and why."""
    for part, entries in table.items():
        if part not in _PARTS or not isinstance(entries, dict):
            yield (part,), f"is no part of a vocabulary; choose one of {', '.join(_PARTS)}"
        elif part in ("cues", "reading"):
            yield from _find_list_faults((part,), entries, _CUES if part == "cues" else _READING)
        elif part in _LEXICON:
            yield from _find_list_faults((part,), entries, None)
        else:
            for name, lists in entries.items():
                if isinstance(lists, dict):
                    yield from _find_list_faults((part, name), lists, _LISTS.get(part))
                else:
                    yield (part, name), f"needs a table: [{part}.{name}] and a line words = [...] below it"


def _find_list_faults(
    where: tuple[str, ...], lists: Mapping[str, object], known: Sequence[str] | None
) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, words in lists.items():
        if known is not None and name not in known:
            yield (*where, name), f"is not known here; choose one of {', '.join(known)}"
        elif not isinstance(words, list) or not all(isinstance(word, str) and fold(word).strip() for word in words):
            yield (*where, name), "must be a list of words in quotes"
