"""A table's cell is read with its row, and under what heads its column."""

from __future__ import annotations

import pytest

from tests.search.small_library import make_library, open_catalogue
from vlmrag.assistant import Assistant
from vlmrag.types import Sentence

NOTE = """# Notes

## Marten: A Small Reader
- paper: https://arxiv.org/abs/2303.00004
- It reads pictures.

| Method | Success rate | Trained parameters |
|--------|--------------|--------------------|
| Full tuning | 69.7% | 7,188M |
| **Low rank** | **68.2%** | 98M (1.4%) |
| Frozen | 47.0% | It was left as it is in this setting, for want of a machine that is large enough for it |

It runs at 6 Hz.
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("rows"), {"notes.md": NOTE})


def find(assistant: Assistant, words: str) -> Sentence:
    catalogue = open_catalogue(assistant)
    [paper] = catalogue.papers
    return next(s for s in catalogue.sentences(paper) if words in s.text)


@pytest.mark.parametrize(
    ("cell", "quote"),
    [
        ("Full tuning", "Full tuning | 69.7% | 7,188M"),
        ("68.2%", "Low rank** | **68.2%** | 98M (1.4%)"),
        ("Frozen", "Frozen | 47.0%"),  # not with the cell that is a passage of its own
        ("It was left", "It was left as it is in this setting, for want of a machine that is large enough for it"),
        ("6 Hz", "It runs at 6 Hz."),
    ],
)
def test_a_cell_is_quoted_with_its_row(assistant: Assistant, cell: str, quote: str) -> None:
    joined = open_catalogue(assistant).rows.join(find(assistant, cell))
    assert quote in joined.text
    assert joined.text == NOTE[joined.start : joined.end]
    assert len(joined.text) <= len(quote) + 4  # the marks of bold print


def test_a_row_counts_for_its_cells_and_its_head_a_little_less(assistant: Assistant) -> None:
    rows = open_catalogue(assistant).rows
    row, head = rows.find(find(assistant, "68.2%")), rows.find(find(assistant, "Success rate"))
    assert row is not None
    assert head is not None
    assert (row.is_head, head.is_head) == (False, True)
    assert {t: row.around[t] for t in ("rank", "success", "train")} == {"rank": 0.9, "success": 0.6, "train": 0.6}
    assert rows.find(find(assistant, "6 Hz")) is None


def test_a_question_meets_a_row_by_its_head(assistant: Assistant) -> None:
    answer = assistant.ask("What is the success rate of Marten with low rank tuning?")
    assert [c.quote.replace("*", "") for c in answer.citations][:1] == ["Low rank | 68.2% | 98M (1.4%)"]
