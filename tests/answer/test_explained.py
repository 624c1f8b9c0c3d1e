"""How and why, out of a paper's own text: the sentence that tells by what, or for which reason, comes first."""

from __future__ import annotations

import pytest

from tests.answer.made_papers import make_papers
from tests.search.small_library import open_catalogue
from vlmrag.answer.printed import find_told, show_told
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import is_headline
from vlmrag.search.question import read_question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Sentence

_OTTER = (
    ("Otter: A Boat That Listens", 20, ""),
    ("Mia Reed", 11, ""),
    ("Abstract", 13, ""),
    ("", 10, "We present Otter, a boat whose sieve removes noisy echoes. It is made of copper. "
             "On noisy echoes and the sieve of Otter we make the following three observations."),
    ("1 Results", 13, ""),
    ("", 10, "The sieve of Otter improves noisy echoes that it removes by nine points. "
             "Otter performs well with copper."),
    ("2 Sieve", 13, ""),
    ("", 10, "The sieve removes noisy echoes if their pitch differs from that of the hull. "
             "The hull is of copper because iron rusts in salt water."),
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return open_catalogue(make_papers(tmp_path_factory.mktemp("otter"), otter=_OTTER))


def _tell(text: str, whole: Catalogue) -> list[str]:
    """The sentences shown for a question to the one paper, best first."""
    printed = whole.within(None, "pdf")
    paper = next(p for p, _, _ in printed.names.find("Otter"))
    [(_, told)] = find_told(read_question(text, whole), [paper], printed, Retriever(whole.index, whole.glossary))
    return [" ".join(s.text.split()) for s in show_told(told, printed)]


def test_how_is_told_by_the_sentence_that_says_by_what(whole: Catalogue) -> None:
    assert "if their pitch differs" in _tell("How does the sieve of Otter remove noisy echoes?", whole)[0]


def test_why_is_told_by_the_sentence_that_gives_a_reason(whole: Catalogue) -> None:
    assert "because iron rusts" in _tell("Why does Otter use copper?", whole)[0]


@pytest.mark.parametrize("text", ["How does the sieve of Otter remove noisy echoes?", "What sieve does Otter have?"])
def test_what_only_announces_is_not_shown(whole: Catalogue, text: str) -> None:
    assert not any("observations" in said for said in _tell(text, whole))


@pytest.mark.parametrize(
    ("text", "explains"),
    [
        ("How does Otter remove noisy echoes?", "means"),
        ("Otter 如何去除噪聲？", "means"),
        ("Why does Otter use copper?", "reason"),
        ("Otter 為什麼用銅？", "reason"),
        ("How many sieves does Otter have?", ""),
        ("What is Otter?", ""),
    ],
)
def test_what_is_to_be_explained(whole: Catalogue, text: str, explains: str) -> None:
    assert read_question(text, whole).explains == explains


@pytest.mark.parametrize(
    ("text", "announces"),
    [
        ("We perform experiments, and make the following key observations.", True),
        ("The loss is defined as follows:", True),
        ("Our contributions are summarized below.", True),
        ("主要貢獻如下：", True),
        ("本文有以下三點貢獻。", True),
        ("3.4. Pre-training", True),
        ("We train the following models on two sets: one that reads and one that writes.", False),
        ("The parts below the line are frozen.", False),
        ("流程如下圖所示，先訓練編碼器，再凍結它。", False),
    ],
)
def test_what_announces_is_told_from_what_says(text: str, announces: bool) -> None:
    assert is_headline(Sentence("d", 0, len(text), text, ())) is announces
