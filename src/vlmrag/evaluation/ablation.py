"""What each part of vlmrag is worth: the same questions answered by simpler systems and by ours.

    dense only                 the five passages whose vectors are nearest to the question's
    keywords only              the five that share the most telling words with it (BM25)
    fused                      both, by the fusion of scores that `search` uses, half and half
    + gloss                    `search` as it is: passages under their headings, Chinese terms put into English,
                               the dense side believed as far as it could read the question
    + question understanding   `ask`, but without the table, nor what a sentence states of parts (frozen, trained)
    + attributes               `ask` as it is

The first three read the passages as they stand in the notes. The first four answer with the passages that they find and
the papers that these are entries of, know no conversation, and never refuse. All are judged alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from vlmrag.answer.draft import Draft
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.evaluation.gold import GoldQuestion, PaperKeys
from vlmrag.evaluation.harness import Ask, Evaluation, evaluate
from vlmrag.evaluation.judging import ReadSource
from vlmrag.index.encoder import load_encoder
from vlmrag.index.index import Index
from vlmrag.index.lexical import TantivyIndex
from vlmrag.ingest.attributes import Parts
from vlmrag.language.fold import detect_language
from vlmrag.language.words import split_words
from vlmrag.search.fusion import fuse_scores
from vlmrag.search.question import Question
from vlmrag.types import Answer, Chunk, Citation, Paper, Progress, Turn, Verdict

PASSAGES = 5
"""Passages that a system without answers of its own gives."""
_NO_PARTS = Parts(frozenset(), frozenset(), frozenset())


def compare_systems(
    config: Config,
    questions: Sequence[GoldQuestion],
    keys: PaperKeys,
    read_source: ReadSource,
    progress: Progress | None = None,
) -> dict[str, Evaluation]:
    """Return the evaluation of each system, the simplest first; raises IndexMissing."""
    with Index.open(config.index_dir, load_encoder(config.encoder)) as index:
        plain, library = PlainSearch(index, progress), PassageAnswers(index)
        words_only, ours = _WordsOnly(config), Assistant(config)
        searches: dict[str, Callable[[str], Sequence[Chunk]]] = {
            "dense only": plain.rank_dense,
            "keywords only": plain.rank_keywords,
            "fused": plain.rank_fused,
            "+ gloss": lambda question: [hit.chunk for hit in ours.search(question, PASSAGES)],
        }
        systems: dict[str, Ask] = {name: library.answer_by(search) for name, search in searches.items()}
        systems |= {"+ question understanding": words_only.ask, "+ attributes": ours.ask}
        try:
            return {name: evaluate(ask, questions, keys, read_source, progress) for name, ask in systems.items()}
        finally:
            words_only.close()
            ours.close()


class PlainSearch:
    """Ranks the passages of a library by their text as it is; ties in the order of the library."""

    def __init__(self, index: Index, progress: Progress | None = None) -> None:
        """Compute a vector for every passage: some seconds for some hundred passages."""
        self._encoder = index.encoder
        self._chunks = read_chunks(index)
        texts = [chunk.text for chunk in self._chunks]
        total = len(texts)
        self._vectors = self._encoder.encode_passages(
            texts, (lambda done: progress("embedding", done, total)) if progress else None
        )
        self._keywords = TantivyIndex()
        self._keywords.add(range(total), [split_words(text) for text in texts])
        self._keywords.commit()

    def rank_dense(self, question: str, k: int = PASSAGES) -> list[Chunk]:
        """Return the `k` passages nearest in meaning."""
        return self._best(self._score_dense(question), k)

    def rank_keywords(self, question: str, k: int = PASSAGES) -> list[Chunk]:
        """Return the `k` passages that share the most telling words, and none that shares no word."""
        return self._best(self._score_keywords(question), k)

    def rank_fused(self, question: str, k: int = PASSAGES) -> list[Chunk]:
        """Return the `k` best by both scores, each scaled to 0..1."""
        words = dict.fromkeys(map(str, range(len(self._chunks))), 0.0)
        words |= {str(row): score for row, score in self._score_keywords(question).items()}
        dense = {str(row): score for row, score in self._score_dense(question).items()}
        fused = fuse_scores(dense, words, 0.5)
        return self._best({int(row): score for row, score in fused.items()}, k)

    def _score_dense(self, question: str) -> dict[int, float]:
        vector = self._encoder.encode_queries([question])[0]
        return {row: round(float(score), 6) for row, score in enumerate(self._vectors @ vector)}

    def _score_keywords(self, question: str) -> dict[int, float]:
        return dict(self._keywords.search(split_words(question), len(self._chunks)))

    def _best(self, scores: Mapping[int, float], k: int) -> list[Chunk]:
        return [self._chunks[row] for row in sorted(scores, key=lambda row: (-scores[row], row))[:k]]


class PassageAnswers:
    """Makes answers of passages: their text, each cited, and the papers that they are entries of."""

    def __init__(self, index: Index) -> None:
        """Read the papers."""
        self._fingerprint = index.fingerprint
        self._owners: dict[str, list[Paper]] = {}
        for paper in index.papers():
            for document in paper.documents:
                self._owners.setdefault(document, []).append(paper)

    def answer_by(self, search: Callable[[str], Sequence[Chunk]]) -> Ask:
        """Return what answers a question with the passages that `search` finds; the conversation is not read."""

        def ask(question: str, *, history: Sequence[Turn]) -> Answer:
            return self.answer(question, search(question))

        return ask

    def answer(self, question: str, passages: Sequence[Chunk]) -> Answer:
        """Answer with the passages, best first; never a refusal."""
        citations = tuple(self._cite(marker, chunk) for marker, chunk in enumerate(passages, start=1))
        marks: dict[str, tuple[Paper, list[int]]] = {}
        for citation, chunk in zip(citations, passages, strict=True):
            for paper in self._owners.get(chunk.document, ()):
                marks.setdefault(paper.id, (paper, []))[1].append(citation.marker)
        return Answer(
            question=question,
            lang=detect_language(question),
            kind="passages",
            abstained=False,
            text="\n\n".join(f"{c.quote} [{c.marker}]" for c in citations),
            papers=tuple(Verdict(paper, "yes", tuple(markers)) for paper, markers in marks.values()),
            considered=(),
            citations=citations,
            coverage=None,
            generator="passages",
            index=self._fingerprint,
            seconds=0.0,
        )

    def _cite(self, marker: int, chunk: Chunk) -> Citation:
        paper = next(iter(self._owners.get(chunk.document, ())), None)
        return Citation(
            marker=marker,
            paper=paper.id if paper else None,
            paper_name=paper.name if paper else None,
            source=chunk.source,
            start=None if chunk.page else chunk.start,
            end=None if chunk.page else chunk.end,
            line=None if chunk.page else chunk.line,
            heading=" > ".join(chunk.heading),
            quote=chunk.text,
            page=chunk.page,
            rects=chunk.rects,
        )


def read_chunks(index: Index) -> list[Chunk]:
    """Return all passages by source and as they stand in it: those nearest to any vector, as many as there are."""
    vector = np.zeros(index.encoder.dimension, dtype=np.float32)
    vector[0] = 1.0
    found = index.chunks(list(index.search_dense(vector, index.counts()["chunks"])))
    return sorted(found, key=lambda chunk: (chunk.source, chunk.page or 0, chunk.start, chunk.end, chunk.id))


class _WordsOnly(Assistant):
    """Ours, where a question asks for no part in a certain state: what it looks for are its words."""

    def _draft(self, question: Question) -> Draft:
        return super()._draft(replace(question, relations=(), asks=(), parts=_NO_PARTS))
