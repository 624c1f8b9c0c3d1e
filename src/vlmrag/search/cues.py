"""The cues of `questions.toml`: how people ask, as compiled patterns over folded text."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from vlmrag.language.fold import fold_with_offsets

_PART = re.compile(r"(?<!\?P)<(\w+)>")
"""What stands for a pattern of `[parts]`; the name of a group is none."""

_ESCAPE, _WORD = re.compile(r"\\+[A-Za-z]"), re.compile(r"[a-z]{3,}")


class Cues:
    """The patterns of `questions.toml`, compiled; the file says what each is for."""

    def __init__(self, table: dict[str, Any]) -> None:
        """Compile `table`, of the form of `questions.toml`."""
        self._parts: dict[str, str] = table["parts"]
        self.words = frozenset(_WORD.findall(_ESCAPE.sub(" ", str(table))))
        """All words that the patterns write: none of them is a slip of the pen."""
        self.kinds = self._each(table["kinds"])
        self.wants = self._each(table["wants"])
        self.sections = self._each(table["sections"])
        self.shapes = self._each(table["shapes"])
        self.asks = self._each(table["asks"])
        self.venues = {
            name: re.compile(rf"(?<!\w)(?:{full})(?!\w)", re.IGNORECASE) for name, full in table["venues"].items()
        }
        self.frame: tuple[str, ...] = tuple(table["frame"]["words"].split())
        self.faint: tuple[str, ...] = tuple(table["frame"]["faint"].split())
        self.frame_phrases = self._either(table["frame"]["phrases"])
        self.extremes = self._each(table["extremes"])
        bounds = table["bounds"]
        self.bounds_before = self._each({way: [f"(?:{p})$" for p in ps] for way, ps in bounds["before"].items()})
        self.bounds_after = self._each(bounds["after"])
        self.comparatives = self._each(table["comparatives"])
        self.few = self._each(table["few"])
        self._take_dates(table["years"], table["months"])
        self._take_reading(table["reading"])
        self._take_headings(table["headings"])
        self._take_conversation(table["conversation"])

    def _take_dates(self, years: dict[str, Any], months: dict[str, Any]) -> None:
        self.years = self._each(years)
        self.month, self.months = self._either(months["names"]), self._either(months["between"])
        self.year_parts = {
            (int(first), int(last)): pattern
            for span, pattern in self._each(months["parts"]).items()
            for first, last in [span.split("-")]
        }

    def _take_reading(self, reading: dict[str, Any]) -> None:
        self.asking = self._either(reading["asking"])
        self.reason = self._either(reading["reason"])
        self.counted = self._either(reading["counted"])
        self.either = self._either(reading["either"])
        self.aside = self._either(reading["aside"])
        self.excluding = self._either(reading["excluding"])
        self.doing_before = self._either([f"(?:{way})$" for way in reading["doing_before"]])
        self.doing_after = self._either(reading["doing_after"])
        self.denied_before = self._either([f"(?:{way})$" for way in reading["denied_before"]])
        self.denied_after = self._either(reading["denied_after"])
        self.dividing = self._either(reading["dividing"])
        self.places = self._either(reading["places"])
        self.listed = self._either(reading["listed"])
        self.printed = self._either(reading["printed"])
        self._undecided = self._either(reading["undecided"])

    def _take_headings(self, headings: dict[str, Any]) -> None:
        self.heading_before = self._either(headings["before"])
        self.heading_after = self._either(headings["after"])
        self.note_after = self._either(headings["note"])
        self.kept = self._either(headings["kept"])
        self.day = self._either(headings["day"])

    def _take_conversation(self, conversation: dict[str, Any]) -> None:
        self.again = self._either(conversation["again"])
        self.it = self._either(conversation["it"])
        self.back = self._either(conversation["back"])
        self.several = self._either(conversation["several"])
        self.choosing = self._either(conversation["choosing"])
        self.staged = self._either(conversation["staged"])
        self.ordinals = self._each(conversation["ordinals"])

    def _either(self, patterns: list[str]) -> re.Pattern[str]:
        """One pattern that matches what any of them does, `<name>` standing for a pattern of `[parts]`."""
        return re.compile(_PART.sub(lambda m: self._parts.get(m[1], m[0]), "|".join(patterns)))

    def _each(self, group: dict[str, list[str]]) -> dict[str, re.Pattern[str]]:
        return {name: self._either(patterns) for name, patterns in group.items()}

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
