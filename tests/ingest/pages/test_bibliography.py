"""The reference list: lines become entries, entries say who, what, when and where. All works and people are made up."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.ingest.pages.bibliography import (
    count_reference_lines,
    is_reference_heading,
    name_cited,
    read_references,
    to_fields,
)
from vlmrag.ingest.pages.cited import Reference, parse_reference
from vlmrag.ingest.pages.nouns import Line, Word
from vlmrag.ingest.pages.unbroken import mend
from vlmrag.types import Field

PITCH, WIDTH = 12.0, 5.0
"""Points from line to line, and for each character."""


def make_line(text: str, x: float = 72.0, y: float = 100.0, page: int = 1, size: float = 10.0) -> Line:
    words = []
    at = x
    for word in text.split():
        words.append(Word(word, (at, y, at + WIDTH * len(word), y + size)))
        at += WIDTH * (len(word) + 1)
    return Line(page, tuple(words), (x, y, max(at - WIDTH, x), y + size), size)


def set_column(
    entries: Sequence[Sequence[str]],
    x: float = 72.0,
    hang: float = 10.0,
    gap: float = 0.0,
    page: int = 1,
    begun: bool = False,
) -> list[Line]:
    """Set entries, each a few lines, in one column; `begun`: the first one's first line stands in another column."""
    lines, y = [], 100.0
    for number, entry in enumerate(entries):
        for row, text in enumerate(entry):
            first = row == 0 and not (begun and number == 0)
            lines.append(make_line(text, x if first else x + hang, y, page))
            y += PITCH
        y += gap
    return lines


STONE = ["Ada Stone, Bo Lindqvist, and Cy Warma. 2021. Reading", "maps with small networks. In ACL, pages 10–19."]
QUILL = ["Dee Quill. 2019. Paper boats: A survey of folded ves-", "sels. arXiv preprint arXiv:1905.", "00321."]
ORTEGA = ["Eva Ortega and Finn Moss. 2020. Why do lamps hum?", "Journal of Odd Sounds, 12(3):4–9."]


def spans(references: Sequence[Reference]) -> list[tuple[int, int]]:
    return [(reference.first, reference.last) for reference in references]


# --- where entries begin -------------------------------------------------------------------------------------------


def test_hanging_entries_over_columns_and_pages() -> None:
    lines = [
        *set_column([STONE, QUILL[:1]]),
        *set_column([QUILL[1:], ORTEGA], x=320.0, begun=True),
        *set_column([STONE, ORTEGA], page=2),
    ]
    references = read_references(lines)
    assert spans(references) == [(0, 1), (2, 4), (5, 6), (7, 8), (9, 10)]
    assert references[1] == Reference(
        label="",
        text="Dee Quill. 2019. Paper boats: A survey of folded vessels. arXiv preprint arXiv:1905.00321.",
        authors=("Dee Quill",),
        title="Paper boats: A survey of folded vessels",
        year="2019",
        venue="",
        arxiv="1905.00321",
        doi="",
        url="",
        first=2,
        last=4,
    )


def test_a_column_that_only_continues_an_entry() -> None:
    lines = [
        *set_column([STONE, QUILL[:1]]),
        *set_column([QUILL[1:]], x=320.0, begun=True),
        *set_column([ORTEGA], page=2),
    ]
    assert spans(read_references(lines)) == [(0, 1), (2, 4), (5, 6)]


def test_entries_told_by_the_room_between_them() -> None:
    lines = set_column([STONE, QUILL, ORTEGA, STONE], hang=0.0, gap=6.0)
    assert spans(read_references(lines)) == [(0, 1), (2, 4), (5, 6), (7, 8)]


def test_entries_told_by_their_people_alone() -> None:
    lines = set_column([STONE, QUILL, ORTEGA, STONE], hang=0.0)
    assert spans(read_references(lines)) == [(0, 1), (2, 4), (5, 6), (7, 8)]


def test_entries_whose_first_line_is_set_in() -> None:
    lines = set_column([STONE, QUILL, ORTEGA, STONE], x=90.0, hang=-18.0)
    assert spans(read_references(lines)) == [(0, 1), (2, 4), (5, 6), (7, 8)]


@pytest.mark.parametrize("form", ["[{}] ", "{}. ", "({}) ", "[{}]", "{} "])
def test_numbers_win_over_everything_else(form: str) -> None:
    entries = [[form.format(n) + entry[0], *entry[1:]] for n, entry in enumerate([STONE, QUILL, ORTEGA] * 4, 1)]
    references = read_references(set_column(entries, hang=0.0))
    assert [r.first for r in references] == [0, 2, 5, 7, 9, 12, 14, 16, 19, 21, 23, 26]
    assert {r.label for r in references} <= {form.format(n).strip() for n in range(1, 13)} | {""}


def test_a_year_or_page_at_a_line_s_head_is_no_number() -> None:
    entries = [
        ["1. Stone, A. Reading maps. J. Paper 3,", "12. (2019)."],
        ["2. Moss, F. Lamps. J. Light", "2020. 3–4."],
        ["3. Quill, D. Boats. J. Water 1, 2 (2018)."],
    ]
    assert spans(read_references(set_column(entries, hang=0.0))) == [(0, 1), (2, 3), (4, 4)]


def test_keys() -> None:
    entries = [
        [f"[{key}] {entry[0]}", *entry[1:]]
        for key, entry in [("Sto21", STONE), ("Quill et al., 2019b", QUILL), ("OM+20", ORTEGA)]
    ]
    references = read_references(set_column(entries, hang=0.0))
    assert spans(references) == [(0, 1), (2, 4), (5, 6)]
    assert [r.label for r in references] == ["[Sto21]", "[Quill et al., 2019b]", "[OM+20]"]
    assert references[1].title == "Paper boats: A survey of folded vessels"


def test_lines_in_other_letters_belong_to_no_entry() -> None:
    lines = set_column([STONE, QUILL, ORTEGA])
    lines.insert(4, make_line("7 See the appendix for boats of tin.", y=150.0, size=7.0))
    references = read_references(lines)
    assert spans(references) == [(0, 1), (2, 5), (6, 7)]
    assert "tin" not in references[1].text


def test_what_follows_the_list_after_a_wide_gap_is_left_out() -> None:
    lines = set_column([STONE, QUILL, ORTEGA])
    lines.append(make_line("We thank the harbour master for his patience.", y=lines[-1].rect[1] + 60))
    assert spans(read_references(lines)) == [(0, 1), (2, 4), (5, 6)]


def test_lines_behind_the_list_are_counted_out() -> None:
    lines = set_column([STONE, QUILL, ORTEGA, ["We organise what follows in three parts:", "boats, maps and lamps."]])
    assert spans(read_references(lines)) == [(0, 1), (2, 4), (5, 6)]
    assert count_reference_lines(lines) == 7
    assert count_reference_lines([]) == 0


def test_the_last_entry_does_not_run_on_for_ever() -> None:
    lines = set_column([STONE, QUILL, ORTEGA])
    lines += [
        make_line("And so the boats went on and on without a heading.", 82.0, 100 + 12 * i, page=2) for i in range(60)
    ]
    references = read_references(lines)
    assert [r.first for r in references] == [0, 2, 5]
    assert references[-1].last < 25


def test_no_lines_no_entries() -> None:
    assert read_references([]) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([STONE, QUILL, ORTEGA]), min_size=2, max_size=30),
    st.integers(min_value=28, max_value=70),
    st.integers(min_value=4, max_value=40),
)
def test_numbered_lists_come_back_whole(entries: list[list[str]], width: int, height: int) -> None:
    """However long the lines and columns are, each number is an entry and no line is lost or taken twice."""
    whole = [f"[{n}] " + " ".join(entry).replace("ves- sels", "vessels") for n, entry in enumerate(entries, 1)]
    rows = [row for words in whole for row in textwrap.wrap(words, width, break_on_hyphens=False)]
    lines = [
        make_line(text, 72.0 + 250 * (i // height % 2), 100 + PITCH * (i % height), 1 + i // height // 2)
        for i, text in enumerate(rows)
    ]
    references = read_references(lines)
    assert [reference.label for reference in references] == [f"[{n}]" for n in range(1, len(entries) + 1)]
    assert [i for a, b in spans(references) for i in range(a, b + 1)] == list(range(len(lines)))


# --- what an entry says --------------------------------------------------------------------------------------------

STYLES = [
    ("[3] A. Stone et al., “Maps in the dark,” in Proc. Int. Conf. Maps, vol. 3, 2017, pp. 1–9.",
     ("A. Stone",), "Maps in the dark", "2017", "Proc. Int. Conf. Maps"),
    ("[4] A. Stone, B. Lindqvist, C. Warma, Maps in the dark, in: Proceedings of the Map Society, 2016, pp. 7–8.",
     ("A. Stone", "B. Lindqvist", "C. Warma"), "Maps in the dark", "2016", "Proceedings of the Map Society"),
    ("[5] A. Stone, B. Moss, Small maps, Cartography 21 (2015) 36–44.",
     ("A. Stone", "B. Moss"), "Small maps", "2015", "Cartography"),
    ("6. Stone, A. & Moss, B. Small maps of big towns. Cartography 52, 84–89 (2016).",
     ("Stone, A.", "Moss, B."), "Small maps of big towns", "2016", "Cartography"),
    ("7. Stone A, Moss BC, Quill D, et al. Small maps of big towns. J Cartogr. 2017;30:98–108.",
     ("Stone A", "Moss BC", "Quill D"), "Small maps of big towns", "2017", "J Cartogr"),
    ('Stone, Ada, et al. "Maps: A very short history." Cartography (2018).',
     ("Stone, Ada",), "Maps: A very short history", "2018", "Cartography"),
    ("Stone, A., Moss, B., & Quill, D. (2020). Maps are not towns. Annals of Walking, 33, 77–90.",
     ("Stone, A.", "Moss, B.", "Quill, D."), "Maps are not towns", "2020", "Annals of Walking"),
    ("Stone, A. and van der Moss, B. C. Do maps lie? a field study. In Quill, D. (eds.), MAPCONF, pp. 25–33, 2015.",
     ("Stone, A.", "van der Moss, B. C."), "Do maps lie? a field study", "2015", "MAPCONF"),
    ("Ada B. Stone, Bo Lindqvist, and Quo V. Le. Are maps read? In MAPCONF, 2020.",
     ("Ada B. Stone", "Bo Lindqvist", "Quo V. Le"), "Are maps read?", "2020", "MAPCONF"),
    ("[8] Stone, A., Moss, B.C., et al.: MapNet: walking with words. In: MAPCONF, pp. 13–23 (2019)",
     ("Stone, A.", "Moss, B.C."), "MapNet: walking with words", "2019", "MAPCONF"),
    ("Map Society. 2023. The atlas of small things.", ("Map Society",), "The atlas of small things", "2023", ""),
    ("[9] Ada Stone and Bo Moss. The atlas of small things, 2023.",
     ("Ada Stone", "Bo Moss"), "The atlas of small things", "2023", ""),
    ("[10] 林小舟, 陈大山, 等. 折纸船的稳定性研究[J]. 纸艺学报, 2020, 43(2): 1-10.",
     ("林小舟", "陈大山"), "折纸船的稳定性研究", "2020", "纸艺学报"),
    ("[11] 林小舟. 纸船论[D]. 某市: 某某大学, 2021.", ("林小舟",), "纸船论", "2021", "某市: 某某大学"),
    ("[12] LIN X, CHEN D, et al. Paper boats in rain[C]//Proceedings of the Boat Society. Port, 2021: 100-110.",
     ("LIN X", "CHEN D"), "Paper boats in rain", "2021", "Proceedings of the Boat Society"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "authors", "title", "year", "venue"), STYLES)
def test_styles(words: str, authors: tuple[str, ...], title: str, year: str, venue: str) -> None:
    reference = parse_reference(words, 4, 7)
    assert (reference.authors, reference.title, reference.year, reference.venue) == (authors, title, year, venue)
    assert (reference.first, reference.last) == (4, 7)


@pytest.mark.parametrize(
    ("words", "arxiv", "doi", "url"),
    [
        ("Stone, A. Maps. arXiv preprint arXiv:2103.00020, 2021.", "2103.00020", "", ""),
        ("Stone, A. Maps. arXiv:2103.00020v2 [cs.CV], 2021.", "2103.00020", "", ""),
        ("A. Stone. Maps. CoRR, abs/1409.0473, 2014.", "1409.0473", "", ""),
        ("A. Stone. Training maps. 1507.06228, 2015.", "1507.06228", "", ""),
        ("A. Stone. Maps. J. Maps, pages 1507–1622, 2015.", "", "", ""),
        ("A. Stone. Maps. 2021. doi: 10.1145/3442188.3445922.", "", "10.1145/3442188.3445922", ""),
        ("A. Stone. Maps, 2021. URL https://maps.example.org/a_b?c=d.", "", "", "https://maps.example.org/a_b?c=d"),
    ],
)
def test_ids(words: str, arxiv: str, doi: str, url: str) -> None:
    reference = parse_reference(words, 0, 0)
    assert (reference.arxiv, reference.doi, reference.url) == (arxiv, doi, url)


def test_an_entry_that_says_nothing_plainly_keeps_its_words() -> None:
    reference = parse_reference("[7] see the third drawer, left of the window", 0, 0)
    assert reference.text == "see the third drawer, left of the window"
    assert (reference.authors, reference.year, reference.arxiv, reference.doi) == ((), "", "", "")
    assert name_cited(reference) == []


@given(st.text(max_size=300))
def test_any_words_are_read(words: str) -> None:
    reference = parse_reference(words, 0, 0)
    assert reference.text == words.removeprefix(words[: len(words) - len(reference.text)])
    assert reference.title in mend(words) or reference.title in words


# --- what becomes of it --------------------------------------------------------------------------------------------


def test_cites_stand_at_their_entries() -> None:
    lines = set_column([STONE, QUILL, ORTEGA])
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.text) + 1)
    text = "\n".join(line.text for line in lines)
    fields = to_fields(read_references(lines), [(a, b - 1) for a, b in pairwise(starts)])
    assert [(f.name, f.value) for f in fields] == [
        ("cites", "Reading maps with small networks"),
        ("cites", "arxiv:1905.00321"),
        ("cites", "Paper boats: A survey of folded vessels"),
        ("cites", "Why do lamps hum?"),
    ]
    assert [text[f.start : f.end] for f in fields] == ["\n".join(entry) for entry in (STONE, QUILL, QUILL, ORTEGA)]
    assert fields[0] == Field("cites", "Reading maps with small networks", 0, len("\n".join(STONE)))


@pytest.mark.parametrize(
    "heading",
    ["References", "REFERENCES", "7 References", "VI. REFERENCES", "R EFERENCES", "R E F E R E N C E S", "Bibliography",
     "Literature cited", "References and Notes", "参考文献", "參考文獻", "8. 参考文献", "参 考 文 献", "六、参考文献"],
)  # fmt: skip
def test_headings_of_the_list(heading: str) -> None:
    assert is_reference_heading(heading)


@pytest.mark.parametrize("heading", ["Reference model", "Preferences", "References to boats", "Related work", "A", ""])
def test_other_headings(heading: str) -> None:
    assert not is_reference_heading(heading)
