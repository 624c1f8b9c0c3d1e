"""The cues of `questions.toml`: how people ask, as compiled patterns over folded text."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any


class Cues:
    """The patterns of `questions.toml`, compiled."""

    def __init__(self, table: dict[str, Any]) -> None:
        """Compile `table`, of the form of `questions.toml`."""

        def either(patterns: list[str]) -> re.Pattern[str]:
            return re.compile("|".join(patterns))

        self.kinds: list[tuple[str, re.Pattern[str]]] = [(k["name"], either(k["patterns"])) for k in table["kind"]]
        self.wants: list[tuple[str, re.Pattern[str]]] = [(w["name"], either(w["patterns"])) for w in table["wants"]]
        self.places = [re.compile("|".join(p["patterns"]), re.IGNORECASE) for p in table["place"]]
        self.counted = either(table["counted"]["patterns"])
        self.either = either(table["either"]["patterns"])
        self.aside = either(table["aside"]["patterns"])
        self._undecided = either(table["undecided"]["patterns"])
        self.back = either(table["back"]["patterns"])
        years = dict(table["years"])
        year = years.pop("year")
        self.years = {way: either([p.replace("YEAR", year) for p in patterns]) for way, patterns in years.items()}
        self.staged = either(table["staged"]["patterns"])
        self.ordinals = {k: either(v) for k, v in table["ordinals"].items()}
        self.frame: list[str] = table["frame"]["words"]
        self.frame_phrases = either(table["frame"]["phrases"])

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
