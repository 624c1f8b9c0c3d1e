"""A sentence that a model wrote, held against the passages that it cites: supported as it stands, or why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.answer.writing.exactly import find_uncounted, find_unnamed, find_unquoted, is_out_of_order
from vlmrag.answer.writing.meaning import find_unsupported
from vlmrag.answer.writing.passages import Language, Passage
from vlmrag.answer.writing.sentences import LONGEST, Written

LIVE = re.compile(r"https?:|www\.|\]\(|<[a-zA-Z/!]|[{}|\\]|@\w|\bdata:\w+/|javascript:", re.IGNORECASE)
"""What a page or a terminal might make a link or a picture of; a sentence has no use for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence after its check."""

    text: str
    marks: tuple[int, ...]
    why: str = ""
    """Why it is not supported; empty where it is."""


class Checker:
    """Holds sentences against numbered passages."""

    def __init__(self, passages: Sequence[Passage], language: Language) -> None:
        self._passages = {p.marker: p for p in passages}
        self._language = language

    def check(self, written: Written) -> Told:
        """Return a sentence with its verdict."""
        return Told(written.text, written.marks, self._judge(written))

    def _judge(self, written: Written) -> str:
        text, marks = written.text, written.marks
        if not marks:
            return "it cites nothing"
        unknown = next((m for m in marks if m not in self._passages), None)
        if unknown is not None:
            return f"there is no evidence [{unknown}]"
        if len(text) > LONGEST or LIVE.search(text):
            return "it is no plain sentence"
        passages = [self._passages[m] for m in marks]
        if words := find_unquoted(text, passages):
            return f"“{words}” stands in none of its passages"
        if name := find_unnamed(text, passages, self._language):
            return f"{name} stands in none of its passages"
        if number := find_uncounted(text, passages, self._language):
            return f"{number} stands in none of its passages"
        if is_out_of_order(text, passages, self._language):
            return "its names or numbers come in another order than in the passage"
        return find_unsupported(text, passages, self._language)
