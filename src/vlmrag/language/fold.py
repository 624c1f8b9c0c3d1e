"""One folded form for every spelling of a text, so that English, 简体 and 繁體 meet when they are matched.

Folding is for matching only: what people are shown is never touched, and `fold_with_offsets` leads from every folded
character back to the source. Folding works character by character (a combining sequence counts as one), so the fold of
a word is the same wherever the word stands. That is why Traditional characters are mapped one by one and OpenCC's
phrase table is left out: a glossary entry folded alone must equal the same entry folded inside a passage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""The Han characters, as the inside of a regular expression's character class."""

_PLAIN = str.maketrans(
    "‘’‚‛′＇“”„‟″«»「」『』〝〞‐‑‒–—―−﹣－～、。",
    "''''''" + '"' * 13 + "-" * 9 + "~,.",
    "\u00ad\u180e\u200b\u200c\u200d\u2060\ufeff" + "".join(map(chr, range(0xFE00, 0xFE10))),
)
"""Quotes, dashes and full-width stops to their plain form; soft hyphens, joiners and variation selectors to nothing."""

_WORD = re.compile(r"[a-z]+")
_PLAIN_WORD = re.compile(r"(?<![\w-])[a-z]{2,}(?![\w-])")
HAN_CHAR = re.compile(f"[{HAN}]")
"""One Han character."""
_GRAMMAR_WORDS = """a an and are as at be by can did do does for from had has have how in into is it its of on or that
the their there these this those to was were what when where which who whose why will with would"""
_ENGLISH_GRAMMAR = frozenset(_GRAMMAR_WORDS.split())
_CHINESE_GRAMMAR = re.compile(
    "[的是了在有吗嗎呢哪谁誰与與和用对對把被将將及其几幾或为為怎從从]|什么|什麼|甚麼|多少|如何|为何|為何"
)


@cache
def _converter(direction: str) -> object | None:
    """Return OpenCC's converter (`t2s`, `s2t`), or None where the wheel cannot be imported."""
    try:
        import opencc
    except ImportError:
        return None
    return opencc.OpenCC(direction)


def _convert(text: str, direction: str) -> str:
    converter = _converter(direction)
    return text if converter is None else str(converter.convert(text))  # type: ignore[attr-defined]


class _FoldTable(dict[int, str]):
    """Code point to folded text, filled as characters are met; what `str.translate` reads."""

    def __missing__(self, code: int) -> str:
        """Fold one character: NFKC, case, plain punctuation, Simplified; NFKC again, as folding case can decompose."""
        char = unicodedata.normalize("NFKC", chr(code)).translate(_PLAIN).casefold().translate(_PLAIN)
        char = unicodedata.normalize("NFKC", char)
        if HAN_CHAR.search(char):
            char = "".join(_convert(c, "t2s") for c in char)
        self[code] = char
        return char


_TABLE = _FoldTable()


def fold(text: str) -> str:
    """Return the form that `text` is matched by: NFKC, case folded, Simplified characters, plain quotes and dashes."""
    if text.isascii():
        return text.lower()
    folded = text.translate(_TABLE)
    if unicodedata.is_normalized("NFKC", folded):
        return folded
    return "".join(piece for _, piece in _fold_clusters(text))


def fold_with_offsets(text: str) -> tuple[str, Sequence[int]]:
    """Return `fold(text)` and, for each folded character, the index of the source character that it comes from.

    The offsets never decrease; one more entry, `len(text)`, closes them, so that the folded span [a, b) lies at
    [offsets[a], offsets[b]) of the source.
    """
    folded = fold(text)
    if len(folded) == len(text) and (text.isascii() or all(len(_TABLE[ord(c)]) == 1 for c in set(text))):
        return folded, range(len(text) + 1)
    if folded == text.translate(_TABLE):
        pieces: Iterator[tuple[int, str]] = ((i, _TABLE[ord(c)]) for i, c in enumerate(text))
    else:
        pieces = _fold_clusters(text)
    offsets = [i for i, piece in pieces for _ in piece]
    return folded, [*offsets, len(text)]


def _fold_clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield the start and the fold of each cluster: a character and the marks and jamo that compose with it."""
    start, cluster = 0, ""
    for i, char in enumerate(text):
        piece = _TABLE[ord(char)]
        if cluster and piece and not _joins(piece[0]):
            yield start, unicodedata.normalize("NFKC", cluster)
            cluster = ""
        if not cluster:
            start = i
        cluster += piece
    if cluster:
        yield start, unicodedata.normalize("NFKC", cluster)


def _joins(char: str) -> bool:
    """Whether a character composes with the one before it: a combining mark, or a Hangul vowel or final."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"


def name_key(name: str) -> str:
    """Return what all spellings of one name share: `MiniGPT-v2`, `MiniGPT v2` and `minigptv2` have one key.

    Kept are letters without their accents, digits, Han and '+' (`VSE++` is not `VSE`); Greek letters are spelled out,
    so that `π0` and `pi0` meet.
    """
    folded = fold(name)
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", "".join(_spell_greek(c) for c in folded))
    return "".join(c for c in folded if c.isalnum() or c == "+")


def _spell_greek(char: str) -> str:
    name = unicodedata.name(char, "") if "\u0370" <= char <= "\u03ff" else ""
    return name.split()[3].lower() if name.startswith("GREEK SMALL LETTER ") else char


def detect_language(text: str) -> str:
    """Return `en`, `zh-Hans` or `zh-Hant`: the language in which `text` is to be answered.

    The grammar decides, not the names: a Chinese question full of English model names is Chinese. Han text whose
    characters are the same in both scripts counts as Simplified.
    """
    han = HAN_CHAR.findall(text)
    if not han:
        return "en"
    english = sum(word in _ENGLISH_GRAMMAR for word in _WORD.findall(text.lower()))
    chinese = len(_CHINESE_GRAMMAR.findall(text))
    if english > chinese or (english == chinese and 2 * len(han) < len(_PLAIN_WORD.findall(text))):
        return "en"
    traditional = sum(_convert(c, "t2s") != c for c in han)
    if traditional == 0:
        return "zh-Hans"
    simplified = sum(_convert(c, "s2t") != c for c in han)
    return "zh-Hant" if traditional > simplified else "zh-Hans"
