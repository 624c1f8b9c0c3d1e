"""Files become readings; what cannot be read is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ingest.reading import GLOSSARY
from vlmrag.errors import SourceError
from vlmrag.ingest.reader import ReadingRules, list_files, read_file
from vlmrag.reports import Skipped

RULES = ReadingRules(lambda text: len(text.split()), GLOSSARY)


def test_a_file_becomes_documents_sentences_and_chunks(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes("## KiwiVL\r\n- Paper: https://arxiv.org/abs/2402.00001\r\n- 凍結語言模型\r\n".encode())
    reading = read_file(path, "notes/a.md", RULES)
    (document,), (chunk,) = reading.documents, reading.chunks
    assert (document.source, chunk.source, chunk.document) == ("notes/a.md", "notes/a.md", document.id)
    assert chunk.text == reading.source.text.rstrip()
    assert [sentence.text for sentence in reading.sentences] == [
        "KiwiVL",
        "Paper: https://arxiv.org/abs/2402.00001",
        "凍結語言模型",
    ]
    assert reading == read_file(path, "notes/a.md", RULES)


def test_an_empty_file_has_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    reading = read_file(tmp_path / "a.md", "a.md", RULES)
    assert (reading.documents, reading.sentences, reading.chunks) == ((), (), ())


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\x7fELF\0\0\0" * 90)
    with pytest.raises(SourceError, match=r"^a\.md: is not text"):
        read_file(tmp_path / "a.md", "a.md", RULES)


def test_files_are_listed_in_order_and_what_is_missing_is_named(tmp_path: Path) -> None:
    for name in ("b.md", "a.txt", "c.html", "sub/d.markdown", "sub/e.PDF", ".hidden/f.md", ".g.md", "h.png", "z.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found, skipped = list_files([tmp_path / "z.md", tmp_path, tmp_path / "gone"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "z.md", "a.txt", "b.md", "c.html", "sub/d.markdown", "sub/e.PDF",
    ]  # fmt: skip
    assert skipped == [Skipped(str(tmp_path / "gone"), "does not exist")]


def test_other_rules_have_another_fingerprint() -> None:
    assert RULES.fingerprint == replace(RULES).fingerprint
    others = [replace(RULES, limit=128), replace(RULES, overlap=8), replace(RULES, count_pieces=len)]
    assert len({RULES.fingerprint, *(rules.fingerprint for rules in others)}) == 4
