"""Changing a library: only what changed is done, all of it or nothing, and a rebuild would give the same."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.index.made_library import NOTES, SETTINGS, merge_papers, open_index, show, write
from vlmrag.errors import EncoderError, IndexBusy
from vlmrag.index import derived
from vlmrag.index.encoder import Done, Floats, HashingEncoder
from vlmrag.index.index import IndexWriter
from vlmrag.index.rows import read_vectors
from vlmrag.index.vectors.plain import NumpyVectors


class CountingEncoder(HashingEncoder):
    """Says what it was asked to embed, and can be made to break."""

    def __init__(self, breaks_at: int = 10**9) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.breaks_at = breaks_at

    def encode_passages(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        if len(self.seen) + len(texts) > self.breaks_at:
            raise KeyboardInterrupt
        self.seen.extend(texts)
        return super().encode_passages(texts, done)


def test_only_what_changed_is_embedded(tmp_path: Path) -> None:
    first = CountingEncoder()
    write(tmp_path, NOTES, first)
    assert len(first.seen) == 6
    for texts, expected in [
        (NOTES, []),
        (NOTES | {"c.md": "Alpha freezes the LLM"}, []),  # the same passage elsewhere
        (
            NOTES | {"a.md": "Alpha trains\nand sleeps\n\nBeta reads"},
            ["Alpha: Alpha trains", "Alpha: and sleeps", "Beta: Beta reads"],
        ),
        (NOTES | {"a.md": "moved\n\nAlpha trains\nand wakes"}, ["moved: moved", "Alpha: and wakes"]),
    ]:
        encoder = CountingEncoder()
        committed = write(tmp_path, texts, encoder)
        assert sorted(encoder.seen) == sorted(expected)
        assert committed.embedded == len(expected)


def test_a_vector_that_is_no_number_never_gets_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.md": "Alpha"})
    monkeypatch.setattr(HashingEncoder, "encode_passages", lambda *_: np.full((1, 64), np.nan, np.float32))
    with pytest.raises(EncoderError, match="hashing gave a vector that is no number"):
        write(tmp_path, {"a.md": "Beta"})
    assert write(tmp_path, {"a.md": "Alpha"}).generation == 1


def test_an_unchanged_run_makes_no_generation_but_notes_times(tmp_path: Path) -> None:
    before = write(tmp_path, NOTES)
    with IndexWriter(tmp_path, HashingEncoder(), SETTINGS) as writer:
        writer.touch("data/notes/a.md", 12345, 6)
        writer.remove("never there")
        assert writer.commit(merge_papers).generation == before.generation == 1
    with IndexWriter(tmp_path, HashingEncoder(), SETTINGS) as writer:
        assert writer.known()["data/notes/a.md"][:2] == (6, 12345)
    with open_index(tmp_path) as index:
        assert index.fingerprint == before.fingerprint


def test_a_failure_before_commit_leaves_the_old_library_and_keeps_the_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vlmrag.index.ahead.BATCH", 10)
    write(tmp_path, NOTES)
    with open_index(tmp_path) as index:
        before = show(index)
    more = NOTES | {"big.md": "\n\n".join(f"P{n} has w{n}" for n in range(50))}
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, more, CountingEncoder(breaks_at=25))

    def break_off(documents: Any) -> Any:
        raise RuntimeError("merging broke")

    monkeypatch.setattr("tests.index.made_library.merge_papers", break_off)
    with pytest.raises(RuntimeError, match="merging broke"):
        write(tmp_path, NOTES | {"data/notes/a.md": "other"})
    monkeypatch.setattr("tests.index.made_library.merge_papers", merge_papers)
    with open_index(tmp_path) as index:
        assert show(index) == before
    write(tmp_path, NOTES | {"small.md": "a commit in between keeps what another run wants"})
    encoder = CountingEncoder()
    assert write(tmp_path, more, encoder).embedded == len(encoder.seen) == 30
    write(tmp_path, NOTES)
    write(tmp_path, NOTES | {"x.md": "x"})
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        (kept,) = db.execute("SELECT count(*) FROM vectors").fetchone()
    db.close()
    assert kept == 7


def test_the_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    import os

    with IndexWriter(tmp_path, HashingEncoder(), SETTINGS):
        with (
            pytest.raises(IndexBusy, match=f"written by process {os.getpid()}"),
            IndexWriter(tmp_path, HashingEncoder(), SETTINGS),
        ):
            pass
        program = (
            "import sys; from pathlib import Path; from vlmrag.index.lock import WriterLock\n"
            "with WriterLock(Path(sys.argv[1])): pass"
        )
        run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
        assert f"IndexBusy: {tmp_path} is being written by process {os.getpid()}" in run.stderr
    write(tmp_path, NOTES)


def test_large_libraries_change_keywords_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "REPLACE_UP_TO", 0)
    write(tmp_path, NOTES)
    write(tmp_path, {"data/notes/b.md": NOTES["data/notes/b.md"], "n.md": "Delta w7"})
    with open_index(tmp_path) as index:
        assert len(index.search_lexical(["delta"], 9)) == 1
        assert index.search_lexical(["alpha"], 9) == {}


LINES = st.sampled_from(["Alpha freezes", "the LLM w7", "冻结 語言", "train connector", "w8 w9 w9", ""])
TEXTS = st.lists(LINES, max_size=5).map("\n".join)
EDITS = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.none() | TEXTS, max_size=3), min_size=1, max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_any_sequence_of_edits_equals_a_rebuild(
    tmp_path_factory: pytest.TempPathFactory, edits: list[dict[str, str | None]]
) -> None:
    old, new = tmp_path_factory.mktemp("old"), tmp_path_factory.mktemp("new")
    texts: dict[str, str] = {}
    for edit in edits:
        texts |= {path: text for path, text in edit.items() if text is not None}
        texts = {path: text for path, text in texts.items() if edit.get(path, "") is not None}
        write(old, texts)
    write(new, texts)
    with open_index(old) as changed, open_index(new) as fresh:
        expected = show(fresh)
        assert show(changed) == expected
    write(old, texts, rebuild=True)
    with open_index(old) as rebuilt:
        assert show(rebuilt) == expected


def test_the_vectors_on_disk_are_those_of_the_library(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    for more in ("\n\nfreezes w7", "", "\n\nfreezes w8"):  # the last one must not get the row of the first
        write(tmp_path, NOTES | {"data/notes/a.md": NOTES["data/notes/a.md"] + more})
    with open_index(tmp_path) as index:
        rows, vectors = read_vectors(index._library)
        exact, found = NumpyVectors(64), derived.load_vectors(tmp_path, index._meta)
        exact.add(rows, vectors)
        assert found is not None
        assert rows.tolist() == found.rows().tolist() == [1, 2, 3, 4, 5, 6, 8]
        query = HashingEncoder().encode_queries(["freezes"])[0]
        assert found.search(query, 9)[1].tolist() == exact.search(query, 9)[1].tolist()
