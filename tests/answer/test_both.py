"""Notes and papers together: what is asked is answered from where it stands, and each quote from its rectangles."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from tests.answer.made_papers import HERRING, MARLIN
from vlmrag.assistant import Assistant
from vlmrag.records import record_answer
from vlmrag.types import Answer, Filters


def _sources(answer: Answer) -> set[str]:
    return {c.source.rsplit("/", 1)[-1] for c in answer.citations}


def _said(answer: Answer) -> str:
    return " ".join(" ".join(c.quote.split()) for c in answer.citations)


def test_a_paper_answers_by_the_name_that_its_abstract_coins(boats: Assistant) -> None:
    answer = boats.ask("Which optimizer does Marlin use, and with which learning rate?")
    assert not answer.abstained
    assert [v.paper.title for v in answer.papers] == ["First Steps on Cold Water"]
    assert "The optimizer is Adam with a learning rate of 0.003." in _said(answer)
    assert _sources(answer) == {MARLIN}


@pytest.mark.parametrize("question", ["Which optimizer does Marlin use?", "How do Marlin and Herring differ in GPUs?"])
def test_the_words_inside_the_rectangles_are_the_quote(boats: Assistant, question: str) -> None:
    pymupdf: Any = import_module("pymupdf")

    printed = [c for c in boats.ask(question).citations if c.source.endswith(".pdf")]
    assert printed
    for citation in printed:
        assert citation.page
        assert citation.rects
        with pymupdf.open(boats.config.home / citation.source) as document:
            words = document[citation.page - 1].get_text("words", sort=False)
        inside = [
            word[4]
            for word in words
            if any(x0 <= (word[0] + word[2]) / 2 <= x1 and y0 <= (word[1] + word[3]) / 2 <= y1
                   for x0, y0, x1, y1 in citation.rects)
        ]  # fmt: skip
        assert " ".join(inside) == " ".join(citation.quote.split())


def test_what_neither_says_is_refused(boats: Assistant) -> None:
    assert boats.ask("What salary did the annotators of Herring get?").abstained
    assert boats.ask("What salary do the sailors of Marlin get?").abstained


def test_what_the_note_leaves_open_the_paper_fills(boats: Assistant) -> None:
    answer = boats.ask("In what percent of storms does Herring find the harbour?")
    assert "Herring finds the harbour in 71.4 percent of all storms." in _said(answer)
    assert HERRING in _sources(answer)


def test_each_side_of_a_comparison_speaks_from_its_own_paper(boats: Assistant) -> None:
    answer = boats.ask("Compare Marlin and Herring: on how many GPUs were they trained?")
    assert answer.kind == "compare"
    said = {v.paper.name: [c.quote for c in answer.citations if c.marker in v.citations] for v in answer.papers}
    assert set(said) == {"First Steps on Cold Water", "Herring"}
    assert any("8 GPUs" in q and "16 GPUs" not in q for q in said["First Steps on Cold Water"])
    assert any("16 GPUs" in q for q in said["Herring"])


@pytest.mark.parametrize(
    "question", ["Which papers with a PDF are trained on GPUs?", "有 PDF 的论文里，哪些论文使用 GPU 训练？"]
)
def test_a_list_of_papers_with_a_pdf_asks_each_of_them_and_no_other(boats: Assistant, question: str) -> None:
    answer = boats.ask(question)
    assert answer.kind == "list"
    assert {v.paper.name for v in answer.papers} == {"First Steps on Cold Water", "Herring"}
    assert answer.coverage
    assert answer.coverage.examined == 2
    assert _sources(answer) == {MARLIN, HERRING}


def test_what_a_paper_tells_of_others_puts_it_on_no_list(boats: Assistant) -> None:
    answer = boats.ask("Which papers are trained on TPU hardware?")
    assert [v.paper.name for v in answer.papers] == []
    assert answer.coverage
    assert answer.coverage.examined == 3


def test_a_list_over_notes_alone_leaves_the_papers_out(boats: Assistant) -> None:
    answer = boats.ask("Which papers are trained on GPUs?", filters=Filters(kind="note"))
    assert answer.papers == ()
    assert not any(source.endswith(".pdf") for source in _sources(answer))


def test_the_explanation_is_of_the_side_that_answers(boats: Assistant) -> None:
    def explain(question: str) -> list[str]:
        return [text for name, text in boats.explain(question).decided if name in ("decided by", "put to")]

    assert explain("Which optimizer does Marlin use, and with which learning rate?") == [
        "how much of what is asked the passages of the PDF hold"
    ]
    assert explain("Which papers use Adam?")[::2] == ["the notes", "the PDFs, where they speak of themselves"]
    assert explain("What salary did the annotators of Herring get?")[0] == "the probability that the answer is right"


def test_a_quote_of_a_pdf_is_verified_at_its_page(boats: Assistant) -> None:
    answer = boats.ask("Which optimizer does Marlin use, and with which learning rate?")
    checked = boats.verify(json.dumps(record_answer(answer)), "answer.json")
    pages = {" ".join(c.quote.split()): c.page for c in answer.citations}
    found = {" ".join(c.quote.words.split()): (c.verdict, c.page) for c in checked if c.quote.words in _quotes(answer)}
    assert found == {quote: ("exact", page) for quote, page in pages.items()}


def _quotes(answer: Answer) -> set[str]:
    return {c.quote for c in answer.citations}
