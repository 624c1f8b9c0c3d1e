"""Where a quote stands: the words whose middle lies in its rectangles are the quote, however words are crowded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.pages.made_pdf import read_rects
from vlmrag.ingest.pages.places import find_places
from vlmrag.types import Box, Page


def test_a_quote_over_two_lines_and_two_pages() -> None:
    text = "one two\nthree four"
    first = Page(1, 0, 7, 600, 800, ((0, 3, 10, 100, 30, 110), (4, 7, 35, 100, 55, 110)))
    second = Page(2, 8, 18, 600, 800, ((8, 13, 10, 50, 40, 60), (14, 18, 45, 50, 70, 60)))
    assert find_places([first, second], 4, 13) == [
        (1, ((35, 100, 55, 110),)),
        (2, ((10, 50, 40, 60),)),
    ]
    assert find_places([first, second], 0, 7) == [(1, ((10, 100, 55, 110),))]
    assert find_places([first, second], 7, 8) == []
    assert text[8:13] == "three"


def test_a_part_of_a_word_has_its_share_of_the_width() -> None:
    page = Page(3, 0, 10, 600, 800, ((0, 10, 100, 0, 200, 10),))
    assert find_places([page], 2, 5) == [(3, ((120, 0, 150, 10),))]


def test_a_foreign_word_between_two_words_is_left_out() -> None:
    boxes = ((0, 1, 0, 0, 10, 10), (2, 3, 40, 0, 50, 10), (4, 5, 20, 0, 30, 10))
    page = Page(1, 0, 5, 600, 800, boxes)
    assert find_places([page], 0, 3) == [(1, ((0, 0, 10, 10), (40, 0, 50, 10)))]


def test_a_sign_set_high_in_its_line_does_not_cut_the_line() -> None:
    boxes = ((0, 1, 0, 0, 20, 12), (2, 3, 18, 0, 40, 12), (4, 5, 30, -2, 36, 6))
    page = Page(1, 0, 5, 600, 800, boxes)
    assert find_places([page], 0, 5) == [(1, ((0, -2, 40, 12),))]


_edge = st.integers(0, 60)


@st.composite
def _pages(draw: st.DrawFn) -> Page:
    """Words of any size anywhere on the page, no two with one middle."""
    boxes: list[Box] = []
    taken: set[tuple[float, float]] = set()
    at = 0
    for _ in range(draw(st.integers(1, 14))):
        x, y, width, height = draw(_edge), draw(_edge), draw(st.integers(1, 20)), draw(st.integers(1, 20))
        middle = (x + width / 2, y + height / 2)
        if middle not in taken:
            taken.add(middle)
            boxes.append((at, at + 2, x, y, x + width, y + height))
            at += 3
    return Page(1, 0, at - 1, 100, 100, tuple(boxes))


@given(_pages(), st.data())
def test_the_words_in_the_rectangles_are_the_quote(page: Page, data: st.DataObject) -> None:
    text = " ".join(f"{i:02d}" for i in range(len(page.boxes)))
    first = data.draw(st.integers(0, len(page.boxes) - 1))
    last = data.draw(st.integers(first, len(page.boxes) - 1))
    start, end = page.boxes[first][0], page.boxes[last][1]
    [(_, rects)] = find_places([page], start, end)
    assert sorted(set(read_rects(page, text, rects).split())) == text[start:end].split()
