"""What is missing, broken, held or foreign: told in one line, put right where that can be."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.index.made_library import NOTES, SETTINGS, merge_papers, open_index, read, show, write
from vlmrag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, SourceError, VlmragError
from vlmrag.index import derived
from vlmrag.index.encoder import HashingEncoder
from vlmrag.index.index import Index, IndexWriter


def test_what_is_missing_or_of_another_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"no index in .*nowhere yet.*vlmrag ingest"):
        open_index(tmp_path / "nowhere")
    with IndexWriter(tmp_path, HashingEncoder(), SETTINGS):
        pass  # killed before its first commit
    with pytest.raises(IndexMissing, match="vlmrag ingest"):
        open_index(tmp_path)
    write(tmp_path, NOTES)
    with pytest.raises(
        IndexMismatch, match=r"built by the encoder hashing \(hashing:64.*not by hashing \(hashing:32.*--rebuild"
    ):
        Index.open(tmp_path, HashingEncoder(32))
    with pytest.raises(IndexMismatch, match="--rebuild"):
        write(tmp_path, NOTES, HashingEncoder(32))
    with IndexWriter(tmp_path, HashingEncoder(), {"chunking": "words"}) as writer:
        assert writer.outdated  # other rules are no mismatch: every source is read again, nothing is embedded twice
        assert set(writer.known().values()) == {(-1, -1, "")}
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    for call in (open_index, lambda folder: write(folder, NOTES)):
        with pytest.raises(IndexMismatch, match=r"has format 7, this vlmrag reads format 4.*--rebuild"):
            call(tmp_path)
    write(tmp_path, NOTES, rebuild=True)
    with open_index(tmp_path) as index:
        assert index.counts()["chunks"] == 6


def test_a_library_that_does_not_say_what_it_is_is_damaged(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("DELETE FROM meta WHERE key = 'weights'")
    db.close()
    with pytest.raises(IndexDamaged, match=r"table meta cannot be read.*--rebuild"):
        open_index(tmp_path)
    write(tmp_path, NOTES, rebuild=True)
    with open_index(tmp_path) as index:
        assert index.counts()["chunks"] == 6


@pytest.mark.parametrize("damage", ["cut", "scrambled", "text"])
def test_a_damaged_library_is_told_and_a_rebuild_heals_it(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "old", NOTES)
    file = tmp_path / "old" / "library.sqlite"
    whole = file.read_bytes()
    middle = bytes(b ^ 0x5A for b in whole[4096:-4096])
    file.write_bytes(
        {"cut": whole[:5000], "scrambled": whole[:4096] + middle + whole[-4096:], "text": b"hello" * 999}[damage]
    )
    with pytest.raises(IndexDamaged, match=r"library\.sqlite.*--rebuild"), open_index(tmp_path / "old") as index:
        show(index)
    write(tmp_path / "old", NOTES, rebuild=True)
    write(tmp_path / "new", NOTES)
    with open_index(tmp_path / "old") as healed, open_index(tmp_path / "new") as new:
        assert show(healed) == show(new)


@pytest.mark.parametrize("part", ["vectors", "vectors.json", "keywords", "keywords.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
@pytest.mark.parametrize("busy", [False, True], ids=["free", "busy"])
def test_damaged_parts_are_put_right_even_beside_a_writer(tmp_path: Path, part: str, damage: str, busy: bool) -> None:
    write(tmp_path, NOTES)
    with open_index(tmp_path) as index:
        before = show(index)
    at = tmp_path / part
    for file in [at] if at.is_file() else [f for f in at.iterdir() if not f.name.startswith(".")]:
        whole = file.read_bytes()
        if damage == "gone":
            file.unlink()
        else:
            half = len(whole) // 2
            flipped = whole[:half] + bytes([whole[half] ^ 4]) + whole[half + 1 :]
            file.write_bytes(whole[:half] if damage == "cut" else flipped)
    if busy:
        with IndexWriter(tmp_path, HashingEncoder(), SETTINGS), open_index(tmp_path) as index:
            assert show(index) == before
    with open_index(tmp_path) as index:
        assert show(index) == before
    with open_index(tmp_path) as index:
        assert derived.load_vectors(tmp_path, index._meta) is not None
        assert derived.load_keywords(tmp_path, index._meta) is not None


def test_parts_of_another_library_are_not_believed(tmp_path: Path) -> None:
    write(tmp_path / "one", NOTES)
    write(tmp_path / "two", {"x.md": "Zeta is\nsomething else\n\nEta w7"})
    with open_index(tmp_path / "one") as index:
        before = show(index)
    shutil.rmtree(tmp_path / "one" / "vectors")
    for name in ("vectors", "vectors.json", "keywords.json"):
        (tmp_path / "two" / name).replace(tmp_path / "one" / name)
    with open_index(tmp_path / "one") as index:
        assert show(index) == before


def test_a_backup_put_back_is_not_mixed_with_what_came_after_it(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    backup = (tmp_path / "library.sqlite").read_bytes()
    write(tmp_path, NOTES | {"x.md": "Zeta w7 is\nanother thing"})
    (tmp_path / "library.sqlite").write_bytes(backup)
    write(tmp_path, NOTES | {"x.md": "Eta w8 is\na third"})  # the same generation, the same rows, another text
    write(tmp_path / "fresh", NOTES | {"x.md": "Eta w8 is\na third"})
    with open_index(tmp_path) as index, open_index(tmp_path / "fresh") as fresh:
        assert show(index) == show(fresh)


def test_a_folder_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    with open_index(tmp_path) as index:
        before = show(index)
    (tmp_path / "writer.lock").unlink()
    (tmp_path / "writer.lock").mkdir()  # as good as no right to write, also for root
    shutil.rmtree(tmp_path / "vectors")
    with open_index(tmp_path) as index:
        assert show(index) == before


def test_what_no_library_can_hold_is_refused_by_file(tmp_path: Path) -> None:
    good = read("a.md", "Alpha\x00 freezes\n\nBeta")
    one, two = good.chunks
    with IndexWriter(tmp_path, HashingEncoder(), SETTINGS) as writer:
        for chunks, why in (
            ((one, replace(two, id=one.id)), f"two of its parts have the id {one.id}"),
            ((replace(one, text="\ud800"),), "halves of characters"),
        ):
            with pytest.raises(SourceError, match=f"a.md: .*{why}"):
                writer.put(replace(good, chunks=chunks))
        with pytest.raises(SourceError, match=r"^\?\.md: holds halves"):
            writer.put(replace(good, source=replace(good.source, path="\udcff.md")))
        writer.put(good)
        writer.commit(merge_papers)
    with open_index(tmp_path) as index:
        assert index.chunks([one.id]) == [one]


def test_a_folder_where_sqlite_may_not_put_its_log_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, NOTES)
    with open_index(tmp_path) as index:
        before = show(index)
    connect, tried = sqlite3.connect, []

    def refuse(address: str, **options: Any) -> sqlite3.Connection:
        tried.append(address.partition("?")[2])
        if "immutable" not in address:
            error = sqlite3.OperationalError("attempt to write a readonly database")
            error.sqlite_errorcode = sqlite3.SQLITE_READONLY
            raise error
        opened: sqlite3.Connection = connect(address, **options)
        return opened

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with open_index(tmp_path) as index:
        assert show(index) == before
    assert tried == ["", "immutable=1"]
    with pytest.raises(VlmragError, match=r"library\.sqlite: attempt to write.*rights on the folder"):
        write(tmp_path, NOTES)


def test_a_library_that_another_program_holds_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, NOTES)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **(options | {"timeout": 0})))
    other = sqlite3.connect(tmp_path / "library.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(IndexBusy, match=r"library\.sqlite is in use by another program"):
        write(tmp_path, {})
    other.close()
