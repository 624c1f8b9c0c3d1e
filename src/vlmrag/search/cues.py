"""The cues of `questions.toml`: how people ask, as compiled patterns over folded text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

_PART = re.compile(r"(?<!\?P)<(\w+)>")
"""What stands for a pattern of `[parts]`; the name of a group is none."""


class Cues:
    """The patterns of `questions.toml`, compiled; the file says what each is for."""

    def __init__(self, table: dict[str, Any]) -> None:
        """Compile `table`, of the form of `questions.toml`."""
        parts: dict[str, str] = table["parts"]

        def either(patterns: list[str]) -> re.Pattern[str]:
            joined = "|".join(patterns)
            return re.compile(_PART.sub(lambda m: parts.get(m[1], m[0]), joined))

        def each(group: dict[str, list[str]]) -> dict[str, re.Pattern[str]]:
            return {name: either(patterns) for name, patterns in group.items()}

        self._compile_limits(table, either, each)
        self.kinds = each(table["kinds"])
        self.wants = each(table["wants"])
        reading, conversation = table["reading"], table["conversation"]
        self.asking = either(reading["asking"])
        self.reason = either(reading["reason"])
        self.counted = either(reading["counted"])
        self.either = either(reading["either"])
        self.aside = either(reading["aside"])
        self.excluding = either(reading["excluding"])
        self.dividing = either(reading["dividing"])
        self.places = either(reading["places"])
        self.printed = either(reading["printed"])
        self._undecided = either(reading["undecided"])
        self.again = either(conversation["again"])
        self.it = either(conversation["it"])
        self.back = either(conversation["back"])
        self.several = either(conversation["several"])
        self.choosing = either(conversation["choosing"])
        self.staged = either(conversation["staged"])
        self.ordinals = each(conversation["ordinals"])
        self.frame: tuple[str, ...] = tuple(table["frame"]["words"].split())
        self.faint: tuple[str, ...] = tuple(table["frame"]["faint"].split())
        self.frame_phrases = either(table["frame"]["phrases"])

    def _compile_limits(
        self,
        table: dict[str, Any],
        either: Callable[[list[str]], re.Pattern[str]],
        each: Callable[[dict[str, list[str]]], dict[str, re.Pattern[str]]],
    ) -> None:
        """Compile what limits a list: years, months, sections, notes by their form, headings, venues."""
        self.years = each(table["years"])
        months = table["months"]
        self.month, self.months = either(months["names"]), either(months["between"])
        self.year_parts = {
            (int(first), int(last)): pattern
            for span, pattern in each(months["parts"]).items()
            for first, last in [span.split("-")]
        }
        self.sections = each(table["sections"])
        self.shapes = each(table["shapes"])
        headings = table["headings"]
        self.heading_before, self.heading_after = either(headings["before"]), either(headings["after"])
        self.note_after = either(headings["note"])
        self.day = either(headings["day"])
        self.venues = {
            name: re.compile(rf"(?<!\w)(?:{full})(?!\w)", re.IGNORECASE) for name, full in table["venues"].items()
        }

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
