"""The library's files for the browser: PDFs for its own viewer, notes as text with a quote marked; no other file.

An address holds the hash of a file's content and nothing else, no path and no name. It is looked up among the sources
of the index. Of a PDF what is sent are bytes that have this hash; of a note, the text that was read, which lies in the
index, so that no file is opened. There is nothing that a made-up address could reach.
"""

from __future__ import annotations

import asyncio
import re
from html import escape
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, quote

from vlmrag.errors import VlmragError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ADDRESS, NOTE_ADDRESS = "/pdf/", "/note/"
"""What the addresses begin with."""
_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_PLAIN = "text/plain; charset=utf-8"
_POLICY = ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
"""For a note: nothing runs, nothing loads, nothing is sent."""
_NOTE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{name}</title>
<style>
body {{ margin: 0 auto; max-width: 46rem; padding: 1.5rem 1.25rem 50vh; font: 1rem/1.7 system-ui, sans-serif; }}
h1 {{ font-size: .95rem; font-weight: 600; overflow-wrap: anywhere; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }}
mark {{ scroll-margin-top: 30vh; background: #ffe98a; color: #1d2126; box-decoration-break: clone; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #15181b; color: #e6e7e8; }}
  mark {{ background: #6b5800; color: #fff7d6; }}
}}
</style></head><body><h1>{name}</h1><pre>{before}<mark id="quote">{marked}</mark>{after}</pre></body></html>
"""


class Readable(Protocol):
    """What hands out the library's files; called from any thread."""

    def read_pdf(self, sha256: str) -> tuple[str, bytes]:
        """Return path and bytes of the PDF with this hash; raises VlmragError."""
        ...

    def read_note(self, sha256: str) -> tuple[str, str]:
        """Return path and text of the note with this hash; raises VlmragError."""
        ...


class Shelf:
    """Answers requests for PDFs and notes; all others go on to the page."""

    def __init__(self, app: ASGIApp, library: Readable) -> None:
        self._app = app
        self._library = library

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith((ADDRESS, NOTE_ADDRESS)):
            await self._app(scope, receive, send)
            return
        pdf = path.startswith(ADDRESS)
        if scope["method"] not in ("GET", "HEAD"):
            await _reply(send, 405, _PLAIN, b"A PDF can only be read." if pdf else b"A note can only be read.")
            return
        wanted = path.removeprefix(ADDRESS if pdf else NOTE_ADDRESS)
        if not _HASH.fullmatch(wanted):
            kind = b"PDF" if pdf else b"note"
            await _reply(send, 404, _PLAIN, b"There is no such %s in the library." % kind)
            return
        try:
            await (self._send_pdf(send, wanted) if pdf else self._send_note(send, wanted, scope["query_string"]))
        except VlmragError as error:
            await _reply(send, 404, _PLAIN, str(error).encode("utf-8", "replace"))

    async def _send_pdf(self, send: Send, sha256: str) -> None:
        path, data = await asyncio.to_thread(self._library.read_pdf, sha256)
        name = quote(path.rpartition("/")[2], safe="")
        await _reply(send, 200, "application/pdf", data, ("content-disposition", f"inline; filename*=UTF-8''{name}"))

    async def _send_note(self, send: Send, sha256: str, query: bytes) -> None:
        path, text = await asyncio.to_thread(self._library.read_note, sha256)
        start, end = read_span(query, len(text))
        parts = {"before": text[:start], "marked": text[start:end], "after": text[end:]}
        page = _NOTE.format(name=escape(path), **{name: escape(part) for name, part in parts.items()})
        await _reply(send, 200, "text/html; charset=utf-8", page.encode("utf-8", "replace"), _POLICY)


def address_note(sha256: str, start: int, end: int) -> str:
    """Return the address of a note with the characters from `start` to `end` marked."""
    return f"{NOTE_ADDRESS}{sha256}?start={start}&end={end}#quote"


def read_span(query: bytes, length: int) -> tuple[int, int]:
    """Return the characters that a query marks in a text of so many; none where it names no such place."""
    found = parse_qs(query.decode("latin-1"), max_num_fields=10) if query.count(b"&") < 10 else {}
    start, end = (found.get(name, [""])[0] for name in ("start", "end"))
    if not (_NUMBER.fullmatch(start) and _NUMBER.fullmatch(end)):
        return 0, 0
    return (int(start), int(end)) if int(start) <= int(end) <= length else (0, 0)


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
