"""Proof: every mark has its citation, every citation its mark or verdict, and every quote stands where it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from vlmrag.answer.citations import read_words
from vlmrag.errors import VlmragError
from vlmrag.types import Answer, Citation, Page, Source

MARK = re.compile(r"(?<!\\)\[(\d+)\]")
"""A mark in an answer's text; `\\[3\\]` is a note's own bracket."""


class ProofError(VlmragError):
    """An answer of ours that does not hold: a defect, never shown as an answer."""


class Sources(Protocol):
    """What quotes are held against: an index, or any other keeper of sources."""

    def source(self, path: str) -> Source:
        """Return a source with its text."""
        ...

    def page(self, path: str, number: int) -> Sequence[Page]:
        """Return a page of a PDF: as it was printed, then what its readers wrote on it, if anything."""
        ...


def check_answer(answer: Answer, sources: Sources) -> None:
    """Raise ProofError unless marks and citations belong together and each quote is exactly at its place."""
    markers = [c.marker for c in answer.citations]
    if markers != list(range(1, len(markers) + 1)):
        raise ProofError(f"marks are not numbered from 1: {markers}")
    shown = {int(n) for n in MARK.findall(answer.text)}
    used = shown | {m for v in (*answer.papers, *answer.considered) for m in v.citations}
    if used != set(markers):
        raise ProofError(f"marks {sorted(used)} and citations {markers} differ")
    for c in answer.citations:
        if c.page is None and (not c.quote or sources.source(c.source).text[c.start : c.end] != c.quote):
            raise ProofError(f"citation [{c.marker}] is not at {c.source}:{c.start}-{c.end}")
        if c.page is not None and not _stands_on_page(c, sources):
            raise ProofError(f"citation [{c.marker}] is not what stands in its rectangles on {c.source} p. {c.page}")


def _stands_on_page(citation: Citation, sources: Sources) -> bool:
    """Whether the words inside the rectangles are the quote; only where one is cut by its ends, they may go on."""
    text = sources.source(citation.source).text
    quote = "".join(citation.quote.split())
    pages = sources.page(citation.source, citation.page or 0)
    held = ["".join("".join(read_words(page, citation.rects or (), text)).split()) for page in pages]
    return bool(quote) and any(quote in words for words in held)
