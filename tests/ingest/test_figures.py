"""Figures of a paper that was drawn for it: each where it was drawn, and named by the sentences that name it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from vlmrag.ingest.figures import read_label, read_names
from vlmrag.ingest.reader import ReadingRules, read_file
from vlmrag.language.glossary import Glossary
from vlmrag.types import Reading, Rect

BODY = "Small boats were tied to the old pier, and we counted each of them twice before the evening tide came in. "


def draw(page: Any, rect: Rect, words: str = "") -> None:
    """Draw a grid of tiles that reaches to the edges of a rectangle, and words of its own."""
    x0, y0, x1, y1 = rect
    width, height = (x1 - x0) / 4, (y1 - y0) / 4
    for column, row in ((0, 0), (1, 2), (2, 1), (3, 3)):
        left, top = x0 + column * width, y0 + row * height
        page.draw_rect((left, top, left + width, top + height), color=None, fill=(0, 0, 1))
    if words:
        page.insert_text(((x0 + x1) / 2 - 10, (y0 + y1) / 2), words, fontsize=7)


def write(page: Any, rect: Rect, text: str, size: float = 10) -> None:
    assert page.insert_textbox(rect, text, fontsize=size) > 0


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    path = tmp_path_factory.mktemp("figures") / "paper.pdf"
    document = import_module("pymupdf").open()
    page = document.new_page()
    page.insert_text((72, 60), "Boats and Their Piers", fontsize=20)
    page.insert_text((72, 100), "1 Introduction", fontsize=13, fontname="hebo")
    write(page, (72, 110, 523, 170), BODY * 3 + "The pier is drawn in Figure 1.")
    draw(page, (150, 190, 450, 330), "pier")
    write(page, (72, 345, 523, 375), "Figure 1: The old pier with all of its posts, as it stands in the harbour.", 9)
    write(page, (72, 400, 523, 460), BODY * 2 + "Figs. 2 and 3 compare two boats; see also Figure 1a.")
    draw(page, (72, 480, 282, 600))
    draw(page, (313, 480, 523, 600))
    write(page, (72, 610, 285, 640), "Figure 2: A boat with one sail, drawn from its left side.", 9)
    write(page, (310, 610, 523, 640), "Figure 3: A boat with two sails, drawn from its right side.", 9)
    write(page, (72, 680, 523, 740), BODY * 3)
    document.save(path)
    rules = ReadingRules(lambda text: len(text.split()), Glossary.load())
    return read_file(path, "data/pdfs/paper.pdf", rules)


def test_each_figure_is_where_it_was_drawn(reading: Reading) -> None:
    assert [(f.label, f.page, f.source) for f in reading.figures] == [
        (f"Figure {number}", 1, "data/pdfs/paper.pdf") for number in (1, 2, 3)
    ]
    drawn = [(147, 187, 453, 333), (69, 477, 285, 603), (310, 477, 526, 603)]  # with a margin of 3 points
    assert [tuple(round(x) for x in f.rect or ()) for f in reading.figures] == drawn


def test_its_caption_and_what_names_it_are_the_text_itself(reading: Reading) -> None:
    text = reading.source.text

    def flat(start: int, end: int) -> str:
        return " ".join(text[start:end].split())

    first, second, third = reading.figures
    assert flat(first.start, first.end) == "Figure 1: The old pier with all of its posts, as it stands in the harbour."
    pair = "Figs. 2 and 3 compare two boats; see also Figure 1a."
    assert [flat(*span) for span in first.mentions] == ["The pier is drawn in Figure 1.", pair]
    assert [flat(*span) for span in second.mentions] == [pair]
    assert third.mentions == second.mentions


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("as in Figure 3.", {"3"}),
        ("Fig. 3a, Figure 4(b)", {"3", "4"}),
        ("Figures 2-4 and 7", {"2", "3", "4", "7"}),
        ("figs. 1, 2, and 5", {"1", "2", "5"}),
        ("如图3所示，参见圖 4", {"3", "4"}),
        ("图2至4", {"2", "3", "4"}),
        ("Figure A1 and Figure a.2", {"A1", "A2"}),
        ("we figure 3 of them out", {"3"}),
        ("configure 3 layers; a figurine 3", set()),
        ("Table 3 and Section 4", set()),
        ("Figures 1-999999999", {"1", "999999999"}),
        ("the figure shows 3 of them", set()),
    ],
)
def test_a_sentence_names_figures(text: str, numbers: set[str]) -> None:
    assert {number for _, number in read_names(text)} == numbers


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Figure 3", ("figure", "3")),
        ("图 3", ("figure", "3")),
        ("圖 3", ("figure", "3")),
        ("Figure A.2", ("figure", "A2")),
        ("Scheme 1", ("scheme", "1")),
    ],
)
def test_a_label_is_what_it_is_named_by(label: str, key: tuple[str, str]) -> None:
    assert read_label(label) == key
