"""Whose voice a sentence of a paper is: a PDF tells much of other works, and a list must not take that for its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from functools import cache
from importlib import resources

from vlmrag.language.fold import fold

_CITES = re.compile(r"\[\d+(?:\s*[,;–-]\s*\d+)*\]|\bet\s+al\b|\([^()]*\b(?:19|20)\d\d[a-z]?\)|等人")


@cache
def _read_words() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(resources.files("vlmrag.search").joinpath("voice.toml").read_text("utf-8"))
    return {
        name: re.compile("|".join(rf"(?<![a-z]){re.escape(fold(word))}(?![a-z])" for word in words))
        for name, words in table.items()
    }


def speaks_of_itself(text: str, heading: Sequence[str], names: Collection[str]) -> bool:
    """Say whether a sentence under these headings, outermost first, tells of the paper that goes by these names.

    In a section on other works nothing does. Elsewhere it does with "we", "our" or a name of the paper; without them
    only where nothing else is cited, and not in an introduction, which tells of both.
    """
    words = _read_words()
    above = " | ".join(fold(title) for title in heading)
    if words["of_others"].search(above):
        return False
    folded = fold(text)
    if words["own"].search(folded) or any(name in folded for name in names):
        return True
    return not (_CITES.search(text) or words["of_both"].search(above))
