"""The arithmetic of the comparison with peers by hand, and vlmrag alone through all stages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.peers import choose_part, compare, cut_passages, measure, plot_figures, score_found, tell_failure
from tests.benchmarks.systems import SYSTEMS, read_passages
from vlmrag.evaluation.beir import Collection, Query

CORPUS = tuple((f"d{n}", f"Title {n}", f"A text about number {n}.") for n in range(9))
QUERIES = (
    Query("q1", "number 8", frozenset()),
    Query("q2", "number 1", frozenset({"d2"})),
    Query("q3", "x", frozenset()),
)
QRELS = {"q1": {"d8": 1.0, "d0": 0.0}, "q2": {"d1": 1.0, "d2": 1.0}, "q3": {"d5": 1.0}}
COLLECTION = Collection(CORPUS, QUERIES, QRELS)


def test_a_part_keeps_what_is_judged_relevant() -> None:
    part = choose_part(COLLECTION, documents=5, queries=2)
    assert [name for name, _, _ in part.corpus] == ["d0", "d1", "d2", "d3", "d8"]  # d8 d1 d2 are judged, two others
    assert part.queries == QUERIES[:2]
    assert len(choose_part(COLLECTION, documents=1, queries=3).corpus) == 4
    assert choose_part(COLLECTION, documents=99, queries=99) == COLLECTION


def test_documents_are_scored_by_their_best_passage() -> None:
    found = [["d0#0", "d8#1", "d8#0"], ["d2#0", "d1#0"]]  # d2 is left out of the second ranking, d1 comes first
    second = 1 / (1 + 0.6309297535714575)  # d1 of two that are relevant
    assert score_found(found, QUERIES[:2], COLLECTION) == pytest.approx((0.6309297535714575 + second) / 2)


def test_passages_are_told_apart_and_read_whole() -> None:
    long = Collection((("d#1", "A title", "Many words here. " * 200), ("d2", "Alone", "")), (), {})
    passages = cut_passages(long)
    names = [name for name, _ in passages]
    assert len(names) == len(set(names)) > 3
    assert [name.rpartition("#")[0] for name in names] == ["d#1"] * (len(names) - 1) + ["d2"]
    assert all(text.startswith("A title") for _, text in passages[:-1])


def test_a_figure_stands_beside_how_many_times_ours_it_is() -> None:
    ours = dict.fromkeys(("ingest", "cold", "warm_p50", "warm_p95", "memory", "disk", "ndcg"), 2.0)
    assert compare({"vlmrag": ours, "Other": {**ours, "cold": 5.0}}) == [
        ["vlmrag", *["2"] * 7],
        ["Other", "2 (1.00×)", "5 (2.50×)", *["2 (1.00×)"] * 5],
    ]


def test_a_failure_is_told_in_its_last_words() -> None:
    failed = subprocess.CalledProcessError(
        1, ["python"], stderr="Traceback\nModuleNotFoundError: No module named 'x'\n"
    )
    assert tell_failure(failed) == "ModuleNotFoundError: No module named 'x'"
    assert tell_failure(ValueError("empty")) == "ValueError: empty"


def test_ours_needs_nothing_installed_and_every_peer_something() -> None:
    assert [name for name, (_, needs) in SYSTEMS.items() if not needs] == ["vlmrag"]


@pytest.mark.slow
def test_vlmrag_goes_through_all_stages_and_a_missing_peer_is_named(tmp_path: Path) -> None:
    passages = [(f"{name}#0", text) for name, _, text in CORPUS]
    pythons = {"vlmrag": Path(sys.executable), "txtai": Path(sys.executable)}
    figures, skipped = measure(pythons, COLLECTION, passages, "", tmp_path)
    assert read_passages(tmp_path / "passages.jsonl") == passages
    assert list(figures) == ["vlmrag"]
    assert all(value > 0 for value in figures["vlmrag"].values())
    assert list(skipped) == ["txtai"]
    assert skipped["txtai"].startswith("ingest: ")
    plot_figures(figures, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:4] == b"\x89PNG"
