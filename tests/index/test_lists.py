"""Lists of vectors: what is said of their recall is so, whatever the vectors look like, and few changes cost little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.index.made_library import NOTES, SETTINGS, merge_papers, open_index, read, show, write
from tests.search.small_library import NOTES as PAPERS
from tests.search.small_library import make_library
from vlmrag.index import derived
from vlmrag.index.encoder import HashingEncoder
from vlmrag.index.index import IndexWriter
from vlmrag.index.vectors.layered import LayeredVectors
from vlmrag.index.vectors.plain import NumpyVectors
from vlmrag.index.vectors.seam import Sizes
from vlmrag.reports import DenseSearch

Floats = np.ndarray[Any, np.dtype[np.float32]]
DIMENSION, COUNT = 24, 4_000
SIZES = Sizes(half=0, lists=100)


def make_vectors(spread: float, seed: int = 0) -> Floats:
    """Unit vectors around a hundred centres; with a wide `spread` there is nothing left of the centres."""
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(100, DIMENSION))
    found = centres[draw.integers(100, size=COUNT)] + spread * draw.normal(size=(COUNT, DIMENSION))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float32)


@pytest.mark.parametrize("spread", [0.3, 1.0, 100.0])
def test_the_recall_that_is_told_is_that_of_other_questions(tmp_path: Path, spread: float) -> None:
    vectors, rows = make_vectors(spread), np.arange(7, 7 + 2 * COUNT, 2)
    store = LayeredVectors.create(tmp_path, rows, lambda some: vectors[(some - 7) // 2], DIMENSION, SIZES)
    exact = NumpyVectors(DIMENSION)
    exact.add(rows, vectors)
    told, shares = store.describe(), []
    for query in make_vectors(spread, seed=1)[:300]:
        nearest = exact.search(query, 10)[1]
        shares.append(np.isin(store.search(query, 10)[1], nearest).mean())
    assert told["recall"] >= 0.98
    assert np.mean(shares) >= told["recall"] - 0.02
    if spread == 0.3:
        assert told["probed"] < told["lists"] / 4
    np.testing.assert_allclose(store.read(rows[::50]), vectors[::50], atol=1e-3)


def test_all_are_found_where_all_are_asked_for(tmp_path: Path) -> None:
    vectors, rows = make_vectors(0.3), np.arange(COUNT)
    store = LayeredVectors.create(tmp_path, rows, lambda some: vectors[some], DIMENSION, SIZES)
    assert sorted(store.search(vectors[0], COUNT)[1].tolist()) == rows.tolist()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["about.json", "base.faiss", "tail.faiss"]


def test_a_tail_that_has_grown_is_merged_into_new_lists(tmp_path: Path) -> None:
    vectors, rows = make_vectors(1.0), np.arange(COUNT)
    sizes = Sizes(half=0, lists=100, tail=50, share=0)
    store = LayeredVectors.create(tmp_path, rows[:3000], lambda some: vectors[some], DIMENSION, sizes)
    before = (tmp_path / "base.faiss").stat().st_ino
    for start, merged in ((3000, False), (3030, True)):
        store.add(rows[start : start + 30], vectors[start : start + 30])
        store.remove(rows[start - 3000 : start - 2990])
        store.save(tmp_path)
        assert ((tmp_path / "base.faiss").stat().st_ino != before) == merged
    again = LayeredVectors.load(tmp_path, sizes)
    assert again.rows().tolist() == store.rows().tolist() == [*range(10, 30), *range(40, 3060)]
    assert again.describe()["lists"] == int(2 * np.sqrt(3040))


def write_in_lists(folder: Path, texts: dict[str, str]) -> None:
    """As `write`, with the vectors in lists from the third on."""
    with IndexWriter(folder, HashingEncoder(), SETTINGS, sizes=Sizes(half=0, lists=2, tail=2)) as writer:
        for path in writer.known().keys() - texts.keys():
            writer.remove(path)
        for path, text in texts.items():
            writer.put(read(path, text))
        writer.commit(merge_papers)


@pytest.mark.parametrize("damaged", ["base.faiss", "tail.faiss", "about.json", "base.faiss.codes"])
def test_a_library_in_lists_is_read_changed_and_put_right(tmp_path: Path, damaged: str) -> None:
    more = NOTES | {"n.md": "Delta w7 w8"}
    write(tmp_path / "plain", more)
    write_in_lists(tmp_path / "lists", NOTES)
    write_in_lists(tmp_path / "lists", more)
    with open_index(tmp_path / "lists") as index:
        assert index.describe_dense().lists > 0
        for question in ("freeze the LLM", "w7 w8 w9"):
            vector = HashingEncoder().encode_queries([question])[0]
            documents = [document.id for document in index.documents()]
            with open_index(tmp_path / "plain") as plain:
                expected = plain.search_dense(vector, 9, documents)
            found = index.search_dense(vector, 9, documents)
            assert list(found) == list(expected)
            assert list(found.values()) == pytest.approx(list(expected.values()), abs=1e-3)
    (tmp_path / "lists" / "vectors" / damaged).write_bytes(b"what a kill or a bad disk left")
    with open_index(tmp_path / "lists") as index, open_index(tmp_path / "plain") as plain:
        assert show(index) == show(plain)  # made anew, by whoever opens it: so few are kept as they are
        assert derived.load_vectors(tmp_path / "lists", index._meta) is not None


def test_status_tells_how_the_nearest_are_found(tmp_path: Path) -> None:
    library = make_library(tmp_path, PAPERS)
    assert library.status().dense == DenseSearch(recall=1.0, lists=0, probed=0)
    stamp = tmp_path / "indexes" / "default" / "vectors.json"
    stamp.write_text(
        stamp.read_text("utf-8").replace('"measured": {}', '"measured": {"recall": 0.5, "lists": 9}'), "utf-8"
    )
    assert library.status().dense == DenseSearch(recall=0.5, lists=9)
