"""The readers' word lists, loaded once: labels of fields, and the general vocabulary by which lines are judged."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from vlmrag.language.fold import fold

WORD_FILES = ("labels.toml", "vocabulary.toml", "chrome.txt")


@cache
def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((files("vlmrag.ingest") / name).read_text(encoding="utf-8"))


@cache
def fingerprint() -> str:
    """Return 16 hex digits of the word lists: other words, another reading."""
    content = b"\0".join((files("vlmrag.ingest") / name).read_bytes() for name in WORD_FILES)
    return hashlib.sha256(content).hexdigest()[:16]


@cache
def labels() -> dict[str, str]:
    """Return the field that each label announces, by the folded label."""
    return {fold(word): kind for kind, words in _load("labels.toml").items() for word in words}


@cache
def word_list(name: str) -> tuple[str, ...]:
    """Return a list of `vocabulary.toml` as it is written."""
    found = _load("vocabulary.toml")[name]
    return tuple(found.split()) if isinstance(found, str) else tuple(found)


@cache
def word_set(name: str) -> frozenset[str]:
    """Return a list of `vocabulary.toml`, folded."""
    return frozenset(fold(word) for word in word_list(name))
