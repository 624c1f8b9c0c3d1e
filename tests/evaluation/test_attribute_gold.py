"""A gold table: what it counts, what it forgives, and how the notes' own gold comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.search.small_library import NOTES, make_library
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.errors import UsageError
from vlmrag.evaluation.attributes import evaluate_attributes, is_attribute_gold, read_gold_rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("gold"), NOTES)


def write_gold(folder: Path, *rows: object) -> Path:
    file = folder / "gold.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


def test_right_wrong_missed_and_forgiven(library: Assistant, tmp_path: Path) -> None:
    file = write_gold(
        tmp_path,
        {"paper": "Lumen-1", "values": {"frozen": ["llm", "detector"], "trained": []}},
        {"paper": "Lumen-2", "values": {"trained": []}, "acceptable": {"trained": ["llm"]}},
    )
    record, (head, lines), remarks = evaluate_attributes(library, file)
    assert record["columns"] == {
        "frozen": {"right": 1, "wrong": [], "missed": ["Lumen-1: detector"], "precision": 1.0, "recall": 0.5},
        "trained": {"right": 0, "wrong": ["Lumen-1: connector"], "missed": [], "precision": 0.0, "recall": None},
    }
    assert head == ["column", "right", "wrong", "missed", "precision", "recall"]
    assert lines[-1] == ["all", "1", "1", "1", "0.500", "0.500"]
    assert remarks == ["wrong: Lumen-1: connector", "missed: Lumen-1: detector"]


def test_a_gold_table_is_told_from_questions(tmp_path: Path) -> None:
    assert is_attribute_gold(write_gold(tmp_path, {"paper": "A", "values": {}}))
    assert not is_attribute_gold(write_gold(tmp_path, {"question": "Which?", "values": {}}))
    assert not is_attribute_gold(tmp_path / "none.jsonl")


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    file = write_gold(tmp_path, {"paper": "A", "values": {}}, {"paper": "B"})
    with pytest.raises(UsageError, match=r"gold\.jsonl:2: needs a JSON object with 'paper' and 'values'"):
        read_gold_rows(file)


def test_the_command_scores_a_gold_table(
    library: Assistant, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    file = write_gold(tmp_path, {"paper": "Ermine", "values": {"frozen": ["llm"]}})
    assert main(["eval", str(file), "--home", str(library.config.home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["all"]["precision"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["attributes.jsonl", "attributes_blind.jsonl"])
def test_the_real_notes_are_read_as_their_gold_has_it(real: Assistant, name: str) -> None:
    record, _, remarks = evaluate_attributes(real, ROOT / "data" / "eval" / name)
    assert record["all"]["precision"] >= 0.95, remarks
    assert record["all"]["recall"] >= 0.85, remarks


@pytest.mark.slow
def test_nothing_is_read_where_the_real_notes_state_nothing(real: Assistant) -> None:
    record, _, _ = evaluate_attributes(real, ROOT / "data" / "eval" / "attributes_rest.jsonl")
    assert record["papers"] == 70
    assert record["all"]["wrong"] == []
