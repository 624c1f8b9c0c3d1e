"""A quote laid along the passage that it may come from, word by word: how like they are, and what differs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher

from vlmrag.language.fold import HAN, fold

_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[{HAN}]|[^\W\d_{HAN}]+(?:-(?:\n\s*)?[^\W\d_{HAN}]+)*|[^\w\s*_`|#\\]")
_HYPHEN = re.compile(r"-\s*")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs: the source's words and the quote's; one of them is empty where words were added or dropped."""

    source: str
    quote: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a quote lies in a passage; start and end count characters of the passage."""

    likeness: float
    """Share of the quote's letters that the passage has in the same order, 0..1."""
    start: int
    end: int
    changes: tuple[Change, ...]


def align_words(passage: str, quote: str) -> Alignment:
    """Lay a quote along a passage, word by word."""
    theirs = [(m.start(), m.end()) for m in _TOKEN.finditer(passage)]
    ours = [(m.start(), m.end()) for m in _TOKEN.finditer(quote)]
    a, b = [_key(passage[x:y]) for x, y in theirs], [_key(quote[x:y]) for x, y in ours]
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    _drop_strays(blocks)
    if not blocks:
        return Alignment(0.0, 0, 0, ())
    shared = sum(len(word) for block in blocks for word in b[block.b : block.b + block.size])
    likeness = shared / max(1, sum(map(len, b)))
    before, after = blocks[0].b, len(b) - blocks[-1].b - blocks[-1].size
    first = max(0, blocks[0].a - before)
    last = min(len(a), blocks[-1].a + blocks[-1].size + after)
    changes, at, bt = [], first, 0
    for x, y, size in [*((k.a, k.b, k.size) for k in blocks), (last, len(b), 0)]:
        change = Change(_cut(passage, theirs[at:x]), _cut(quote, ours[bt:y]))
        if (change.source or change.quote) and not _is_cut_word(change, bt == 0, y == len(b)):
            changes.append(change)
        at, bt = x + size, y + size
    return Alignment(likeness, theirs[first][0], theirs[last - 1][1], tuple(changes))


def _is_cut_word(change: Change, opens: bool, closes: bool) -> bool:
    """Whether a quote merely begins or ends inside a word; a number must be whole."""
    whole, part = _key(change.source), _key(change.quote)
    inside = (opens and whole.endswith(part)) or (closes and whole.startswith(part))
    return inside and bool(part) and whole.isalpha()


def _drop_strays(blocks: list[Match]) -> None:
    """Drop words at the ends that are the same by chance: the passage has far more before the next than the quote."""
    while len(blocks) > 1 and _lies_apart(blocks[0], blocks[1], blocks[0].size):
        blocks.pop(0)
    while len(blocks) > 1 and _lies_apart(blocks[-2], blocks[-1], blocks[-1].size):
        blocks.pop()


def _lies_apart(one: Match, other: Match, size: int) -> bool:
    return other.a - one.a - one.size > 4 * size + other.b - one.b


def _key(word: str) -> str:
    return _HYPHEN.sub("", fold(word)) or word


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return text[spans[0][0] : spans[-1][1]] if spans else ""
