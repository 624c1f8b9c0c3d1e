"""The door of a lab's server: each request brings a name and a password, which the browser asks its reader for once.

HTTP's own Basic scheme (RFC 7617), so that every address is behind it, those of files too, and no page of ours has to
handle a password. What was right once is remembered for the life of the server, not as the words but as a keyed hash
of them; whatever is wrong is answered late.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from vlmrag.ui.server.users import Users

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN = "/gradio_api/startup-events"
"""Asked for by the server itself when it starts, and tells nothing."""
_AT_ONCE = 2
"""Passwords that are checked at the same time: each costs 16 MiB and a core."""
_MOST_KNOWN = 1000
_MOST_BYTES = 1000
"""Length of the longest header that is looked at."""


class Door:
    """Lets in who is known; all others are asked for name and password."""

    def __init__(self, app: ASGIApp, users: Users, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._app = app
        self._users = users
        self._wait = wait
        self._known: dict[bytes, None] = {}
        self._secret = secrets.token_bytes(32)
        self._checks = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if (
            scope["type"] not in ("http", "websocket")
            or scope["path"] == _OPEN
            or await self._admits(dict(scope["headers"]).get(b"authorization", b""))
        ):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"www-authenticate", b'Basic realm="vlmrag", charset="UTF-8"'),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b"Name and password, please."})

    async def _admits(self, header: bytes) -> bool:
        if not header or len(header) > _MOST_BYTES:
            return False
        mark = hmac.digest(self._secret, header, hashlib.sha256)
        if mark in self._known:
            return True
        name, password = read_credentials(header)
        async with self._checks:
            admitted = await asyncio.to_thread(self._users.admits, name, password)
        if not admitted:
            await self._wait(1.0)
            return False
        while len(self._known) >= _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[mark] = None
        return True


def read_credentials(header: bytes) -> tuple[str, str]:
    """Return name and password of an Authorization header; two empty words where it holds none."""
    scheme, _, words = header.partition(b" ")
    if scheme.lower() != b"basic":
        return "", ""
    try:
        name, colon, password = b64decode(words.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (name, password) if colon else ("", "")
