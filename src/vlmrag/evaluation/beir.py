"""Retrieval on a collection in BEIR's format, with the very retriever that `search` uses.

    corpus.jsonl     {"_id", "title", "text"}      a document a line
    queries.jsonl    {"_id", "text"}               and "exclude": documents that are no answer (a query's own source)
    qrels/test.tsv   query-id  corpus-id  score    with a head line; a score above 0 is relevant

Each document is read as a note entry is: its title above it, cut by the same chunker where it is longer than a chunk.
It is ranked by its best chunk. The index is kept under `indexes/` by the hash of what went into it, so that only the
first run embeds. Source of the format: Thakur et al., BEIR, 2021.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlmrag.config import Config
from vlmrag.errors import IndexMismatch, IndexMissing, SourceError
from vlmrag.evaluation import metrics
from vlmrag.evaluation.runs import FIGURES, Ranking, Scores, score_queries
from vlmrag.index.encoder import Encoder, load_encoder
from vlmrag.index.index import Index, IndexWriter
from vlmrag.ingest.chunker import cut_chunks
from vlmrag.ingest.reader import ReadingRules
from vlmrag.language.glossary import Glossary
from vlmrag.search.reranker import load_reranker
from vlmrag.search.retriever import Retriever
from vlmrag.types import Document, Field, Progress, Reading, Source, Work

Search = Callable[[str, int], list[tuple[str, float]]]
"""From a text and a limit to at most so many passages, best first: document and score of each."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the collection."""

    id: str
    text: str
    exclude: frozenset[str]
    """Documents that are left out of its ranking."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, the queries that have judgements, and the judgements."""

    corpus: tuple[tuple[str, str, str], ...]
    """Id, title and text."""
    queries: tuple[Query, ...]
    qrels: dict[str, dict[str, float]]
    """Grades by query and document."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the retriever found, and how good it is."""

    documents: int
    chunks: int
    queries: int
    ndcg_at_10: float
    recall_at_100: float
    """Of the first 100 of the ranking; less where fewer were asked for."""
    mrr_at_10: float
    seconds_a_query: float
    run: dict[str, Ranking]
    scores: Scores
    """The figures query by query."""


def read_collection(folder: Path) -> Collection:
    """Read a folder in BEIR's format; raises SourceError naming file and line."""
    corpus = tuple(
        (str(record["_id"]), record.get("title") or "", record.get("text") or "")
        for record in _read_lines(folder / "corpus.jsonl", ("_id",))
    )
    qrels: dict[str, dict[str, float]] = {}
    judgements = folder / "qrels" / "test.tsv"
    for number, line in enumerate(_read(judgements).splitlines()[1:], start=2):
        if line.strip():
            try:
                query, document, grade = line.split("\t")
                qrels.setdefault(query, {})[document] = float(grade)
            except ValueError:
                raise SourceError(
                    f"{judgements}:{number}", "needs query-id, corpus-id and score, parted by tabs"
                ) from None
    queries = tuple(
        Query(str(record["_id"]), record["text"], _as_set(record.get("exclude")))
        for record in _read_lines(folder / "queries.jsonl", ("_id", "text"))
        if str(record["_id"]) in qrels
    )
    return Collection(corpus, queries, qrels)


def score_collection(
    collection: Collection, config: Config, k: int = 100, progress: Progress | None = None
) -> Retrieved:
    """Index the collection unless that was done before, rank the `k` best documents per query, and score them.

    Raises IndexBusy while another process indexes the same collection.
    """
    with open_collection(collection, config, progress) as retriever:

        def search(text: str, limit: int) -> list[tuple[str, float]]:
            return [(hit.chunk.source, hit.score) for hit in retriever.search(text, limit)]

        run: dict[str, Ranking] = {}
        started = time.perf_counter()
        for done, query in enumerate(collection.queries):
            if progress:
                progress("searching", done, len(collection.queries))
            run[query.id] = rank_documents(search, query, k)
        seconds = time.perf_counter() - started
        chunks = retriever.index.counts()["chunks"]
    return _score(collection, run, chunks, seconds)


@contextlib.contextmanager
def open_collection(collection: Collection, config: Config, progress: Progress | None = None) -> Iterator[Retriever]:
    """Open the retriever over a collection, indexed first unless that was done before; raises IndexBusy."""
    encoder, glossary = load_encoder(config.encoder), Glossary.load()
    rules = make_rules(encoder, glossary, config)
    with _open_index(collection, config.home, encoder, rules, progress) as index:
        yield Retriever(index, glossary, load_reranker(config.reranker) if config.reranker else None)


def rank_documents(search: Search, query: Query, k: int) -> Ranking:
    """Return the `k` best documents by their best chunk; ties by descending id, as trec_eval has them."""
    wanted = k + len(query.exclude)
    limit = 2 * wanted
    while True:
        hits = search(query.text, limit)
        best: dict[str, float] = {}
        for document, score in hits:
            best.setdefault(document, score)
        if len(best) >= wanted or len(hits) < limit:
            break
        limit *= 2
    ranked = sorted(best.items(), key=lambda item: (item[1], item[0]), reverse=True)
    return [(document, score) for document, score in ranked if document not in query.exclude][:k]


def make_rules(encoder: Encoder, glossary: Glossary, config: Config) -> ReadingRules:
    """Return the rules by which `ingest` reads notes."""
    special = encoder.count_pieces("")
    return ReadingRules(
        count_pieces=lambda text: encoder.count_pieces(text) - special,
        glossary=glossary,
        limit=config.chunk_pieces,
        overlap=config.chunk_overlap,
    )


def _score(collection: Collection, run: dict[str, Ranking], chunks: int, seconds: float) -> Retrieved:
    scores = score_queries(run, collection.qrels)
    means = {name: metrics.mean(row[name] for row in scores.values()) or 0.0 for name in FIGURES}
    return Retrieved(
        documents=len(collection.corpus),
        chunks=chunks,
        queries=len(scores),
        ndcg_at_10=means["ndcg@10"],
        recall_at_100=means["recall@100"],
        mrr_at_10=means["mrr@10"],
        seconds_a_query=seconds / max(1, len(scores)),
        run=run,
        scores=scores,
    )


def _open_index(
    collection: Collection, home: Path, encoder: Encoder, rules: ReadingRules, progress: Progress | None
) -> Index:
    key = repr((collection.corpus, encoder.fingerprint, rules.fingerprint))
    folder = home / "indexes" / f"beir-{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()[:16]}"
    if folder.exists():
        try:
            return Index.open(folder, encoder)
        except IndexMissing:
            pass  # an earlier run was interrupted: what it embedded is kept and taken up
        except IndexMismatch:
            shutil.rmtree(folder)  # of another version of the format; all that it held comes from the collection
    settings, english = {"reader": rules.fingerprint}, rules.glossary.put_into_english
    with IndexWriter(folder, encoder, settings, put_into_english=english) as writer:
        for done, (name, title, text) in enumerate(collection.corpus):
            if progress:
                progress("reading", done, len(collection.corpus))
            writer.put(read_document(name, title, text, rules))
        writer.commit(lambda documents: [], progress)
    return Index.open(folder, encoder)


def read_document(name: str, title: str, text: str, rules: ReadingRules) -> Reading:
    """A document of the collection as an entry of a note: its title stands above its text."""
    whole = f"{title}\n\n{text}" if title and text else title or text
    raw = whole.encode(errors="surrogatepass")
    source = Source(name, "note", hashlib.sha256(raw).hexdigest(), len(raw), 0, "utf-8", whole)
    start = len(whole) - len(text) if text else 0
    works = (Work((Field("title", title, 0, len(title)),)),) if start else ()
    ident = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
    document = Document(ident, name, "note", start, len(whole), whole.count("\n", 0, start) + 1, (), works)
    chunks = cut_chunks(source, document, rules.count, rules.glossary.gloss, rules.limit, rules.overlap)
    return Reading(source, (document,), (), tuple(chunks))


def _read_lines(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if line.strip():
            try:
                record = json.loads(line)
                _ = [record[name] for name in needed]
            except (ValueError, KeyError, TypeError):
                words = " and ".join(f"{name!r}" for name in needed)
                raise SourceError(f"{path}:{number}", f"needs a JSON object with {words}") from None
            yield record


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), getattr(error, "strerror", None) or "is not UTF-8 text") from None


def _as_set(ids: object) -> frozenset[str]:
    if ids is None:
        return frozenset()
    return frozenset(map(str, ids)) if isinstance(ids, list) else frozenset({str(ids)})
