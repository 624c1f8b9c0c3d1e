"""Whether a paper appeared where a filter says: names in full and in letters, years of two figures and of four."""

from __future__ import annotations

import re

from vlmrag.language.fold import fold
from vlmrag.search.cues import Cues
from vlmrag.types import Paper

EITHER = " | "
"""What parts several organisations, or venues, in `Filters`: any of them will do."""
_SHORT_YEAR = re.compile(r"([a-z])[\s'’]*(\d\d)(?![\d.,])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[a-z0-9]+")


def holds_venue(paper: Paper, wanted: str) -> bool:
    """Whether a paper's venue, as its note writes it, is the wanted one; a venue without a year has the paper's."""
    held, sought = _name_venue(paper.venue or ""), _name_venue(wanted)
    words = set(_WORD.findall(held))
    if held and not _YEAR.search(held):
        words.add(str(paper.year))
    begins = re.search(rf"(?<![a-z0-9]){re.escape(sought)}", held)
    return bool(begins) or words >= set(_WORD.findall(sought))


def _name_venue(text: str) -> str:
    """A venue, folded: names in full told by their letters, years by four figures."""
    folded = fold(text)
    for name, full in Cues.load().venues.items():
        folded = full.sub(name.lower(), folded)
    return _SHORT_YEAR.sub(r"\1 20\2", folded)
