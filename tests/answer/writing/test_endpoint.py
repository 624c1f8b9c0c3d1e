"""A model behind a server: what is asked, what is read, and every way in which it can go wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.answer.writing.fake_server import FakeServer, serve
from vlmrag.answer.writing.endpoint import Endpoint, Patience, read_address
from vlmrag.answer.writing.local import LocalModel, list_local_models
from vlmrag.errors import GeneratorError, UsageError

LONG = Patience(reach=20.0, stall=20.0, whole=60.0)
"""Longer than any machine is busy."""
SOON = replace(LONG, stall=0.3)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serve(FakeServer(text="The LLM is frozen [1]. 语言模型被冻结 [2]。")) as fake:
        yield fake


def write(server: FakeServer, model: str, patience: Patience = LONG, most: int = 500) -> str:
    return "".join(Endpoint(f"{server.url}#{model}", patience=patience).write("Be true.", "Who?", most))


@pytest.mark.parametrize("model", ["good", "whole", "talks_back"])
def test_what_a_model_writes_is_read_whole(server: FakeServer, model: str) -> None:
    assert write(server, model) == server.text


def test_what_a_model_is_asked(server: FakeServer) -> None:
    endpoint = Endpoint(f"{server.url}#good", patience=LONG, key="secret")
    list(endpoint.write("Be true.", "Who?", 77))
    [asked] = server.asked
    headers = asked.pop("headers")
    turns = [{"role": "system", "content": "Be true."}, {"role": "user", "content": "Who?"}]
    assert asked == {"model": "good", "messages": turns, "stream": True, "temperature": 0, "max_tokens": 77}
    assert headers["Authorization"] == "Bearer secret"
    assert endpoint.spent == (11, 7)
    assert server.paths == ["/v1/chat/completions"]


def test_nothing_is_asked_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    endpoint = Endpoint("http://127.0.0.1:9/v1#good")
    assert (endpoint.name, endpoint.host, endpoint.is_remote) == ("good", "127.0.0.1", False)
    endpoint.write("", "", 1)  # not begun


WRONG = {
    "stalls": r"the model's server HOST: not a byte for 0\.3 s",
    "silent": r"the model's server HOST: not a byte for 0\.3 s",
    "dies": r"the model's server HOST: the connection broke off",
    "trails_off": "the model broke off in the middle",
    "one_line": "the server sends one line without end",
    "bad_json": r"""the server sends what is no JSON: \{"choices": \[\{"delta":""",
    "other_records": "the server sends records that are not of the OpenAI protocol",
    "a_page": "the server sends no events: <html>log in first</html>",
    "complains": "the server says: out of memory",
    "broken": "HOST answers 500: the model crashed",
    "loading": "HOST answers 503: Loading model",
    "locked": r"HOST asks for a key \(401\): put it into VLMRAG_LLM_KEY",
    "moved": r"HOST redirects to other\.example, and only HOST is asked",
    "nobody": r"HOST has no model nobody \(model not found\); it has good",
}


@pytest.mark.parametrize(("model", "why"), WRONG.items(), ids=WRONG)
def test_what_goes_wrong_is_told_in_one_line(server: FakeServer, model: str, why: str) -> None:
    with pytest.raises(GeneratorError, match=f"^{why.replace('HOST', server.host)}$"):
        write(server, model, SOON if model in ("stalls", "silent") else LONG)


def test_a_server_that_drips_is_left_in_the_end(server: FakeServer) -> None:
    with pytest.raises(GeneratorError, match=r"it took longer than 0\.4 s$"):
        write(server, "drips", replace(LONG, whole=0.4))


def test_a_text_without_end_is_cut_and_the_server_left(server: FakeServer) -> None:
    assert len(write(server, "endless", most=50)) == 50 * 16
    assert server.gone.wait(60)


def test_who_stops_reading_leaves_the_server(server: FakeServer) -> None:
    pieces = Endpoint(f"{server.url}#endless", patience=LONG).write("", "", 10_000)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert server.gone.wait(60)


def test_a_silent_model_is_stopped_from_another_thread(server: FakeServer) -> None:
    endpoint = Endpoint(f"{server.url}#stalls", patience=LONG)
    pieces = endpoint.write("", "", 100)
    first = next(pieces)
    timer = threading.Timer(0.05, endpoint.cancel)
    timer.start()
    with pytest.raises(GeneratorError, match=r"^the writing was stopped$"):
        list(pieces)
    assert server.text.startswith(first)
    timer.join()


def test_a_server_that_is_not_running_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(GeneratorError, match=rf"^the model's server 127\.0\.0\.1:{port}: .*; is it running\?$"):
        list(Endpoint(f"http://127.0.0.1:{port}#good", patience=LONG).write("", "", 1))


def test_the_only_model_needs_no_name(server: FakeServer) -> None:
    assert Endpoint(server.url, patience=LONG).name == "good"
    server.models = [{"id": f"m{n}"} for n in range(10)]
    names = ", ".join(f"m{n}" for n in range(8))
    why = rf"^which model of {server.host}\? it has {names} and 2 more; name it: URL#MODEL$"
    with pytest.raises(GeneratorError, match=why):
        _ = Endpoint(server.url, patience=LONG).name


@pytest.mark.parametrize(
    ("entry", "limit"),
    [
        ({"max_model_len": 32768}, 32768),
        ({"meta": {"n_ctx": 8192, "n_ctx_train": 131072}}, 8192),
        ({"loaded_context_length": 2048, "max_context_length": 131072}, 2048),
        ({"max_model_len": "many", "meta": None}, 4096),
        ({}, 4096),
    ],
)
def test_the_limit_is_the_one_that_the_server_tells(server: FakeServer, entry: dict[str, object], limit: int) -> None:
    server.models = [{"id": "other", "max_model_len": 1}, {"id": "good", **entry}]
    assert Endpoint(f"{server.url}#good", patience=LONG).context == limit


def test_models_on_this_machine_are_found(server: FakeServer) -> None:
    server.models = [{"id": "b"}, {"id": "a"}, {"id": "a"}, {}]
    port = int(server.host.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]
    found = [LocalModel(f"{server.url}#{name}", name, f"port {port}") for name in ("a", "b")]
    assert list_local_models([closed, port]) == found


def test_another_machine_needs_leave() -> None:
    for host in ("models.example", "192.168.1.5", "0.0.0.0", "2130706433", "box.localhost", "127.0.0.1.example"):
        with pytest.raises(UsageError, match=f"^{host} is not this machine: with --allow-remote your question"):
            Endpoint(f"http://{host}:8000/v1#m")
        assert Endpoint(f"http://{host}:8000/v1#m", allow_remote=True).is_remote
    for host in ("127.0.0.1", "localhost", "127.9.9.9", "[::1]"):
        assert not Endpoint(f"http://{host}:8000/v1#m").is_remote


@pytest.mark.parametrize(
    "address",
    ["", "llama3", "ftp://127.0.0.1", "http://", "http://127.0.0.1:x", "http://127.0.0.1/?q=1#m", "http://a b/"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no model: give a folder, or URL#MODEL as"):
        read_address(address)


def test_an_address_holds_no_password() -> None:
    with pytest.raises(UsageError, match="must not hold a user or a password"):
        read_address("http://me:secret@127.0.0.1:8000/v1#m")


def test_a_model_may_be_called_as_a_path(tmp_path: Path) -> None:
    base, model = read_address(f"http://127.0.0.1:8101#{tmp_path}")
    assert (base.geturl(), model) == ("http://127.0.0.1:8101/v1", str(tmp_path))
