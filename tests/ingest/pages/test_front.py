"""The first page: what it says of the paper, and the words that say it. All papers and people are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.ingest.pages.front import Front, read_file_name, read_front, to_fields
from vlmrag.ingest.pages.nouns import Line, Word
from vlmrag.ingest.pages.venue import name_venue

HEIGHT = 792.0
CENTRE = 306.0
BODY = "We fold paper boats from old maps and ask how long they float before they read"


def line(text: str, y: float, size: float = 10.0, x: float | None = None, **look: object) -> Line:
    """Set a line, centred unless `x` is given; two spaces or more are as much room as they are wide."""
    width = 0.5 * size
    left = CENTRE - width * len(text) / 2 if x is None else x
    words = []
    at = 0
    for word in text.split():
        at = text.index(word, at)
        words.append(Word(word, (left + at * width, y, left + (at + len(word)) * width, y + size)))
        at += len(word)
    rect = (words[0].rect[0], y, words[-1].rect[2], y + size)
    return Line(1, tuple(words), rect, size, **look)  # type: ignore[arg-type]


def stamp(text: str) -> Line:
    words = tuple(Word(word, (10.0, 500.0 - 30 * i, 30.0, 525.0 - 30 * i)) for i, word in enumerate(text.split()))
    return Line(1, words, (10.0, 200.0, 30.0, 525.0), 20.0, "Times", upright=False)


def body(y: float) -> list[Line]:
    return [line(BODY, y + 12 * row, x=72.0, font="Roman") for row in range(6)]


def abstract(y: float) -> list[Line]:
    return [
        line("Abstract", y, 12.0, font="Bold", bold=True),
        *body(y + 16),
        line("1 Introduction", y + 110, 12.0, font="Bold", bold=True),
    ]


PAGE = [
    stamp("arXiv:2104.01234v3 [cs.CV] 9 Jun 2022"),
    line("BoatNet: Folding Language Maps into", 90, 17.0, font="Bold", bold=True),
    line("Paper Boats", 110, 17.0, font="Bold", bold=True),
    line("Ada Stone1∗   Bo van Lind1   Cy Warma2†", 150, 11.0, font="Bold", bold=True),
    line("1University of Harbour     2Tin Boat Institute", 165, 10.0, font="Roman"),
    line("{ada,bo}@harbour.example", 178, 10.0, font="Mono"),
    *abstract(220),
]  # fmt: skip


def read(lines: list[Line], said: str = "") -> Front:
    return read_front(lines, HEIGHT, said)


def test_a_usual_first_page() -> None:
    front = read(PAGE)
    assert [(found.name, found.value) for found in front.found] == [
        ("name", "BoatNet"),
        ("title", "BoatNet: Folding Language Maps into Paper Boats"),
        ("author", "Ada Stone"),
        ("author", "Bo van Lind"),
        ("author", "Cy Warma"),
        ("org", "University of Harbour"),
        ("org", "Tin Boat Institute"),
        ("arxiv", "2104.01234"),
        ("date", "2021-04"),
        ("year", "2021"),
    ]
    assert front.version == "v3"
    assert [each.text for each in front.abstract] == [BODY] * 6


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("BoatNet: Folding maps with words", "BoatNet"),
        ("Kestrel: a bird that reads maps", "Kestrel"),
        ("MiniBoat v2: Folding maps with words", "MiniBoat v2"),
        ("Hallucination: A survey of what boats dream", None),
        ("VLP: A survey of maps and words", None),
        ("Maps are not towns", None),
        ("How to fold a paper boat: a study of maps", None),
    ],
)
def test_the_name_in_a_title(title: str, name: str | None) -> None:
    assert read([line(title, 90, 17.0), *abstract(220)]).first("name") == name


def test_values_stand_where_they_are_printed() -> None:
    text, starts = "", []
    for each in PAGE:
        starts.append(len(text))
        text += each.text + "\n"
    fields = to_fields(read(PAGE), PAGE, starts)
    assert [(f.name, text[f.start : f.end]) for f in fields] == [
        ("name", "BoatNet:"),
        ("title", "BoatNet: Folding Language Maps into\nPaper Boats"),
        ("author", "Ada Stone1∗"),
        ("author", "Bo van Lind1"),
        ("author", "Cy Warma2†"),
        ("org", "1University of Harbour"),
        ("org", "2Tin Boat Institute"),
        ("arxiv", PAGE[0].text),
        ("date", PAGE[0].text),
        ("year", PAGE[0].text),
    ]


def test_a_first_version_has_the_stamp_s_date() -> None:
    front = read([stamp("arXiv:2104.01234v1 [cs.CV] 9 Apr 2021"), *PAGE[1:]])
    assert (front.first("date"), front.first("year"), front.version) == ("2021-04-09", "2021", "v1")


def test_an_old_stamp() -> None:
    front = read([stamp("arXiv:cs/0112017v1 [cs.CL] 12 Dec 2001"), *PAGE[1:]])
    assert (front.first("arxiv"), front.first("date")) == ("cs/0112017", "2001-12-12")


def test_a_grid_of_authors() -> None:
    """Name, employer, town and e-mail stand in cells; only the names are names, only the employers organisations."""
    cells = [
        ("Ada Stone", "Tin Boat Inc.", "Upper Town", "ada@tin.example"),
        ("Bo Lind", "Harbour University", "Lake Side", "bo@h.example"),
    ]
    grid = [
        line(words, 140.0 + 12 * row, x=120.0 + 200 * column, font="Bold" if row == 0 else "Roman", bold=row == 0)
        for column, cell in enumerate(cells)
        for row, words in enumerate(cell)
    ]
    front = read([PAGE[1], PAGE[2], *grid, *abstract(220)])
    assert front.all("author") == ["Ada Stone", "Bo Lind"]
    assert front.all("org") == ["Tin Boat Inc.", "Harbour University"]


def test_a_grid_in_one_font() -> None:
    cells = [
        ("Ada Stone", "Tin Boat Inc.", "Upper Town", "ada@tin.example"),
        ("Bo Lind", "Harbour University", "Lake Side", "bo@h.example"),
    ]
    grid = [
        line(words, 140.0 + 12 * row, x=120.0 + 200 * column, font="Roman")
        for column, cell in enumerate(cells)
        for row, words in enumerate(cell)
    ]
    front = read([PAGE[1], PAGE[2], *grid, *abstract(220)])
    assert front.all("author") == ["Ada Stone", "Bo Lind"]


def test_names_over_two_lines_and_an_organisation_over_two() -> None:
    lines = [
        line("Ada Stone1, Bo Lind1,2, Cyrus", 140, 11.0, font="Roman"),
        line("Warma2, Dee Quill1 and Eva Ray2", 154, 11.0, font="Roman"),
        line("1Academy of Paper and", 180, 9.0, font="Italic"),
        line("Tin, 2Boat University", 191, 9.0, font="Italic"),
    ]
    front = read([PAGE[1], PAGE[2], *lines, *abstract(220)])
    assert front.all("author") == ["Ada Stone", "Bo Lind", "Cyrus Warma", "Dee Quill", "Eva Ray"]
    assert front.all("org")[0] == "Academy of Paper and Tin"


def test_chinese_people() -> None:
    lines = [
        line("纸船与地图的视觉语言研究", 90, 18.0, font="Song"),
        line("林小舟1， 陈大山2， 王一", 130, 12.0, font="Kai"),
        line("某某大学 纸艺学院", 150, 10.0, font="Song"),
        line("摘 要", 200, 12.0, font="Hei"),
        *body(216),
    ]
    front = read(lines)
    assert (front.first("title"), front.all("author")) == ("纸船与地图的视觉语言研究", ["林小舟", "陈大山", "王一"])
    assert len(front.abstract) == 6


def test_organisations_in_one_line_told_by_their_marks() -> None:
    lines = [
        line("Ada Stone1,∗, Bo Lind2,∗, Cy Warma3", 140, 11.0, font="Roman"),
        line("1University of Tin–Harbour 2Paper Research 3 Institute of Rain, Upper Town", 156, 10.0, font="Italic"),
        line("https://boats.example.org", 170, 10.0, font="Mono"),
    ]
    front = read([PAGE[1], PAGE[2], *lines, *abstract(220)])
    assert front.all("author") == ["Ada Stone", "Bo Lind", "Cy Warma"]
    assert front.all("org") == ["University of Tin–Harbour", "Paper Research", "Institute of Rain"]


def test_a_row_for_each_author_with_the_address_beside() -> None:
    lines = [
        line("Ada B. Stone            ada@boats.example", 140, 10.0, x=72.0, font="Roman", bold=True),
        line("Paper Research, Upper Town", 152, 10.0, x=72.0, font="Italic"),
        line("Bo Lind                 bo@boats.example", 170, 10.0, x=72.0, font="Roman", bold=True),
        line("University of Tin, Lower Town", 182, 10.0, x=72.0, font="Italic"),
        line("Editor: Eva Ray", 200, 10.0, x=72.0, font="Roman", bold=True),
    ]
    head = line("Journal of Paper Boats 21 (2020) 1-67        Submitted 1/20; Published 6/20", 40, 8.0)
    front = read([head, PAGE[1], PAGE[2], *lines, *abstract(240)])
    assert front.all("author") == ["Ada B. Stone", "Bo Lind"]
    assert front.all("org") == ["Paper Research", "University of Tin"]
    assert (front.first("venue"), front.first("year")) == ("Journal of Paper Boats", "2020")


def test_a_journal_s_name_above_the_title() -> None:
    lines = [
        line("Contents lists available at a shop", 60, 8.0),
        line("Paper Boats", 75, 20.0),
        line("journal homepage: www.example.org/boats", 100, 8.0),
        line("How long do folded maps float in heavy rain?", 150, 14.0),
        line("Ada Stone, Bo Lind", 175, 12.0, font="Roman"),
        line("a b s t r a c t", 220, 9.0),
        *body(236),
    ]
    front = read(lines)
    assert (front.first("title"), front.all("author")) == (
        "How long do folded maps float in heavy rain?",
        ["Ada Stone", "Bo Lind"],
    )
    assert len(front.abstract) == 6


def test_a_thesis() -> None:
    lines = [
        line("University of Tin Harbour", 80, 22.0, font="Caps"),
        line("Folding Maps by Night", 200, 18.0, font="Bold", bold=True),
        line("Ada Stone", 260, 12.0, font="Roman"),
        line("A thesis submitted for the degree of Doctor of Boats", 300, 12.0, font="Roman"),
        line("June 2019", 400, 12.0, font="Roman"),
        line("no more than this", 500, font="Roman"),
        line("and a second line of no size", 512, font="Roman"),
    ]
    front = read(lines)
    assert front.first("title") == "Folding Maps by Night"
    assert front.all("author") == ["Ada Stone"]


def test_an_abstract_in_the_line_of_its_heading() -> None:
    text = "Abstract—We fold paper boats from old maps and ask how long they float before"
    lines = [*PAGE[1:5], line(text, 220, 9.0, x=72.0, bold=True), *body(232), line("I. INTRODUCTION", 320, 10.0)]
    front = read(lines)
    assert [each.text for each in front.abstract] == [text, *[BODY] * 6]
    assert front.all("author") == ["Ada Stone", "Bo van Lind", "Cy Warma"]


def test_notes_on_a_work_that_are_headed_by_its_name() -> None:
    heading = line("KESR（Kites Eagles Storks Record）", 90, 20.0)
    front = read([heading, *body(140)])
    assert [(f.name, f.value) for f in front.found] == [("name", "KESR"), ("alias", "Kites Eagles Storks Record")]
    assert read([heading, *PAGE[3:]]).first("title") == "KESR（Kites Eagles Storks Record）"


def test_banners_and_pictures_are_no_titles() -> None:
    lines = [
        line("Published as a conference paper at ICLR 2021", 40, 20.0, x=72.0),
        *PAGE[1:3],
        line("Boat Search", 250, 22.0, font="Arial"),
        *abstract(300),
    ]
    front = read(lines)
    assert front.first("title") == "BoatNet: Folding Language Maps into Paper Boats"
    assert (front.first("venue"), front.first("year")) == ("ICLR 2021", "2021")


def test_the_file_s_metadata_settles_the_spelling_only() -> None:
    shouted = [line("PAPER BOATS AND MAPS", 90, 17.0), *abstract(220)]
    assert read(shouted, "Paper Boats and Maps").first("title") == "Paper Boats and Maps"
    assert read(shouted, "Microsoft Word - final.docx").first("title") == "PAPER BOATS AND MAPS"


def test_a_page_without_title_or_people() -> None:
    assert read(body(60)) == Front((), ())
    assert read([]) == Front((), ())


def test_a_doi_of_another_work_in_the_text_is_not_the_paper_s() -> None:
    own = line("https://doi.org/10.1145/1234567.7654321", 760, 7.0, x=72.0)
    cited = line("as others did (10.1000/other.1) with boats made of tin and of old", 400, x=72.0, font="Roman")
    assert read([*PAGE, cited, own]).all("doi") == ["10.1145/1234567.7654321"]
    assert read([*PAGE, cited]).all("doi") == []


@pytest.mark.parametrize(
    ("words", "venue"),
    [
        ("Published as a conference paper at ICLR 2021", "ICLR 2021"),
        ("31st Conference on Neural Information Processing Systems (NIPS 2017), Long Beach, CA, USA.", "NIPS 2017"),
        ("Proceedings of the 39th International Conference on Machine Learning, Port, Bay, PMLR 162, 2022.",
         "Proceedings of the 39th International Conference on Machine Learning"),
        ("MM ’24, October 28-November 1, 2024, Melbourne, VIC, Australia", "MM ’24"),
        ("This CVPR paper is the Open Access version, provided by the Computer Vision Foundation.", "CVPR"),
        ("IEEE TRANSACTIONS ON PAPER BOATS, VOL. 14, NO. 8, AUGUST 2021", "IEEE TRANSACTIONS ON PAPER BOATS"),
        ("Paper Boats. 2022;165:141–142.", "Paper Boats"),
        ("Under review as a conference paper at ICLR 2023", ""),
        ("Preprint. Under review.", ""),
        ("We fold paper boats.", ""),
    ],
)  # fmt: skip
def test_venues(words: str, venue: str) -> None:
    assert name_venue(words) == venue


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1706.03762v7.pdf", ("1706.03762", "v7")),
        ("2301.12597.pdf", ("2301.12597", "")),
        ("arxiv_2301.12597v3__copy.pdf", ("2301.12597", "v3")),
        ("0704.0001v1.pdf", ("0704.0001", "v1")),
        ("hep-th9901001.pdf", ("hep-th/9901001", "")),
        ("cs_0112017v2.pdf", ("cs/0112017", "v2")),
        ("2313.00001.pdf", None),
        ("3664647.3685520.pdf", None),
        ("2020.acl-main.447.pdf", None),
        ("notes 2301.125.pdf", None),
        ("boats.pdf", None),
    ],
)
def test_file_names(name: str, expected: tuple[str, str] | None) -> None:
    assert read_file_name(name) == expected


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=40), st.floats(0, 780), st.sampled_from([8.0, 10.0, 14.0]), st.booleans()
        ),
        max_size=25,
    )
)
def test_any_page_is_read_and_every_place_is_real(rows: list[tuple[str, float, float, bool]]) -> None:
    lines = [line(words, y, size, x=72.0, bold=bold) for words, y, size, bold in rows if words.split()]
    starts = [100 * i for i in range(len(lines))]
    for field in to_fields(read(lines), lines, starts):
        assert 0 <= field.start < field.end <= 100 * len(lines)
