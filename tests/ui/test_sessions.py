"""Twenty readers who ask at once: each gets the answer to the own question, and nothing of the others'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.browser import serve
from tests.ui.sessions import Session, ask_at_once
from vlmrag.assistant import Assistant
from vlmrag.config import Config

pytestmark = pytest.mark.slow
NAMES = [
    f"{first}{last}" for first in ("Ash", "Birch", "Cedar", "Elm", "Fir") for last in ("bloom", "crest", "dale", "ford")
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of twenty papers, each with words of its own."""
    home = tmp_path_factory.mktemp("home")
    (home / "data" / "notes").mkdir(parents=True)
    entries = [
        f"## {name} (2021)\n\n{name}: A {name.lower()} bridge for pictures, https://arxiv.org/abs/2101.{at:05d}\n"
        for at, name in enumerate(NAMES, start=1)
    ]
    (home / "data" / "notes" / "trees.md").write_text("# Trees\n\n" + "\n".join(entries), "utf-8")
    assistant = Assistant(Config(home, encoder="hashing"))
    assistant.ingest()
    assistant.close()
    return home


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over it."""
    arguments = ("-m", "vlmrag.cli", "chat", "--home", str(home), "--port")
    with serve(tmp_path_factory.mktemp("page") / "server.log", *arguments, VLMRAG_ENCODER="hashing") as url:
        yield url


def test_twenty_ask_at_once_and_each_gets_the_own_answer(address: str) -> None:
    questions = [f"What is {name}?" for name in NAMES]
    for name, question, reply in zip(NAMES, questions, ask_at_once(address, questions), strict=True):
        assert question in reply.html
        assert f"A {name.lower()} bridge for pictures" in reply.html
        assert reply.html.count("<section") == 1


def test_a_library_that_grows_is_read_on_meanwhile(address: str, home: Path) -> None:
    session = Session(address)
    session.ask("What is Ashbloom?")
    (home / "data" / "notes" / "more.md").write_text("# More\n\n## Yewdale (2022)\n\nYewdale is small.\n", "utf-8")
    assistant = Assistant(Config(home, encoder="hashing"))
    assistant.ingest()
    assistant.close()
    assert "A birchcrest bridge for pictures" in session.ask("What is Birchcrest?").html
