"""The glossary on real notes, where they lie beside the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vlmrag.language.glossary import Glossary
from vlmrag.language.words import split_sentences

NOTES = Path(__file__).parents[2].parent / "shared" / "notes"
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """The sentences of the real notes with eight Han characters or more."""
    if not NOTES.is_dir():
        pytest.skip("../shared/notes is missing")
    texts = [path.read_text(encoding="utf-8") for path in sorted(NOTES.iterdir())]
    spans = [text[start:end] for text in texts for start, end in split_sentences(text)]
    return [sentence for sentence in spans if len(HAN.findall(sentence)) >= 8]


def test_the_glossary_reads_something_in_almost_every_chinese_sentence(sentences: list[str]) -> None:
    glossary = Glossary.load()
    dumb = [sentence for sentence in sentences if not glossary.gloss(sentence)]
    assert len(dumb) <= 0.03 * len(sentences)


def test_most_terms_of_chinese_sentences_are_english(sentences: list[str]) -> None:
    terms = [term for sentence in sentences for term in Glossary.load().terms(sentence)]
    assert sum(bool(HAN.match(term)) for term in terms) <= 0.15 * len(terms)
