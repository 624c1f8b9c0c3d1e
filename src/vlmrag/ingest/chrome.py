"""The chrome of a saved web page: menus, buttons, dialogs and help texts around the note, kept out of documents.

A text counts as a saved page when many of its lines are phrases that sites print on their buttons. The note is then the
stretch of lines whose content weighs most against the chrome in it: the maximum subsequence of line scores, after
J. Pasternack and D. Roth, "Extracting Article Text from the Web with Maximum Subsequence Segmentation", WWW 2009.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.fields import find_arxiv
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold

_WORDS = re.compile(r"[^\W_]+")
_FEWEST_PHRASES = 15
_PHRASE_SHARE = 0.15
"""A text with at least so many button lines, and such a share of them, is a saved page."""
_LONG = 160
"""From this many characters on a line is content, whatever it says."""
_SHORT_SCORE = -0.35
"""What a short line weighs that is neither a button's phrase nor clearly content."""


def find_content(text: str, blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the lines of the note, without the page around it; all lines where there is no page."""
    phrases = [_is_chrome_phrase(text, block) for block in blocks]
    if sum(phrases) < max(_FEWEST_PHRASES, _PHRASE_SHARE * len(blocks)):
        return blocks
    scores = [_weigh(text, block, phrase) for block, phrase in zip(blocks, phrases, strict=True)]
    first, last = _best_stretch(scores)
    while first > 0 and blocks[first - 1].kind == "heading" and not phrases[first - 1]:
        first -= 1
    return [block for i, block in enumerate(blocks) if first <= i < last or scores[i] >= 2]


def _weigh(text: str, block: Block, phrase: bool) -> float:
    """Return how much a line speaks for content (above 0) or chrome (below 0)."""
    if phrase:
        return -1.0
    length = block.stop - block.body
    if block.kind in ("row", "head_row") and block.cells:
        return 1.5
    if length >= _LONG:
        return min(8.0, length / _LONG) if not _is_notice(text[block.body : block.stop]) else 0.0
    if find_arxiv(text, block.body, block.stop):
        return 2.0
    if block.kind == "heading" and length > 12:
        return 0.3
    return 0.1 if length > 80 else _SHORT_SCORE


def _is_notice(words: str) -> bool:
    """Whether a long line speaks of the account and the page rather than of a subject."""
    known = word_set("account_words")
    found = _WORDS.findall(fold(words))
    return bool(found) and sum(word in known for word in found) >= 0.15 * len(found)


def _best_stretch(scores: list[float]) -> tuple[int, int]:
    best, best_span, total, start = 0.0, (0, 0), 0.0, 0
    for i, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, i
        total += score
        if total > best:
            best, best_span = total, (start, i + 1)
    return best_span


def _is_chrome_phrase(text: str, block: Block) -> bool:
    """Whether a short line is a button's phrase, or several of them in a row."""
    if block.stop - block.body > _LONG or block.kind in ("row", "head_row", "heading", "code"):
        return False
    words = _WORDS.findall(fold(text[block.body : block.stop]))
    phrases, longest = _phrases()
    at = 0
    while at < len(words):
        step = next(
            (n for n in range(min(longest, len(words) - at), 0, -1) if " ".join(words[at : at + n]) in phrases), 0
        )
        if step == 0:
            return False
        at += step
    return bool(words)


@cache
def _phrases() -> tuple[frozenset[str], int]:
    lines = (files("vlmrag.ingest") / "chrome.txt").read_text(encoding="utf-8").splitlines()
    phrases = frozenset(" ".join(_WORDS.findall(fold(line))) for line in lines if line and not line.startswith("#"))
    return phrases, max(len(phrase.split()) for phrase in phrases)
