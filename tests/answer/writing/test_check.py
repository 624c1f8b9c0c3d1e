"""Sentences against passages of the shipped notes: what is supported, and what is not, of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlmrag.answer.writing.check import Checker
from vlmrag.answer.writing.passages import Language, Passage
from vlmrag.answer.writing.sentences import Written
from vlmrag.assistant import Assistant

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "sentences.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
TOO_STRICT = 20
"""Of the 71 supported sentences, how many the check may refuse: their evidence is quoted then."""


@pytest.fixture(scope="module")
def language(notes: Assistant) -> Language:
    return Language(notes._catalogue)


def find_passages(notes: Assistant, language: Language, cited: str) -> list[Passage]:
    catalogue = notes._catalogue
    found = []
    for marker, reference in enumerate(cited.split(" || "), start=1):
        name, words = reference.split(":: ")
        paper = next(p for p in catalogue.papers if p.name == name)
        text = next(s.text for s in catalogue.sentences(paper) if words in s.text)
        found.append(Passage(marker, paper, text, language))
    return found


def check(notes: Assistant, language: Language, cited: str, text: str) -> str:
    passages = find_passages(notes, language, cited)
    return Checker(passages, language).check(Written(text, tuple(p.marker for p in passages))).why


@pytest.mark.parametrize(
    ("kind", "cited", "text"),
    [row for row in ROWS if row[0] not in ("yes", "omits")],
    ids=lambda value: str(value)[:60],
)
def test_no_false_sentence_is_supported(notes: Assistant, language: Language, kind: str, cited: str, text: str) -> None:
    assert check(notes, language, cited, text)


def test_nearly_all_true_sentences_are_supported(notes: Assistant, language: Language) -> None:
    refused = [text for kind, cited, text in ROWS if kind == "yes" and check(notes, language, cited, text)]
    assert len(refused) <= TOO_STRICT, refused


BLIP2 = "BLIP-2:: Frozen: The image encoder"
LONG = "The LLM is frozen, " * 60
WHY = [
    (Written("The LLM is frozen.", ()), "it cites nothing"),
    (Written("The LLM is frozen.", (1, 7)), "there is no evidence [7]"),
    (Written("The LLM is frozen ![x](http://a.example/b).", (1,)), "it is no plain sentence"),
    (Written("The LLM is <b>frozen</b>.", (1,)), "it is no plain sentence"),
    (Written(LONG, (1,)), "it is no plain sentence"),
    (Written("BLIP-2.", (1,)), "it says nothing that could be checked"),
    (Written("“The LLM is tuned”.", (1,)), "“The LLM is tuned” stands in none of its passages"),
    (Written("The LLM of Flamingo is frozen.", (1,)), "Flamingo stands in none of its passages"),
    (Written("The LLM is frozen for 30 epochs.", (1,)), "30 epochs stands in none of its passages"),
    (Written("The LLM isn't frozen.", (1,)), "the passage does not deny it"),
    (Written("Only the LLM is frozen.", (1,)), "the passage does not say it so (only)"),
    (Written("The LLM is trained.", (1,)), "the passages do not say “the llm is trained.”"),
]


@pytest.mark.parametrize(("written", "why"), WHY, ids=[why for _, why in WHY])
def test_why_a_sentence_is_struck(notes: Assistant, language: Language, written: Written, why: str) -> None:
    assert Checker(find_passages(notes, language, BLIP2), language).check(written).why == why
