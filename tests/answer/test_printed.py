"""Facts out of a paper's own text: the best row of sentences, read with its heading."""

from __future__ import annotations

import pytest

from tests.search.small_library import open_catalogue
from vlmrag.answer.printed import answer_from_print, find_told
from vlmrag.assistant import Assistant
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import read_question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Paper


@pytest.fixture(scope="module")
def whole(boats: Assistant) -> Catalogue:
    return open_catalogue(boats)


@pytest.fixture(scope="module")
def retriever(whole: Catalogue) -> Retriever:
    return Retriever(whole.index, whole.glossary)


def _paper(printed: Catalogue, name: str) -> Paper:
    return next(p for p, _, _ in printed.names.find(name))


def test_the_row_that_holds_all_that_is_asked_is_the_best(whole: Catalogue, retriever: Retriever) -> None:
    printed = whole.within(None, "pdf")
    question = read_question("Which optimizer and learning rate does Marlin use?", whole)
    [(paper, told)] = find_told(question, [_paper(printed, "Marlin")], printed, retriever)
    assert paper.title == "First Steps on Cold Water"
    assert told[0].share == pytest.approx(1.0)
    assert [" ".join(s.text.split()) for s in told[0].sentences] == [
        "The optimizer is Adam with a learning rate of 0.003."
    ]
    assert [t.score for t in told] == sorted((t.score for t in told), reverse=True)


def test_a_heading_tells_what_the_sentences_under_it_are_about(whole: Catalogue, retriever: Retriever) -> None:
    """The sentence on the run does not say "training"; the heading above it does."""
    printed = whole.within(None, "pdf")
    question = read_question("How many hours did the training of Marlin take?", whole)
    [(_, told)] = find_told(question, [_paper(printed, "Marlin")], printed, retriever)
    assert "12 hours" in " ".join(s.text for s in told[0].sentences)
    assert told[0].share > 0.5


def test_of_all_papers_the_one_that_says_it_answers(whole: Catalogue, retriever: Retriever) -> None:
    printed = whole.within(None, "pdf")
    question = read_question("In what percent of storms is the harbour found?", whole)
    answer = answer_from_print(question, printed.papers, printed, retriever)
    assert answer is not None
    point, share = answer
    assert point.paper.name == "Herring"
    assert "71.4 percent" in point.evidence[0].text
    assert 0.85 <= share <= 1.0


def test_a_paper_that_lacks_the_word_asked_for_does_not_answer(whole: Catalogue, retriever: Retriever) -> None:
    printed = whole.within(None, "pdf")
    question = read_question("What is the salary of the annotators of Herring?", whole)
    assert answer_from_print(question, [_paper(printed, "Herring")], printed, retriever) is None


def test_no_papers_tell_nothing(whole: Catalogue, retriever: Retriever) -> None:
    printed = whole.within(None, "pdf")
    question = read_question("Which optimizer does Marlin use?", whole)
    assert find_told(question, [], printed, retriever) == []
    assert answer_from_print(question, [], printed, retriever) is None
