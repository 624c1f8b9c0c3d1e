"""The work that a PDF is: its fields stand in the laid out text, and what it cites makes it no other paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlmrag.ingest.pages.manuscript import Manuscript, write_manuscript
from vlmrag.ingest.pages.nouns import Block, Line, RawPage, RawPdf, Word
from vlmrag.ingest.pages.read import understand
from vlmrag.ingest.pages.work import read_work
from vlmrag.ingest.papers import merge_papers
from vlmrag.ingest.pdf import extract_pdf
from vlmrag.types import Document, Field, Work

PAPERS = Path(__file__).parents[3].parent / "shared" / "pdfs" / "papers"


def line(text: str, y: float, size: float = 10.0) -> Line:
    words = [Word(word, (72.0 + 60 * i, y, 120.0 + 60 * i, y + size)) for i, word in enumerate(text.split())]
    return Line(1, tuple(words), (72.0, y, 400.0, y + size), size)


def lay_out(*blocks: Block) -> tuple[Manuscript, RawPdf]:
    page = RawPage(1, 612.0, 792.0, (), ())
    return write_manuscript(blocks, [page]), RawPdf((page,), (), "")


def test_fields_stand_where_the_text_has_them() -> None:
    script, raw = lay_out(
        Block("title", (line("Paper Boats in Heavy Rain", 90, 17),)),
        Block("figure", (line("BIG LETTERS HERE", 120, 30),)),
        Block("heading", (line("Abstract", 200, 12),), 1),
        Block("paragraph", (line("We fold boats of paper and let them float in the rain.", 220),)),
        Block(
            "reference", (line("[1] A. Stone. Maps and how to fold them. arXiv:1905.", 400), line("00321, 2019.", 412))
        ),
    )
    work = read_work(script, raw, "2104.01234v2.pdf")
    assert work is not None
    assert [(f.name, f.value, script.text[f.start : f.end]) for f in work.fields] == [
        ("title", "Paper Boats in Heavy Rain", "Paper Boats in Heavy Rain"),
        ("arxiv", "2104.01234", "Paper Boats in Heavy Rain"),
        ("cites", "arxiv:1905.00321", "[1] A. Stone. Maps and how to fold them. arXiv:1905.\n00321, 2019."),
        ("cites", "Maps and how to fold them", "[1] A. Stone. Maps and how to fold them. arXiv:1905.\n00321, 2019."),
    ]


def test_an_appendix_has_a_list_of_its_own() -> None:
    script, raw = lay_out(
        Block("title", (line("Paper Boats in Heavy Rain", 90, 17),)),
        Block("paragraph", (line("We fold boats of paper and let them float in the rain.", 220),)),
        Block("heading", (line("References", 240, 12),), 1),
        Block("reference", (line("[1] A. Stone. Maps and how to fold them. 2019.", 260),)),
        Block("reference", (line("[2] B. Lind. Rain and how to bear it. 2020.", 280),)),
        Block("heading", (line("A References", 300, 12),), 1),
        Block("reference", (line("[1] C. Warma. Tin and how to bend it. 2021.", 320),)),
    )
    work = read_work(script, raw, "boats.pdf")
    assert work is not None
    assert work.all("cites") == ["Maps and how to fold them", "Rain and how to bear it", "Tin and how to bend it"]


def test_a_page_that_says_nothing() -> None:
    assert read_work(*lay_out(Block("paragraph", (line("We fold boats.", 220),))), "boats.pdf") is None
    assert read_work(*lay_out(), "boats.pdf") is None


def test_citing_a_paper_is_not_being_it() -> None:
    def document(ident: str, *fields: Field) -> Document:
        return Document(ident, f"{ident}.pdf", "pdf", 0, 100, 1, (), (Work(fields),))

    papers = merge_papers(
        [
            document(
                "boats", Field("title", "Paper boats in heavy rain", 0, 9), Field("cites", "arxiv:1905.00321", 50, 60)
            ),
            document("maps", Field("title", "Maps and how to fold them", 0, 9), Field("arxiv", "1905.00321", 0, 9)),
            document(
                "more",
                Field("title", "More boats of many kinds", 0, 9),
                Field("cites", "Maps and how to fold them", 50, 60),
            ),
        ]
    )
    assert [(paper.title, paper.arxiv, paper.documents) for paper in papers] == [
        ("Paper boats in heavy rain", None, ("boats",)),
        ("Maps and how to fold them", "1905.00321", ("maps",)),
        ("More boats of many kinds", None, ("more",)),
    ]


PRINTED = {
    "1503.02531.pdf": (9, 1, 7, 3, "2015"),
    "1512.03385.pdf": (50, 10, 6, 4, "2015"),
    "1706.03762.pdf": (40, 22, 5, 8, "2017"),
    "1803.02999.pdf": (21, 6, 4, 3, "2018"),
    "1810.04805.pdf": (56, 8, 9, 4, "2018"),
    "2010.11929.pdf": (58, 4, 12, 12, "2021"),
    "2020.acl-main.447.pdf": (55, 1, 7, 5, "2020"),
    "2109.12178.pdf": (17, 16, 10, 8, "2021"),
    "2201.12086.pdf": (55, 12, 10, 4, "2022"),
    "2202.09061.pdf": (157, 37, 6, 7, "2022"),
    "2203.02155.pdf": (91, 67, 9, 20, "2022"),
    "2204.02311.pdf": (172, 65, 6, 67, "2022"),
    "2205.14135.pdf": (94, 22, 8, 5, "2022"),
    "2309.05922.pdf": (40, 23, 8, 3, "2023"),
    "2501.10120.pdf": (37, 20, 9, 7, "2025"),
    "3664647.3685520.pdf": (31, 19, 9, 12, "2024"),
}
"""Counted on the pages: references, those with an arXiv id, words of the title, authors; and the year printed."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PRINTED)
def test_real_papers(name: str) -> None:
    path = PAPERS / name
    if not path.is_file():
        pytest.skip(f"{name} is not here")
    raw = extract_pdf(path.read_bytes(), name)
    script = understand(raw)
    work = read_work(script, raw, name)
    assert work is not None
    cited = [f for f in work.fields if f.name == "cites"]
    places = {(f.start, f.end) for f in cited}
    assert (
        len(places),
        sum(f.value.startswith("arxiv:") for f in cited),
        len((work.first("title") or "").split()),
        len(work.all("author")),
        work.first("year"),
    ) == PRINTED[name]
    if name[:4].isdigit() and name[5].isdigit() and name[4] == ".":
        assert work.all("arxiv") == [name[:10]]
    for field in work.fields:
        assert 0 <= field.start < field.end <= len(script.text)
