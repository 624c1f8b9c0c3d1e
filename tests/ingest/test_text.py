"""Which encoding a file is in, and whether it is text at all."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.errors import SourceError
from vlmrag.ingest.text import decode, read_text
from vlmrag.types import Source

ENGLISH = "BLIP-2 freezes both encoders; naïve but efficient. Müller and García agree.\n" * 3
SIMPLIFIED = "冻结的语言模型与图像编码器对齐，实验结果很好。\n" * 3
TRADITIONAL = "凍結的語言模型與圖像編碼器對齊，實驗結果很好。\n" * 3


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "utf-8"),
        (SIMPLIFIED, "utf-8"),
        (ENGLISH, "cp1252"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5"),
        (ENGLISH, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be"),
        (TRADITIONAL, "utf-16"),
        (ENGLISH, "utf-32"),
    ],
)
def test_text_is_read_in_the_encoding_it_was_written_in(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == (encoding, text)


def test_a_source_tells_all_about_its_file(tmp_path: Path) -> None:
    data = "\ufeff# Notes\r\nfrozen\rLLM\n".encode()
    path = tmp_path / "a.md"
    path.write_bytes(data)
    assert read_text(path, "notes/a.md") == Source(
        path="notes/a.md",
        kind="note",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        mtime_ns=path.stat().st_mtime_ns,
        encoding="utf-8",
        text="\ufeff# Notes\r\nfrozen\rLLM\n",
    )


def test_an_empty_file_is_empty_text() -> None:
    assert decode(b"") == ("utf-8", "")


def test_one_broken_byte_does_not_turn_a_chinese_note_into_another_encoding() -> None:
    data = (SIMPLIFIED * 5).encode()
    broken = data[:30] + b"\xff" + data[30:]
    assert decode(broken) == ("utf-8", broken.decode("utf-8", errors="replace"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0",
        bytes(range(256)) * 8,
        random.Random(4).randbytes(4096),
        b"plain words \0 and zeros " * 50,
    ],
    ids=["png", "every byte", "noise", "stray zeros"],
)
def test_what_is_not_text_is_refused_with_the_name_of_the_file(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"^notes/x\.md: is not text: "):
        decode(data, "notes/x.md")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^gone\.md: cannot be read: No such file"):
        read_text(tmp_path / "gone.md", "gone.md")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])))
def test_utf_8_comes_back_as_it_was_written(text: str) -> None:
    assert decode(text.encode()) == ("utf-8", text)
