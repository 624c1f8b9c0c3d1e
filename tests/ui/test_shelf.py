"""What the shelf hands out: PDFs and notes of the library by their content, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vlmrag.errors import SourceError
from vlmrag.ui.server.shelf import Shelf, address_note, read_span

KNOWN = "ab" * 32
NOTE = 'One.\n<script>alert(1)</script> "Two" & three.\n'


class Books:
    """A library of one PDF and one note."""

    def read_pdf(self, sha256: str) -> tuple[str, bytes]:
        if sha256 != KNOWN:
            raise SourceError("this PDF", "is not in the library; run vlmrag ingest")
        return 'data/pdfs/論文 "1".pdf', b"%PDF-1.7"

    def read_note(self, sha256: str) -> tuple[str, str]:
        if sha256 != KNOWN:
            raise SourceError("this note", "is not in the library; run vlmrag ingest")
        return "notes/<b>.md", NOTE


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the page"})


def fetch(path: str, method: str = "GET", query: str = "") -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    asyncio.run(Shelf(greet, Books())(scope, None, send))  # type: ignore[arg-type]
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


def test_a_note_is_shown_as_text_with_the_quote_marked() -> None:
    start = NOTE.index('"Two"')
    address = address_note(KNOWN, start, start + 5)
    assert address == f"/note/{KNOWN}?start={start}&end={start + 5}#quote"
    status, headers, body = fetch(f"/note/{KNOWN}", query=f"start={start}&end={start + 5}")
    assert (status, headers[b"content-type"]) == (200, b"text/html; charset=utf-8")
    assert headers[b"content-security-policy"] == b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
    html = body.decode()
    assert "<title>notes/&lt;b&gt;.md</title>" in html
    assert (
        "<pre>One.\n&lt;script&gt;alert(1)&lt;/script&gt; "
        '<mark id="quote">&quot;Two&quot;</mark> &amp; three.\n</pre>' in html
    )
    assert "<script" not in html


@pytest.mark.parametrize(
    ("query", "span"),
    [
        (b"start=2&end=5", (2, 5)),
        (b"start=0&end=10", (0, 10)),
        (b"", (0, 0)),
        (b"start=5&end=2", (0, 0)),
        (b"start=0&end=11", (0, 0)),
        (b"start=-1&end=2", (0, 0)),
        (b"start=1e1&end=2", (0, 0)),
        ("start=０&end=１".encode(), (0, 0)),
        (b"start=" + b"9" * 5000 + b"&end=2", (0, 0)),
        (b"&" * 5000 + b"start=1&end=2", (0, 0)),
        (b"start=%ff&end=%00", (0, 0)),
    ],
)
def test_a_place_that_the_text_does_not_have_marks_nothing(query: bytes, span: tuple[int, int]) -> None:
    assert read_span(query, 10) == span


@pytest.mark.parametrize("name", ["", "x", "../notes/a.md", "%2e%2e/a.md", KNOWN.upper(), f"{KNOWN}/", f"{KNOWN}.md"])
def test_what_is_no_hash_of_a_note_is_not_looked_up(name: str) -> None:
    assert fetch(f"/note/{name}")[::2] == (404, b"There is no such note in the library.")


def test_a_note_that_the_library_does_not_hold_is_told() -> None:
    assert fetch(f"/note/{'0' * 64}")[::2] == (404, b"this note: is not in the library; run vlmrag ingest")
    assert fetch(f"/note/{KNOWN}", "DELETE")[::2] == (405, b"A note can only be read.")


@pytest.mark.parametrize("path", ["/", "/config", "/pdf", "/pdfs/x", "/notes/x", "/note"])
def test_all_else_is_the_pages(path: str) -> None:
    assert fetch(path)[::2] == (200, b"the page")
