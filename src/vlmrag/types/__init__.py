"""The nouns of vlmrag, in the order in which the data walks.

    Source ─▶ Document (Work, Field) ─▶ Paper
                   ├─▶ Sentence              the unit of evidence: what an answer quotes
                   └─▶ Chunk ─▶ Hit          the unit of retrieval: what the encoder reads
    Answer (Citation, Verdict)               what the researcher reads

Offsets are everywhere the same: `start` and `end` count characters (Unicode code points) of the source's text as it
lies on disk, newlines untouched, so that `text[start:end]` is the passage. All objects are immutable and compare
by value.
"""

from __future__ import annotations

from vlmrag.types.answers import (
    Answer,
    Citation,
    Consulted,
    Coverage,
    Filters,
    Generated,
    Hit,
    Struck,
    Turn,
    Verdict,
    Worded,
)
from vlmrag.types.library import (
    Attribute,
    Box,
    Chunk,
    Document,
    Field,
    Figure,
    Kind,
    Page,
    Paper,
    Place,
    Progress,
    Reading,
    Rect,
    Says,
    Sentence,
    Source,
    Work,
)

__all__ = [
    "Answer",
    "Attribute",
    "Box",
    "Chunk",
    "Citation",
    "Consulted",
    "Coverage",
    "Document",
    "Field",
    "Figure",
    "Filters",
    "Generated",
    "Hit",
    "Kind",
    "Page",
    "Paper",
    "Place",
    "Progress",
    "Reading",
    "Rect",
    "Says",
    "Sentence",
    "Source",
    "Struck",
    "Turn",
    "Verdict",
    "Worded",
    "Work",
]
