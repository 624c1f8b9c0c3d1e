"""Real models, made here and of no sense: served by `transformers serve`, and run in this process."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vlmrag.answer.writing.endpoint import Endpoint
from vlmrag.answer.writing.local import FolderModel
from vlmrag.assistant import Assistant
from vlmrag.errors import GeneratorError, UsageError

pytestmark = pytest.mark.slow
QUESTION = "Which models freeze the language model?"


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a model write 64 tokens only."""
    monkeypatch.setattr("vlmrag.answer.writing.writer._SENTENCE", 8)


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `transformers serve` serves it, until the tests are over."""
    if importlib.util.find_spec("openai") is None:
        pytest.skip("transformers[serving] is not installed")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    cache = tmp_path_factory.mktemp("hub")
    (cache / "hub").mkdir()
    log = cache / "log"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder)]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1#{folder}"
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(1200):
        assert server.poll() is None, log.read_text("utf-8", "replace")
        try:
            with straight.open(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace"))


def test_a_real_server_streams_and_is_left(address: str) -> None:
    endpoint = Endpoint(address)
    pieces = list(endpoint.write("Be true.", "Which model is frozen?", 40))
    assert len(pieces) > 5
    assert endpoint.spent is not None
    assert endpoint.spent[1] == 40
    assert list(endpoint.write("Be true.", "Which model is frozen?", 40)) == pieces
    first = endpoint.write("Be true.", "Which model is frozen?", 4000)
    next(first)
    first.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("brief")
def test_a_real_server_words_no_nonsense(address: str, small: Assistant) -> None:
    generator = small.open_generator(address)
    base, answer = small.ask(QUESTION), small.ask(QUESTION, generator=generator)
    assert answer.text == base.text
    assert answer.generated is not None
    assert (answer.generated.supported, answer.generated.problem) == (0, "")
    assert answer.generated.spent is not None


@pytest.mark.usefixtures("brief")
def test_a_real_server_settles_nothing_by_nonsense(
    address: str, small: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vlmrag.answer.reading.verdicts._MOST", 40)
    question = "Which models freeze the language model in the first stage?"
    base, answer = small.ask(question), small.ask(question, generator=small.open_generator(address))
    assert (answer.text, answer.papers, answer.considered) == (base.text, base.papers, base.considered)
    assert answer.consulted is not None
    assert (answer.consulted.verdicts, answer.consulted.settled, answer.consulted.problem) == (1, 0, "")
    assert [refused.why for refused in answer.consulted.refused] == ["it is no verdict in the form that was asked for"]
    assert answer.consulted.spent is not None
    assert answer.consulted.spent[1] == 40


def test_a_real_server_tells_that_it_has_no_such_model(address: str) -> None:
    with pytest.raises(GeneratorError, match=r"answers 400: Server is pinned to"):
        list(Endpoint(f"{address.partition('#')[0]}#other").write("", "", 1))


def test_a_model_in_a_folder_writes_in_this_process(folder: Path) -> None:
    model = FolderModel(folder)
    pieces = "".join(model.write("Be true.", "Which model is frozen?", 30))
    assert pieces
    assert model.spent is not None
    assert model.spent[1] == 30
    assert (model.name, model.context) == ("tiny", 8192)
    assert "".join(FolderModel(folder).write("Be true.", "Which model is frozen?", 30)) == pieces


def test_two_who_ask_at_once_share_what_is_loaded_and_nothing_else(folder: Path) -> None:
    alone = "".join(FolderModel(folder).write("Be true.", "Which model is frozen?", 30))
    both = [FolderModel(folder), FolderModel(folder)]
    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(lambda model: "".join(model.write("Be true.", "Which model is frozen?", 30)), both))
    assert texts == [alone, alone]
    assert both[0]._parts[1] is both[1]._parts[1]
    pieces = both[0].write("", "Which?", 8000)
    next(pieces)
    both[1].cancel()
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]


def test_a_model_in_a_folder_can_be_stopped(folder: Path) -> None:
    model = FolderModel(folder)
    pieces = model.write("", "Which?", 8000)
    next(pieces)
    model.cancel()
    with pytest.raises(GeneratorError, match="the writing was stopped"):
        list(pieces)


@pytest.mark.usefixtures("brief")
def test_a_model_in_a_folder_words_no_nonsense(folder: Path, small: Assistant) -> None:
    answer = small.ask(QUESTION, generator=small.open_generator(str(folder)))
    assert answer.text == small.ask(QUESTION).text
    assert answer.generated is not None
    assert (answer.generated.model, answer.generated.supported, answer.generated.problem) == ("tiny", 0, "")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no model: it has no config\.json$"):
        FolderModel(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "llama"}', "utf-8")
    with pytest.raises(GeneratorError, match="cannot be loaded as a model"):
        list(FolderModel(tmp_path).write("", "", 1))
