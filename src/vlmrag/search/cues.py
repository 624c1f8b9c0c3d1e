"""The cues of `questions.toml`: how people ask, as patterns over folded text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Any

from vlmrag.language.fold import fold_with_offsets
from vlmrag.language.patterns import Patterns

_PART = re.compile(r"(?<!\?P)<(\w+)>")
"""What stands for a pattern of `[parts]`; the name of a group is none."""

_ESCAPE, _WORD = re.compile(r"\\+[A-Za-z]"), re.compile(r"[a-z]{3,}")


def _one(group: str, name: str) -> cached_property[re.Pattern[str]]:
    """A pattern that matches what any does of the list `name` of a group of the file."""
    return cached_property(lambda cues: re.compile(cues._join(cues._table[group][name])))


def _last(group: str, name: str) -> cached_property[re.Pattern[str]]:
    """The same, at the end of what is searched."""
    return cached_property(lambda cues: re.compile(f"(?:{cues._join(cues._table[group][name])})$"))


class Cues:
    """The patterns of `questions.toml`, each compiled when it is first asked for; the file says what each is for."""

    def __init__(self, table: dict[str, Any]) -> None:
        """Take `table`, of the form of `questions.toml`."""
        self._table = table
        self._parts: dict[str, str] = table["parts"]
        self.kinds = self._each(table["kinds"])
        self.wants = self._each(table["wants"])
        self.sections = self._each(table["sections"])
        self.shapes = self._each(table["shapes"])
        self.tells = self._each(table["tells"])
        self.asks = self._each(table["asks"])
        self.years = self._each(table["years"])
        self.ordinals = self._each(table["conversation"]["ordinals"])
        venues: dict[str, str] = table["venues"]
        self.venues = Patterns(venues, lambda name: rf"(?i)(?<!\w)(?:{venues[name]})(?!\w)")
        parts: dict[str, list[str]] = table["months"]["parts"]
        spans = [(int(first), int(last)) for span in parts for first, last in [span.split("-")]]
        self.year_parts = Patterns(spans, lambda span: self._join(parts[f"{span[0]}-{span[1]}"]))
        self.frame: tuple[str, ...] = tuple(table["frame"]["words"].split())
        self.faint: tuple[str, ...] = tuple(table["frame"]["faint"].split())
        self.extremes = self._each(table["extremes"])
        self.comparatives = self._each(table["comparatives"])
        self.few = self._each(table["few"])
        before: dict[str, list[str]] = table["bounds"]["before"]
        self.bounds_before = Patterns(before, lambda way: f"(?:{self._join(before[way])})$")
        self.bounds_after = self._each(table["bounds"]["after"])

    frame_phrases = _one("frame", "phrases")
    month, months = _one("months", "names"), _one("months", "between")
    asking = _one("reading", "asking")
    reason = _one("reading", "reason")
    means = _one("reading", "means")
    counted = _one("reading", "counted")
    either = _one("reading", "either")
    aside = _one("reading", "aside")
    excluding = _one("reading", "excluding")
    doing_before, doing_after = _last("reading", "doing_before"), _one("reading", "doing_after")
    made_before = _last("reading", "made_before")
    denied_before, denied_after = _last("reading", "denied_before"), _one("reading", "denied_after")
    dividing = _one("reading", "dividing")
    places = _one("reading", "places")
    listed = _one("reading", "listed")
    printed = _one("reading", "printed")
    _undecided = _one("reading", "undecided")
    heading_before = _one("headings", "before")
    heading_after = _one("headings", "after")
    note_after = _one("headings", "note")
    kept = _one("headings", "kept")
    day = _one("headings", "day")
    again = _one("conversation", "again")
    continues = _one("conversation", "continues")
    it = _one("conversation", "it")
    back = _one("conversation", "back")
    several = _one("conversation", "several")
    choosing = _one("conversation", "choosing")
    staged = _one("conversation", "staged")

    @cached_property
    def words(self) -> frozenset[str]:
        """All words that the patterns write: none of them is a slip of the pen."""
        return frozenset(_WORD.findall(_ESCAPE.sub(" ", str(self._table))))

    def _join(self, patterns: Sequence[str]) -> str:
        """One pattern that matches what any of them does, `<name>` standing for a pattern of `[parts]`."""
        return _PART.sub(lambda m: self._parts.get(m[1], m[0]), "|".join(patterns))

    def _each(self, group: dict[str, list[str]]) -> Patterns[str]:
        return Patterns(group, lambda name: self._join(group[name]))

    def decide(self, text: str) -> str:
        """Return `text` with "is it or not" put as "is it", so that no denial is read into it."""
        return self._undecided.sub(lambda m: m["twice"] or " ", text)

    @classmethod
    @cache
    def load(cls) -> Cues:
        """Read the cues that ship with vlmrag."""
        text = resources.files("vlmrag.search").joinpath("questions.toml").read_text("utf-8")
        return cls(tomllib.loads(text))


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """Return `text` with the spans overwritten by spaces, so that offsets stay."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def blank_all(pattern: re.Pattern[str], text: str) -> str:
    """Return `text` with all that a pattern finds in its folded form overwritten by spaces."""
    folded, offsets = fold_with_offsets(text)
    return blank(text, [(offsets[m.start()], offsets[m.end()]) for m in pattern.finditer(folded)])
