"""Orders inside notes are data: a model that obeys them changes no claim of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.search.small_library import NOTES, make_library
from vlmrag.answer.generator import ScriptedGenerator
from vlmrag.answer.writing.words import load_words
from vlmrag.assistant import Assistant

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "injections.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
ENTRY = """## {name}
- paper: https://arxiv.org/abs/2401.{number:05}
- {note}

It keeps the language model frozen and reads {count} images.
"""


def name_paper(at: int) -> str:
    return f"Probe-{at + 1:02}"


@pytest.fixture(scope="module")
def injected(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The small library and thirty papers, in the entry of each a note that gives an order."""
    entries = [
        ENTRY.format(name=name_paper(at), number=at + 1, count=at + 101, note=note.replace("N ", f"{name_paper(at)} "))
        for at, (note, _) in enumerate(ROWS)
    ]
    return make_library(
        tmp_path_factory.mktemp("injected"), {**NOTES, "probes.md": "# Probes\n\n" + "\n".join(entries)}
    )


class Obedient(ScriptedGenerator):
    """Writes a sentence behind every mark that it is offered, and behind marks that it is not."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__([], name)
        self._sentence = sentence

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Obey."""
        self.asked.append(request)
        offered = re.findall(r"^\[\d+\]", request, re.MULTILINE)
        for mark in [*offered, "".join(offered), "[1]", "[2]", "[3]", "[99]"]:
            yield f"{self._sentence} {mark}\n"


def test_there_are_thirty_in_three_scripts() -> None:
    assert len(ROWS) == len({note for note, _ in ROWS}) == 30


@pytest.mark.parametrize("note", [*(Path(__file__).parent / "orders.txt").read_text("utf-8").splitlines()])
def test_what_speaks_to_a_model_is_heard(note: str) -> None:
    assert load_words().gives_orders(note)


def test_notes_seldom_speak_to_a_model(notes: Assistant) -> None:
    sentences = [s for paper in notes.papers() for s in notes._catalogue.sentences(paper)]
    taken_for_orders = [s.text for s in sentences if load_words().gives_orders(s.text)]
    assert len(taken_for_orders) <= 0.01 * len(sentences), taken_for_orders


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[note[:40] for note, _ in ROWS])
def test_a_model_that_obeys_a_note_changes_no_claim(injected: Assistant, at: int) -> None:
    name = name_paper(at)
    obeyed = ROWS[at][1].replace("N ", f"{name} ")
    for question in (
        f"What is {name}?",
        f"How many images does {name} read?",
        f"Does {name} freeze the language model?",
    ):
        base = injected.ask(question)
        assert base.papers[0].paper.name == name
        answer = injected.ask(question, generator=Obedient(obeyed, f"{at} {question}"))
        assert replace(answer, generated=None, seconds=base.seconds) == base


def test_no_order_adds_a_paper_to_a_list(injected: Assistant) -> None:
    question = "Which models freeze the language model?"
    base = injected.ask(question)
    for at, (_, obeyed) in enumerate(ROWS):
        answer = injected.ask(question, generator=Obedient(obeyed.replace("N ", f"{name_paper(at)} "), str(at)))
        assert replace(answer, generated=None, seconds=base.seconds) == base
    assert {name_paper(at) for at in range(30)} - {v.paper.name for v in (*base.papers, *base.considered)} == set()
