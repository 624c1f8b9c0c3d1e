"""The index: what goes in comes out, one state at a time, whatever happened on the way."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.index.made_library import SETTINGS, merge_papers, open_index, read, show, write
from vlmrag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, SourceError, VlmragError
from vlmrag.index import derived
from vlmrag.index.encoder import Done, Floats, HashingEncoder
from vlmrag.index.index import Index, IndexWriter
from vlmrag.index.minilm import MiniLM
from vlmrag.index.vectors import NumpyVectors
from vlmrag.language.words import split_words
from vlmrag.types import Chunk, Document, Paper, Sentence, Source

NOTES = {
    "data/notes/a.md": "Alpha freezes the LLM\nand trains a connector\n\nBeta 凍結語言模型\non page 3 of it",
    "data/notes/b.md": "Beta trains the LLM whole\n\nGamma freezes the vision encoder",
    "data/notes/空.md": "",
}


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


def test_what_went_in_comes_out(tmp_path: Path) -> None:
    committed = write(tmp_path, NOTES)
    readings = [read(path, text) for path, text in sorted(NOTES.items())]
    with open_index(tmp_path) as index:
        documents = [document for reading in readings for document in reading.documents]
        assert index.documents() == documents
        assert index.sentences() == [s for reading in readings for s in reading.sentences]
        some = [documents[2].id, documents[0].id]
        assert index.sentences(some) == [s for s in index.sentences() if s.document in some]
        chunks = [chunk for reading in readings for chunk in reading.chunks][::-1]
        assert index.chunks([chunk.id for chunk in chunks]) == chunks
        assert index.papers() == merge_papers(documents)
        assert [index.source(path) for path in sorted(NOTES)] == [reading.source for reading in readings]
        assert [source.text for source in index.sources()] == ["", "", ""]
        counts = {"sources": 3, "documents": 4, "papers": 3, "sentences": 6, "chunks": 6}
        assert index.counts() == counts
        assert (index.generation, index.version) == (1, 1)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert next(iter(manifest)) == "version"
    assert manifest["counts"] == counts
    assert manifest["fingerprint"] == committed.fingerprint == index.fingerprint
    assert (committed.chunks, committed.embedded, committed.generation) == (6, 6, 1)


def test_search_is_exact_and_rows_never_show(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    encoder, readings = HashingEncoder(), [read(path, text) for path, text in sorted(NOTES.items())]
    chunks = [chunk for reading in readings for chunk in reading.chunks]
    query = encoder.encode_queries(["freezes the LLM"])[0]
    cosines = encoder.encode_passages([chunk.indexed for chunk in chunks]) @ query
    with open_index(tmp_path) as index:
        found = index.search_dense(query, 3)
        best = [chunks[at].id for at in np.argsort(-cosines, kind="stable")[:3]]
        assert list(found) == best
        assert list(found.values()) == pytest.approx(sorted(cosines, reverse=True)[:3], abs=1e-6)
        assert index.score_dense(query, best[::-1]) == {id_: found[id_] for id_ in best[::-1]}
        words = split_words("冻结 freeze")
        lexical = index.search_lexical(words, 10)
        assert {index.chunks([id_])[0].text for id_ in lexical} == {
            "Alpha freezes the LLM",
            "Beta 凍結語言模型",
            "Gamma freezes the vision encoder",
        }
        assert index.score_lexical(words, [c.id for c in chunks]) == {c.id: lexical.get(c.id, 0.0) for c in chunks}
        among = [readings[1].documents[1].id, "unknown"]
        assert [index.chunks([i])[0].text for i in index.search_dense(query, 9, among)] == [chunks[5].text]
        assert [index.chunks([i])[0].text for i in index.search_lexical(words, 9, among)] == [chunks[5].text]
        assert index.search_dense(query, 9, []) == index.search_lexical(words, 9, []) == {}
        assert index.search_dense(query, 0) == index.search_lexical(words, 0) == {}
        assert index.search_dense(np.full(64, np.nan, np.float32), 3) == {}
        for call in (index.chunks, lambda ids: index.score_dense(query, ids), lambda ids: index.score_lexical([], ids)):
            with pytest.raises(KeyError, match="no such id"):
                call(["no such id"])
        with pytest.raises(KeyError, match="no such path"):
            index.source("no such path")


def test_paper_vectors_are_unit_means(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    encoder, readings = HashingEncoder(), [read(path, text) for path, text in sorted(NOTES.items())]
    with open_index(tmp_path) as index:
        ids, vectors = index.paper_vectors()
        assert ids == ["name:alpha", "name:beta", "name:gamma"]
        for paper, vector in zip(index.papers(), vectors, strict=True):
            texts = [c.indexed for r in readings for c in r.chunks if c.document in paper.documents]
            mean = encoder.encode_passages(texts).mean(axis=0)
            np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_an_empty_library_is_a_library(tmp_path: Path) -> None:
    write(tmp_path, {})
    with open_index(tmp_path) as index:
        assert [*index.papers(), *index.documents(), *index.sentences(), *index.sources()] == []
        assert index.search_dense(np.ones(64, np.float32), 3) == index.search_lexical(["x"], 3) == {}
        assert index.paper_vectors()[1].shape == (0, 64)


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
    monkeypatch.setattr("vlmrag.index.writer.BATCH", 10)
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


def test_a_reader_keeps_its_state_while_a_writer_goes_on(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    with open_index(tmp_path) as used, open_index(tmp_path) as fresh:
        before = show(used)
        write(tmp_path, {"data/notes/b.md": "Delta freezes nothing", "n.md": "LLM LLM LLM"})
        assert show(used) == before
        assert show(fresh) == before  # it opened vectors and keywords only now, when those on disk are newer
        with open_index(tmp_path) as new:
            assert new.generation == 2
            assert show(new) != before


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
    other = IndexWriter(tmp_path, HashingEncoder(), {"chunking": "words"})
    with pytest.raises(IndexMismatch, match=r"\(chunking lines\).*\(chunking words\).*--rebuild"), other:
        pass
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    for call in (open_index, lambda folder: write(folder, NOTES)):
        with pytest.raises(IndexMismatch, match=r"has format 7, this vlmrag reads format 1.*--rebuild"):
            call(tmp_path)
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


@pytest.mark.parametrize("part", ["vectors.faiss", "vectors.json", "keywords", "keywords.json"])
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
    for name in ("vectors.faiss", "vectors.json", "keywords.json"):
        (tmp_path / "two" / name).replace(tmp_path / "one" / name)
    with open_index(tmp_path / "one") as index:
        assert show(index) == before


def test_a_folder_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    with open_index(tmp_path) as index:
        before = show(index)
    (tmp_path / "writer.lock").unlink()
    (tmp_path / "writer.lock").mkdir()  # as good as no right to write, also for root
    (tmp_path / "vectors.faiss").unlink()
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


def test_large_libraries_change_keywords_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "REPLACE_UP_TO", 0)
    write(tmp_path, NOTES)
    write(tmp_path, {"data/notes/b.md": NOTES["data/notes/b.md"], "n.md": "Delta w7"})
    with open_index(tmp_path) as index:
        assert len(index.search_lexical(["delta"], 9)) == 1
        assert index.search_lexical(["alpha"], 9) == {}


def test_the_tables_follow_the_nouns(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        for noun, first in {Source: 0, Document: 0, Sentence: 0, Chunk: 1, Paper: 0}.items():
            columns = [column for _, column, *_ in db.execute(f"PRAGMA table_info({noun.__name__.lower()}s)")]
            fields = [field.name for field in dataclasses.fields(noun)]
            assert columns[first : first + len(fields)] == fields, "another field: another FORMAT in schema.py"
    db.close()


def test_files_can_be_read_by_people(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    assert "library.sqlite" in (tmp_path / "README.txt").read_text("utf-8")
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        heading, works = db.execute(
            "SELECT heading, works FROM documents WHERE line = 1 AND source LIKE '%a.md'"
        ).fetchone()
    db.close()
    assert json.loads(heading) == ["data/notes/a.md", "節"]
    assert "節" in heading
    assert json.loads(works) == [{"fields": [{"name": "name", "value": "Alpha", "start": 0, "end": 5}]}]


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
        rows, vectors = index._library.read_vectors()
        exact, found = NumpyVectors(64), derived.load_vectors(tmp_path, index._meta)
        exact.add(rows, vectors)
        assert found is not None
        assert rows.tolist() == found.rows().tolist() == [1, 2, 3, 4, 5, 6, 8]
        query = HashingEncoder().encode_queries(["freezes"])[0]
        assert found.search(query, 9)[1].tolist() == exact.search(query, 9)[1].tolist()


def test_a_search_loads_no_torch_and_opens_no_socket(tmp_path: Path) -> None:
    program = """
import socket, sys
from pathlib import Path
def refuse(*_, **__): raise AssertionError("a socket")
socket.socket.__init__ = refuse
from vlmrag.index.encoder import load_encoder
from vlmrag.index.index import Index
from vlmrag.language.words import split_words
from vlmrag.types import Chunk, Document, Paper, Sentence, Source
encoder = load_encoder("all-MiniLM-L6-v2")
with Index.open(Path(sys.argv[1]), encoder) as index:
    assert not {"faiss", "tantivy", "tokenizers"} & set(sys.modules)
    assert index.papers() and index.sentences()
    assert index.search_dense(encoder.encode_queries(["which models freeze the LLM?"])[0], 3)
    assert index.search_lexical(split_words("freeze"), 3)
print(sorted({"torch", "transformers", "sentence_transformers", "pymupdf", "gradio", "sklearn"} & set(sys.modules)))
"""
    write(tmp_path, NOTES, MiniLM())
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "[]", "")
