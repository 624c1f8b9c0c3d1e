"""`vlmrag eval` as people and scripts meet it."""

from __future__ import annotations

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
GOLD = [
    {"question": "Which models freeze the language model?", "gold_papers": ["alpha1"], "is_list": True},
    {"qid": "who", "question": "Beta 训练什么？", "gold_facts": ["视觉编码器"], "gold_papers": ["Beta"]},
]


@pytest.fixture
def gold(ingest_note: Callable[..., Path]) -> Path:
    """A question file beside a library of two papers."""
    path = ingest_note(NOTE) / "gold.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in GOLD), "utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["eval", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_tables_by_language_and_by_type(gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, gold)
    assert (status, err) == (0, "")
    languages, types = ([line.split() for line in table.splitlines()] for table in out.split("\n\n"))
    assert languages[0] == ["all", "en", "zh-Hans"]
    assert languages[1] == ["questions", "2", "1", "1"]
    assert languages[2] == ["list_f1", "1.000", "1.000"]
    assert types[0][:3] == ["n", "list_f1", "fact_hit"]
    assert [row[:3] for row in types[1:]] == [["fact", "1", "1.000"], ["list", "1", "1.000"]]


def test_json_is_what_is_saved_and_compared(gold: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    status, out, _ = run(capsys, gold, "--json", "--save", kept)
    record = json.loads(out)
    assert status == 0
    assert record == json.loads(kept.read_text("utf-8"))
    assert [q["qid"] for q in record["questions"]] == ["q1", "who"]
    assert record["groups"]["all"]["list_f1"] == 1.0
    assert record["groups"]["all"]["quote_exact"] == 1.0
    record["questions"][0]["figures"]["list_f1"] = 0.5
    kept.write_text(json.dumps(record), "utf-8")
    status, out, err = run(capsys, gold, "--against", kept)
    assert err == f"against {kept}: 1 better, 0 worse, 1 the same\n"
    assert "list_f1 0.50 → 1.00" in out


def test_gold_papers_that_nobody_knows_are_named(gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold.write_text('{"question": "Which freeze?", "gold_papers": ["Alpha-1", "Omega"]}\n', "utf-8")
    assert run(capsys, gold)[2] == "gold papers that are not known, counted as missed: Omega\n"


def test_retrieval_on_a_folder(gold: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"_id": "a", "text": "frozen"}\n{"_id": "b", "text": "zebra"}\n', "utf-8")
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "zebra"}\n', "utf-8")
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb\t1\n", "utf-8")
    status, out, err = run(capsys, "--beir", folder, "--run", tmp_path / "tiny.run", "--json")
    record = json.loads(out)
    assert (status, err) == (0, "")
    assert record.pop("seconds_a_query") >= 0
    assert record == {
        "collection": "tiny", "documents": 2, "chunks": 2, "queries": 1,
        "ndcg@10": 1.0, "recall@100": 1.0, "mrr@10": 1.0,
    }  # fmt: skip
    assert (tmp_path / "tiny.run").read_text("utf-8").startswith("q Q0 b 1 ")
    worse = tmp_path / "worse.run"
    worse.write_text("q Q0 a 1 2.0 x\nq Q0 b 2 1.0 x\n", "utf-8")
    status, out, err = run(capsys, "--beir", folder, "--csv", tmp_path / "tiny.csv", "--against", worse, "--json")
    assert json.loads(out)["against"] == {
        "queries": 1, "better": 1, "worse": 0, "mean": 0.3691, "low": 0.3691, "high": 0.3691, "p": 0.0
    }  # fmt: skip
    said = "nDCG@10 +0.3691 (95 % of the draws +0.3691 to +0.3691, p = 0.000: hardly chance)"
    assert (status, err) == (0, f"against {worse}: {said}; 1 of 1 queries better, 0 worse\n")
    assert (tmp_path / "tiny.csv").read_text("utf-8").splitlines()[1] == "q,1.000000,1.000000,1.000000"
    status, out, err = run(capsys, "--beir", folder, "--ablate", "--json")
    assert (status, json.loads(out)["systems"]["ours"]) == (0, {"ndcg@10": 1.0, "recall@100": 1.0, "mrr@10": 1.0})


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "evaluate what?"),
        (("GOLD", "--beir", "x"), 2, "evaluate what?"),
        (("nowhere.jsonl",), 2, "nowhere.jsonl: No such file"),
        (("GOLD", "--against", "GOLD"), 2, "not an evaluation"),
        (("GOLD", "--papers", "GOLD"), 2, "not a list of papers"),
        (("--beir", "nowhere"), 1, "corpus.jsonl: No such file"),
        (("--beir", "nowhere", "--run", "gone/x.run"), 2, "x.run cannot be written: there is no folder gone"),
    ],
)
def test_problems_are_one_plain_line(
    gold: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, said: str
) -> None:
    got, out, err = run(capsys, *(gold if words == "GOLD" else words for words in arguments))
    assert (got, out) == (status, "")
    assert said in err
    assert err.count("\n") == 1
