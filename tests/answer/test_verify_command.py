"""`vlmrag verify` as people and scripts meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from vlmrag.cli import main

NOTE = """# Notes

## Alpha-1
- paper: https://arxiv.org/abs/2101.00001
- point: keeps the **language model** frozen; it reaches 65.2 on VQAv2.
"""


@pytest.fixture
def library(ingest_note: Callable[..., Path]) -> Path:
    """A home with one paper."""
    return ingest_note(NOTE, "one.md")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return status, out, err


def test_an_answer_of_ours_is_exact(library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(run(capsys, "ask", "Which models freeze the language model?", "--json")[1], "utf-8")
    status, out, err = run(capsys, "verify", file, "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert found[0]["verdict"] == "exact"
    assert NOTE[found[0]["start"] : found[0]["end"]] == found[0]["quote"] == found[0]["found"]
    assert {record["verdict"] for record in found} <= {"exact", "same after normalisation"}


def test_a_forged_answer_is_told(library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    answer = json.loads(run(capsys, "ask", "Which models freeze the language model?", "--json")[1])
    answer["answer"] = answer["answer"].replace("keeps the", "trains the")
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), "utf-8")
    status, out, _ = run(capsys, "verify", file, "--json")
    verdicts = [(record["verdict"], record["changes"]) for record in map(json.loads, out.splitlines())]
    assert status == 1
    assert ("altered", [{"source": "keeps", "quote": "trains"}]) in verdicts


def test_markdown_of_another_tool(library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "said.md"
    file.write_text("It “keeps the language model frozen” (one.md).\n\n> it reaches 66.2 on VQAv2\n", "utf-8")
    status, out, err = run(capsys, "verify", file)
    lines = out.splitlines()
    assert (status, err) == (1, "")
    assert lines[0].startswith(f"{file}:1  same after normalisation  data/notes/one.md:5 (")
    assert lines[1].startswith(f"{file}:3  altered  data/notes/one.md:5 (")
    assert lines[2:] == ["    “65.2” → “66.2”", "2 quotes: 1 same after normalisation, 1 altered"]


def test_the_file_counts_as_it_lies_on_the_disk(
    library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "said.md"
    file.write_text("> it reaches 66.2 on VQAv2\n", "utf-8")
    (library / "data/notes/one.md").write_text(NOTE.replace("65.2", "66.2"), "utf-8")
    assert run(capsys, "verify", file)[0] == 0
    (library / "data/notes/one.md").unlink()
    assert run(capsys, "verify", file)[0] == 1


def test_problems_are_one_plain_line(library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", "utf-8")
    assert run(capsys, "verify", tmp_path / "broken.json") == (
        2, "", f"vlmrag: {tmp_path}/broken.json:1: is not JSON\n"
    )  # fmt: skip
    status, _, err = run(capsys, "verify", tmp_path / "nowhere.md")
    assert (status, err) == (1, f"vlmrag: {tmp_path}/nowhere.md: cannot be read: No such file or directory\n")
    (tmp_path / "plain.md").write_text("no quote at all\n", "utf-8")
    assert run(capsys, "verify", tmp_path / "plain.md") == (0, f"{tmp_path}/plain.md: no quotes found\n", "")
