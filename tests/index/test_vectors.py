"""The contract of a vector store, over all of them, against one matrix product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.errors import IndexDamaged
from vlmrag.index import vectors as seam
from vlmrag.index.vectors import FaissVectors, NumpyVectors, VectorStore

DIMENSION = 12
KINDS = [NumpyVectors, FaissVectors]


def make_vectors(count: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    found = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def to_rows(numbers: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.asarray(list(numbers), dtype=np.int64)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def store(request: pytest.FixtureRequest) -> Any:
    return request.param(DIMENSION)


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


def test_a_saved_store_is_the_same_and_can_be_changed(store: VectorStore, tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    store.add(to_rows([1, 2, 3]), make_vectors(3))
    store.save(path)
    loaded = type(store).load(path)
    query = make_vectors(1, seed=3)[0]
    assert [a.tolist() for a in loaded.search(query, 3)] == [a.tolist() for a in store.search(query, 3)]
    loaded.remove(to_rows([2, 77]))
    loaded.add(to_rows([8]), query[None])
    assert loaded.rows().tolist() == [1, 3, 8]
    assert loaded.search(query, 1)[1].tolist() == [8]
    loaded.save(path)  # over the file that it was mapped from
    assert type(store).load(path).rows().tolist() == [1, 3, 8]
    assert [p.name for p in tmp_path.iterdir()] == ["vectors"]


def test_a_truncated_file_is_damaged(store: VectorStore, tmp_path: Path) -> None:
    store.add(to_rows(range(50)), make_vectors(50))
    store.save(tmp_path / "vectors")
    whole = (tmp_path / "vectors").read_bytes()
    for length in (0, 10, len(whole) // 2):
        (tmp_path / "vectors").write_bytes(whole[:length])
        with pytest.raises(IndexDamaged, match="cannot be read"):
            type(store).load(tmp_path / "vectors")


def test_sixteen_bits_above_the_limit_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seam, "HALF_PRECISION_AT", 100)
    vectors, rows = make_vectors(200), to_rows(range(200))
    half, exact = seam.build_vectors(DIMENSION, 200, [(rows, vectors)]), NumpyVectors(DIMENSION)
    exact.add(rows, vectors)
    query = make_vectors(1, seed=5)[0]
    assert half._index.index.sa_code_size() == 2 * DIMENSION
    np.testing.assert_allclose(half.search(query, 10)[0], exact.search(query, 10)[0], atol=2e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=40), st.integers(0, 30), st.integers(1, 12))
def test_any_sequence_of_changes_agrees_with_the_double(changes: list[tuple[bool, int]], seed: int, k: int) -> None:
    stores: list[VectorStore] = [kind(DIMENSION) for kind in KINDS]
    pool = make_vectors(31) @ np.eye(DIMENSION, dtype=np.float32).round()
    held: set[int] = set()
    for add, row in changes:
        for store in stores:
            if add and row not in held:
                store.add(to_rows([row]), pool[row // 2][None])  # neighbours share a vector: ties
            elif not add:
                store.remove(to_rows([row]))
        held = held | {row} if add else held - {row}
    exact, other = ([part.tolist() for part in store.search(pool[seed], k)] for store in stores)
    assert all(store.rows().tolist() == sorted(held) for store in stores)
    assert exact[1] == other[1]
    np.testing.assert_allclose(exact[0], other[0], atol=1e-6)
