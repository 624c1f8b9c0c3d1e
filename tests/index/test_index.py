"""Reading a library: what went in comes out, exactly, and stays as it was opened."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.index.made_library import NOTES, merge_papers, open_index, read, show, write
from vlmrag.index.boxes import pack_boxes, unpack_boxes
from vlmrag.index.encoder import HashingEncoder
from vlmrag.index.encoders.minilm import MiniLM
from vlmrag.language.words import split_words
from vlmrag.types import Box, Chunk, Document, Page, Paper, Sentence, Source


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
        assert (index.generation, index.version) == (1, 4)
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


def test_threads_may_share_a_reader(tmp_path: Path) -> None:
    write(tmp_path, NOTES)
    with open_index(tmp_path) as index:
        expected = show(index)
    with open_index(tmp_path) as index, ThreadPoolExecutor(8) as threads:
        assert all(found == expected for found in threads.map(lambda _: show(index), range(24)))


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


def test_a_search_loads_no_torch_and_opens_no_socket(tmp_path: Path) -> None:
    program = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
def refuse(*_, **__): raise AssertionError("a socket")
socket.socket.__init__ = refuse
from vlmrag.index.encoder import load_encoder
from vlmrag.index.index import Index
from vlmrag.language.words import split_words
from vlmrag.types import Box, Chunk, Document, Page, Paper, Sentence, Source
encoder = load_encoder("all-MiniLM-L6-v2")
with Index.open(Path(sys.argv[1]), encoder) as index:
    assert not {"faiss", "tantivy", "tokenizers"} & set(sys.modules)
    assert index.papers() and index.sentences()
    assert index.search_dense(encoder.encode_queries(["which models freeze the LLM?"])[0], 3)
    assert index.search_lexical(split_words("freeze"), 3)
heavy = {"torch", "transformers", "sentence_transformers", "pymupdf", "gradio", "ssl", "vlmrag.ingest.reader"}
print(sorted(heavy & set(sys.modules)))
"""
    write(tmp_path, NOTES, MiniLM())
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "[]", "")


def test_only_the_pages_that_are_asked_for_are_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "Alpha one\n\nBeta two\n\nGamma three"})
    with open_index(tmp_path) as index:
        assert [page.number for page in index.pages("a.md", 0, 99)] == [1, 2, 3]
        assert [page.number for page in index.pages("a.md", 9, 11)] == []  # the end of one, before the next
        boxes = ((11, 15, 0.0, 0.125, 4.625, 12.0), (16, 19, 5.0, 0.125, 8.625, 12.0))
        assert index.pages("a.md", 12, 13) == [Page(2, 11, 19, 612.0, 792.0, boxes)]
        assert index.pages("b.md", 0, 99) == []
    write(tmp_path, {})
    with open_index(tmp_path) as index:
        assert index.pages("a.md", 0, 99) == []


@given(st.lists(st.tuples(*[st.integers(0, 2**32 - 1)] * 2, *[st.floats(-9999, 9999).map(lambda x: round(x, 3))] * 4)))
def test_boxes_come_back_to_a_thousandth_of_a_point(boxes: list[Box]) -> None:
    back = unpack_boxes(pack_boxes(boxes))
    assert [box[:2] for box in back] == [box[:2] for box in boxes]
    for new, old in zip(back, boxes, strict=True):
        assert new[2:] == pytest.approx(old[2:], rel=0, abs=0.0011)
