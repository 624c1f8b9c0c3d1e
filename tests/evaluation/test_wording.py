"""`vlmrag eval --llm`: quoted against worded answers, and what the check strikes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.answer.writing.fake_server import FakeServer, serve
from tests.made_notes import NOTE, QUESTION
from tests.made_notes import run as run_cli
from vlmrag.answer.generator import ScriptedGenerator
from vlmrag.answer.writing.check import Told
from vlmrag.answer.writing.weave import weave
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.types import Struck

GOLD = [
    {"question": QUESTION, "gold_papers": ["alpha1"], "is_list": True},
    {"qid": "who", "question": "Beta 训练什么？", "gold_facts": ["视觉编码器"], "gold_papers": ["Beta"]},
    {"qid": "tea", "question": "What is the price of tea?", "answerable": False},
]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serve(FakeServer()) as fake:
        yield fake


@pytest.fixture
def gold(ingest_note: Callable[..., Path]) -> Path:
    """A question file beside a library of two papers."""
    path = ingest_note(NOTE) / "gold.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in GOLD), "utf-8")
    return path


def evaluate(capsys: pytest.CaptureFixture[str], gold: Path, server: FakeServer, model: str) -> dict[str, object]:
    status, out, err = run_cli(capsys, "eval", str(gold), "--llm", f"{server.url}#{model}", "--json")
    assert (status, err) == (0, "")
    record: dict[str, object] = json.loads(out)
    return record


def strip_times(systems: object) -> object:
    assert isinstance(systems, dict)
    return {n: {k: v for k, v in figures.items() if "latency" not in k} for n, figures in systems.items()}


@pytest.mark.parametrize(
    ("model", "worded", "sentences", "unsupported"),
    [("echo", 2, 2, 0), ("liar", 0, 6, 6)],
    ids=["one that repeats its evidence loses nothing", "nothing of a liar is left"],
)
def test_what_a_model_writes_is_counted_and_no_answer_is_worse(
    gold: Path,
    server: FakeServer,
    capsys: pytest.CaptureFixture[str],
    model: str,
    worded: int,
    sentences: int,
    unsupported: int,
) -> None:
    record = evaluate(capsys, gold, server, model)
    systems = strip_times(record["systems"])
    assert isinstance(systems, dict)
    assert systems["extractive"] == systems["worded"]
    assert record["wording"] == {
        "model": model, "questions": 2, "worded": worded, "sentences": sentences, "unsupported_before": unsupported,
        "unsupported_after": 0, "failed": 0, "tokens_read": 22, "tokens_written": 14,
    }  # fmt: skip


def test_a_model_that_fails_is_counted(gold: Path, server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    wording = evaluate(capsys, gold, server, "broken")["wording"]
    assert isinstance(wording, dict)
    assert (wording["failed"], wording["worded"], wording["tokens_read"]) == (2, 0, 0)


def test_the_tables_are_readable(gold: Path, server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    out = run_cli(capsys, "eval", str(gold), "--llm", f"{server.url}#echo")[1]
    first, second = ([line.split() for line in table.splitlines()] for table in out.split("\n\n"))
    assert [row[0] for row in first[1:]] == ["extractive", "worded"]
    assert second[1][:4] == ["echo", "2", "2", "2"]


STAGED = """# Notes

## Gamma-1: A Model
- paper: https://arxiv.org/abs/2401.00001
- The language model is frozen in the first stage.
- The language model is trained in the second stage.

## Delta-1: Another Model
- paper: https://arxiv.org/abs/2401.00002
- The language model is frozen in the second stage.
- The language model is trained in the first stage.
"""
STAGE = {
    "question": "Which models freeze the language model in the first stage?",
    "gold_papers": ["gamma1"],
    "is_list": True,
}


@pytest.mark.parametrize(
    ("points_at", "settled", "list_f1"), [("frozen in the first stage", 1, 1.0), ("trained", 0, 0.0)]
)
def test_what_a_model_reads_is_counted(
    ingest_note: Callable[..., Path],
    server: FakeServer,
    capsys: pytest.CaptureFixture[str],
    points_at: str,
    settled: int,
    list_f1: float,
) -> None:
    gold = ingest_note(STAGED) / "gold.jsonl"
    gold.write_text(json.dumps(STAGE) + "\n", "utf-8")
    server.points_at = points_at
    record = evaluate(capsys, gold, server, "judge")
    reading, systems = record["reading"], record["systems"]
    assert isinstance(reading, dict)
    assert isinstance(systems, dict)
    assert reading.pop("seconds_median") > 0
    assert reading == {
        "questions": 1, "verdicts": 2, "settled": settled, "unsupported_before": 2 - settled, "unsupported_after": 0,
        "follow_ups": 0, "failed": 0, "tokens_read": 22, "tokens_written": 14,
    }  # fmt: skip
    assert [systems[name]["list_f1"] for name in ("extractive", "worded")] == [0.0, list_f1]
    out = run_cli(capsys, "eval", str(gold), "--llm", f"{server.url}#judge")[1]
    assert out.split("\n\n")[2].split("\n")[1].split()[:5] == ["1", "2", str(settled), str(2 - settled), "0"]


@pytest.mark.parametrize("more", [["--ablate"], ["--save", "x.json"], ["--llm", "none"]])
def test_what_does_not_go_together(
    gold: Path, server: FakeServer, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    status, _, err = run_cli(capsys, "eval", str(gold), "--llm", f"{server.url}#echo", *more)
    assert (status, err.count("\n")) == (2, 1)
    assert server.paths == []


def test_a_hole_would_be_found(gold: Path) -> None:
    assistant = Assistant(Config.load(gold.parent, encoder="hashing"))
    base, generator = assistant.ask(QUESTION), ScriptedGenerator([])
    good = weave(base, [Told("Alpha-1 keeps the language model frozen.", (1,))])
    bad = weave(base, [Told("Alpha-1 keeps nothing frozen.", (1,))])
    assert assistant.recheck(base, good, generator) == []
    assert [s.text for s in assistant.recheck(base, bad, generator)] == ["Alpha-1 keeps nothing frozen."]
    assert isinstance(assistant.recheck(base, bad, generator)[0], Struck)
