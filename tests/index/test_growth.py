"""What keeps a large library quick: a change is a change to what was derived, and only touched files are hashed."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.index.made_library import NOTES, open_index, show, write
from vlmrag.index import derived
from vlmrag.index.rows import read_changes


def test_a_change_says_which_rows_came_and_went(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    write(tmp_path, NOTES | {"data/notes/b.md": "Beta trains the LLM whole\n\nGamma sleeps"})
    with open_index(tmp_path) as index:
        assert read_changes(index._library) == ([7], [6])


def test_a_change_makes_no_part_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "old", NOTES)
    monkeypatch.setattr(derived, "REPLACE_UP_TO", 0)
    monkeypatch.setattr(derived, "make_vectors", lambda _: pytest.fail("all vectors are read"))
    monkeypatch.setattr(derived, "read_rows", lambda _: pytest.fail("all rows are read"))
    changed = NOTES | {"data/notes/b.md": "Beta trains the LLM whole\n\nGamma sleeps"}
    write(tmp_path / "old", changed)
    monkeypatch.undo()
    write(tmp_path / "new", changed)
    with open_index(tmp_path / "old") as old, open_index(tmp_path / "new") as new:
        for question in ("freeze the LLM 3 True", "w7 w8 w9 1000 True"):
            assert show(old)[question][0] == show(new)[question][0]  # type: ignore[index]
        assert derived.load_vectors(tmp_path / "old", old._meta) is not None
        assert derived.load_keywords(tmp_path / "old", old._meta) is not None


def test_a_large_part_is_hashed_where_its_file_was_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "HASHED_UP_TO", 0)
    write(tmp_path, NOTES)
    path, stamp = tmp_path / derived.VECTORS, derived.read_stamp(tmp_path / derived.VECTORS)
    assert stamp is not None
    whole, state = path.read_bytes(), path.stat()
    assert derived.is_whole(stamp, [path])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert derived.is_whole(stamp, [path])  # touched, but as it was
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 2))
    assert not derived.is_whole(stamp, [path])
    monkeypatch.setattr(derived, "hash_files", lambda _: pytest.fail("a file that nobody touched is hashed"))
    path.write_bytes(whole)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert derived.is_whole(stamp, [path])


def test_vectors_of_passages_that_went_go_too(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    write(tmp_path, {"x.md": "Alpha freezes the LLM"})
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("vectors", "ahead")]
    db.close()
    assert counts == [1, 0]
