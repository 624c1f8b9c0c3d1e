"""The words of `words.toml`: what a sentence is bound by, whatever it is about."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal

from vlmrag.ingest.attributes.statements import MARKUP
from vlmrag.ingest.attributes.vocabulary import match_any
from vlmrag.language.fold import fold
from vlmrag.language.glossary import Glossary

Side = Literal["claim", "passage", "both"]
_STOPS = re.compile(r"[,;:，；：。、()（）—|]+")
_CHINESE_NUMBER = re.compile(r"[二三四五六七八九十两]+(?=[个種种项組组層层阶步張张篇類类家万萬亿億份倍位條条次大])")
_CHINESE_DIGITS = {"二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True, slots=True)
class Bonds:
    """What binds a stretch of text."""

    denies: bool
    """Whether it denies, and does not deny that again."""
    classes: frozenset[str]
    """Keys of `[classes]` of which a word stands in it."""


class Words:
    """The lists, ready to be matched on folded text."""

    def __init__(self, table: dict[str, Any], glossary: Glossary) -> None:
        self.free = frozenset(term for word in table["free"]["words"] for term in glossary.terms(word))
        self.sides: dict[str, Side] = {name: entry["side"] for name, entry in table["classes"].items()}
        self.numbers: dict[str, float] = table["numbers"]
        self.same = {_read(glossary, a): _read(glossary, b) for a, b in table["same"].items()}
        self._classes = {name: re.compile(match_any(entry["words"])) for name, entry in table["classes"].items()}
        self._neutral = re.compile(match_any(table["neutral"]["words"]))
        self._denial = re.compile(match_any(table["denial"]["words"]) + "|n't")
        self._orders = re.compile(match_any(table["orders"]["words"]))
        self._commands = re.compile(
            rf"(?:^|{_STOPS.pattern}|[.!?]|\b(?:and|then|but)\b)\s*(?:{match_any(table['commands']['words'])})"
        )
        self._joints = re.compile(match_any(table["joints"]["words"]))
        self._number = re.compile(match_any(self.numbers, plural=True))

    def read_bonds(self, folded: str, negation: re.Pattern[str]) -> Bonds:
        """Return what binds a folded text; `negation` are the denials of the vocabulary of parts."""
        plain = self._neutral.sub(" ", folded)
        plain, times = negation.subn(" ", plain)
        denies = (times + len(self._denial.findall(plain))) % 2 == 1
        found = set()
        for name, pattern in self._classes.items():
            plain, times = pattern.subn(" ", plain)
            if times:
                found.add(name)
        return Bonds(denies, frozenset(found))

    def find_bonds(self, folded: str, beginning: str = "") -> list[tuple[int, int]]:
        """Return where the words of the classes stand in a folded text, of those whose key has this `beginning`."""
        patterns = (pattern for name, pattern in self._classes.items() if name.startswith(beginning))
        return [m.span() for pattern in patterns for m in pattern.finditer(folded)]

    def cut(self, folded: str, whole: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the spans of a folded sentence between punctuation and joints; what is `whole` is not cut."""
        kept = tuple(whole)
        cuts = {m.start() for pattern in (_STOPS, self._joints) for m in pattern.finditer(folded)}
        starts = sorted({0, len(folded), *(at for at in cuts if not any(a < at < b for a, b in kept))})
        return list(pairwise(starts))

    def gives_orders(self, text: str) -> bool:
        """Whether a passage speaks to its reader, or to a model that reads it."""
        folded = fold_prose(text)
        return bool(self._orders.search(folded) or self._commands.search(folded))

    def count_words(self, folded: str) -> list[tuple[float, int]]:
        """Return the numbers that a folded text has in words, each with where it stands."""
        found = [(float(self.numbers[_singular(m[0], self.numbers)]), m.start()) for m in self._number.finditer(folded)]
        return found + [(_read_chinese(m[0]), m.start()) for m in _CHINESE_NUMBER.finditer(folded)]


def fold_prose(text: str) -> str:
    """Fold a text and leave its markup out."""
    return " ".join(MARKUP.sub(" ", fold(text)).split())


@cache
def load_words() -> Words:
    """Return the built-in lists."""
    table = tomllib.loads((files("vlmrag.answer.writing") / "words.toml").read_text(encoding="utf-8"))
    return Words(table, Glossary.load())


def _read(glossary: Glossary, phrase: str) -> tuple[str, ...]:
    return tuple(term for concept in glossary.concepts(phrase) for term in concept)


def _singular(word: str, known: dict[str, float]) -> str:
    return word if word in known else word.removesuffix("s")


def _read_chinese(digits: str) -> float:
    """Read a Chinese numeral up to 99."""
    tens, ten, ones = digits.partition("十")
    if not ten:
        return float(_CHINESE_DIGITS[digits[-1]])
    return 10.0 * _CHINESE_DIGITS.get(tens, 1) + _CHINESE_DIGITS.get(ones, 0)
