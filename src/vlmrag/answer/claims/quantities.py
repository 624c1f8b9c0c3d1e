"""Numbers with their unit: `8.1M images`, `8,100,000 images` and `810 万张图像` are one quantity.

A number in the name of a thing (`ViT-L/14`), in an address or in an id is none.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from vlmrag.answer.claims.nouns import HYPHEN
from vlmrag.ingest.attributes import Vocabulary
from vlmrag.ingest.attributes.vocabulary import match_any
from vlmrag.language.fold import fold, fold_with_offsets

_PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_BY = r"\s?[x×✕*]\s?"
_NOT_COUNTED = re.compile(
    r"https?://\S+|www\.\S+|\]\([^()\s]*\)|(?:[a-z0-9-]+\.)+(?:org|com|io|net|cn)/\S+|(?<!\d)\d{4}\.\d{4,5}(?!\d)"
    r"|\$[^$\n]{1,200}\$|\[\d+(?:\s?[,;–-]\s?\d+)*\]|(?:table|figure|fig\.|section|sec\.|appendix|equation|eq\.|图|表|第)\s?\d+(?:\.\d+)*"
)
_ABOUT = re.compile(
    r"(?:about|around|roughly|approximately|nearly|over|more than|almost|up to|~|≈|约|大约|近|超过|多达)\s?\Z"
)
_SEVERAL = re.compile(r"\s?(?:[-–~]|to|至|到)\s?\d")
_SAME = 1e-9
_LENGTHS = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"))
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, or numbers of a size such as 224 × 224, with what it counts or measures."""

    values: tuple[float, ...]
    unit: str
    """`images`, `percent`, `seconds`, `batch size`, ...; empty where nothing tells."""
    start: int
    end: int
    """Characters of the text it was read from, number and scale and unit."""
    step: float
    """What the last digit counts: 0.1 of 90.2, 100,000 of 8.1M."""
    vague: bool = False
    """Whether it is said to be about so many, or stands for several."""
    plain: bool = False
    """A whole number without scale and unit: too little to be a claim."""

    def says(self, other: Quantity) -> bool:
        """Whether this is the other number, or what it is rounded to: `90%` says `90.2%`, `9.7%` does not say `10%`."""
        return self._meets(other, self.step if self.step > other.step else 0.0)

    def is_near(self, other: Quantity) -> bool:
        """Whether either of the two may be the other one rounded."""
        return self._meets(other, max(self.step, other.step))

    def may_round(self, other: Quantity) -> bool:
        """Whether this may be the other one in round numbers: `300M` may be 303M, `2890` not 2880."""
        step = self.step
        while self.values[0] and abs(self.values[0] / step / 10 - round(self.values[0] / step / 10)) < _SAME:
            step *= 10
        return len(self.values) != len(other.values) or self._meets(other, step)

    def _meets(self, other: Quantity, step: float) -> bool:
        if len(self.values) != len(other.values):
            return False
        return all(
            abs(a - b) <= max(0.5 * step, _SAME * max(abs(a), abs(b)))
            for a, b in zip(self.values, other.values, strict=True)
        )

    def __str__(self) -> str:
        """As people write it: `129M images`, `224×224`, `3.5 days`, `batch size 256`."""
        if self.unit == "seconds":
            size, word = next(((n, w) for n, w in _LENGTHS if self.values[0] >= n), (1.0, "s"))
            return f"{self.values[0] / size:.6g} {word}"
        number = "×".join(_write(value) for value in self.values)
        if self.unit in _table()["measured"] and self.unit not in _table()["counted"]:
            return f"{self.unit} {number}"
        return f"{number}%" if self.unit == "percent" else f"{number} {self.unit}".rstrip()


def read_quantities(text: str) -> list[Quantity]:
    """Return the quantities of a text, in order."""
    folded, offsets = fold_with_offsets(text)
    for blank in (HYPHEN, _NOT_COUNTED):
        folded = blank.sub(lambda m: "\0" * len(m[0]), folded)
    number, units, measures = _patterns()
    found = []
    for m in number.finditer(folded):
        unit = units.match(folded, m.end())
        before = measures.search(folded, max(0, m.start() - 48), m.start())
        scale = float(_table()["scales"][m["scale"]]) if m["scale"] else 1.0
        name, factor, end = _name_unit(m, unit, before)
        values = tuple(float(n.replace(",", "")) * scale * factor for n in _numbers(m))
        digits = _numbers(m)[-1].partition(".")[2]
        vague = bool(_ABOUT.search(folded, max(0, m.start() - 16), m.start()) or _SEVERAL.match(folded, m.end()))
        vague = vague or folded[end : end + 1] == "+" or folded[m.end() : m.end() + 1] in ("+", "多", "余")
        plain = not (name or m["scale"] or digits or len(values) > 1)
        step = scale * factor * 10.0 ** -len(digits)
        found.append(Quantity(values, name, offsets[m.start()], offsets[end], step, vague, plain))
    return found


def _numbers(m: re.Match[str]) -> list[str]:
    return [n for n in (m["n"], m["n2"], m["n3"]) if n]


def _name_unit(m: re.Match[str], unit: re.Match[str] | None, before: re.Match[str] | None) -> tuple[str, float, int]:
    """Return unit, factor, and where number and unit end; a word right behind the number says more than one before."""
    counted, seconds, measured = _names()
    if unit and unit["time"] and len(_numbers(m)) == 1 and not m["scale"]:
        return "seconds", seconds[_singular(unit["time"], seconds)], unit.end("time")
    if before:
        return measured[_singular(before["measure"], measured)], 1.0, m.end()
    if unit and unit["thing"] and _may_count(m, counted[_singular(unit["thing"], counted)]):
        return counted[_singular(unit["thing"], counted)], 1.0, unit.end("thing")
    return "", 1.0, m.end()


def _may_count(m: re.Match[str], thing: str) -> bool:
    """Whether a number may say how many there are: "0.1 on all layers" and "WMT 2014 dataset" do not."""
    return thing == "percent" or bool(m["scale"]) or not ("." in m["n"] or _YEAR.fullmatch(m["n"]))


def _write(value: float) -> str:
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "K")):
        if value >= size:
            return f"{value / (1e3 if unit == 'K' else size):.6g}{unit}"
    return f"{value:.6g}"


def _singular(word: str, names: dict[str, object] | dict[str, str] | dict[str, float]) -> str:
    return word if word in names else word.removesuffix("s")


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("vlmrag.answer.claims") / "quantities.toml").read_text(encoding="utf-8"))


@cache
def _names() -> tuple[dict[str, str], dict[str, float], dict[str, str]]:
    """Return what is counted, the lengths of time and what is measured, by their folded words."""
    table = _table()
    counted = {fold(word): name for name, words in table["counted"].items() for word in [name, *words]}
    for name, words in Vocabulary.load().merge("things").items():
        counted |= {fold(word): name for word in [name, *words] if fold(word) not in counted}
    measured = {fold(word): name for name, words in table["measured"].items() for word in [name, *words]}
    return counted, {fold(word): float(value) for word, value in table["seconds"].items()}, measured


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a number with its scale, of what follows it, and of what is measured before it."""
    counted, seconds, measured = _names()
    words = sorted(_table()["scales"], key=lambda word: -len(word))
    scales = "|".join(rf"{word}(?![a-z0-9])" if word.isascii() else word for word in words)
    number = re.compile(
        rf"(?<![a-z0-9_.,/@^-])(?<!\d[:-])(?P<n>{_PLAIN})(?:{_BY}(?P<n2>{_PLAIN})(?:{_BY}(?P<n3>{_PLAIN}))?)?"
        rf"(?![\d]|[.,]\d)(?:[\s-]?(?P<scale>{scales}))?(?![a-z]*[-/]?\d)"
    )
    between = r"[^,.;:，。；：、()+\d%]"
    time, thing, measure = (match_any(words, plural=True) for words in (seconds, counted, measured))
    units = re.compile(rf"\+?[\s-]?个?(?:(?P<time>{time})|{between}{{0,24}}?(?P<thing>%|{thing}))")
    filler = r"\s|\*|is|was|of|to|at|with|=|:|about|为|是|约|达到?|设置?"
    measures = re.compile(rf"(?P<measure>{measure})(?:{filler})*\Z")
    return number, units, measures
