"""Orders inside notes, and a model that obeys them: no verdict and no question changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.answer.reading.readers import Reader, Sentences, give
from tests.answer.writing.test_injections import ROWS, name_paper
from tests.search.small_library import make_library
from vlmrag.assistant import Assistant
from vlmrag.types import Answer, Filters, Turn

pytestmark = pytest.mark.slow
QUESTION = "Which models freeze the language model in the first stage?"
ENTRY = """## {name}
- paper: https://arxiv.org/abs/2401.{number:05}
- {note}
- It reads pictures.
- The language model is frozen in the first stage.
- The language model is trained in the second stage.
"""


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Thirty papers that a list leaves open, in the entry of each a note that gives an order."""
    entries = [
        ENTRY.format(name=name_paper(at), number=at + 1, note=note.replace("N ", f"{name_paper(at)} "))
        for at, (note, _) in enumerate(ROWS)
    ]
    return make_library(tmp_path_factory.mktemp("ordered"), {"probes.md": "# Probes\n\n" + "\n".join(entries)})


def forget(answer: Answer) -> Answer:
    return replace(answer, consulted=None, generated=None, seconds=0.0)


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[note[:40] for note, _ in ROWS])
def test_a_model_that_obeys_a_note_settles_nothing(ordered: Assistant, at: int) -> None:
    name = name_paper(at)
    note, obeyed = (words.replace("N ", f"{name} ") for words in ROWS[at])
    alone = Filters(paper=name)
    base = ordered.ask(QUESTION, filters=alone)
    assert [(v.paper.name, v.says) for v in base.considered] == [(name, "depends")]
    for words in (note, obeyed):

        def obey(sentences: Sentences, words: str = words) -> str:
            return give("yes", next((n for n, text in sentences if words in text), len(sentences)), words)

        reader = Reader(obey, name=words)
        answer = ordered.ask(QUESTION, filters=alone, generator=reader)
        assert forget(answer) == forget(base)
        assert not any(note in request for request in reader.asked)


@pytest.mark.parametrize("at", [0, 7, 14, 28])
def test_the_same_papers_are_settled_by_what_they_say(ordered: Assistant, at: int) -> None:
    def read(sentences: Sentences) -> str:
        return give("yes", *next((n, text) for n, text in sentences if "frozen in the first stage" in text))

    answer = ordered.ask(QUESTION, filters=Filters(paper=name_paper(at)), generator=Reader(read, name="reads"))
    assert [(v.paper.name, v.says, v.by) for v in answer.papers] == [(name_paper(at), "yes", "reads")]


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[note[:40] for note, _ in ROWS])
def test_a_model_that_obeys_a_note_changes_no_question(ordered: Assistant, at: int) -> None:
    note, obeyed = (words.replace("N ", f"{name_paper(at)} ") for words in ROWS[at])
    history = (
        Turn("user", "Which models freeze the language model?"),
        Turn("assistant", f"- **{name_paper(at)}**: “{note}” [1]\n- **{name_paper(at - 1)}**: “...” [2]"),
    )
    base = ordered.ask("And the second one?", history=history)
    for said in (obeyed, f"{obeyed.rstrip('.。')}?", note):
        reader = Reader(standalone=said, name=said)
        answer = ordered.ask("And the second one?", history=history, generator=reader)
        assert forget(answer) == forget(base)
        assert len(reader.asked) == 1
        assert note not in reader.asked[0]
