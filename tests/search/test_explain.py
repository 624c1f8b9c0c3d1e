"""How a question was understood and what decided its answer: whole explanations, in three scripts."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from vlmrag.answer.confidence import SIGNS, Model
from vlmrag.answer.decision import Explanation
from vlmrag.assistant import Assistant
from vlmrag.records import record_explanation
from vlmrag.terminal import Terminal
from vlmrag.types import Filters, Turn

MODELS = dict.fromkeys(SIGNS, Model(0.0, {"covered": 2.0}, 0.6))


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confidences that can be told by hand: 1 / (1 + exp(-2 covered))."""
    monkeypatch.setattr("vlmrag.answer.confidence.load_models", lambda: MODELS)


LIST = "a list: it is put to every paper that meets its constraints"
BY_WORDS = "how much of what is looked for the best sentence holds, with those around it"
IN_ENGLISH = Explanation(
    understood=(
        ("language", "English"),
        ("kind", LIST),
        ("mended", "languge → language"),
        ("looked for", "freeze + language model"),
        ("relations", "LLM frozen"),
        ("of the table", "frozen LLM"),
        ("constraints", "since 2021, organisation Google"),
    ),
    decided=(("decided by", "the table of attributes"), ("papers", "1 yes, 1 no")),
)
IN_SIMPLIFIED = Explanation(
    understood=(("language", "Chinese, simplified"), ("kind", LIST), ("looked for", "long video")),
    decided=(
        ("decided by", BY_WORDS),
        ("threshold", "0.68"),
        ("papers", "1.00 Sable (yes)"),
        ("", "1.00 Lumen-2 (yes)"),
        ("", "1.00 Corvid (no: the sentence denies it)"),
    ),
)
IN_TRADITIONAL = Explanation(
    understood=(
        ("language", "Chinese, traditional"),
        ("kind", "a fact"),
        ("papers", "Lumen-1"),
        ("looked for", "query"),
        ("counted", "query"),
        ("wanted", "number"),
    ),
    decided=(
        ("decided by", "the probability that the answer is right"),
        ("confidence", "0.88: covered +2.0"),
        ("threshold", "0.60"),
        ("Lumen-1", "1.30 “It keeps the **language model** frozen and trains a bridge o …”"),
    ),
)


@pytest.mark.parametrize(
    ("question", "explanation"),
    [
        ("Which models from Google freeze the languge model since 2021?", IN_ENGLISH),
        ("哪些模型处理长视频？", IN_SIMPLIFIED),
        ("Lumen-1 用了多少個查詢？", IN_TRADITIONAL),
    ],
)
def test_an_explanation_is_whole_in_three_scripts(library: Assistant, question: str, explanation: Explanation) -> None:
    assert library.explain(question) == explanation


def test_what_the_conversation_and_the_filters_add_is_told(library: Assistant) -> None:
    before = [Turn("user", "What is Lumen-1?")]
    told = library.explain("And how many queries does it use?", history=before, filters=Filters(venue="NeurIPS"))
    assert dict(told.understood) == {
        **dict(IN_TRADITIONAL.understood),
        "language": "English",
        "papers": "Lumen-1 (from the conversation)",
        "constraints": "venue NeurIPS",
    }
    assert told.decided == IN_TRADITIONAL.decided
    other = library.explain("Which is the other one that handles speech?", history=before)
    assert dict(other.understood)["set aside"] == "Lumen-1 (from the conversation)"


@pytest.mark.parametrize(
    ("question", "understood", "decided"),
    [
        ("What is Wobbler-9?", {"unknown names": "Wobbler-9"}, "the names that the library does not know"),
        ("?", {"kind": "a fact"}, "nothing: no words to look for"),
        ("Which papers came before 2022?", {"constraints": "until 2021"}, "the constraints alone"),
        ("Which papers are from 2021 to 2022?", {"constraints": "years 2021 to 2022"}, "the constraints alone"),
        ("Which papers are from CVPR 2022?", {"constraints": "venue CVPR 2022"}, "the constraints alone"),
        ("Which models do not support audio?", {"denial": "what is not so is asked for"}, BY_WORDS),
        ("Which models handle speech or music?", {"looked for": "speech, or music"}, BY_WORDS),
        ("Does Marten freeze the LLM?", {"relations": "LLM frozen"}, "what the sentences state of parts"),
        ("Does Corvid handle long video?", {"papers": "Corvid"}, BY_WORDS),
        ("Compare Lumen-1 and Corvid.", {"papers": "Lumen-1, Corvid"}, "the sentences of each paper"),
        (
            "Which papers are similar to Sable?",
            {"kind": "papers like one that is named"},
            "likeness: what they share, by what each thing shared adds",
        ),
    ],
)
def test_what_decided(library: Assistant, question: str, understood: dict[str, str], decided: str) -> None:
    told = library.explain(question)
    assert understood.items() <= dict(told.understood).items()
    assert told.decided[0] == ("decided by", decided)


def test_rows_are_aligned_and_plain_in_a_pipe() -> None:
    out = io.StringIO()
    Terminal(Path(), Console(file=out, highlight=False)).print_explanation(IN_SIMPLIFIED)
    assert out.getvalue() == (
        "\n"
        "language    Chinese, simplified\n"
        f"kind        {LIST}\n"
        "looked for  long video\n"
        "\n"
        f"decided by  {BY_WORDS}\n"
        "threshold   0.68\n"
        "papers      1.00 Sable (yes)\n"
        "            1.00 Lumen-2 (yes)\n"
        "            1.00 Corvid (no: the sentence denies it)\n"
    )


def test_a_record_has_the_rows_by_name() -> None:
    assert record_explanation(IN_SIMPLIFIED) == {
        "understood": {"language": "Chinese, simplified", "kind": LIST, "looked for": "long video"},
        "decided": {
            "decided by": BY_WORDS,
            "threshold": "0.68",
            "papers": ["1.00 Sable (yes)", "1.00 Lumen-2 (yes)", "1.00 Corvid (no: the sentence denies it)"],
        },
    }
