"""What stands beside the running text does not get into it, and what is cut by it is joined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.ingest.pages.made_pdf import new_document, save, write_lines
from vlmrag.ingest.pages.nouns import BlockKind
from vlmrag.ingest.pages.read import understand
from vlmrag.ingest.pdf import extract_pdf

TEXT = [
    "We study how a model reads the pages of a paper and",
    "why the order of its words is so easily lost. The",
    "answer is that columns are drawn, not written, and",
    "that a stream of letters knows no columns at all. So",
    "each of the words has a box, and a line of boxes is",
    "merged into one rectangle that holds no other word.",
]


def blocks(document: Any, folder: Path) -> list[tuple[BlockKind, str]]:
    """Kind and text of each block of a PDF."""
    script = understand(extract_pdf(save(document, folder).read_bytes(), "paper.pdf"))
    return [(block.kind, script.text[block.start : block.end]) for block in script.blocks]


def test_the_head_of_a_table_does_not_get_into_a_sentence(tmp_path: Path) -> None:
    document = new_document()
    write_lines(document.new_page(), [*TEXT, "Second, we find that every word must keep its own pla-"], y=700)
    page = document.new_page()
    write_lines(page, ["Recall   Precision   Accuracy   Runtime   Memory", "0.81   0.72   0.93   12   700"], y=100)
    y = write_lines(page, ["Table 1: How words are found."], x=150, y=136, size=9)
    write_lines(page, ["ce, and that nobody looks for it on the other page."], y=y + 24)
    found = blocks(document, tmp_path)
    assert ("table", "Recall Precision Accuracy Runtime Memory\n0.81 0.72 0.93 12 700") in found
    assert any("its own pla-\nce, and that" in text for _, text in found)


def test_a_bold_lead_that_breaks_off_goes_on_in_the_next_line(tmp_path: Path) -> None:
    document = new_document()
    page = document.new_page()
    write_lines(page, TEXT)
    write_lines(page, ["Finding words by their exact posi-"], y=190, font="tibo")
    write_lines(page, ["tion: each of the words has a box of its own, and", *TEXT[1:]], y=202)
    assert any(
        text.startswith("Finding words by their exact posi-\ntion: each") for _, text in blocks(document, tmp_path)
    )


def test_a_name_that_begins_like_a_caption_is_none(tmp_path: Path) -> None:
    document = new_document()
    page = document.new_page()
    write_lines(page, TEXT)
    write_lines(page, ["ChartQA", "Chart Understanding", "Table service"], y=220, size=8)
    write_lines(page, ["Table II Words and their boxes"], y=300, size=8)
    assert [text for kind, text in blocks(document, tmp_path) if kind == "caption"] == [
        "Table II Words and their boxes"
    ]


def test_a_bookmark_is_the_heading_and_not_the_word_in_a_figure(tmp_path: Path) -> None:
    document = new_document()
    page = document.new_page()
    write_lines(page, ["Crawler"], x=200, y=100, size=6)
    write_lines(page, TEXT, y=160)
    write_lines(page, ["4.2 Crawler"], y=260, font="tibo")
    write_lines(page, TEXT, y=280)
    document.set_toc([[1, name, 1] for name in ("Crawler", "Selector", "Results", "Limits")])
    assert [text for kind, text in blocks(document, tmp_path) if kind == "heading"] == ["4.2 Crawler"]


def test_the_title_at_the_head_of_one_page_is_no_text(tmp_path: Path) -> None:
    document = new_document()
    first = document.new_page()
    write_lines(first, ["How Words Are Found", "on Their Pages"], x=150, y=70, size=18)
    write_lines(first, TEXT, y=140)
    second = document.new_page()
    write_lines(second, ["How Words Are Found on Their Pages"], y=60, size=8)
    write_lines(second, TEXT, y=100)
    assert ("aside", "How Words Are Found on Their Pages") in blocks(document, tmp_path)
