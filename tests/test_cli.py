"""The command line as people and scripts meet it: exit status, plain messages, JSON by the contract."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from vlmrag.cli import main

NOTE = """# Notes

## Alpha-1: A Frozen Reader
- paper: https://arxiv.org/abs/2101.00001
- point: keeps the language model frozen and trains a small bridge.

## Beta
- paper: https://arxiv.org/abs/2202.00002
- point: 视觉编码器与语言模型一起训练。
"""


@pytest.fixture
def library(ingest_note: Callable[..., Path]) -> Path:
    """A home with two papers, read with the double of the encoder."""
    return ingest_note(NOTE)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


def test_ingest_does_only_what_changed(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = library / "data/notes/two.md"
    status, out, _ = run(capsys, "ingest", "--json")
    report = json.loads(out)
    assert status == 0
    assert [report[k] for k in ("files", "read", "unchanged", "gone", "papers", "embedded")] == [1, 0, 1, 0, 2, 0]
    note.write_text(NOTE.replace("small bridge", "wide bridge"), "utf-8")
    report = json.loads(run(capsys, "ingest", "--json")[1])
    assert [report[k] for k in ("read", "unchanged", "papers", "embedded")] == [1, 0, 2, 1]
    note.unlink()
    report = json.loads(run(capsys, "ingest", "--json")[1])
    assert [report[k] for k in ("files", "gone", "papers", "chunks")] == [0, 1, 0, 0]


def test_ask_prints_plain_lines_in_a_pipe(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ask", "Which models freeze the language model?")
    assert (status, err) == (0, "")
    assert "\x1b" not in out
    assert "Alpha-1" in out
    assert "data/notes/two.md:5" in out


def test_ask_json_is_the_contracts(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "ask", "Which models freeze the language model?", "--json")
    answer = json.loads(out)
    start = NOTE.index("keeps the language")
    assert [p["name"] for p in answer["papers"]] == ["Alpha-1"]
    assert answer["papers"][0]["arxiv"] == "2101.00001"
    assert answer["coverage"] == {"papers": 2, "examined": 2, "yes": 1, "no": 1, "depends": 0, "not_stated": 0}
    quotes = {(c["start"], c["end"], c["quote"]) for c in answer["citations"]}
    assert all(NOTE[a:b] == q for a, b, q in quotes)
    assert any(a <= start < b for a, b, _ in quotes)


def test_ask_explains_itself_when_told_to(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = ("ask", "Which models freeze the language model?")
    plain = run(capsys, *question)[1]
    told = run(capsys, *question, "--explain")[1]
    assert told.startswith(f"{plain}\nlanguage      English\n")
    assert told.endswith("papers      1 yes, 1 no\n")
    answer = json.loads(run(capsys, *question, "--json")[1])
    explained = json.loads(run(capsys, *question, "--json", "--explain")[1])
    explanation = explained.pop("explanation")
    assert explained.keys() == answer.keys()
    assert explanation["understood"]["relations"] == "LLM frozen"
    assert explanation["understood"]["of the table"] == "frozen LLM"
    assert explanation["decided"] == {"decided by": "the table of attributes", "papers": "1 yes, 1 no"}


def test_a_batch_keeps_order_and_ids(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        {"qid": "a", "question": "What does Alpha-1 keep frozen?"},
        {
            "id": "b",
            "question": "And what does it train?",
            "history": [{"role": "user", "content": "What is Alpha-1?"}],
        },
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, lines)) + "\n\n"))
    status, out, _ = run(capsys, "ask", "--batch", "-")
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [a["id"] for a in answers] == ["a", "b"]
    assert [a["papers"][0]["name"] for a in answers] == ["Alpha-1", "Alpha-1"]


def test_a_bad_line_of_a_batch_is_named(library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_text('{"question": "What is Beta?"}\n{"q": 1}\n', "utf-8")
    status, _, err = run(capsys, "ask", "--batch", str(batch))
    assert status == 2
    assert err == f"vlmrag: {batch}:2: not a question: needs a JSON object with 'question'\n"


def test_search_prints_one_hit_a_line(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "search", "凍結 bridge", "-k", "1", "--json")
    hit = json.loads(out)
    assert (hit["rank"], hit["paper"], hit["source"]) == (1, "arxiv:2101.00001", "data/notes/two.md")
    assert NOTE[hit["start"] : hit["end"]] == hit["text"]


def test_papers_are_filtered(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "papers", "--json", "--year", "2022-2030")
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["Beta"]


def test_status_tells_what_is_stale(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(run(capsys, "status", "--json")[1])["stale"] == []
    (library / "data/notes/two.md").write_text(NOTE + "\nmore\n", "utf-8")
    assert json.loads(run(capsys, "status", "--json")[1])["stale"] == ["data/notes/two.md"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("ask", "What is Beta?"), 1, "vlmrag ingest"),
        (("status",), 1, "vlmrag ingest"),
        (("ingest", "nowhere.md"), 1, "nowhere.md"),
        (("ask", "  "), 2, "ask what?"),
        (("search",), 2, "search for what?"),
    ],
)
def test_problems_are_one_plain_line(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    got, _, err = run(capsys, *arguments)
    assert got == status
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_bad_files_are_named_and_the_rest_is_done(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = library / "data/notes"
    (notes / "binary.md").write_bytes(bytes(range(256)) * 40)
    (notes / "latin.md").write_bytes("# Gamma: Été\n- point: déjà vu\n".encode("latin-1"))
    (notes / "wide.md").write_bytes("# Delta\n- point: 冻结语言模型\n".encode("utf-16"))
    (notes / "empty.md").write_bytes(b"")
    (notes / "hollow").mkdir()
    status, out, err = run(capsys, "ingest", "--json")
    report = json.loads(out)
    assert status == 1
    assert [s["path"] for s in report["skipped"]] == ["data/notes/binary.md"]
    assert err.startswith("vlmrag: skipped data/notes/binary.md: ")
    assert report["files"] == 4
    hit = json.loads(run(capsys, "search", "déjà vu", "-k", "1", "--json")[1])
    assert hit["source"] == "data/notes/latin.md"
    hit = json.loads(run(capsys, "search", "freeze", "--source", "wide", "--json")[1].splitlines()[0])
    assert hit["source"] == "data/notes/wide.md"


def test_a_question_of_100_000_characters(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ("freeze the LLM " * 6667, "冻" * 100_000):
        status, out, err = run(capsys, "ask", words, "--json")
        assert (status, err) == (0, "")
        assert len(json.loads(out)["question"]) <= 100_000


def test_another_encoder_is_a_plain_mismatch(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "all-MiniLM-L6-v2")
    status, _, err = run(capsys, "ask", "What is Beta?")
    assert status == 1
    assert "hashing" in err
    assert "all-MiniLM-L6-v2" in err
    assert "vlmrag ingest --rebuild" in err
