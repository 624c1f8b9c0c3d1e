"""The base of a large library: vectors in lists around centres, of which a search reads those that are nearest.

Inverted lists as in Sivic and Zisserman (2003), "Video Google" (https://doi.org/10.1109/ICCV.2003.1238663), with the
vectors themselves in 16-bit numbers. How many lists are read is measured, not guessed: for some of the vectors the true
nearest ones are found exactly on the way, and as many lists are read as hold the share of them that is wanted. Vectors
without any clusters so make every list be read, which is an exact search.

A million vectors of 384 numbers are written with 0.3 GB of memory: the sample that the centres are fitted to, some 60
bytes a vector, and a group of vectors at a time. They lie on the disk twice while that lasts.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vlmrag.index.files import replace_file
from vlmrag.index.vectors.layer import import_faiss
from vlmrag.index.vectors.seam import Floats, Rows, split_rows

NEAREST, NEAR = 10, 100
"""Of a vector, which a search is to find, and those around them, of which it is to find `MOST`: who mixes rankings
asks for more than are shown."""
MOST = 0.95
ASKED = 400
"""Vectors for which that is measured."""
FARTHER = 2
"""Times as many lists are read as these vectors need: questions lie farther from passages than those from each other.
With as many, 202 questions of three collections found .957 of their ten nearest where passages found .984."""
SAMPLE = 32
"""Vectors for each list that the centres are fitted to."""
ROUNDS = 8
"""Of fitting."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out about lists when they were made."""

    recall: float
    """Share of the ten nearest of a vector that a search finds."""
    probed: int
    """Lists that a search reads."""
    lists: int


def write_lists(path: Path, rows: Rows, read: Callable[[Rows], Floats], recall: float) -> Measured:
    """Write the vectors of sorted rows (n,) as a `Layer` in lists that finds at least `recall` of the ten nearest.

    `read` gives the vectors (m, dimension) of some rows.
    """
    count = min(len(rows), int(2 * math.sqrt(len(rows))))
    draw = np.random.default_rng(0)
    index = fit_centres(read(pick(rows, SAMPLE * count, draw)), count)
    codes = path.with_name(f"{path.name}.codes")
    try:
        nearest = Nearest(pick(rows, ASKED, draw), read)
        places = assign(index, rows, read, codes, nearest)
        ranks = rank_lists(index, nearest, places[np.searchsorted(rows, nearest.found)])
        needed = 1 + max(find_quantile(ranks[:, :NEAREST], recall), find_quantile(ranks, MOST))
        index.nprobe = min(count, FARTHER * needed)
        replace_file(path, lambda draft: write_index(draft, index, rows, places, codes))
    finally:
        codes.unlink(missing_ok=True)
    found = ranks[:, :NEAREST]
    return Measured(round(float(np.mean(found[found >= 0] < index.nprobe)), 4), index.nprobe, count)


def pick(rows: Rows, count: int, draw: np.random.Generator) -> Rows:
    """Return `count` of the rows, or all if there are fewer, in increasing order."""
    return np.sort(draw.choice(rows, min(count, len(rows)), replace=False))


def fit_centres(sample: Floats, count: int) -> Any:
    """Return an index of FAISS with `count` empty lists, their centres fitted to a sample (n, dimension) by k-means."""
    faiss = import_faiss()
    product, dimension = faiss.METRIC_INNER_PRODUCT, sample.shape[1]
    half = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dimension), dimension, count, half, product, False)
    index.cp.niter, index.cp.min_points_per_centroid = ROUNDS, 1
    index.train(sample)
    return index


class Nearest:
    """The true nearest ones of some vectors, found while all pass by."""

    def __init__(self, rows: Rows, read: Callable[[Rows], Floats]) -> None:
        self.rows = rows
        self.queries = read(rows)
        self.scores: Floats = np.full((len(rows), NEAR), -np.inf, dtype=np.float32)
        self.found: Rows = np.full((len(rows), NEAR), rows[0], dtype=np.int64)

    def look_at(self, rows: Rows, vectors: Floats) -> None:
        """Keep of these rows (n,) those that are nearer than what was found so far; no vector is its own neighbour."""
        faiss = import_faiss()
        best = min(NEAR + 1, len(rows))
        scores, places = faiss.knn(self.queries, vectors, best, metric=faiss.METRIC_INNER_PRODUCT)
        found = rows[places]
        scores[found == self.rows[:, None]] = -np.inf
        scores, found = np.hstack([self.scores, scores]), np.hstack([self.found, found])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :NEAR]
        self.scores, self.found = np.take_along_axis(scores, order, 1), np.take_along_axis(found, order, 1)


def assign(index: Any, rows: Rows, read: Callable[[Rows], Floats], codes: Path, nearest: Nearest) -> Rows:
    """Return the list (n,) that each vector falls into; write all in 16-bit numbers to the file `codes`, row by row."""
    lists = []
    with codes.open("wb") as file:
        for group in split_rows(rows):
            vectors = read(group)
            file.write(vectors.astype("<f2").tobytes())
            lists.append(index.quantizer.search(vectors, 1)[1][:, 0])
            nearest.look_at(group, vectors)
    return np.concatenate(lists)


def rank_lists(index: Any, nearest: Nearest, lists: Rows) -> Rows:
    """Return after how many other lists a search gets to each of the true nearest ones (n, NEAR); -1 for none.

    `lists` (n, NEAR) says in which they are.
    """
    centres = index.quantizer.reconstruct_n(0, index.nlist)
    order = np.argsort(-(nearest.queries @ centres.T), axis=1, kind="stable")
    ranks = np.take_along_axis(np.argsort(order, axis=1), lists, 1)
    return np.where(np.isfinite(nearest.scores), ranks, -1)


def find_quantile(ranks: Rows, share: float) -> int:
    """Return the smallest rank that this share of the ranks does not exceed; -1 is no rank."""
    return int(np.quantile(ranks[ranks >= 0], share, method="inverted_cdf"))


def write_index(path: Path, index: Any, rows: Rows, lists: Rows, codes: Path) -> None:
    """Write what FAISS would write of the index with all vectors in its lists, without ever holding them in memory.

    FAISS says all but the lists; those are put in where it wrote that they are empty: sizes, then of each list codes
    and numbers of its vectors, as its `read_index` reads them ("ilar").
    """
    faiss = import_faiss()
    members = np.argsort(lists, kind="stable")
    sizes = np.bincount(lists, minlength=index.nlist)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    places = np.empty(len(rows), dtype=np.int64)
    places[members] = (lists[members] << 32) | (np.arange(len(rows)) - starts[lists[members]])
    whole = faiss.IndexIDMap(index)
    whole.ntotal = index.ntotal = len(rows)
    faiss.copy_array_to_vector(rows, whole.id_map)
    index.direct_map.type = faiss.DirectMap.Array
    faiss.copy_array_to_vector(places, index.direct_map.array)
    head = struct.pack("<4sQQ4sQ", b"ilar", index.nlist, index.code_size, b"sprs", 0)
    before, empty, after = faiss.serialize_index(whole).tobytes().rpartition(head)
    assert empty, "FAISS writes empty lists in another way than it did"
    table = np.memmap(codes, dtype=np.uint8, mode="r").reshape(len(rows), index.code_size)
    with path.open("wb") as file:
        file.write(before)
        file.write(struct.pack("<4sQQ4sQ", b"ilar", index.nlist, index.code_size, b"full", index.nlist))
        file.write(sizes.astype("<u8").tobytes())
        for start, end in itertools.pairwise(starts):
            file.write(table[members[start:end]].tobytes())
            file.write(members[start:end].astype("<i8").tobytes())
        file.write(after)
