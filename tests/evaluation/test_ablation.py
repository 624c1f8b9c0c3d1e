"""Simpler systems on a library small enough to say what each must find."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vlmrag.answer.proof import check_answer
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.evaluation.ablation import PassageAnswers, PlainSearch, compare_systems, read_chunks
from vlmrag.evaluation.gold import LibraryKeys, read_question
from vlmrag.evaluation.harness import read_sources
from vlmrag.index.encoder import HashingEncoder
from vlmrag.index.index import Index
from vlmrag.index.lexical import PlainBm25
from vlmrag.language.words import split_words
from vlmrag.types import Chunk

NOTE = """# Notes

## Alpha
- paper: https://arxiv.org/abs/2101.00001
- point: the language model is frozen, only a small bridge is trained.

## Beta
- paper: https://arxiv.org/abs/2202.00002
- point: 凍結語言模型，訓練橋接層。

## Gamma
- paper: https://arxiv.org/abs/2303.00003
- point: the language model is trained on zebra pictures; the image encoder is frozen.
"""
GOLD: list[dict[str, Any]] = [
    {"question": "Which models freeze the language model?", "gold_papers": ["Alpha", "Beta"], "is_list": True},
    {"question": "Which paper has zebra pictures?", "gold_facts": ["zebra pictures"], "gold_papers": ["Gamma"]},
    {"question": "Who won the chess championship in Reykjavik?", "answerable": False},
]


@pytest.fixture
def config(home: Path) -> Config:
    """A library of three papers, two of which freeze the language model."""
    (home / "data/notes/three.md").write_text(NOTE, "utf-8")
    config = Config.load(home, encoder="hashing")
    Assistant(config).ingest()
    return config


@pytest.fixture
def index(config: Config) -> Iterator[Index]:
    with Index.open(config.index_dir, HashingEncoder()) as index:
        yield index


def names(index: Index, passages: list[Chunk]) -> list[str]:
    answer = PassageAnswers(index).answer("?", passages)
    return [verdict.paper.name for verdict in answer.papers]


def test_all_passages_in_the_order_of_the_library(index: Index) -> None:
    chunks = read_chunks(index)
    assert [chunk.text.partition("\n")[0] for chunk in chunks] == ["# Notes", "## Alpha", "## Beta", "## Gamma"]
    assert all(chunk.text == NOTE[chunk.start : chunk.end] for chunk in chunks)
    assert len(chunks) == index.counts()["chunks"]


def test_each_side_ranks_by_the_text_as_it_is(index: Index) -> None:
    plain, chunks = PlainSearch(index), read_chunks(index)
    asked = "is the language model frozen?"
    encoder, double = HashingEncoder(), PlainBm25()
    cosines = encoder.encode_passages([c.text for c in chunks]) @ encoder.encode_queries([asked])[0]
    double.add(range(4), [split_words(c.text) for c in chunks])
    double.commit()
    assert plain.rank_dense(asked) == [chunks[row] for row in sorted(range(4), key=lambda row: -cosines[row])]
    assert plain.rank_keywords(asked) == [chunks[row] for row, _ in double.search(split_words(asked), 4)]
    assert names(index, plain.rank_keywords(asked)) == ["Alpha", "Gamma"]  # the Chinese one shares no word
    assert names(index, plain.rank_keywords("zebra", 1)) == names(index, plain.rank_fused("zebra", 1)) == ["Gamma"]
    assert plain.rank_keywords("opera") == []


def test_an_answer_of_passages_holds_its_proof(index: Index) -> None:
    passages = read_chunks(index)[1:3]
    answer = PassageAnswers(index).answer("凍結了什麼？", passages)
    check_answer(answer, index)
    assert (answer.lang, answer.abstained) == ("zh-Hant", False)
    assert answer.text == f"{passages[0].text} [1]\n\n{passages[1].text} [2]"
    assert [(v.paper.name, v.says, v.citations) for v in answer.papers] == [
        ("Alpha", "yes", (1,)),
        ("Beta", "yes", (2,)),
    ]
    assert [(c.paper_name, c.heading, c.line, c.quote) for c in answer.citations] == [
        ("Alpha", "Notes > Alpha", 3, passages[0].text),
        ("Beta", "Notes > Beta", 7, passages[1].text),
    ]
    assert not PassageAnswers(index).answer("?", []).abstained


def test_each_part_adds_what_it_is_for(config: Config) -> None:
    questions = [read_question(record, f"q{n}") for n, record in enumerate(GOLD, 1)]
    keys = LibraryKeys(Assistant(config).papers())
    found = compare_systems(config, questions, keys, read_sources(config.home))
    assert list(found) == [
        "dense only", "keywords only", "fused", "+ gloss", "+ question understanding", "+ attributes"
    ]  # fmt: skip
    figures = {name: [row.figures for row in evaluation.rows] for name, evaluation in found.items()}
    # without the gloss the list lacks Beta; with it, it holds Gamma too, until "frozen" is read with what is frozen
    assert figures["keywords only"][0]["list_f1"] == 0.5
    assert figures["+ gloss"][0]["list_f1"] == pytest.approx(0.8)
    assert figures["+ question understanding"][0]["list_f1"] == pytest.approx(0.8)
    assert figures["+ attributes"][0]["list_f1"] == 1.0
    assert {name: (rows[1]["fact_hit"], rows[2]["abstain_recall"]) for name, rows in figures.items()} == {
        name: (1.0, float(name in ("+ question understanding", "+ attributes"))) for name in figures
    }
    assert figures["+ attributes"][0]["quote_exact"] == figures["dense only"][0]["quote_exact"] == 1.0


def test_the_command_gives_a_row_per_system(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    gold = config.home / "gold.jsonl"
    gold.write_text("".join(json.dumps(record) + "\n" for record in GOLD), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLMRAG_ENCODER", "hashing")
        patch.setenv("VLMRAG_HOME", str(config.home))
        capsys.readouterr()
        assert main(["eval", str(gold), "--ablate", "--json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert main(["eval", str(gold), "--ablate"]) == 0
        table = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert main(["eval", str(gold), "--ablate", "--save", "x.json"]) == 2
        assert "--ablate and --calibrate go with a file of gold questions alone" in capsys.readouterr().err
    assert record["systems"]["+ attributes"] == {
        "n": 3, "list_f1": 1.0, "fact_hit": 1.0, "first_paper": 1.0, "evidence_hit": None, "abstain_recall": 1.0,
        "false_abstain": 0.0,
    }  # fmt: skip
    assert table[0] == ["list_f1", "fact_hit", "first_paper", "evidence_hit", "abstain_recall", "false_abstain"]
    assert table[-1] == ["+", "attributes", "1.000", "1.000", "1.000", "1.000", "0.000"]
