"""What the shelf hands out: PDFs of the library by their content, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vlmrag.errors import SourceError
from vlmrag.ui.shelf import Shelf

KNOWN = "ab" * 32


def read_pdf(sha256: str) -> tuple[str, bytes]:
    if sha256 != KNOWN:
        raise SourceError("this PDF", "is not in the library; run vlmrag ingest")
    return 'data/pdfs/論文 "1".pdf', b"%PDF-1.7"


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the page"})


def fetch(path: str, method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(Shelf(greet, read_pdf)(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_a_pdf_is_shown_and_not_saved() -> None:
    status, headers, body = fetch(f"/pdf/{KNOWN}")
    assert (status, body) == (200, b"%PDF-1.7")
    assert headers == {
        b"content-type": b"application/pdf",
        b"content-length": b"8",
        b"cache-control": b"no-store",
        b"cross-origin-resource-policy": b"same-origin",
        b"content-disposition": b"inline; filename*=UTF-8''%E8%AB%96%E6%96%87%20%221%22.pdf",
    }


@pytest.mark.parametrize("name", ["", "x", "../notes/a.md", "/etc/passwd", KNOWN.upper(), f"{KNOWN}/", f"{KNOWN}\n"])
def test_what_is_no_hash_is_not_looked_up(name: str) -> None:
    status, headers, body = fetch(f"/pdf/{name}")
    assert (status, headers[b"content-type"]) == (404, b"text/plain; charset=utf-8")
    assert body == b"There is no such PDF in the library."


def test_what_the_library_refuses_is_told() -> None:
    assert fetch(f"/pdf/{'0' * 64}")[::2] == (404, b"this PDF: is not in the library; run vlmrag ingest")


def test_it_only_reads() -> None:
    assert fetch(f"/pdf/{KNOWN}", "POST")[::2] == (405, b"A PDF can only be read.")


@pytest.mark.parametrize("path", ["/", "/config", "/pdf", "/pdfs/x"])
def test_all_else_is_the_pages(path: str) -> None:
    assert fetch(path)[::2] == (200, b"the page")
