"""Lines of a page made one string again: words that were broken over two lines, addresses, accents, ligatures.

For reading and matching a stretch, never for quoting it; where its words stand is told by the lines themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable
from functools import cache
from html import unescape

from vlmrag.ingest.words import word_set
from vlmrag.language.fold import HAN
from vlmrag.language.patterns import compile_later
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
_SPACED_ACCENT = compile_later(
    r"([´`¨ˆ˜¸ˇ˘˙˚˝])(?:(?<=[A-Za-z].) ?([A-Za-zıȷ])|(?<![A-Za-z].)([A-Za-zıȷ])(?=\w))", re.DOTALL
)
"""An accent that the page sets in front of its letter, as a character of its own."""
_ADDRESS = compile_later(r"(?:://|www\.|\bdoi\.org|\b10\.\d{4,9}/|arxiv\.org)", re.IGNORECASE)
_ADDRESS_PART = compile_later(r"[\w.~-]*[/_=%&#?\d][\w./%&#?=~:+-]*$|(?:[a-z0-9]+[.-])+[a-z]+\.?$")
_OPEN_ID = compile_later(r"(?:arxiv:|abs/|pdf/|^)\d{4}\.$", re.IGNORECASE)
_HYPHENS = "-‐\u00ad"
_HAN_SIDE = compile_later(f"[{HAN}，。；：、（）]")
"""What no space stands beside."""
_WORD = compile_later(r"[^\W_]+(?:[-‐][^\W_]+)*")
_LAST_PART, _FIRST_PART = re.compile(r"[^\W_]+$"), re.compile(r"[^\W_]+")
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
    accent, letter = match[1], match[2] or match[3]
    letter = {"ı": "i", "ȷ": "j"}.get(letter, letter)
    composed = unicodedata.normalize("NFC", letter + _ACCENTS[accent])
    return composed if len(composed) == 1 else match[0]


def find_words(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of lines that follow one another, in small letters, but for the halves of broken ones."""
    found: set[str] = set()
    whole: list[str] = []
    broken = False
    for line in lines:
        breaks = line.rstrip()[-1:] in _HYPHENS
        if broken or breaks:
            words = _WORD.findall(mend(line).lower())
            found.update(words[broken : len(words) - breaks])
        else:
            whole.append(line)
        broken = breaks
    found.update(_WORD.findall(mend("\n".join(whole)).lower()))
    return frozenset(found)


def undo_hyphens(text: str, words: Container[str] = ()) -> str:
    """Return a passage, a line of the page a line of the text, as it would stand on one line: see `join_lines`."""
    return join_lines(text.split("\n"), words)


def join_lines(lines: Iterable[str], words: Container[str] = ()) -> str:
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
    if not last.isalpha() and _is_open_address(last, first):
        return left + right
    if left[-1] in _HYPHENS and len(last) > 1:
        keeps = left[-1] != "\u00ad" and _is_compound(last, first, words)
        return (left if keeps else left[:-1]) + right
    if left[-1] in "–—" or (not left[-1].isascii() and _HAN_SIDE.match(left[-1]) and _HAN_SIDE.match(right[0])):
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
    before, after = last[:-1].lstrip(_EDGE).lower(), _WORD.match(first.lower())
    left, right = _LAST_PART.search(before), _FIRST_PART.match(first.lower())
    if not (left and right and after) or left[0][-1].isdigit() or f"{before}-{after[0]}" in words:
        return True
    known = _known_words()
    if left[0] + right[0] in known or left[0] + right[0] in words:
        return False
    if not first[0].islower() or len(left[0]) == 1 or (left[0] != before and left[0] in stop_words()):
        return True
    if len(left[0]) < 4 or len(right[0]) < 4 or right[0] in stop_words():
        return False
    return all(half in known or half in words for half in (left[0], right[0]))


@cache
def _known_words() -> frozenset[str]:
    return frozenset().union(*map(word_set, ("topic_words", "plain_parts", "common_words"))) | stop_words()
