"""A server on this machine that plays arXiv: its API, its PDFs with ranges and ETags, and what can go wrong."""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

Fault = str
"""What goes wrong with one request: the name of a method of `_Handler`, without its `_fail_`."""


def make_pdf(seed: str, size: int = 40_000) -> bytes:
    """A PDF of one page that any reader opens, with `size` bytes or so that are like no other's."""
    draw = random.Random(seed)
    filling = b"\n".join(b"%" + draw.randbytes(30).hex().encode() for _ in range(size // 62))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ]
    body, places = b"%PDF-1.4\n" + filling + b"\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 4\n0000000000 65535 f \n%strailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(body),
    )


@dataclass
class FakePaper:
    """A paper that the server has."""

    number: str
    version: int = 1
    title: str = "A Title of Several Words"
    authors: tuple[str, ...] = ("Ada Stone", "Ben Reed")
    published: str = "2023-01-30T00:24:40Z"
    updated: str = "2023-06-15T00:00:00Z"
    more: str = ""
    """Further elements of its entry."""
    size: int = 40_000

    def pdf(self, version: int) -> bytes:
        return make_pdf(f"{self.number}v{version}", self.size)

    def entry(self, version: int) -> str:
        names = "".join(f"<author><name>{escape(name)}</name></author>" for name in self.authors)
        return (
            f"<entry><id>http://arxiv.org/abs/{self.number}v{version}</id><updated>{self.updated}</updated>"
            f"<published>{self.published}</published><title>{escape(self.title)}</title><summary>Words.</summary>{names}"
            f'<arxiv:primary_category term="cs.CV"/>{self.more}</entry>'
        )


@dataclass
class FakeArxiv:
    """What the server has, what it is asked, and what goes wrong."""

    papers: dict[str, FakePaper] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """By a part of the path: what goes wrong with the next requests for it, one after the other."""
    choose_fault: Callable[[str], Fault | None] = lambda path: None
    """What goes wrong with a request for which `faults` has nothing."""
    etags: bool = True
    retry_after: str = "7"
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers of every request."""
    sent: int = 0
    """Bytes of PDFs."""
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def add(self, *papers: FakePaper) -> None:
        self.papers |= {paper.number: paper for paper in papers}

    def next_fault(self, path: str) -> Fault | None:
        for part, faults in self.faults.items():
            if part in path and faults:
                return faults.pop(0) if len(faults) > 1 or faults[0] != "always" else None
        return self.choose_fault(path)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def arxiv(self) -> FakeArxiv:
        return cast("_Server", self.server).arxiv

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        arxiv = self.arxiv
        self.path = re.sub(r"^http://[^/]+", "", self.path)  # a proxy is asked for whole addresses
        arxiv.asked.append((self.path, dict(self.headers.items())))
        self.close_connection = True
        try:
            if fault := arxiv.next_fault(self.path):
                getattr(self, f"_fail_{fault}")()
            elif self.path.startswith("/api/query?"):
                self._send(200, self._make_feed().encode(), "application/atom+xml")
            else:
                self._send_pdf()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client had enough

    def _make_feed(self) -> str:
        query = parse_qs(urlsplit(self.path).query)
        ids = query["id_list"][0].split(",")[: int(query.get("max_results", ["10"])[0])]
        entries = []
        for each in ids:
            number, _, version = each.partition("v")
            if paper := self.arxiv.papers.get(number):
                entries.append(paper.entry(int(version or paper.version)))
        return (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
            f'xmlns:arxiv="http://arxiv.org/schemas/atom"><title>q</title>{"".join(entries)}</feed>'
        )

    def _find_pdf(self) -> bytes | None:
        match = re.fullmatch(r"/pdf/(.+)v(\d+)", self.path)
        paper = self.arxiv.papers.get(match[1]) if match else None
        return paper.pdf(int(match[2])) if match and paper and int(match[2]) <= paper.version else None

    def _send_pdf(self, *, until: float = 1.0) -> None:
        body = self._find_pdf()
        if body is None:
            self._send(404, b"no such paper", "text/plain")
            return
        tag = f'"{hashlib.sha256(body).hexdigest()[:12]}"' if self.arxiv.etags else ""
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and self.headers.get("If-Range", tag) == tag else 0
        if start >= len(body):
            self._send(416, b"", "text/plain", {"Content-Range": f"bytes */{len(body)}"})
            return
        headers = {"ETag": tag} if tag else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._send(206 if start else 200, body[start:], "application/pdf", headers, until=until)

    def _send(
        self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None, *, until: float = 1.0
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        sent = body[: int(len(body) * until)]
        self.wfile.write(sent)
        self.wfile.flush()
        self.arxiv.sent += len(sent) if kind == "application/pdf" else 0

    # -- what can go wrong --------------------------------------------------------------------------------------

    def _fail_500(self) -> None:
        self._send(500, b"oh", "text/plain")

    def _fail_400(self) -> None:
        self._send(400, b"bad", "text/plain")

    def _fail_403(self) -> None:
        self._send(403, b"no", "text/plain")

    def _fail_404(self) -> None:
        self._send(404, b"none", "text/plain")

    def _fail_429(self) -> None:
        self._send(429, b"slow", "text/plain", {"Retry-After": self.arxiv.retry_after})

    def _fail_429_date(self) -> None:
        self._send(429, b"slow", "text/plain", {"Retry-After": "Sat, 01 Jan 2000 00:01:30 GMT"}, until=1)

    def _fail_503_hour(self) -> None:
        self._send(503, b"closed", "text/plain", {"Retry-After": "3600"})

    def _fail_hang_up(self) -> None:
        self.connection.close()

    def _fail_cut(self) -> None:
        self._send_pdf(until=0.5)

    def _fail_stall(self) -> None:
        self._send_pdf(until=0.3)
        self.arxiv.over.wait(30)

    def _fail_drip(self) -> None:
        self._send_pdf(until=0.1)
        while not self.arxiv.over.wait(0.05):
            self.wfile.write(b"x")

    def _fail_drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.arxiv.over.wait(0.05):
            self.wfile.write(b"x")

    def _fail_html(self) -> None:
        self._send(200, b"<html>please wait</html>", "text/html; charset=utf-8")

    def _fail_html_as_pdf(self) -> None:
        self._send(200, b"<html>please wait</html>", "application/pdf")

    def _fail_no_end(self) -> None:
        body = self._find_pdf() or b""
        self._send(200, body[:-3000], "application/pdf")

    def _fail_empty(self) -> None:
        self._send(200, b"", "application/pdf")

    def _fail_elsewhere(self) -> None:
        self._send(302, b"", "text/html", {"Location": "https://mirror.example.org/pdf/x"})

    def _fail_no_location(self) -> None:
        self._send(302, b"", "text/html")

    def _fail_onward(self) -> None:
        self._send(301, b"", "text/html", {"Location": self.path})

    def _fail_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10_000_000_000))
        self.end_headers()
        self._send_for_ever(lambda piece: piece)

    def _fail_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._send_for_ever(lambda piece: b"%x\r\n%s\r\n" % (len(piece), piece))

    def _send_for_ever(self, wrap: Callable[[bytes], bytes]) -> None:
        self.wfile.write(wrap(b"%PDF-1.4\n"))
        while not self.arxiv.over.is_set():
            self.wfile.write(wrap(b"x" * 50_000))
            self.arxiv.sent += 50_000

    def _fail_chunked(self) -> None:
        body = self._find_pdf() or b""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 7000):
            piece = body[start : start + 7000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _fail_gzip(self) -> None:
        self._send(200, b"\x1f\x8b", "application/pdf", {"Content-Encoding": "gzip"})

    def _fail_other_part(self) -> None:
        body = self._find_pdf() or b""
        self._send(206, body[5:], "application/pdf", {"Content-Range": f"bytes 5-{len(body) - 1}/{len(body)}"})

    def _fail_malformed(self) -> None:
        self._send(200, b"<feed><entry>", "application/atom+xml")

    def _fail_no_feed(self) -> None:
        self._send(200, b"<html/>", "text/html")

    def _fail_laughs(self) -> None:
        self._send(200, b'<!DOCTYPE f [<!ENTITY a "ha">]><feed>&a;</feed>', "application/atom+xml")

    def _fail_error_entry(self) -> None:
        entry = (
            "<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_x</id><title>Error</title>"
            "<summary>incorrect id format for x</summary></entry>"
        )
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'
        self._send(200, feed.encode(), "application/atom+xml")


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 20

    def __init__(self, arxiv: FakeArxiv) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arxiv = arxiv


@contextmanager
def serve(arxiv: FakeArxiv) -> Iterator[FakeArxiv]:
    """Let it answer on a free port of this machine; its `url` says which."""
    with _Server(arxiv) as server:
        arxiv.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield arxiv
        finally:
            arxiv.over.set()
            server.shutdown()
            thread.join()


class FakeClock:
    """Time that passes only when someone sleeps, and a little with every look."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.time += seconds


def wait_until(true: Callable[[], bool], seconds: float = 100) -> None:
    """Wait for another process to get so far."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.002)
