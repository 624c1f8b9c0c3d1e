"""Proof: each kind of broken answer is caught, and a whole one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vlmrag.answer.proof import MARK, ProofError, check_answer
from vlmrag.types import Answer, Citation, Paper, Verdict

SOURCE = "Alpha freezes the LLM [3].\nBeta trains it.\n"
PAPER = Paper("name:alpha", "Alpha")
FIRST = Citation(1, PAPER.id, "Alpha", "a.md", 0, 26, 1, "", "Alpha freezes the LLM [3].")
SECOND = Citation(2, PAPER.id, "Alpha", "a.md", 27, 42, 2, "", "Beta trains it.")
WHOLE = Answer(
    question="?",
    lang="en",
    kind="fact",
    abstained=False,
    text="“Alpha freezes the LLM \\[3\\].” [1]",
    papers=(Verdict(PAPER, "yes", (1,)),),
    considered=(Verdict(PAPER, "no", (2,)),),
    citations=(FIRST, SECOND),
    coverage=None,
    generator="extractive",
    index="sha256:0",
    seconds=0.0,
)


def check(answer: Answer) -> None:
    check_answer(answer, {"a.md": SOURCE}.__getitem__)


def test_a_whole_answer_holds() -> None:
    check(WHOLE)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (replace(WHOLE, citations=(FIRST, replace(SECOND, marker=3))), r"not numbered from 1: \[1, 3\]"),
        (replace(WHOLE, citations=(SECOND, FIRST)), r"not numbered from 1: \[2, 1\]"),
        (replace(WHOLE, citations=(FIRST,)), r"marks \[1, 2\] and citations \[1\] differ"),
        (replace(WHOLE, text=WHOLE.text + " [7]"), r"marks \[1, 2, 7\] and citations \[1, 2\] differ"),
        (replace(WHOLE, considered=()), r"marks \[1\] and citations \[1, 2\] differ"),
        (replace(WHOLE, text=WHOLE.text.replace("\\", "")), r"marks \[1, 2, 3\] and citations \[1, 2\] differ"),
        (replace(WHOLE, citations=(FIRST, replace(SECOND, quote="Beta trains it"))), r"\[2\] is not at a.md:27-42"),
        (replace(WHOLE, citations=(FIRST, replace(SECOND, start=26))), r"\[2\] is not at a.md:26-42"),
        (replace(WHOLE, citations=(replace(FIRST, quote="", start=5, end=5), SECOND)), r"\[1\] is not at a.md:5-5"),
    ],
    ids=[
        "gap",
        "order",
        "no citation",
        "invented mark",
        "cited by nobody",
        "a note's own mark",
        "short",
        "moved",
        "empty",
    ],
)
def test_a_broken_answer_is_caught(broken: Answer, said: str) -> None:
    with pytest.raises(ProofError, match=said):
        check(broken)


def test_an_escaped_bracket_is_no_mark() -> None:
    assert MARK.findall(r"[1] \[2\] [x] [12]") == ["1", "12"]
