"""The normal form of a text, in which a quote and its source agree unless the words differ; with the way back.

What is folded: NFKC with its ligatures, case, quotes and dashes, Traditional to Simplified. What is left out: markup,
white space and line breaks, hyphens between letters (a word may be broken at a line's end, or not). What stays: every
letter and digit, signs, punctuation, and a space between two digits, so that `1 2`, `12` and `1.2` are three things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlmrag.language.fold import fold_with_offsets

Codes = NDArray[np.uint32]
"""The characters of a text as numbers."""

_MARKUP = re.compile(
    r"""
    ^(?:[ \t]*(?:>|\#{1,6}(?=[ \t])|[-*+•](?=[ \t])))+   # the beginning of a block quote, a heading, a bullet
    | !?\[(?=[^\[\]]{0,300}\]\([^()\s]*\)) | \]\([^()\s]*\)   # a link around its words
    | </?[a-z][^<>\n]{0,200}>                             # a tag
    | (?<![\d*])\*+ | (?<!\*)\*+(?![\d*]) | `+ | ~~+      # marks of emphasis, but 5*3 is a product
    | (?<!\w)_+ | (?<!_)_+(?!\w)
    | \\(?=[\[\]()*_`\#|<>~\\])                           # a backslash that protects such a mark
    """,
    re.VERBOSE | re.MULTILINE,
)
_SPACE = re.compile(
    r"""
    (?<![\d.,\s])\s+ | (?<!\s)\s+(?![\d\s])      # white space, but for that between a number and another
    | (?<=[\d.,]\s)\s+(?=\d)                     # of which one remains
    | (?<=[^\W\d_])-\s*(?=[^\W\d_])              # a hyphen between letters, also at a line's end
    """,
    re.VERBOSE,
)
_BAR = str.maketrans("|", " ")
"""What parts the cells of a table parts words."""
_BLANK = str.maketrans("\n\t\r\v\f\u2028\u2029", " " * 7)


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in its normal form."""

    text: str
    offsets: NDArray[np.int64]
    """(len(text) + 1,): the character of the source from which each comes; last, the end of the last one's."""


def normalise(text: str) -> Normal:
    """Return the normal form of a text."""
    folded, places = fold_with_offsets(text)
    offsets = np.asarray(places, dtype=np.int64)
    bare, kept = _leave_out(_MARKUP, folded.translate(_BAR))
    offsets = _pick(offsets, kept)
    bare, kept = _leave_out(_SPACE, bare)
    return Normal(bare.translate(_BLANK), _pick(offsets, kept))


def to_codes(text: str) -> Codes:
    """Return the characters of a text as numbers (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _leave_out(what: re.Pattern[str], text: str) -> tuple[str, NDArray[np.bool_]]:
    """The text without the matches, and which characters were kept."""
    spans = np.array([match.span() for match in what.finditer(text)], dtype=np.int64).reshape(-1, 2)
    depth = np.zeros(len(text) + 1, dtype=np.int64)
    np.add.at(depth, spans[:, 0], 1)
    np.add.at(depth, spans[:, 1], -1)
    kept = np.cumsum(depth)[:-1] == 0
    return to_codes(text)[kept].tobytes().decode("utf-32-le", "surrogatepass"), kept


def _pick(offsets: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The offsets of what was kept; the last entry ends the last kept character."""
    at = np.flatnonzero(kept)
    return np.append(offsets[at], offsets[at[-1] + 1] if len(at) else 0)
