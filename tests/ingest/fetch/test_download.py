"""Parts become the whole, whatever pieces a server sends, and only a whole PDF gets its name."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.fetch.fake_arxiv import make_pdf
from vlmrag.errors import FetchError
from vlmrag.ingest.connection import BrokenExchange
from vlmrag.ingest.download import GrowingPdf, check_pdf, find_place, read_mark

BODY = make_pdf("any", 3000)


@dataclass
class MadeReply:
    """A reply that is made up."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    breaks: bool = False

    def read(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if self.breaks:
            raise BrokenExchange("it broke")
        return b""


def count_pages(path: Path) -> int:
    return 1


def answer(asked: Mapping[str, str], stop: int, sizes: list[int], told: bool) -> MadeReply:
    """What a server sends that was asked so, up to the byte `stop` of the file, in pieces of these sizes."""
    start = int(asked["Range"].removeprefix("bytes=").removesuffix("-")) if "Range" in asked else 0
    if start >= len(BODY):
        return MadeReply(416, {"Content-Range": f"bytes */{len(BODY)}"})
    sent, pieces = BODY[start : max(start, stop)], []
    for size in itertools.cycle(sizes):
        if not sent:
            break
        pieces.append(sent[:size])
        sent = sent[size:]
    headers = {"ETag": '"same"'}
    if told:
        headers["Content-Length"] = str(len(BODY) - start)
    if start:
        headers["Content-Range"] = f"bytes {start}-{len(BODY) - 1}/{len(BODY) if told else '*'}"
    return MadeReply(206 if start else 200, headers, pieces, breaks=stop < len(BODY) and not told)


@given(st.lists(st.integers(0, len(BODY))), st.lists(st.integers(1, 2000), min_size=1), st.booleans(), st.booleans())
def test_parts_make_the_whole(stops: list[int], sizes: list[int], told: bool, anew: bool) -> None:
    """The server breaks off at each of `stops`; `anew`: each try is another run of the program."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.pdf"
        growing = GrowingPdf(path, len(BODY), count_pages)
        for stop in [*stops, len(BODY)]:
            growing = GrowingPdf(path, len(BODY), count_pages) if anew else growing
            assert not path.exists()
            try:
                growing.take(answer(growing.ask(), stop, sizes, told))
            except BrokenExchange:
                continue
            break
        assert path.read_bytes() == BODY
        assert (growing.size, growing.pages) == (len(BODY), 1)
        assert [file.name for file in path.parent.iterdir()] == ["a.pdf"]


@given(st.sampled_from([200, 206, 416]), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_part_follows_on_what_is_there_or_is_refused(
    status: int, held: int, first: int, last: int, total: int
) -> None:
    reply = MadeReply(status, {"Content-Range": f"bytes {first}-{last}/{total}", "Content-Length": str(total)})
    try:
        place = find_place(reply, held)
    except BrokenExchange:
        assert status != 200
        return
    assert place == ((0, total) if status == 200 else (held, total))
    if status == 206:
        assert held == first > 0


@pytest.mark.parametrize(
    "words", ["", "bytes", "bytes 3-9", "bytes x-9/9", "bytes */9", "bytes 2-9/10", "items 3-9/10", "bytes -3-9/10"]
)
def test_a_part_without_a_place_is_refused(words: str) -> None:
    with pytest.raises(BrokenExchange, match="another part"):
        find_place(MadeReply(206, {"Content-Range": words}), 3)


@pytest.mark.parametrize(
    ("headers", "mark"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": 'W/"a"'}, ""),
        ({"ETag": '"a\x01"', "Last-Modified": "Sun, 05 Feb 2023 00:00:00 GMT"}, "Sun, 05 Feb 2023 00:00:00 GMT"),
        ({}, ""),
    ],
)
def test_only_a_strong_mark_counts(headers: dict[str, str], mark: str) -> None:
    assert read_mark(MadeReply(headers=headers)) == mark


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "what came is empty"),
        (b"  <!doctype html>", "what came is a web page"),
        (b"hello", "what came is not a PDF"),
        (BODY[:2000], "what came is a PDF without its end"),
    ],
)
def test_what_is_no_pdf_is_told(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "a.pdf").write_bytes(data)
    with pytest.raises(FetchError, match=f"^{why}$"):
        check_pdf(tmp_path / "a.pdf")


def test_a_pdf_that_cannot_be_opened_is_put_away(tmp_path: Path) -> None:
    def refuse(path: Path) -> int:
        raise FetchError("it cannot be opened")

    growing = GrowingPdf(tmp_path / "a.pdf", 9999, refuse)
    with pytest.raises(FetchError, match="cannot be opened"):
        growing.take(answer({}, len(BODY), [500], told=True))
    assert list(tmp_path.iterdir()) == []


def test_one_byte_too_many_is_too_many(tmp_path: Path) -> None:
    for told in (True, False):
        growing = GrowingPdf(tmp_path / "a.pdf", len(BODY) - 1, count_pages)
        with pytest.raises(FetchError, match="--max-size"):
            growing.take(answer({}, len(BODY), [500], told))
        assert list(tmp_path.iterdir()) == []
