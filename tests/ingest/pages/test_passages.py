"""What counts as a sentence of a paper."""

from __future__ import annotations

import pytest

from vlmrag.ingest.pages.manuscript import PlacedBlock, PlacedLine
from vlmrag.ingest.pages.nouns import BlockKind, Line, Word
from vlmrag.ingest.pages.passages import find_sentences


def cut(text: str, kind: BlockKind = "paragraph") -> list[str]:
    """Return the sentences of a block whose lines are given one below the other."""
    placed, at = [], 0
    for row, line in enumerate(text.split("\n")):
        words = tuple(Word(word, (0, 12.0 * row, 10, 12.0 * row + 10)) for word in line.split())
        placed.append(PlacedLine(Line(1, words, (0, 12.0 * row, 10, 12.0 * row + 10)), at, at + len(line)))
        at += len(line) + 1
    return [text[start:end] for start, end in find_sentences(text, PlacedBlock(kind, tuple(placed), 0, ""))]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We follow Li et al. (2021) here.\nIt works.", ["We follow Li et al. (2021) here.", "It works."]),
        (
            "It gains 2.5 points, see\nFig. 3 and Sec. 4.1. Then",
            ["It gains 2.5 points, see\nFig. 3 and Sec. 4.1.", "Then"],
        ),
        (
            "Two models (Li et al., 2019; Wang\net al., 2020) exist.",
            ["Two models (Li et al., 2019; Wang\net al., 2020) exist."],
        ),
        ("It covers many fields.17 We add\none.", ["It covers many fields.17", "We add\none."]),
        ("Dense i.e. not sparse vectors help.", ["Dense i.e. not sparse vectors help."]),
        (
            "它使用了数据集。这不是人工标注的，而是\n利用合成数据。",
            ["它使用了数据集。", "这不是人工标注的，而是\n利用合成数据。"],
        ),
    ],
)
def test_a_sentence_ends_where_it_ends(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


def test_a_row_of_a_table_is_a_sentence_and_a_formula_is_none() -> None:
    assert cut("Method R@1 R@5\nBLIP 80.6 94.8", "table") == ["Method R@1 R@5", "BLIP 80.6 94.8"]
    assert cut("y = F(x) + x (1)", "formula") == []
    assert cut("0 20 40 60 iter.", "figure") == []
