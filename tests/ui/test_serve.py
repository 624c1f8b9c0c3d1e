"""The page listens on this machine only, and a page elsewhere cannot reach it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from tests.ui.fake_library import FakeLibrary
from vlmrag.errors import UsageError
from vlmrag.ui.page import serve_page
from vlmrag.ui.server.serve import Guard, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "localhost", "LOCALHOST"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "", "::", "::1", "192.168.1.4", "example.com", "127.0.0.1.example.com", "localhost.example", "127.1"],
)
def test_all_else_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_it_refuses_to_listen_beyond_loopback() -> None:
    with pytest.raises(UsageError, match=r"--host 0\.0\.0\.0 would show your notes to others .* --auth-file FILE"):
        serve_page(FakeLibrary(), host="0.0.0.0")


def test_a_taken_port_is_told_with_the_flag_to_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {port} is taken, .* --port \d+"):
            serve_page(FakeLibrary(), port=port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match=f"--port {port} is no port"):
        serve_page(FakeLibrary(), port=port)


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": b"hello"})


def fetch(
    host: str | None, origin: str | None = None, method: str = "GET", anywhere: bool = False
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Send one request through the guard and return status, headers and body."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    named = (("host", host), ("origin", origin))
    headers = [(name.encode(), value.encode()) for name, value in named if value is not None]
    scope = {"type": "http", "method": method, "headers": headers}
    asyncio.run(Guard(greet, anywhere)(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost"])
def test_a_request_to_this_machine_passes_and_gets_the_policy(host: str) -> None:
    status, headers, body = fetch(host)
    assert (status, body, headers[b"x-own"]) == (200, b"hello", b"1")
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none';")
    assert "http" not in policy


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example:7860", "", None])
def test_a_request_under_another_name_is_refused(host: str | None) -> None:
    status, _, body = fetch(host)
    assert (status, body) == (421, b"This page answers on 127.0.0.1 only.")


def test_behind_a_door_the_machine_may_have_any_name() -> None:
    assert fetch("lab.example:7860", anywhere=True)[::2] == (200, b"hello")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:8000", "null", "http://127.0.0.1"])
@pytest.mark.parametrize("anywhere", [False, True])
def test_another_page_can_send_nothing(origin: str, anywhere: bool) -> None:
    status, _, body = fetch("127.0.0.1:7860", origin, "POST", anywhere)
    assert (status, body) == (403, b"This page answers to itself only.")


def test_the_page_itself_can() -> None:
    assert fetch("127.0.0.1:7860", "http://127.0.0.1:7860", "POST")[0] == 200
    assert fetch("127.0.0.1:7860", None, "POST")[0] == 200
