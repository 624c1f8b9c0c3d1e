"""The oldest or the newest of what a question asks for, by publication or by the day that a diary has it under."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.language.fold import fold, fold_with_offsets
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank, blank_all
from vlmrag.search.places import read_day
from vlmrag.types import Paper

_AFTER_ALL = "~"
"""Comes after any digit and dash: a date with it at its end is the last moment that the date may mean."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """Which end of the line of papers is asked for."""

    newest: bool
    count: int = 1
    """How many papers."""
    read: bool = False
    """Whether the day of reading decides."""

    @property
    def reply(self) -> str:
        """The line of `replies.toml` that leads the answer."""
        return f"{'diary' if self.read else 'published'}.{'newest' if self.newest else 'oldest'}"


def read_extreme(text: str, cues: Cues, *, several: bool) -> tuple[Extreme | None, str]:
    """Return what a question says of oldest and newest, if anything, and the rest of it.

    Of `several` papers that it names, "older" says as much.
    """
    folded, offsets = fold_with_offsets(text)
    for name, pattern in (*cues.extremes.items(), *(cues.comparatives.items() if several else ())):
        if found := pattern.search(folded):
            read = bool(cues.kept.search(folded))
            number = next((n for n, said in cues.few.items() if said.search(found.group())), "1")
            digits = re.search(r"\d+", found.group())
            count = int(digits.group() if digits else number)
            rest = blank(text, [(offsets[found.start()], offsets[found.end()])])
            return Extreme(name == "newest", max(1, count), read), blank_all(cues.kept, rest) if read else rest
    return None, text


def choose_extreme(papers: Sequence[Paper], extreme: Extreme, catalogue: Catalogue) -> list[Paper]:
    """Return the oldest or newest of papers, that first, and those that may be as far as their dates tell.

    A date may be a year, a month or a day. A paper is in when less than `extreme.count` others surely come before it.
    Papers without a date are out.
    """
    dates = {paper.id: date for paper in papers if (date := tell_date(paper, extreme, catalogue))}
    if not dates:
        return []
    place = min(extreme.count, len(dates)) - 1
    if extreme.newest:
        limit = sorted(dates.values(), reverse=True)[place]
        chosen = [p for p in papers if p.id in dates and dates[p.id] + _AFTER_ALL >= limit]
    else:
        limit = sorted(date + _AFTER_ALL for date in dates.values())[place]
        chosen = [p for p in papers if p.id in dates and dates[p.id] <= limit]
    return sorted(chosen, key=lambda paper: dates[paper.id], reverse=extreme.newest)


def tell_date(paper: Paper, extreme: Extreme, catalogue: Catalogue) -> str:
    """Return the date of a paper, or the last day that it was read, as YYYY, YYYY-MM or YYYY-MM-DD; "" for none."""
    if not extreme.read:
        return paper.date or str(paper.year or "")
    days = (read_day(heading) for d in paper.documents for heading in catalogue.documents[d].heading)
    return max(days, default="")


def is_extreme(text: str, cues: Cues) -> bool:
    """Say whether a question asks for the oldest or the newest."""
    return any(pattern.search(fold(text)) for pattern in cues.extremes.values())
