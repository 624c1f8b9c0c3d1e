"""Thresholds on made figures whose best is known, and shares against the answers themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.answer.passage import FOUND, MENTIONED
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.errors import UsageError
from vlmrag.evaluation.calibration import (
    MOST_FALSE,
    PRESENT,
    Rule,
    Thresholds,
    Weighed,
    calibrate,
    choose_thresholds,
    weigh_questions,
)
from vlmrag.evaluation.gold import read_question

NOTE = """# Notes

## Alpha
- paper: https://arxiv.org/abs/2101.00001
- point: the language model is frozen, only a small bridge is trained on image captions.

## Beta
- paper: https://arxiv.org/abs/2202.00002
- point: learns from zebra pictures with a contrastive loss.
"""
GOLD: list[dict[str, Any]] = [
    {"question": "Which paper learns from zebra pictures?", "gold_papers": ["Beta"], "type": "fact"},
    {"question": "On what is the bridge of Alpha trained?", "gold_facts": ["captions"]},
    {"question": "What loss does Beta have?", "gold_facts": ["contrastive"]},
    {"question": "Which models freeze the language model?", "gold_papers": ["Alpha"], "is_list": True},
    {"question": "Which paper speaks of chess clubs, opera tickets and language?", "answerable": False},
    {"question": "How many chess clubs does Alpha have in Reykjavik?", "answerable": False},
    {"question": "Who is the trainer of Omega-9?", "answerable": False},
]


def make(answerable: bool, rule: Rule, *shares: int) -> list[Weighed]:
    return [Weighed(f"{rule}{answerable}{n}", answerable, rule, share) for n, share in enumerate(shares)]


KNOWN = [
    *make(True, "mentioned", 40, 60, 80, 90, 100),
    *make(False, "mentioned", 0, 10, 10, 20, 19),
    *make(True, "found", 71, 71, 72, 80, 90),
    *make(False, "found", 30, 50, 50, 50, 61),
]


def test_the_middle_of_what_parts_the_two_is_chosen() -> None:
    # every threshold from 21 to 40, and from 62 to 71, refuses all that it should and nothing else
    assert choose_thresholds(KNOWN) == Thresholds(30, 66)
    found = calibrate(KNOWN)
    assert (found.chosen.thresholds, found.chosen.abstain_recall, found.chosen.false_abstain) == (
        Thresholds(30, 66), 1.0, 0.0
    )  # fmt: skip
    assert (found.present.thresholds, found.present.abstain_recall, found.present.false_abstain) == (PRESENT, 0.6, 0.0)


def test_each_fold_is_judged_by_thresholds_that_never_saw_it() -> None:
    # two folds: 0 holds the 1st and 3rd of a kind, 1 the 2nd and 4th
    weighed = make(True, "mentioned", 40, 90, 80, 70) + make(False, "mentioned", 10, 50, 30, 20)
    found = calibrate(weighed, folds=2)
    # without fold 0: 51 to 70 part 50, 20 from 90, 70; without fold 1: 31 to 40 part 10, 30 from 40, 80
    assert [fold.mentioned for fold in found.folds] == [60, 35]
    # fold 0 by 60: 40 is refused wrongly, 10 and 30 rightly; fold 1 by 35: 20 is refused, 50 is not
    assert (found.held_out.abstain_recall, found.held_out.false_abstain) == (0.75, 0.25)
    assert found.held_out.thresholds is None


def test_a_few_false_refusals_are_allowed_and_no_more() -> None:
    weighed = make(True, "found", 10, *[80] * 19) + make(False, "found", 20)
    assert choose_thresholds(weighed).found == 50  # one of twenty: within the bound
    weighed = make(True, "found", 10, *[80] * 18) + make(False, "found", 20)
    assert choose_thresholds(weighed).found == 5  # one of nineteen is not


def test_what_is_refused_at_any_threshold_does_not_forbid_the_rest() -> None:
    weighed = make(True, "", 0, 0) + make(True, "found", 50) + make(False, "found", 20)
    assert choose_thresholds(weighed).found == 35


@given(
    st.lists(
        st.builds(
            Weighed, st.just("q"), st.booleans(), st.sampled_from(["mentioned", "found", ""]), st.integers(0, 100)
        ),
        max_size=12,
    ),
    st.builds(Thresholds, st.integers(1, 100), st.integers(1, 100)),
)
def test_no_other_pair_is_better(weighed: list[Weighed], other: Thresholds) -> None:
    def count(thresholds: Thresholds) -> tuple[int, int]:
        refused = [w.answerable for w in weighed if thresholds.refuse(w)]
        return refused.count(False), refused.count(True)

    right, wrong = count(choose_thresholds(weighed))
    other_right, other_wrong = count(other)
    allowed = max(MOST_FALSE * sum(w.answerable for w in weighed), count(Thresholds(1, 1))[1])
    assert wrong <= allowed
    assert other_wrong > allowed or (right, -wrong) >= (other_right, -other_wrong)


def test_too_few_questions_are_told() -> None:
    with pytest.raises(UsageError, match="at least two questions that are answerable and two that are not"):
        calibrate(make(True, "found", 1, 2, 3) + make(False, "found", 1))


@pytest.fixture
def config(home: Path) -> Config:
    """A library of two papers."""
    (home / "data/notes/two.md").write_text(NOTE, "utf-8")
    config = Config.load(home, encoder="hashing")
    Assistant(config).ingest()
    return config


def test_the_share_is_where_answers_end(config: Config) -> None:
    questions = [read_question(record, f"q{n}") for n, record in enumerate(GOLD, 1)]
    weighed = weigh_questions(config, questions)
    assert [(w.qid, w.answerable, w.rule) for w in weighed] == [
        ("q1", True, "found"), ("q2", True, "mentioned"), ("q3", True, "mentioned"), ("q4", True, ""),
        ("q5", False, "found"), ("q6", False, "mentioned"), ("q7", False, "found"),
    ]  # fmt: skip
    assistant = Assistant(config)
    assert [PRESENT.refuse(w) for w in weighed] == [assistant.ask(q.question).abstained for q in questions]
    assert weighed[3].share == 100
    assert weighed[6].share == 0  # a name that the library does not know is refused at any threshold
    assert 0 < weighed[4].share < weighed[0].share


def test_the_command_tells_present_and_chosen(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    gold = config.home / "gold.jsonl"
    gold.write_text("".join(json.dumps(record) + "\n" for record in GOLD), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLMRAG_ENCODER", "hashing")
        patch.setenv("VLMRAG_HOME", str(config.home))
        capsys.readouterr()
        assert main(["eval", str(gold), "--calibrate", "--json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert main(["eval", str(gold), "--calibrate"]) == 0
        table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert list(record) == ["present", "chosen", "held_out", "folds"]
    assert (record["present"]["mentioned"], record["present"]["found"]) == (MENTIONED, FOUND)
    assert len(record["folds"]) == 3  # three questions cannot be answered
    assert table[0] == ["mentioned", "found", "abstain_recall", "false_abstain"]
    assert [row[0] for row in table[1:]] == ["present", "chosen", "held", "without", "without", "without"]
