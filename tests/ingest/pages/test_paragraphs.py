"""Lines become paragraphs, and a paragraph goes on over the ends of columns and pages."""

from __future__ import annotations

from vlmrag.ingest.pages.columns import Sheet, order_lines
from vlmrag.ingest.pages.nouns import Block, Line, RawPage, Word
from vlmrag.ingest.pages.paragraphs import cut_paragraphs, join_paragraphs
from vlmrag.ingest.pages.style import Style

STYLE = Style(10.0, "Times", 2.0)


def make_line(text: str, x: float, y: float, width: float = 240, page: int = 1, **look: object) -> Line:
    """A line of text, its words as wide as their letters, the last one ending at `x + width`."""
    words, left, share = [], x, width / max(1, len(text))
    for word in text.split():
        words.append(Word(word, (left, y, left + share * len(word), y + 10)))
        left += share * (len(word) + 1)
    return Line(page, tuple(words), (x, y, x + width, y + 10), 10.0, "Times", **look)  # type: ignore[arg-type]


def make_sheet(*lines: Line, page: int = 1) -> Sheet:
    return order_lines(RawPage(page, 612, 792, lines, ()))


def two_columns(rows: int = 6) -> tuple[list[Line], list[Line]]:
    left = [make_line(f"left line {i} of text", 50, 100 + 12 * i) for i in range(rows)]
    return left, [make_line(f"right line {i} of text", 310, 100 + 12 * i) for i in range(rows)]


def test_columns_in_the_order_of_the_stream_stay() -> None:
    left, right = two_columns()
    sheet = make_sheet(*left, *right)
    assert sheet.gutter == 309
    assert list(sheet.lines) == [*left, *right]


def test_columns_written_row_by_row_are_read_one_after_the_other() -> None:
    left, right = two_columns(8)
    title = make_line("a title over both columns", 50, 60, 500)
    rows = [line for row in zip(left, right, strict=True) for line in row]
    assert list(make_sheet(title, *rows).lines) == [title, *left, *right]


def test_a_number_and_the_words_of_its_heading_are_one_line() -> None:
    number, words = make_line("3.1", 50, 100, 14), make_line("Training data", 80, 100, 60)
    assert [line.text for line in make_sheet(number, words).lines] == ["3.1 Training data"]


def test_cells_far_apart_are_lines_of_their_own() -> None:
    cells = [make_line("one", 50, 100, 20), make_line("two", 200, 100, 20)]
    assert list(make_sheet(*cells).lines) == cells


def test_a_paragraph_ends_at_a_gap_and_at_an_indent() -> None:
    lines = [
        make_line("the first paragraph has two lines and", 50, 100),
        make_line("ends here.", 50, 112, 80),
        make_line("The second stands in and", 62, 124, 228),
        make_line("goes on.", 50, 136, 60),
        make_line("The third is apart and long enough to", 50, 160),
    ]
    blocks = cut_paragraphs(make_sheet(*lines), lines, STYLE)
    assert [len(block.lines) for block in blocks] == [2, 2, 1]


def test_a_sentence_goes_on_over_the_page_and_what_stood_between_is_set_aside() -> None:
    first = Block("paragraph", (make_line("it breaks off in the middle of a", 50, 700),))
    note = Block("footnote", (make_line("1 a footnote", 50, 740, 60),))
    head = Block("aside", (make_line("a running head", 50, 40, 80, page=2),))
    second = Block("paragraph", (make_line("sentence that ends here.", 50, 100, 150, page=2),))
    sheets = {1: make_sheet(*first.lines, *note.lines), 2: make_sheet(*head.lines, *second.lines, page=2)}
    joined = join_paragraphs([first, note, head, second], sheets, STYLE)
    assert joined == [note, Block("paragraph", first.lines + second.lines), head]


def test_a_sentence_that_ended_is_not_joined() -> None:
    first = Block("paragraph", (make_line("it ends here.", 50, 700),))
    second = Block("paragraph", (make_line("and so does this.", 50, 100, page=2),))
    sheets = {1: make_sheet(*first.lines), 2: make_sheet(*second.lines, page=2)}
    assert join_paragraphs([first, second], sheets, STYLE) == [first, second]


def test_cells_of_a_table_are_not_joined_to_a_sentence() -> None:
    cells = [
        Block("paragraph", (make_line(text, x, 100, 50),))
        for text, x in (("few", 50), ("shot", 150), ("learners", 320))
    ]
    assert join_paragraphs(cells, {1: make_sheet(*(block.lines[0] for block in cells))}, STYLE) == cells
