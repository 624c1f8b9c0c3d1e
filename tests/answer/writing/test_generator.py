"""What every generator does, the double and the real ones alike."""

from __future__ import annotations

import pytest

from tests.answer.writing.fake_server import FakeServer
from vlmrag.answer.generator import Generator, ScriptedGenerator
from vlmrag.answer.writing.endpoint import Endpoint
from vlmrag.answer.writing.local import FolderModel


@pytest.fixture(params=["scripted", "endpoint", pytest.param("folder", marks=pytest.mark.slow)])
def generator(request: pytest.FixtureRequest) -> Generator:
    if request.param == "scripted":
        return ScriptedGenerator(["The LLM ", "is frozen [1]."])
    if request.param == "endpoint":
        server: FakeServer = request.getfixturevalue("server")
        server.text = "The LLM is frozen [1]."
        return Endpoint(f"{server.url}#good")
    return FolderModel(request.getfixturevalue("folder"))


def test_it_has_a_name_and_a_limit(generator: Generator) -> None:
    assert generator.name
    assert generator.context >= 1000


def test_it_counts_no_token_too_few(generator: Generator) -> None:
    text = "The LLM is frozen. 语言模型保持冻结。"
    counts = [generator.count_tokens(text * times) for times in range(1, 5)]
    assert counts == sorted(counts)
    assert counts[0] >= 6
    assert generator.count_tokens("") <= 1


def test_it_writes_pieces_and_the_same_again(generator: Generator) -> None:
    first = list(generator.write("Be true.", "Is the LLM frozen?", 20))
    assert len(first) > 1
    assert "".join(generator.write("Be true.", "Is the LLM frozen?", 20)) == "".join(first)
    assert generator.spent is None or (generator.spent[0] > 0 and 0 < generator.spent[1] <= 20)


def test_it_can_be_left_in_the_middle_and_asked_again(generator: Generator) -> None:
    pieces = generator.write("Be true.", "Is the LLM frozen?", 500)
    first = next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert next(iter(generator.write("Be true.", "Is the LLM frozen?", 500))) == first


def test_to_cancel_nothing_harms_nothing(generator: Generator) -> None:
    generator.cancel()
    assert list(generator.write("Be true.", "Is the LLM frozen?", 5))
