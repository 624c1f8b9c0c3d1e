"""Papers, comparison, map and findings as HTML: what is found and shown, and that text from notes stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake_library import ATLAS, BROOK, FROZEN, HOSTILE, LANTERN, FakeLibrary
from vlmrag.answer.table import Cell, Row
from vlmrag.errors import IndexMissing
from vlmrag.ingest.mentions import Finding
from vlmrag.reports import Skipped
from vlmrag.search.figures import FoundFigure
from vlmrag.types import Figure, Paper, Place
from vlmrag.ui.html.library import render_findings, render_state, render_status
from vlmrag.ui.html.map import choose_topics, group_years, list_topics, render_map, spread
from vlmrag.ui.html.paper import render_cells, render_near, render_paper
from vlmrag.ui.html.papers import render_papers
from vlmrag.ui.html.table import render_table
from vlmrag.ui.proofs import Proofs, find_proof
from vlmrag.ui.sift import list_variants, make_key
from vlmrag.ui.tabs.compare import draw_comparison
from vlmrag.ui.tabs.papers import draw_near, draw_paper, draw_papers
from vlmrag.ui.words import load_words
from vlmrag.ui.work import Outcome, State

EN = load_words("en")
LIVE = ("<script", "<img", 'onerror="', "javascript:alert(1)&quot;>", "href='", 'href="javascript')


def test_a_number_is_given_once_and_found_again() -> None:
    proofs = Proofs(EN)
    first, again = proofs.chip(FROZEN[2]), proofs.chip(replace(FROZEN[2], marker=9))
    proofs.chip(FROZEN[0])
    assert first == again
    assert 'data-marker="1"' in first
    assert proofs.all() == (replace(FROZEN[2], marker=1), replace(FROZEN[0], marker=2))
    more = Proofs(EN, proofs.all())
    assert 'data-marker="3"' in more.chip(FROZEN[1])
    assert more.all()[:2] == proofs.all()


@pytest.mark.parametrize(
    "data", [None, [], {"marker": 1}, {"exchange": 0, "marker": 7}, {"exchange": 0, "marker": "1"}]
)
def test_a_click_that_names_no_proof_opens_none(data: object) -> None:
    assert find_proof(FROZEN, data) is None
    assert find_proof(FROZEN, {"exchange": 0, "marker": 2}) == FROZEN[1]


def test_a_row_of_the_table() -> None:
    html = render_papers([replace(ATLAS, title="Atlas of Bridges", venue="ECCV 2021", pdf="data/pdfs/a.pdf")], EN)
    assert html.endswith(
        '<tr data-key="atlas atlas of bridges north lab eccv 2021 2021 bridges bridges"><th scope="row">'
        '<button type="button" class="open" data-paper="name:atlas">Atlas</button></th>'
        '<td class="title">Atlas of Bridges</td><td class="year">2021</td><td class="org">North Lab</td>'
        '<td class="venue">ECCV 2021</td><td class="stands"><span title="notes/atlas.md, line 3">atlas.md</span> '
        '<span class="badge">PDF</span></td></tr></tbody></table>'
        '<p class="hint none" hidden>No paper has all of these words.</p>'
    )
    assert "1 of 1 papers" in html


def test_what_is_typed_in_traditional_finds_simplified() -> None:
    keys = [make_key(replace(ATLAS, title="冻结的桥"))]
    variants = list_variants(keys)
    pairs = dict(zip(variants[::2], variants[1::2], strict=True))
    assert pairs["凍"] == "冻"
    assert pairs["結"] == "结"
    assert set(pairs.values()) <= set("冻结的桥")


def test_a_paper_page_has_facts_attributes_entries_and_bibtex() -> None:
    html, proofs = draw_paper(FakeLibrary(), "Atlas", "en")
    assert "<dt>Name</dt><dd><ul><li>Atlas " in html
    assert "<dt>Frozen</dt><dd><ul><li>language model " in html
    assert f"<pre>{FROZEN[0].quote}</pre>" in html
    assert "@misc{atlas-2021," in html
    assert [c.quote for c in proofs] == [FROZEN[0].quote]
    near, more = draw_near(FakeLibrary(), "name:atlas", "en", proofs)
    assert 'data-paper="name:brook">Brook</button> <span class="year">2023</span>' in near
    assert "both are bridges" in near
    assert more == proofs


def test_a_caption_stands_on_one_line_and_a_picture_that_is_gone_leaves_it() -> None:
    figure = Figure("d", "a.pdf", 4, (0, 0, 1, 1), "Figure 2", 0, 1)
    found = FoundFigure(figure, 1.0, ATLAS, "Figure 2: Repre-\nsentative bridges\nof <steel>.", ())
    caption = (
        '<figcaption>Figure 2: Representative bridges of &lt;steel&gt;. <span class="place">page 4</span></figcaption>'
    )
    assert f"<figure>{caption}</figure>" in render_near([], [(found, None)], Proofs(EN), EN)
    image = '<img alt="Figure 2, page 4" src="data:image/png;base64,UE5H">'
    assert f"<figure>{image}{caption}</figure>" in render_near([], [(found, b"PNG")], Proofs(EN), EN)


def test_a_paper_that_is_not_there_is_told() -> None:
    html, proofs = draw_paper(FakeLibrary(), "zebra", "en")
    assert "no paper called &#x27;zebra&#x27;" in html
    assert proofs == ()
    assert draw_paper(FakeLibrary(), None, "en") == ("", ())


def test_an_index_that_is_missing_is_told() -> None:
    class Empty(FakeLibrary):
        def papers(self) -> list[Paper]:
            raise IndexMissing("There is no index yet. Make one: vlmrag ingest")

    assert "Make one: vlmrag ingest" in draw_papers(Empty(), "en")
    assert "Choose papers above" in draw_comparison(Empty(), ["name:atlas"], ["llm"], "", "en")[0]


def test_papers_stand_side_by_side() -> None:
    html, proofs = draw_comparison(FakeLibrary(), ["name:atlas", "name:brook", "made up"], ["frozen"], "", "zh-Hans")
    assert re.findall(r"data-paper=\"(.*?)\"", html) == ["name:atlas", "name:brook"]
    assert '<tr><th scope="row">冻结</th><td data-of="Atlas"><ul><li>语言模型 ' in html
    assert [c.marker for c in proofs] == [1, 2]
    assert "paper,id,frozen,frozen source\nAtlas,name:atlas,llm,notes/atlas.md:5\n" in html


def test_one_value_is_said_once_with_all_its_proofs() -> None:
    cells = [Cell("llm", "x", None, "yes", 1.0, FROZEN[0]), Cell("llm", "y", None, "yes", 1.0, FROZEN[1])]
    html = render_cells([*cells, Cell("yes", "a <b>", None, "yes", 1.0, FROZEN[0])], Proofs(EN), EN)
    assert html.count("<li>") == 2
    assert html.count('data-marker="1"') == 2
    assert '<span class="says yes">yes</span> <q>a &lt;b&gt;</q>' in html


PLACES = st.lists(st.floats(-1, 1), min_size=1, max_size=60)


@given(PLACES)
def test_points_keep_their_order_and_stay_inside(values: list[float]) -> None:
    placed = spread(values)
    assert all(3 <= place <= 97 for place in placed)
    by_value = sorted(range(len(values)), key=lambda i: values[i])
    assert all(placed[a] <= placed[b] for a, b in pairwise(by_value))


def test_years_share_colours_where_there_are_many() -> None:
    few = [replace(ATLAS, id=str(y), year=y) for y in (2020, 2018, 2023)]
    assert group_years(few) == {2018: 0, 2020: 1, 2023: 2}
    many = group_years([replace(ATLAS, year=y) for y in range(2000, 2024)])
    assert [many[year] for year in (2000, 2015, 2016, 2017, 2022, 2023)] == [0, 0, 0, 1, 6, 7]


def test_topics_are_tags_and_headings_that_tell() -> None:
    def make(n: int, *tags: str, heading: str = "") -> Paper:
        return Paper(f"name:p{n}", f"P{n}", tags=tags, sources=(Place("a.md", n, heading),))

    papers = [make(n, "all", *["few"] * (n < 2), heading=f"Notes > Readers > {2020 + n} > P{n}") for n in range(5)]
    assert list_topics(papers[0]) == ("all", "few", "Readers")
    assert choose_topics(papers) == ["few"]


def test_the_map_has_a_point_and_a_mark_for_each_paper() -> None:
    html = render_map([*FakeLibrary().map_papers(), (replace(ATLAS, id="name:x", name="X", year=None), 0.1, 0.1)], EN)
    assert re.findall(r'class="point (\w+) \w+" .*?data-paper="(.*?)"', html) == [
        ("y0", "name:atlas"), ("y1", "name:brook"), ("y1", "name:lantern"), ("yn", "name:x"),
    ]  # fmt: skip
    assert html.count('class="mark ') == 3
    assert "1 papers have no year." in html


def test_hostile_names_stay_text_everywhere() -> None:
    paper = Paper(HOSTILE, HOSTILE, title=HOSTILE + "t", orgs=(HOSTILE,), venue=HOSTILE, year=2020, tags=(HOSTILE,) * 2,
                  authors=(HOSTILE,), arxiv='"><script>', sources=(Place(HOSTILE, 1, HOSTILE),))  # fmt: skip
    citation = replace(FROZEN[0], source=HOSTILE, quote=HOSTILE, heading=HOSTILE, paper_name=HOSTILE)
    profile = replace(FakeLibrary().profile("Atlas"), paper=paper, entries=(citation,))
    row = Row(paper, {HOSTILE: (Cell(HOSTILE, HOSTILE, HOSTILE, "yes", 1.0, citation),)})
    similar = [replace(s, paper=paper) for s in FakeLibrary().similar("x")]
    figure = FoundFigure(Figure("d", HOSTILE, 1, (0, 0, 1, 1), HOSTILE, 0, 1), 1.0, paper, HOSTILE, ())
    finding = Finding(HOSTILE, 1, 0, 1, HOSTILE, "id", HOSTILE, HOSTILE)
    told = State(serial=1, outcome=Outcome(refused=(Skipped(HOSTILE, HOSTILE),)))
    status = replace(FakeLibrary().status(), stale=(HOSTILE,), home=HOSTILE)
    pieces = [
        render_papers([paper], EN),
        render_paper(profile, Row(paper, {}), Proofs(EN), EN),
        render_near(similar, [(figure, None)], Proofs(EN), EN),
        render_table([row], [HOSTILE], Proofs(EN), EN),
        render_map([(paper, 0, 0), (LANTERN, 1, 1), (BROOK, 0.5, 0.5)], EN),
        render_findings([finding], Proofs(EN), EN),
        render_state(told, EN),
        render_state(State(serial=1, problem=HOSTILE), EN),
        render_status(status, EN),
    ]
    for html in pieces:
        assert "&lt;script&gt;" in html
        for live in LIVE:
            assert live not in html


def test_progress_moves_and_ends() -> None:
    assert render_state(State(), EN) == ""
    assert render_state(State(serial=1, running=True, stage="reading", done=3, total=9), EN) == (
        '<div class="progress" role="status"><p>Reading files <span class="count">3 / 9</span></p>'
        '<progress aria-label="Reading files" value="3" max="9"></progress></div>'
    )
    assert "Stopped. The library is as it was." in render_state(State(serial=1, stopped=True), EN)
    assert "Something went wrong that should not have." in render_state(State(serial=1, problem=""), EN)
