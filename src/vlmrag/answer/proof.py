"""Proof: every mark has its citation, every citation its mark or verdict, and every quote stands where it says."""

from __future__ import annotations

import re
from collections.abc import Callable

from vlmrag.errors import VlmragError
from vlmrag.types import Answer

MARK = re.compile(r"(?<!\\)\[(\d+)\]")
"""A mark in an answer's text; `\\[3\\]` is a note's own bracket."""


class ProofError(VlmragError):
    """An answer of ours that does not hold: a defect, never shown as an answer."""


def check_answer(answer: Answer, read_source: Callable[[str], str]) -> None:
    """Raise ProofError unless marks and citations belong together and each quote is exactly at its place."""
    markers = [c.marker for c in answer.citations]
    if markers != list(range(1, len(markers) + 1)):
        raise ProofError(f"marks are not numbered from 1: {markers}")
    shown = {int(n) for n in MARK.findall(answer.text)}
    used = shown | {m for v in (*answer.papers, *answer.considered) for m in v.citations}
    if used != set(markers):
        raise ProofError(f"marks {sorted(used)} and citations {markers} differ")
    for c in answer.citations:
        if c.page is None and (not c.quote or read_source(c.source)[c.start : c.end] != c.quote):
            raise ProofError(f"citation [{c.marker}] is not at {c.source}:{c.start}-{c.end}")
