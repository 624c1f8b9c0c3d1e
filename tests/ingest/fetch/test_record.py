"""A record: one text beside a paper, the same when it is read again, and what a library makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.fetch.test_arxiv import IDS
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.ingest.arxiv import ArxivId, Metadata, to_line
from vlmrag.ingest.arxiv_record import keep_record, load_record, read_as_document, read_record, write_record
from vlmrag.types import Place, Source

KIWI = Metadata(
    id=ArxivId("2301.00001", 3),
    title="Kiwi-2: Reading Small Things: A Study",
    authors=("Ada Stone", "Ben Reed", "José Núñez"),
    published="2023-01-30",
    updated="2023-06-15",
    comment="Accepted to ICML 2023",
    doi="10.1000/Kiwi.2",
    category="cs.CV",
)
TEXT = """\
arXiv record 1
arXiv: 2301.00001v3
Title: Kiwi-2: Reading Small Things: A Study
Authors: Ada Stone; Ben Reed; José Núñez
Published: 2023-01-30
Updated: 2023-06-15
Comment: Accepted to ICML 2023
DOI: 10.1000/Kiwi.2
Category: cs.CV
"""
LINES = st.text(max_size=60).map(to_line)
SAID = LINES.filter(bool)
DAYS = st.dates().map(str)


def test_a_record_is_written_for_people_too() -> None:
    assert write_record(KIWI) == TEXT


@given(
    st.builds(
        Metadata,
        id=IDS.filter(lambda ident: ident.version is not None),
        title=SAID,
        authors=st.lists(SAID.map(lambda name: name.replace(";", ",")).filter(bool)).map(tuple),
        published=DAYS,
        updated=DAYS,
        comment=st.none() | SAID,
        journal=st.none() | SAID,
        doi=st.none() | SAID,
        category=st.none() | SAID,
        withdrawn=st.booleans(),
    )
)
def test_what_is_written_is_read(metadata: Metadata) -> None:
    assert read_record(write_record(metadata)) == metadata


@given(st.text() | st.text().map(lambda text: f"arXiv record 1\n{text}"))
def test_any_text_is_a_record_or_none(text: str) -> None:
    source = Source("a.arxiv.txt", "note", "", 0, 0, "utf-8", text)
    assert (read_record(text) is None) == (read_as_document(source, str.split) is None)


def test_a_record_of_another_form_is_none() -> None:
    assert read_record(TEXT.replace("record 1", "record 10")) is None
    assert read_record(TEXT.replace("v3", "")) is None
    assert read_record(TEXT.replace("Title:", "Name:")) is None


def test_the_newest_version_is_kept(tmp_path: Path) -> None:
    keep_record(tmp_path, KIWI)
    keep_record(tmp_path, replace(KIWI, id=ArxivId("2301.00001", 1), title="Kiwi"))
    assert load_record(tmp_path, ArxivId("2301.00001", 1)) == KIWI
    newer = replace(KIWI, id=ArxivId("2301.00001", 4))
    keep_record(tmp_path, newer)
    assert load_record(tmp_path, ArxivId("2301.00001")) == newer
    assert [path.name for path in tmp_path.iterdir()] == ["2301.00001.arxiv.txt"]


def test_each_field_is_quoted_at_its_place() -> None:
    reading = read_as_document(Source("a.arxiv.txt", "note", "", 0, 0, "utf-8", TEXT), str.split)
    assert reading is not None
    (document,), (work,) = reading.documents, reading.documents[0].works
    stated = [(f.name, f.value) for f in work.fields]
    assert stated == [
        ("name", "Kiwi-2"),
        ("arxiv", "2301.00001"),
        ("title", KIWI.title),
        *(("author", name) for name in KIWI.authors),
        ("date", "2023-01-30"),
        ("venue", "ICML 2023"),
        ("doi", "10.1000/kiwi.2"),
    ]
    for f in work.fields:
        assert TEXT[f.start : f.end].lower().startswith(f.value.lower())
    assert (reading.source.kind, document.kind, TEXT[document.start : document.end]) == ("record", "record", TEXT[:-1])
    assert [s.text for s in reading.sentences] == [TEXT.splitlines()[n] for n in (2, 3, 4, 6, 7)]
    assert all(TEXT[s.start : s.end] == s.text for s in reading.sentences)


# -- in a library ----------------------------------------------------------------------------------------------------

NOTE = """# Notes

## Kiwi-2
- paper: https://arxiv.org/abs/2301.00001
- date: 2023-01
- venue: ICLR 2099
- authors: Stone
- point: keeps the language model frozen.
"""


@pytest.fixture
def library(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    (home / "data/notes/kiwi.md").write_text(NOTE, "utf-8")
    (home / "data/pdfs").mkdir()
    return home


def ingest(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert main(["ingest", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    return {key: report[key] for key in ("files", "read", "unchanged", "gone", "papers")}


def test_a_record_completes_what_a_note_says(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingest(capsys)
    (before,) = Assistant(Config.load()).papers()
    keep_record(library / "data/pdfs", KIWI)
    assert ingest(capsys) == {"files": 2, "read": 1, "unchanged": 1, "gone": 0, "papers": 1}
    (after,) = Assistant(Config.load()).papers()
    assert after == replace(
        before,
        title=KIWI.title,
        authors=KIWI.authors,
        date="2023-01-30",
        doi="10.1000/kiwi.2",
        sources=(*before.sources, Place("data/pdfs/2301.00001.arxiv.txt", 1, "")),
        documents=after.documents,
    )
    assert after.venue == "ICLR 2099", "what a note says stands"
    assert ingest(capsys) == {"files": 2, "read": 0, "unchanged": 2, "gone": 0, "papers": 1}
    keep_record(library / "data/pdfs", replace(KIWI, id=ArxivId("2301.00001", 4), authors=("Ada Stone",)))
    assert ingest(capsys)["read"] == 1
    assert Assistant(Config.load()).papers()[0].authors == ("Ada Stone",)
    (library / "data/pdfs/2301.00001.arxiv.txt").unlink()
    assert ingest(capsys) == {"files": 1, "read": 0, "unchanged": 1, "gone": 1, "papers": 1}
    assert Assistant(Config.load()).papers() == [before]


def test_a_record_is_a_paper_of_its_own_where_no_note_is(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (library / "data/notes/kiwi.md").unlink()
    keep_record(library / "data/pdfs", KIWI)
    ingest(capsys)
    (paper,) = Assistant(Config.load()).papers()
    assert (paper.id, paper.name, paper.year, paper.venue) == ("arxiv:2301.00001", "Kiwi-2", 2023, "ICML 2023")


def test_what_arxiv_lists_as_two_papers_stays_two(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = "## Papers\n- Emu: A Survey of Seeing Small Things: https://arxiv.org/abs/2301.00002\n"
    (library / "data/notes/kiwi.md").write_text(note, "utf-8")
    for number, name in enumerate(("Kiwi", "Emu", "Moa"), start=1):
        ident, title = ArxivId(f"2301.0000{number}", 1), f"{name}: A Survey of Seeing Small Things"
        keep_record(library / "data/pdfs", replace(KIWI, id=ident, title=title, doi=None))
    ingest(capsys)
    papers = {p.id: (p.name, len(p.documents)) for p in Assistant(Config.load()).papers()}
    assert papers == {"arxiv:2301.00002": ("Emu", 2), "arxiv:2301.00001": ("Kiwi", 1), "arxiv:2301.00003": ("Moa", 1)}


def test_a_quote_of_a_record_is_found_at_its_place(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_record(library / "data/pdfs", KIWI)
    ingest(capsys)
    assistant = Assistant(Config.load())
    (found,) = assistant.verify("It says “Authors: Ada Stone; Ben Reed; José Núñez”.", "answer.md")
    assert (found.verdict, found.source, found.line) == ("exact", "data/pdfs/2301.00001.arxiv.txt", 4)
    assert assistant.check() == [], "a record is no note in which something could be wrong"


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Who wrote Kiwi-2?", "Authors: Ada Stone; Ben Reed; José Núñez"),
        ("When was Kiwi-2 published?", "Published: 2023-01-30"),
    ],
)
def test_what_the_notes_leave_open_is_cited_from_the_record(
    library: Path, capsys: pytest.CaptureFixture[str], question: str, quote: str
) -> None:
    note = (
        "# Notes\n\n## Kiwi-2\n- paper: https://arxiv.org/abs/2301.00001\n- point: keeps the language model frozen.\n"
    )
    (library / "data/notes/kiwi.md").write_text(note, "utf-8")
    keep_record(library / "data/pdfs", KIWI)
    ingest(capsys)
    answer = Assistant(Config.load()).ask(question)
    assert quote in [c.quote for c in answer.citations]


@pytest.mark.slow
def test_the_newest_version_is_read(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = library / "data/pdfs"
    keep_record(folder, KIWI)
    pages = {version: make_words_pdf(f"Words of version {version}") for version in (1, 3)}
    (folder / "2301.00001v1.pdf").write_bytes(pages[1])
    assert ingest(capsys)["files"] == 3
    (folder / "2301.00001v3.pdf").write_bytes(pages[3])
    assert ingest(capsys) == {"files": 3, "read": 1, "unchanged": 2, "gone": 1, "papers": 1}
    (paper,) = Assistant(Config.load()).papers()
    assert paper.pdf == "data/pdfs/2301.00001v3.pdf"
    assert ingest(capsys)["gone"] == 0


def make_words_pdf(words: str) -> bytes:
    import pymupdf

    with pymupdf.open() as document:  # type: ignore[no-untyped-call]
        page = document.new_page()
        page.insert_text((72, 90), KIWI.title, fontsize=20)
        page.insert_text((72, 140), f"{words}. The reader sees small things in a large picture.")
        return bytes(document.tobytes())
