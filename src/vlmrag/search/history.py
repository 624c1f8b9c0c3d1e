"""What a question takes from the conversation before it: "it", "the second one", "its v2", "the other one"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues
from vlmrag.types import Paper, Turn


def look_back(
    folded: str, history: Sequence[Turn], catalogue: Catalogue, cues: Cues
) -> tuple[tuple[Paper, ...], tuple[Paper, ...]]:
    """The papers that "it", "the second one", "its v2" mean, and those that "the other" sets aside."""
    for turn in reversed(history):
        before = tuple(dict.fromkeys(p for p, _, _ in catalogue.names.find(turn.content)))
        if not before:
            continue
        if cues.ordinals["other"].search(folded):
            rest = before[1:] if len(before) > 1 else ()
            return (rest, ()) if rest else ((), before)
        version = re.search(r"\bv(\d+(?:\.\d+)?)\b", folded)
        if version:
            newer = _find_version(before, version.group(), catalogue)
            return (newer, ()) if newer else (before[:1], ())
        for number, pattern in cues.ordinals.items():
            if number != "other" and pattern.search(folded):
                at = int(number) - 1 if int(number) > 0 else -1
                return (before[at : at + 1 or None] or before[-1:], ())
        subject = _subject_of(history, before, catalogue)
        return (subject, ())
    return ((), ())


def _subject_of(history: Sequence[Turn], before: tuple[Paper, ...], catalogue: Catalogue) -> tuple[Paper, ...]:
    """What "it" means: the paper that the last question was about, else the first one that the answer named."""
    for turn in reversed(history):
        if turn.role == "user":
            asked = tuple(dict.fromkeys(p for p, _, _ in catalogue.names.find(turn.content)))
            if asked:
                return asked
    return before[:1]


def _find_version(papers: Sequence[Paper], version: str, catalogue: Catalogue) -> tuple[Paper, ...]:
    for paper in papers:
        for name in (paper.name, *paper.aliases):
            stem = re.sub(r"[\s-]*v?\d+(?:\.\d+)?$", "", name, flags=re.IGNORECASE)
            for sign in (version, version[1:]):
                for found, _, _ in catalogue.names.find(f"{stem}-{sign}"):
                    if found not in papers:
                        return (found,)
    return ()
