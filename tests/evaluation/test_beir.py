"""A small collection, ranked by the retriever and scored by hand."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from vlmrag.config import Config
from vlmrag.errors import SourceError
from vlmrag.evaluation.beir import Collection, Query, open_collection, read_collection, score_collection
from vlmrag.evaluation.feedback import feed_back_vectors, feed_back_words
from vlmrag.evaluation.fusion_ablation import SYSTEMS, ablate_fusion, fuse_ranks, record_systems
from vlmrag.evaluation.runs import format_run
from vlmrag.search.wording import word_query

CORPUS = [
    {"_id": "d1", "title": "Frozen readers", "text": "A model keeps its language model frozen."},
    {"_id": "d2", "title": "", "text": "A connector of queries. " * 200 + "The zebra stands at the end."},
    {"_id": "d3", "title": "Only a title about giraffes", "text": ""},
    {"_id": "d4", "title": "Empty"},
]
QUERIES = [
    {"_id": "q1", "text": "frozen language model"},
    {"_id": "q2", "text": "zebra at the end"},
    {"_id": "q3", "text": "giraffes", "exclude": "d3"},
    {"_id": "q4", "text": "nobody judged this"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\nq2\td1\t0\nq3\td1\t1\nq3\td3\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    for name, records in (("corpus", CORPUS), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    (folder / "qrels" / "test.tsv").write_text(QRELS, "utf-8")
    return folder


def test_documents_are_ranked_by_their_best_chunk(folder: Path, tmp_path: Path) -> None:
    collection = read_collection(folder)
    assert collection.queries[2] == Query("q3", "giraffes", frozenset({"d3"}))
    config = Config.load(tmp_path, encoder="hashing")
    stages: list[str] = []
    found = score_collection(collection, config, k=3, progress=lambda stage, done, total: stages.append(stage))
    assert (found.documents, found.queries) == (4, 3)
    assert found.chunks > 6
    assert [found.run[query][0][0] for query in ("q1", "q2")] == ["d1", "d2"]
    assert "d3" not in dict(found.run["q3"])
    for ranking in found.run.values():
        assert len({document for document, _ in ranking}) == len(ranking) <= 3
        assert ranking == sorted(ranking, key=lambda item: (item[1], item[0]), reverse=True)
    lines = [line.split() for line in format_run(found.run).splitlines()]
    assert lines[0][:4] + lines[0][5:] == ["q1", "Q0", "d1", "1", "vlmrag"]
    assert {"reading", "embedding", "searching"} <= set(stages)
    again: list[str] = []
    second = score_collection(collection, config, k=3, progress=lambda stage, done, total: again.append(stage))
    assert second.run == found.run
    assert set(again) == {"searching"}


def test_an_index_of_an_older_version_is_made_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection, config = read_collection(folder), Config.load(tmp_path, encoder="hashing")
    found = score_collection(collection, config, k=3)
    (library,) = (tmp_path / "indexes").glob("beir-*/library.sqlite")
    with contextlib.closing(sqlite3.connect(library)) as opened:
        opened.execute("PRAGMA user_version = 1")
    stages: list[str] = []
    again = score_collection(collection, config, k=3, progress=lambda stage, done, total: stages.append(stage))
    assert again.run == found.run
    assert "embedding" in stages


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("corpus.jsonl", '{"_id": "d1"}\n{"id": 2}\n', r"corpus.jsonl:2: needs a JSON object with '_id'"),
        ("queries.jsonl", '{"_id": "q1"}\n', r"queries.jsonl:1: needs a JSON object with '_id' and 'text'"),
        ("qrels/test.tsv", "head\nq1 d1 1\n", r"test.tsv:2: needs query-id, corpus-id and score"),
    ],
)
def test_a_bad_line_is_named(folder: Path, file: str, text: str, said: str) -> None:
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(SourceError, match=said):
        read_collection(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "queries.jsonl").unlink()
    with pytest.raises(SourceError, match=r"queries.jsonl: No such file"):
        read_collection(folder)


def test_the_simpler_fusions_end_with_ours(folder: Path, tmp_path: Path) -> None:
    collection, config = read_collection(folder), Config.load(tmp_path, encoder="hashing")
    systems = ablate_fusion(collection, config, k=3)
    assert tuple(systems) == SYSTEMS
    assert systems["ours"] == score_collection(collection, config, k=3).scores
    assert record_systems({"x": {"q": dict.fromkeys(("ndcg@10", "recall@100", "mrr@10"), 1 / 3)}}) == {
        "x": {"ndcg@10": 0.3333, "recall@100": 0.3333, "mrr@10": 0.3333}
    }


def test_what_is_fed_back_widens_the_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"a": "A zebra has stripes.", "b": "Stripes hide it.", "c": "Bread is baked.", "d": "Soup is cooked."}
    collection = Collection(tuple((name, "", text) for name, text in texts.items()), (), {})
    with open_collection(collection, Config.load(tmp_path, encoder="hashing")) as retriever:
        index = retriever.index
        wording = word_query("zebra", retriever.glossary, index.encoder)
        plain = {hit.chunk.id: hit.score for hit in retriever.search("zebra", 4)}
        for feed_back in (feed_back_vectors, feed_back_words):
            found = feed_back(retriever, wording)
            ranked = sorted(found, key=lambda passage: -found[passage])
            assert [chunk.source for chunk in index.chunks(ranked)][:2] == ["a", "b"]
        monkeypatch.setattr("vlmrag.evaluation.feedback.MOVED", 0.0)
        monkeypatch.setattr("vlmrag.evaluation.feedback.ADDED", 0)
        monkeypatch.setattr("vlmrag.evaluation.feedback.SAID", 1)
        assert feed_back_vectors(retriever, wording) == pytest.approx(plain, abs=1e-5)
        assert feed_back_words(retriever, wording) == plain


def test_reciprocal_ranks_by_hand() -> None:
    assert fuse_ranks({"a": 0.9, "b": 0.1}, {"b": 7.0}) == {"a": 1 / 61, "b": 1 / 62 + 1 / 61}
