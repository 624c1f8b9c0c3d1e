"""What an answer says in its own words, in the three languages: the lines of `replies.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any


def reply(key: str, lang: str, **values: object) -> str:
    """Return the line called `key` ("list", "why.denies") in a language, its {names} filled in; raises KeyError."""
    return _read_replies()[key][lang].format(**values)


def join_words(words: Iterable[str], lang: str) -> str:
    """Return words as a row, with the comma that a language sets between them."""
    return (", " if lang == "en" else "、").join(words)


@cache
def _read_replies() -> dict[str, dict[str, str]]:
    return dict(
        _flatten("", tomllib.loads(resources.files("vlmrag.answer").joinpath("replies.toml").read_text("utf-8")))
    )


def _flatten(above: str, table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, said in table.items():
        if all(isinstance(line, str) for line in said.values()):
            yield f"{above}{name}", said
        else:
            yield from _flatten(f"{above}{name}.", said)
