"""`vlmrag similar`, and similar papers in an answer: what a person and a program read of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.search.small_library import NOTES
from vlmrag.answer.replies import reply
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.search.likeness import WEIGHTS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("similar")
    for name, text in NOTES.items():
        (folder / "data" / "notes").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "notes" / name).write_text(text, "utf-8", newline="")
    assert Assistant(Config.load(folder, encoder="hashing")).ingest().skipped == ()
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["similar", *arguments])
    return (status, *capsys.readouterr())


def test_json_is_as_the_contract_has_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "Lumen-1", "-k", "3", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert (status, err, len(records)) == (0, "", 3)
    assert [r["score"] for r in records] == sorted((r["score"] for r in records), reverse=True)
    for record in records:
        assert record["score"] == pytest.approx(sum(reason["weight"] for reason in record["reasons"]))
        for reason in record["reasons"]:
            assert list(reason) == ["kind", "text", "weight", "citations"]
            assert reason["kind"] in ("attribute", "passage", "reference", "tag", "text")
            assert {c["paper_name"] for c in reason["citations"]} <= {"Lumen-1", record["paper"]["name"]}
            for c in reason["citations"]:
                text = (home / c["source"]).read_text("utf-8")
                assert text[c["start"] : c["end"]] == c["quote"]
                assert c["quote"].split("\n")[0] in text.split("\n")[c["line"] - 1]


def test_a_heading_is_cited_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "Lumen-1", "--json")
    lumen = next(r for r in map(json.loads, out.splitlines()) if r["paper"]["name"] == "Lumen-2")
    section = next(r for r in lumen["reasons"] if r["text"] == "both stand below Frozen readers")
    assert [(c["quote"], c["line"]) for c in section["citations"]] == [("Frozen readers", 3), ("Frozen readers", 3)]


def test_a_person_reads_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ermine", "-k", "1")
    assert (status, err) == (0, "")
    assert "\x1b" not in out
    first, reason, place = out.splitlines()[:3]
    assert re.fullmatch(r"0\.\d\d  [\w-]+ \(20\d\d\)", first)
    assert re.fullmatch(r" {6}\+0\.\d\d  \S.+", reason)
    assert re.fullmatch(r" {13}data/notes/table\.md:\d  “.+”", place)


def test_a_text_and_filters(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--text", "long video question answering", "--year", "2022", "--json")
    names = [json.loads(line)["paper"]["name"] for line in out.splitlines()]
    assert (status, set(names)) == (0, {"Lumen-2", "Corvid"})


def test_the_same_question_has_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "Sable", "--json") == run(capsys, "sable", "--json")


@pytest.mark.parametrize("arguments", [(), ("--text", " "), ("Zzyzx",), ("1901.12345",)])
def test_what_cannot_be_compared_is_told_in_a_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "vlmrag" in err


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Which papers are similar to Lumen-1?", "both stand below Frozen readers"),
        ("有哪些论文和 Lumen-1 类似?", "都列在 Frozen readers 之下"),
        ("有哪些論文和 Lumen-1 相似?", "都列在 Frozen readers 之下"),
    ],
)
def test_an_answer_says_why_in_the_questions_language(home: Path, question: str, reason: str) -> None:
    answer = Assistant(Config.load(home, encoder="hashing")).ask(question)
    assert answer.kind == "similar"
    assert f"- **Lumen-2** (2022), {reason}: “" in answer.text
    assert all(verdict.citations for verdict in answer.papers)


def test_every_side_has_its_words_in_three_languages() -> None:
    for side in (*WEIGHTS, "text_mention"):
        for lang in ("en", "zh-Hans", "zh-Hant"):
            assert reply(f"like.{side}", lang, shared="x", namer="y", named="z")
