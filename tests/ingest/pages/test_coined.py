"""The names that an abstract gives to the paper's own work."""

from __future__ import annotations

import pytest

from vlmrag.ingest.pages.coined import find_coined
from vlmrag.ingest.pages.nouns import Line, Word


def _lines(*texts: str) -> list[Line]:
    rect = (0.0, 0.0, 1.0, 1.0)
    return [Line(1, tuple(Word(word, rect) for word in text.split()), rect) for text in texts]


@pytest.mark.parametrize(
    ("abstract", "names"),
    [
        ("We introduce Marlin, an algorithm that sails.", ["Marlin"]),
        ("In this work we further present Marlin: it sails.", ["Marlin"]),
        ("We call the resulting boats SailGPT.", ["SailGPT"]),
        ("We train a boat called Marlin-XL, which sails.", ["Marlin-XL"]),
        ("It includes Marlin, a new algorithm that we build here.", ["Marlin"]),
        ("We propose a new architecture for sailing.", []),
        ("We propose the Transformer, an architecture.", []),
        ("We use Sturgeon, a new boat of another harbour.", []),
        ("Brook proposed a boat called Sturgeon.", []),
        ("We propose Masked Boats for sailing.", []),
        ("We present Marlin. We propose Marlin, a boat.", ["Marlin"]),
    ],
)
def test_a_name_is_one_that_the_paper_gives_to_its_own_work(abstract: str, names: list[str]) -> None:
    lines = _lines("A Title of Boats", *(abstract[i : i + 400] for i in range(0, len(abstract), 400)))
    assert [name for name, _ in find_coined(lines, lines[1:])] == names


def test_the_name_is_told_with_its_word() -> None:
    lines = _lines("A Title of Boats", "We train on waves and we", "introduce Marlin, a boat.")
    [(name, (line, word))] = find_coined(lines, lines[1:])
    assert (name, lines[line].words[word].text) == ("Marlin", "Marlin,")
