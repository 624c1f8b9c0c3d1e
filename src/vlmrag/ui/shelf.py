"""The library's PDFs for the browser's own viewer, and no other file.

An address holds the hash of a file's content and nothing else, no path and no name. It is looked up among the sources
of the index, and what is sent are bytes that have this hash; so there is nothing that a made-up address could reach.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from vlmrag.errors import VlmragError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ADDRESS = "/pdf/"
"""What the addresses begin with."""
_HASH = re.compile(r"[0-9a-f]{64}")
_PLAIN = "text/plain; charset=utf-8"


class Shelf:
    """Answers requests for PDFs; all others go on to the page."""

    def __init__(self, app: ASGIApp, read_pdf: Callable[[str], tuple[str, bytes]]) -> None:
        self._app = app
        self._read_pdf = read_pdf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(ADDRESS):
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            await _reply(send, 405, _PLAIN, b"A PDF can only be read.")
            return
        wanted = scope["path"].removeprefix(ADDRESS)
        if not _HASH.fullmatch(wanted):
            await _reply(send, 404, _PLAIN, b"There is no such PDF in the library.")
            return
        try:
            path, data = await asyncio.to_thread(self._read_pdf, wanted)
        except VlmragError as error:
            await _reply(send, 404, _PLAIN, str(error).encode("utf-8", "replace"))
            return
        name = quote(path.rpartition("/")[2], safe="")
        await _reply(send, 200, "application/pdf", data, ("content-disposition", f"inline; filename*=UTF-8''{name}"))


async def _reply(send: Send, status: int, kind: str, body: bytes, *more: tuple[str, str]) -> None:
    headers = [
        ("content-type", kind),
        ("content-length", str(len(body))),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
        *more,
    ]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        }
    )
    await send({"type": "http.response.body", "body": body})
