"""Constraints that are turned round: "not from Google", "outside NeurIPS", "除 2023 年以外"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from vlmrag.language.fold import fold_with_offsets
from vlmrag.search.cues import Cues, blank
from vlmrag.search.venues import EITHER

NOT = "not "
"""What an organisation or a venue in `Filters` begins with where a paper must have another one."""


def take_denial(text: str, spans: list[tuple[int, int]], cues: Cues) -> tuple[str, bool]:
    """Return a question without the words that turn round what stands at `spans`, and whether there are any.

    Spaces stand for what was taken, so that offsets stay.
    """
    folded, offsets = fold_with_offsets(text)
    first = bisect_left(offsets, min(start for start, _ in spans))
    last = bisect_left(offsets, max(end for _, end in spans))
    before, after = cues.denied_before.search(folded, 0, first), cues.denied_after.match(folded, last)
    found = [(offsets[m.start()], offsets[m.end()]) for m in (before, after) if m and m.group()]
    return blank(text, found), bool(found)


def meets(wanted: str, known: bool, holds: Callable[[str], bool]) -> bool:
    """Say whether a paper is of one of the organisations, or venues, that a filter names, or of none of them.

    Where it is not `known` of which it is, it is neither.
    """
    named = wanted.removeprefix(NOT)
    found = any(holds(one) for one in named.split(EITHER))
    return found if named == wanted else known and not found
