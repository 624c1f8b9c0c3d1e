"""The contract of a vector store, over all of them, against one matrix product."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.errors import IndexDamaged
from vlmrag.index.vectors.layered import LayeredVectors
from vlmrag.index.vectors.plain import NumpyVectors
from vlmrag.index.vectors.seam import Sizes, VectorStore

DIMENSION = 12
SIZES = {
    "exact": Sizes(tail=5, share=0),
    "half": Sizes(half=0, tail=5, share=0),
    "lists": Sizes(half=0, lists=4, tail=5, share=0),
}


def make_vectors(count: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Unit vectors, but for what 16 bits cannot hold: so every store keeps the same numbers."""
    found = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float16).astype(np.float32)


def to_rows(numbers: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.asarray(list(numbers), dtype=np.int64)


class Saved:
    """A store that is saved and loaded at every change, so that base and tail are on the disk."""

    def __init__(self, kind: Any, make: Any, path: Path) -> None:
        self.kind, self.path = kind, path
        make(DIMENSION).save(path)
        self.store: VectorStore = kind(path)

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            found = getattr(self.store, name)(*given, **named)
            if name in ("add", "remove"):
                self.store.save(self.path)
                self.store = self.kind(self.path)
            return found

        return call


@pytest.fixture(params=["plain", "memory", *SIZES])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_store(request.param, tmp_path_factory.mktemp("store") / "vectors")


def make_store(kind: str, path: Path) -> Any:
    """An exact double; FAISS in memory; FAISS on the disk in each way it can be kept."""
    if kind in ("plain", "memory"):
        return (NumpyVectors if kind == "plain" else LayeredVectors)(DIMENSION)
    sizes = SIZES[kind]
    return Saved(partial(LayeredVectors.load, sizes=sizes), partial(LayeredVectors, sizes=sizes), path)


def test_search_is_the_sorted_matrix_product(store: VectorStore) -> None:
    vectors, rows = make_vectors(60), to_rows(range(1000, 1060))
    store.add(rows[::-1], vectors[::-1])
    query = make_vectors(1, seed=7)[0]
    scores, found = store.search(query, 10)
    expected = np.argsort(-(vectors @ query))[:10]
    assert found.tolist() == rows[expected].tolist()
    np.testing.assert_allclose(scores, (vectors @ query)[expected], atol=1e-6)
    np.testing.assert_allclose(store.score(query, found), scores, atol=1e-6)


def test_what_was_added_is_read_back(store: VectorStore) -> None:
    vectors = make_vectors(5)
    store.add(to_rows([9, 2, 7, 4, 5]), vectors)
    np.testing.assert_array_equal(store.read(to_rows([7, 9, 7])), vectors[[2, 0, 2]])
    assert store.read(to_rows([])).shape == (0, DIMENSION)
    with pytest.raises(KeyError, match=r"rows that are not in the store: \[3\]"):
        store.read(to_rows([3, 4]))


def test_ties_go_to_the_smaller_row_even_across_the_edge(store: VectorStore) -> None:
    one = np.repeat(make_vectors(1), 90, axis=0)
    store.add(to_rows(range(190, 100, -1)), one)
    assert store.search(one[0], 3)[1].tolist() == [101, 102, 103]
    assert store.search(one[0], 2, among=to_rows([180, 150, 170]))[1].tolist() == [150, 170]


def test_more_asked_than_there_is(store: VectorStore) -> None:
    assert [part.tolist() for part in store.search(make_vectors(1)[0], 5)] == [[], []]
    store.add(to_rows([4, 9]), make_vectors(2))
    assert sorted(store.search(make_vectors(1)[0], 5)[1].tolist()) == [4, 9]
    assert store.search(make_vectors(1)[0], 0)[1].tolist() == []
    assert store.search(make_vectors(1)[0], 5, among=to_rows([]))[1].tolist() == []
    assert store.search(make_vectors(1)[0], 5, among=to_rows([9, 77]))[1].tolist() == [9]


def test_a_query_of_nan_finds_nothing_and_another_dimension_is_refused(store: VectorStore) -> None:
    store.add(to_rows([4, 9]), make_vectors(2))
    assert store.search(np.full(DIMENSION, np.nan, dtype=np.float32), 2)[1].tolist() == []
    with pytest.raises(ValueError, match=r"shape \(3,\) for vectors of dimension 12"):
        store.search(np.ones(3, dtype=np.float32), 2)
    with pytest.raises(ValueError, match="for 1 rows of dimension 12"):
        store.add(to_rows([1]), make_vectors(2))
    with pytest.raises(ValueError, match="NaN"):
        store.add(to_rows([1]), np.full((1, DIMENSION), np.nan, dtype=np.float32))
    with pytest.raises(ValueError, match="a row twice"):
        store.add(to_rows([4]), make_vectors(1))
    with pytest.raises(KeyError, match=r"not in the store: \[5\]"):
        store.score(make_vectors(1)[0], to_rows([4, 5]))


@pytest.mark.parametrize("kind", [NumpyVectors, LayeredVectors])
def test_a_saved_store_is_the_same_and_can_be_changed(kind: Any, tmp_path: Path) -> None:
    path, store = tmp_path / "vectors", kind(DIMENSION)
    store.add(to_rows([1, 2, 3]), make_vectors(3))
    store.save(path)
    loaded = kind.load(path)
    query = make_vectors(1, seed=3)[0]
    assert [a.tolist() for a in loaded.search(query, 3)] == [a.tolist() for a in store.search(query, 3)]
    loaded.remove(to_rows([2, 77]))
    loaded.add(to_rows([8]), query[None])
    assert loaded.rows().tolist() == [1, 3, 8]
    assert loaded.search(query, 1)[1].tolist() == [8]
    loaded.save(path)  # over the files that it was mapped from
    assert kind.load(path).rows().tolist() == [1, 3, 8]
    loaded.save(tmp_path / "elsewhere")
    assert kind.load(tmp_path / "elsewhere").rows().tolist() == [1, 3, 8]


@pytest.mark.parametrize("kind", SIZES)
def test_a_file_that_was_cut_is_damaged(kind: str, tmp_path: Path) -> None:
    path, store = tmp_path / "vectors", LayeredVectors(DIMENSION, SIZES[kind])
    store.add(to_rows(range(50)), make_vectors(50))
    store.save(path)
    store.add(to_rows([77]), make_vectors(1))
    store.save(path)
    for file in path.iterdir():
        whole = file.read_bytes()
        for length in (0, 10, len(whole) // 2):
            file.write_bytes(whole[:length])
            with pytest.raises(IndexDamaged, match="cannot be read"):
                LayeredVectors.load(path)
        file.write_bytes(whole)
    assert len(LayeredVectors.load(path)) == 51


CHANGES = st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 30), max_size=9, unique=True)), max_size=9)


@pytest.mark.parametrize("kind", ["memory", *SIZES])
@settings(max_examples=12, deadline=None)
@given(changes=CHANGES, seed=st.integers(0, 30), k=st.integers(1, 12), among=st.none() | st.lists(st.integers(0, 35)))
def test_any_sequence_of_changes_agrees_with_the_double(
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[bool, list[int]]],
    seed: int,
    k: int,
    among: list[int] | None,
) -> None:
    exact, other = NumpyVectors(DIMENSION), make_store(kind, tmp_path_factory.mktemp("changed") / "vectors")
    pool = make_vectors(31)[np.arange(31) // 2]  # neighbours share a vector: ties
    held: set[int] = set()
    for add, numbers in changes:
        rows = to_rows(row for row in numbers if not add or row not in held)
        for store in (exact, other):
            if add:
                store.add(rows, pool[rows])
            else:
                store.remove(rows)
        held = held | set(rows.tolist()) if add else held - set(rows.tolist())
    assert other.rows().tolist() == sorted(held)
    np.testing.assert_array_equal(other.read(other.rows()), pool[sorted(held)])
    chosen = None if among is None else to_rows(among)
    for able in (chosen, to_rows(range(31))):
        if kind != "lists" or able is not None:  # lists find most of the nearest, and all of them among given rows
            (scores, found), (expected, rows) = (store.search(pool[seed], k, able) for store in (other, exact))
            assert found.tolist() == rows.tolist()
            np.testing.assert_allclose(scores, expected, atol=1e-6)
