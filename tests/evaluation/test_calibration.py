"""Models on made observations whose best is known, thresholds by hand, and signs against the answers themselves."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.answer.confidence import SIGNS, Model, load_models, read_models
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.errors import UsageError
from vlmrag.evaluation.calibration import (
    Observation,
    calibrate,
    choose_least,
    fit_model,
    observe,
    read_observation,
    record_observation,
    write_models,
)
from vlmrag.evaluation.gold import LibraryKeys, read_question
from vlmrag.evaluation.harness import read_sources
from vlmrag.evaluation.metrics import Bin

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
    {"question": "What loss does Beta have?", "gold_facts": ["softmax"]},
    {"question": "Which models freeze the language model?", "gold_papers": ["Alpha"], "is_list": True},
    {"question": "What chess club and which opera does Alpha read of?", "answerable": False},
    {"question": "How many chess clubs does Alpha have in Reykjavik?", "answerable": False},
    {"question": "Who is the trainer of Omega-9?", "answerable": False},
]


def make(
    worth: float, covered: float, count: int = 1, answerable: bool = True, group: str = "fact"
) -> list[Observation]:
    return [Observation("q", "en", answerable, group, {"covered": covered} if group else {}, worth)] * count


def test_a_model_finds_the_odds_that_it_was_shown() -> None:
    # of those that hold all 80 % are right, of those that hold nothing 20 %
    shown = make(1, 1, 8000) + make(0, 1, 2000) + make(1, 0, 2000) + make(0, 0, 8000)
    model = fit_model(shown, ["covered"])
    assert model.intercept == pytest.approx(math.log(0.25), abs=0.01)
    assert model.weights["covered"] == pytest.approx(2 * math.log(4), abs=0.01)
    assert model.rate({"covered": 1.0}) == pytest.approx(0.8, abs=0.005)
    assert model.rate({}) == pytest.approx(0.2, abs=0.005)


def test_a_share_of_a_right_answer_counts_as_that_share() -> None:
    halves = fit_model(make(0.5, 0, 100), [])
    both = fit_model(make(1, 0, 50) + make(0, 0, 50), [])
    assert halves == both == Model(0.0, {})


def test_a_few_right_answers_make_nobody_sure() -> None:
    # Platt's prior: n of n right are rated (n + 1) / (n + 2)
    assert fit_model(make(1, 0, 8), []).rate({}) == pytest.approx(0.9, abs=1e-3)
    assert fit_model([], ["covered"]) == Model(0.0, {"covered": 0.0})


LADDER = Model(0.0, {"covered": 1.0})


def test_the_threshold_parts_what_can_be_answered_from_the_rest() -> None:
    shown = make(1, 0.9, 5) + make(1, 0.6) + make(0, 0.2, 3, answerable=False) + make(0, 0.5, answerable=False)
    least = choose_least(shown, LADDER)
    assert least == pytest.approx((LADDER.rate({"covered": 0.5}) + LADDER.rate({"covered": 0.6})) / 2, abs=1e-3)


def test_a_few_false_refusals_are_allowed_and_no_more() -> None:
    low, high = LADDER.rate({"covered": 0.1}), LADDER.rate({"covered": 0.9})
    doubtful = make(0, 0.5, answerable=False)
    assert low < choose_least(make(1, 0.1) + make(1, 0.9, 19) + doubtful, LADDER) < high  # one of twenty
    assert choose_least(make(1, 0.1) + make(1, 0.9, 18) + doubtful, LADDER) == 0.0  # one of nineteen


def test_what_is_refused_for_want_of_any_answer_counts() -> None:
    refused = make(0, 0, group="")
    assert choose_least(make(1, 0.1) + make(1, 0.9, 18) + refused + make(0, 0.5, answerable=False), LADDER) == 0.0


@given(
    st.lists(
        st.builds(
            Observation,
            st.just("q"),
            st.just("en"),
            st.booleans(),
            st.sampled_from(["fact", "list", ""]),
            st.fixed_dictionaries({"covered": st.floats(0, 1)}),
            st.floats(0, 1),
        ),
        max_size=12,
    )
)
def test_no_more_than_one_in_twenty_is_refused_for_doubt(observed: list[Observation]) -> None:
    least = choose_least(observed, LADDER)
    refused = sum(o.group == "fact" and o.answerable and LADDER.rate(o.signs) < least for o in observed)
    gone = sum(o.answerable and not o.group for o in observed)
    assert refused <= max(0.0, 0.05 * sum(o.answerable for o in observed) - gone)


def test_what_is_held_out_is_rated_by_models_that_never_saw_it() -> None:
    # of each kind of question the first is in one fold and the second in the other: alone there, a fact is rated by
    # models that never saw one, an even chance
    found = calibrate(make(1, 1) + make(1, 1, group="list") + make(0, 0, 2, answerable=False, group=""), folds=2)
    assert (found.held_out.brier, found.held_out.bins) == (0.25, (Bin(0.5, 1.0, 2),))
    assert found.seen.brier < 0.25
    sure = make(1, 1, 40) + make(0, 0, 40, answerable=False)
    told = calibrate(sure).held_out
    assert (told.abstain_recall, told.ece < 0.1, told.brier < 0.05) == (1.0, True, True)


def test_too_few_questions_are_told() -> None:
    with pytest.raises(UsageError, match="at least two questions that are answerable and two that are not"):
        calibrate(make(1, 1, 3) + make(0, 0, answerable=False))


def test_models_are_written_as_they_are_read() -> None:
    shown = make(1, 0.9, 5) + make(0, 0.2, 4) + make(0, 0.1, 3, answerable=False)
    models = calibrate(shown).models
    assert read_models(tomllib.loads(write_models(models))) == models
    assert calibrate(shown).models == models


def test_the_models_that_ship_are_whole() -> None:
    models = load_models()
    assert {name: tuple(model.weights) for name, model in models.items()} == SIGNS
    assert [name for name, model in models.items() if model.least] == ["fact"]
    assert models["fact"].weights["covered"] > 0 > models["fact"].weights["thin"]


@pytest.fixture
def config(home: Path) -> Config:
    """A library of two papers."""
    (home / "data/notes/two.md").write_text(NOTE, "utf-8")
    config = Config.load(home, encoder="hashing")
    Assistant(config).ingest()
    return config


def test_what_is_observed_is_what_the_answers_are_worth(config: Config) -> None:
    questions = [read_question(record, f"q{n}") for n, record in enumerate(GOLD, 1)]
    keys = LibraryKeys(Assistant(config).papers())
    found = observe(config, questions, keys, read_sources(config.home))
    assert [(o.qid, o.answerable, o.group, o.worth) for o in found] == [
        ("q1", True, "fact", 1.0), ("q2", True, "fact", 1.0), ("q3", True, "fact", 0.0), ("q4", True, "list", 1.0),
        ("q5", False, "", 0.0), ("q6", False, "", 0.0), ("q7", False, "", 0.0),
    ]  # fmt: skip
    assert found[0].signs["covered"] == found[1].signs["covered"] == 1.0
    assert (found[0].signs["found"], found[1].signs["found"]) == (1.0, 0.0)
    assert [read_observation(json.loads(json.dumps(record_observation(o)))) for o in found] == found


def test_an_answer_is_refused_below_the_threshold_and_only_there(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "On what is the bridge of Alpha trained?"
    for least, abstained in ((0.7, False), (0.9, True)):
        models = dict.fromkeys(SIGNS, Model(0.0, {"covered": math.log(4)}, least))  # 0.8 where all is covered
        monkeypatch.setattr("vlmrag.answer.confidence.load_models", lambda models=models: models)
        answer = Assistant(config).ask(question)
        assert (answer.abstained, answer.confidence) == (abstained, 0.0 if abstained else 0.8)


def test_the_command_keeps_what_it_saw_and_writes_models(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    gold, seen, model = (config.home / name for name in ("gold.jsonl", "seen.json", "models.toml"))
    gold.write_text("".join(json.dumps(record) + "\n" for record in GOLD), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLMRAG_ENCODER", "hashing")
        patch.setenv("VLMRAG_HOME", str(config.home))
        capsys.readouterr()
        assert main(["eval", str(gold), "--calibrate", "--save", str(seen), "--json"]) == 0
        once = json.loads(capsys.readouterr().out)
        assert main(["eval", str(gold), "--calibrate", "--with", str(seen), "--model", str(model), "--json"]) == 0
        twice = json.loads(capsys.readouterr().out)
        assert main(["eval", str(gold), "--calibrate"]) == 0
        table = [line.split() for line in capsys.readouterr().out.splitlines()]
        seen.write_text("[1]", "utf-8")
        assert main(["eval", str(gold), "--calibrate", "--with", str(seen)]) == 2
        assert "not what `vlmrag eval --calibrate --save` wrote" in capsys.readouterr().err
    assert list(once) == ["before", "held_out", "seen", "models"]
    assert sum(b["answers"] for b in once["seen"]["bins"]) * 2 == sum(b["answers"] for b in twice["seen"]["bins"])
    kept = {name: Model(**row) for name, row in twice["models"].items()}
    assert read_models(tomllib.loads(model.read_text("utf-8"))) == kept
    assert table[0] == ["ece", "brier", "aurc", "abstain_recall", "false_abstain"]
    assert [row[0] for row in table[1:4]] == ["before", "held", "on"]
