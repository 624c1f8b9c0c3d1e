"""Proof: each kind of broken answer is caught, and a whole one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vlmrag.answer.proof import MARK, ProofError, check_answer
from vlmrag.types import Answer, Citation, Page, Paper, Source, Verdict

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


PRINTED = "Gamma freezes\nthe LLM.\nDelta too."
BOXES = tuple(
    (start, start + len(word), float(20 * column), 100.0 + 12 * line, 20.0 * column + 18, 110.0 + 12 * line)
    for start, word, line, column in [
        (0, "Gamma", 0, 0),
        (6, "freezes", 0, 1),
        (14, "the", 1, 0),
        (18, "LLM.", 1, 1),
        (23, "Delta", 2, 0),
        (29, "too.", 2, 1),
    ]
)
ON_PAGE = Citation(
    2, PAPER.id, "Alpha", "g.pdf", None, None, None, "", "Gamma freezes\nthe LLM.", 3,
    ((0.0, 100.0, 38.0, 110.0), (0.0, 112.0, 38.0, 122.0)),
)  # fmt: skip


class Shelf:
    """A note and a PDF of one page."""

    def source(self, path: str) -> Source:
        return Source(path, "note", "", 0, 0, "", {"a.md": SOURCE, "g.pdf": PRINTED}[path])

    def page(self, path: str, number: int) -> list[Page]:
        return {("g.pdf", 3): [Page(3, 0, len(PRINTED), 612, 792, BOXES)]}[path, number]


def check(answer: Answer) -> None:
    check_answer(answer, Shelf())


def test_a_whole_answer_holds() -> None:
    check(WHOLE)
    check(replace(WHOLE, citations=(FIRST, ON_PAGE)))


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
        (
            replace(WHOLE, citations=(FIRST, replace(ON_PAGE, rects=((0.0, 100.0, 38.0, 110.0),)))),
            r"\[2\] is not what stands",
        ),
        (replace(WHOLE, citations=(FIRST, replace(ON_PAGE, quote="Gamma froze"))), r"\[2\] .* on g.pdf p. 3"),
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
        "too few rectangles",
        "other words",
    ],
)
def test_a_broken_answer_is_caught(broken: Answer, said: str) -> None:
    with pytest.raises(ProofError, match=said):
        check(broken)


def test_an_escaped_bracket_is_no_mark() -> None:
    assert MARK.findall(r"[1] \[2\] [x] [12]") == ["1", "12"]
