"""What is exported is what other programs read: every text comes back, every key is one."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_notes import NOTE, run
from vlmrag.export import FORMS, escape_latex, export_papers, make_keys
from vlmrag.ingest.notes import read_documents
from vlmrag.records import record_paper
from vlmrag.types import Paper, Source

KIWI = Paper(
    id="arxiv:2301.00001",
    name="Kiwi-2",
    title="Kiwi-2: 50% of R&D in $L_2$ Norm #1",
    aliases=("Kiwi2",),
    arxiv="2301.00001",
    doi="10.1000/kiwi_2",
    url="https://arxiv.org/abs/2301.00001",
    year=2023,
    date="2023-01-30",
    venue="ICML 2023",
    authors=("Ada Stone", "José Núñez", "Bird and Sons", "Li, Bo"),
    tags=("dense", "small; far"),
)
EMU = Paper(id="name:emu", name="鸸鹋", venue="Journal of Birds", date="2021")

BIBTEX = r"""@inproceedings{kiwi-2-2023,
  title = {{Kiwi-2: 50\% of R\&D in $L_2$ Norm \#1}},
  author = {Ada Stone and José Núñez and {Bird and Sons} and Li, Bo},
  year = {2023},
  month = jan,
  booktitle = {ICML 2023},
  eprint = {2301.00001},
  archiveprefix = {arXiv},
  doi = {10.1000/kiwi_2},
  url = {https://arxiv.org/abs/2301.00001},
}

@article{name-emu,
  title = {{鸸鹋}},
  journal = {Journal of Birds},
}
"""
RIS = """\
TY  - CONF
ID  - kiwi-2-2023
TI  - Kiwi-2: 50% of R&D in $L_2$ Norm #1
AU  - Stone, Ada
AU  - Núñez, José
AU  - Bird and Sons
AU  - Li, Bo
PY  - 2023
DA  - 2023/01/30/
T2  - ICML 2023
DO  - 10.1000/kiwi_2
AN  - arXiv:2301.00001
UR  - https://arxiv.org/abs/2301.00001
KW  - dense
KW  - small; far
ER

TY  - JOUR
ID  - name-emu
TI  - 鸸鹋
DA  - 2021///
T2  - Journal of Birds
ER
""".replace("ER\n", "ER  - \n")


@pytest.mark.parametrize(("form", "text"), [("bibtex", BIBTEX), ("ris", RIS)])
def test_the_text_is_this(form: str, text: str) -> None:
    assert export_papers([KIWI, EMU], form) == text


WORD = st.text("abcdefgXYZéß鸟", min_size=2, max_size=8)
TITLES = st.lists(WORD | st.sampled_from(["50%", "R&D", "$x^2$", "C#", "a_b"]), min_size=4, max_size=9).map(" ".join)
NAMES = st.tuples(st.sampled_from(["Ada", "Bo", "Zoë"]), st.sampled_from(["Stone", "Li", "Núñez"])).map(" ".join)
PAPERS = st.builds(
    Paper,
    id=st.uuids().map(lambda ident: f"name:{ident}"),
    name=st.one_of(WORD, st.sampled_from(["BLIP", "BLIP", "BLIP 2", "blip"])),
    title=TITLES,
    year=st.integers(1990, 2030),
    authors=st.lists(NAMES, unique=True, max_size=5).map(tuple),
    doi=st.none() | st.just("10.1000/a_b.c"),
    tags=st.lists(st.text(max_size=9)).map(tuple),
)


@given(st.lists(PAPERS, max_size=4))
def test_bibtex_comes_back_as_notes_read_it(papers: list[Paper]) -> None:
    text = f"# My bibliography\n\n{export_papers(papers, 'bibtex')}"
    documents = read_documents(Source("a.md", "note", "", 0, 0, "utf-8", text), lambda _: [])
    works = [work for document in documents for work in document.works]
    assert [(w.first("title"), w.first("year"), w.first("doi")) for w in works] == [
        (p.title, str(p.year), p.doi) for p in papers
    ]
    assert [tuple(w.all("author")) for w in works] == [p.authors for p in papers]


@given(st.lists(PAPERS, max_size=6))
def test_csv_and_json_come_back(papers: list[Paper]) -> None:
    rows = list(csv.DictReader(io.StringIO(export_papers(papers, "csv"), newline="")))
    assert [(row["id"], row["title"], row["tags"]) for row in rows] == [
        (p.id, p.title, " ".join("; ".join(p.tags).split())) for p in papers
    ]
    assert [json.loads(line) for line in export_papers(papers, "json").split("\n")[:-1]] == [
        json.loads(json.dumps(record_paper(p))) for p in papers
    ]


@given(st.lists(st.builds(Paper, id=st.text(), name=st.text(), year=st.none() | st.integers(2000, 2001)), max_size=8))
def test_keys_are_one_of_a_kind(papers: list[Paper]) -> None:
    keys = make_keys(papers)
    assert len(set(keys)) == len(keys) == len(papers)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


@given(st.text())
def test_escaped_text_never_breaks_an_entry(text: str) -> None:
    escaped = re.sub(r"\\[{}]", "", escape_latex(text))
    depth = 0
    for sign in escaped:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert "\n" not in escaped


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def library(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    (home / "data/notes/good.md").write_text(NOTE, "utf-8")
    assert run(capsys, "ingest")[0] == 0
    return home


def test_the_command_exports_what_the_filters_choose(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "export")
    assert (status, err, re.findall(r"^@\w+\{(.*),$", out, re.MULTILINE)) == (0, "", ["alpha-1-2021", "beta-2022"])
    assert run(capsys, "export", "--format", "csv", "--year", "2022")[1].count("\n") == 2
    assert (
        run(capsys, "export", "--json") == run(capsys, "papers", "--json") == run(capsys, "export", "--format", "json")
    )


def test_the_papers_of_an_answer(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(capsys, "ask", "Which models freeze the language model?", "--json")[1]
    for name, text in (("one.json", answer), ("two.jsonl", answer + answer)):
        (library / name).write_text(text, "utf-8")
        out = run(capsys, "export", "--answer", str(library / name))[1]
        assert re.findall(r"^@\w+\{(.*),$", out, re.MULTILINE) == ["alpha-1-2021"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"papers": [1]}', "no json"])
def test_what_is_no_answer_is_told(library: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    file = library / "answer.json"
    file.write_text(text, "utf-8")
    told = f"vlmrag: {file} is no answer: keep one with vlmrag ask --json\n"
    assert run(capsys, "export", "--answer", str(file)) == (2, "", told)


def test_forms_are_the_contracts() -> None:
    from vlmrag.commands.export import _FORMS

    assert tuple(FORMS) == _FORMS == ("bibtex", "csv", "json", "ris")
