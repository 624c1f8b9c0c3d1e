"""What keeps a large library quick: a change is a change to what was derived, and only touched files are hashed."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.index.made_library import NOTES, open_index, show, write
from vlmrag.index import derived, stamps
from vlmrag.index.rows import read_changes


def test_a_change_says_which_rows_came_and_went(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    write(tmp_path, NOTES | {"data/notes/b.md": "Beta trains the LLM whole\n\nGamma sleeps"})
    with open_index(tmp_path) as index:
        assert read_changes(index._library) == ([7], [6])


def test_a_change_makes_no_part_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "old", NOTES)
    monkeypatch.setattr(derived, "REPLACE_UP_TO", 0)
    monkeypatch.setattr(derived, "create_vectors", lambda *_: pytest.fail("all vectors are read"))
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
    monkeypatch.setattr(stamps, "HASHED_UP_TO", 0)
    write(tmp_path, NOTES)
    part = tmp_path / derived.VECTORS
    path, stamp = part / "base.faiss", stamps.read_stamp(part)
    assert stamp is not None
    whole, state = path.read_bytes(), path.stat()
    assert stamps.is_whole(stamp, part)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert stamps.is_whole(stamp, part)  # touched, but as it was
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 2))
    assert not stamps.is_whole(stamp, part)
    monkeypatch.setattr(stamps, "hash_file", lambda _: pytest.fail("a file that nobody touched is hashed"))
    path.write_bytes(whole)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert stamps.is_whole(stamp, part)


def test_a_note_more_leaves_the_base_of_the_vectors_alone(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    before = note_files(tmp_path / derived.VECTORS)
    write(tmp_path, NOTES | {"c.md": "Delta freezes the LLM"})
    after = note_files(tmp_path / derived.VECTORS)
    assert [name for name in before if before[name] != after[name]] == ["about.json", "tail.faiss"]


def test_a_change_without_chunks_writes_no_part(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    before = {part: note_files(tmp_path / part) for part in (derived.VECTORS, derived.KEYWORDS)}
    committed = write(tmp_path, NOTES | {"empty.md": ""})
    assert committed.generation == 2
    assert before == {part: note_files(tmp_path / part) for part in before}
    with open_index(tmp_path) as index:
        assert derived.load_vectors(tmp_path, index._meta) is not None
        assert derived.load_keywords(tmp_path, index._meta) is not None


def note_files(part: Path) -> dict[str, tuple[int, int]]:
    """Number and time of change of the files of a part: another number, another file."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(part.iterdir())}


def test_vectors_of_passages_that_went_go_too(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    write(tmp_path, {"x.md": "Alpha freezes the LLM"})
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("vectors", "ahead")]
    db.close()
    assert counts == [1, 0]
