"""The door of a lab's server: who brings no password, or a wrong one, sees nothing."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import pytest

from vlmrag.ui.server.door import Door, read_credentials


class Counted:
    """Admits ada by one password, and counts how often it is asked."""

    asked = 0

    def admits(self, name: str, password: str) -> bool:
        self.asked += 1
        return (name, password) == ("ada", "pass:word")


def basic(words: str) -> bytes:
    return b"Basic " + b64encode(words.encode())


class Server:
    """A door with something behind it."""

    def __init__(self) -> None:
        self.users = Counted()
        self.waits: list[float] = []
        self.door = Door(self.greet, self.users, self.wait)  # type: ignore[arg-type]

    async def greet(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def fetch(self, *authorisations: bytes | None, kind: str = "http", path: str = "/") -> list[Any]:
        """Send a request with each of these headers, one after another; what was sent first for each."""
        return asyncio.run(self._fetch(authorisations, kind, path))

    async def _fetch(self, authorisations: tuple[bytes | None, ...], kind: str, path: str) -> list[Any]:
        first = []
        for words in authorisations:
            sent: list[Any] = []

            async def send(message: Any, sent: list[Any] = sent) -> None:
                sent.append(message)

            headers = [] if words is None else [(b"authorization", words)]
            await self.door({"type": kind, "path": path, "headers": headers}, None, send)  # type: ignore[arg-type]
            first.append(sent[0])
        return first


def test_who_brings_the_right_password_comes_in_and_it_is_checked_once() -> None:
    server = Server()
    replies = server.fetch(basic("ada:pass:word"), basic("ada:pass:word"))
    assert [reply["status"] for reply in replies] == [200, 200]
    assert (server.users.asked, server.waits) == (1, [])


def test_who_brings_none_is_asked_for_it() -> None:
    (reply,) = Server().fetch(None)
    assert reply["status"] == 401
    assert dict(reply["headers"])[b"www-authenticate"] == b'Basic realm="vlmrag", charset="UTF-8"'


@pytest.mark.parametrize("words", ["ada:wrong", "bob:pass:word", "ada:", ":pass:word", "ada"])
def test_a_wrong_one_is_answered_late_and_never_remembered(words: str) -> None:
    server = Server()
    assert [reply["status"] for reply in server.fetch(basic(words), basic(words))] == [401, 401]
    assert (server.users.asked, server.waits) == (2, [1.0, 1.0])


def test_a_header_too_long_is_not_looked_at() -> None:
    server = Server()
    assert server.fetch(b"Basic " + b"A" * 5000)[0]["status"] == 401
    assert server.users.asked == 0


@pytest.mark.parametrize("path", ["/config", "/pdf/x", "/note/x", "/gradio_api/queue/join", "/gradio_api/file=x"])
def test_every_address_is_behind_it(path: str) -> None:
    assert Server().fetch(None, path=path)[0]["status"] == 401


def test_the_servers_own_start_is_not() -> None:
    assert Server().fetch(None, path="/gradio_api/startup-events")[0]["status"] == 200


def test_a_socket_is_closed() -> None:
    assert Server().fetch(None, kind="websocket") == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (basic("ada:x"), ("ada", "x")),
        (b"basic " + b64encode("鸟:密".encode()), ("鸟", "密")),
        (basic("ada"), ("", "")),
        (b"Bearer abc", ("", "")),
        (b"Basic !!!", ("", "")),
        (b"Basic /w==", ("", "")),
        (b"", ("", "")),
    ],
)
def test_a_header_is_read_or_holds_nobody(header: bytes, read: tuple[str, str]) -> None:
    assert read_credentials(header) == read
