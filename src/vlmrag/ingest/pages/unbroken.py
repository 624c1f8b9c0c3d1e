"""Lines of a page made one string again: words that were broken over two lines, addresses, accents, ligatures.

For reading a stretch only; where its words stand is told by the lines themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from functools import cache
from html import unescape

from vlmrag.ingest.words import word_set
from vlmrag.language.fold import HAN_CHAR
from vlmrag.language.words import stop_words

_LIGATURES = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "ft",
        "ﬆ": "st",
        "\u00a0": " ",
        "\u200b": "",
        "\u200c": "",
    }
)
_ACCENTS = {
    "´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "¸": "\u0327", "ˇ": "\u030c",
    "˘": "\u0306", "˙": "\u0307", "˚": "\u030a", "˝": "\u030b",
}  # fmt: skip
_SPACED_ACCENT = re.compile(
    r"(?<=[A-Za-z])([´`¨ˆ˜¸ˇ˘˙˚˝]) ?([A-Za-zıȷ])|(?<![A-Za-z])([´`¨ˆ˜¸ˇ˘˙˚˝])([A-Za-zıȷ])(?=\w)"
)
"""An accent that the page sets in front of its letter, as a character of its own."""
_ADDRESS = re.compile(r"(?:://|www\.|\bdoi\.org|\b10\.\d{4,9}/|arxiv\.org)", re.IGNORECASE)
_ADDRESS_PART = re.compile(r"[\w.~-]*[/_=%&#?\d][\w./%&#?=~:+-]*$|(?:[a-z0-9]+[.-])+[a-z]+\.?$")
_OPEN_ID = re.compile(r"(?:arxiv:|abs/|pdf/|^)\d{4}\.$", re.IGNORECASE)
_HYPHENS = "-‐\u00ad"
_WORD = re.compile(r"[^\W_]+(?:[-‐][^\W_]+)*")
_EDGE = "()[]{}\"'“”‘’.,;:!?"


def mend(text: str) -> str:
    """Return `text` with ligatures spelled out, spaced accents on their letters, and HTML's `&amp;` as the sign."""
    if "&" in text or ": //" in text:
        text = unescape(text).replace(": //", "://")
    if text.isascii() and "`" not in text:
        return text
    text = text.translate(_LIGATURES)
    if "\u00ad" in text:
        text = re.sub("\u00ad(?=\\S)", "", text.replace("-\u00ad", "-"))  # one at the line's end is a hyphen
    return unicodedata.normalize("NFC", _SPACED_ACCENT.sub(_set_accent, text))


def _set_accent(match: re.Match[str]) -> str:
    accent, letter = (match[1], match[2]) if match[1] else (match[3], match[4])
    letter = {"ı": "i", "ȷ": "j"}.get(letter, letter)
    composed = unicodedata.normalize("NFC", letter + _ACCENTS[accent])
    return composed if len(composed) == 1 else match[0]


def find_words(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of the lines, in lower case, but those that a line's end may have cut."""
    found: set[str] = set()
    for line in lines:
        matches = [match[0].lower() for match in _WORD.finditer(mend(line))]
        found.update(matches[1:-1] if line.rstrip()[-1:] in _HYPHENS else matches[1:])
    return frozenset(found)


def join_lines(lines: Sequence[str], words: Container[str] = ()) -> str:
    """Return the lines as one string: a space between them, or none where a word, a number or an address goes on.

    A hyphen at a line's end is dropped where the two halves are one word. `words` are words that occur nearby, by
    which `vision-|language` is told from `lan-|guage`.
    """
    text = ""
    for line in lines:
        line = mend(line).strip()
        text = _join(text, line, words) if text else line
    return text


def _join(left: str, right: str, words: Container[str]) -> str:
    if not right:
        return left
    last, first = left.rsplit(" ", 1)[-1], right.split(" ", 1)[0]
    if _is_open_address(last, first):
        return left + right
    if left[-1] in _HYPHENS and len(last) > 1:
        keeps = left[-1] != "\u00ad" and _is_compound(last, first, words)
        return (left if keeps else left[:-1]) + right
    if left[-1] in "–—" or (HAN_CHAR.match(left[-1]) and HAN_CHAR.match(right[0])):
        return left + right
    return f"{left} {right}"


def _is_open_address(last: str, first: str) -> bool:
    """Whether an address or an arXiv id goes on in the next line."""
    if _OPEN_ID.search(last):
        return bool(re.match(r"\d{4,5}(?!\d)", first))
    if re.search(r"arxiv:\d{4}$", last, re.IGNORECASE):
        return bool(re.match(r"\.\d{4,5}", first))
    if re.search(r"\bhttps?:$", last):
        return first.startswith("//")
    if not _ADDRESS.search(last) or re.match(r"[(\[]?(?:19|20)\d{2}[a-z]?\W*$", first):
        return False
    if last[-1] in "/-_=?&%#~":
        return True
    return bool(_ADDRESS_PART.match(first)) and not (last[-1] in ",;" or first[0].isupper())


def _is_compound(last: str, first: str, words: Container[str]) -> bool:
    """Whether the hyphen between two halves belongs to the word."""
    before, after = last[:-1].lstrip(_EDGE).lower(), first.rstrip(_EDGE).lower()
    if f"{before}-{after}" in words:
        return True
    part, following = re.split(r"[-‐]", before)[-1], re.split(r"[-‐]", after)[0]
    known = _known_words()
    if part + following in known or part + following in words:
        return False
    if not first[0].islower() or len(part) == 1 or (part != before and part in stop_words()):
        return True
    halves = (part in known or part in words) and (following in known or following in words)
    return halves and len(part) > 3 and len(following) > 3


@cache
def _known_words() -> frozenset[str]:
    return frozenset().union(*map(word_set, ("topic_words", "plain_parts", "common_words"))) | stop_words()
