"""What the browser needs to find a paper while one types: keys to look in, and the Simplified of what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from vlmrag.language.fold import fold
from vlmrag.types import Paper

_HAN = range(0x4E00, 0xA000)


def make_key(paper: Paper) -> str:
    """Return the folded text in which a paper is looked for: names, makers, venue, year, topics, headings, ids."""
    headings = dict.fromkeys(place.heading for place in paper.sources)
    words = [paper.name, paper.title, *paper.aliases, *paper.authors, *paper.orgs, paper.venue, str(paper.year or "")]
    return fold(" ".join(filter(None, (*words, *paper.tags, *headings, paper.arxiv, paper.doi))))


def list_variants(keys: Iterable[str]) -> str:
    """Return pairs of characters: one that may be typed, and the one that stands for it in the keys.

    Only characters that the keys hold are listed, so that 凍 finds 冻 at the cost of a few kilobytes.
    """
    held = {c for key in keys for c in key if ord(c) in _HAN}
    return "".join(f"{c}{to}" for c, to in _fold_han().items() if to in held)


@cache
def _fold_han() -> dict[str, str]:
    """The Han characters that folding changes, and what it makes of them."""
    return {c: to for c in map(chr, _HAN) if (to := fold(c)) != c}
