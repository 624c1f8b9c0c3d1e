"""The seam to what finds words: rows (numbers) and words that are already folded and stemmed, nothing else.

TantivyIndex   tantivy on disk or in memory: incremental, commits in one step, half a millisecond to open
PlainBm25      the formula over a dictionary: the double that says what is right

Both rank by BM25 (Robertson and Zaragoza (2009), "The Probabilistic Relevance Framework", k1 = 1.2, b = 0.75):

    sum over the question's words of   idf * (k1 + 1) * tf / (tf + k1 * (1 - b + b * length / mean length))
    idf = ln(1 + (n - df + 0.5) / (df + 0.5))

tantivy rounds lengths above 40 words to 3 bits of mantissa, as Lucene does; otherwise the two agree to 32-bit floats.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vlmrag.errors import IndexDamaged

if TYPE_CHECKING:
    import tantivy

K1, B = 1.2, 0.75
MAX_TERMS = 512
"""Different words of one question that are looked up; of more, the rarest."""
MAX_WORD = 200
"""Characters of a word that count; tantivy drops words above 64 KiB."""


class LexicalIndex(Protocol):
    """Finds the rows that share words with a question. What is added or removed is seen after `commit`."""

    def __len__(self) -> int: ...

    def add(self, rows: Sequence[int], texts: Sequence[Sequence[str]]) -> None:
        """Add the words of texts under rows that are not in the index."""

    def remove(self, rows: Iterable[int]) -> None:
        """Remove rows; those that are not in the index are passed over."""

    def clear(self) -> None:
        """Remove everything, in the same commit as what is added next."""

    def commit(self) -> None:
        """Make all changes visible and lasting, in one step."""

    def search(self, words: Sequence[str], k: int, among: Iterable[int] | None = None) -> list[tuple[int, float]]:
        """Return at most `k` (row, score), best first, of ties the smaller row first; only rows that share a word.

        A word that the question repeats counts as often. `among` leaves only these rows in the race; the
        frequencies behind the scores stay those of the whole index.
        """

    def score(self, words: Sequence[str], rows: Iterable[int]) -> dict[int, float]:
        """Return the score of each row; 0.0 where it shares no word."""

    def bound(self, words: Sequence[str]) -> float:
        """Return the score that no text can exceed: every word in it without end, also those that no text has."""

    def rows(self) -> list[int]:
        """Return all rows, in increasing order."""


class PlainBm25:
    """The exact double: BM25 over a dictionary of word counts."""

    def __init__(self) -> None:
        self._texts: dict[int, Counter[str]] = {}
        self._coming: dict[int, Counter[str]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, rows: Sequence[int], texts: Sequence[Sequence[str]]) -> None:
        """See `LexicalIndex`."""
        self._coming.update((row, Counter(clean_words(words))) for row, words in zip(rows, texts, strict=True))

    def remove(self, rows: Iterable[int]) -> None:
        """See `LexicalIndex`."""
        for row in rows:
            self._coming.pop(row, None)

    def clear(self) -> None:
        """See `LexicalIndex`."""
        self._coming.clear()

    def commit(self) -> None:
        """See `LexicalIndex`."""
        self._texts = dict(self._coming)

    def search(self, words: Sequence[str], k: int, among: Iterable[int] | None = None) -> list[tuple[int, float]]:
        """See `LexicalIndex`."""
        found = self.score(words, self._texts if among is None else self._texts.keys() & set(among))
        return order_hits(((row, score) for row, score in found.items() if score > 0), k)

    def score(self, words: Sequence[str], rows: Iterable[int]) -> dict[int, float]:
        """See `LexicalIndex`."""
        terms = choose_terms(clean_words(words), self._count_texts)
        size = len(self._texts)
        mean = sum(text.total() for text in self._texts.values()) / size if size else 0.0
        scores = {}
        for row in rows:
            text, total = self._texts.get(row, Counter()), 0.0
            for word, times in terms.items():
                if tf := text[word]:
                    idf = weigh_word(self._count_texts(word), size)
                    total += times * idf * (K1 + 1) * tf / (tf + K1 * (1 - B + B * text.total() / mean))
            scores[row] = total
        return scores

    def bound(self, words: Sequence[str]) -> float:
        """See `LexicalIndex`."""
        return bound_score(words, self._count_texts, len(self))

    def rows(self) -> list[int]:
        """See `LexicalIndex`."""
        return sorted(self._texts)

    def _count_texts(self, word: str) -> int:
        return sum(word in text for text in self._texts.values())


class TantivyIndex:
    """tantivy behind the seam. Questions are built from terms, never parsed: `OR`, `a:b` and `"` are words like others.

    A reader keeps the state that it opened. A removal leaves its words in the frequencies until tantivy tidies up at a
    moment of its own choosing; who wants the scores of a fresh index calls `clear` and adds everything again.
    """

    def __init__(self, folder: Path | None = None, *, create: bool = True) -> None:
        """Open the index in `folder`, or make one if `create`; None keeps it in memory. Raises `IndexDamaged`."""
        import tantivy

        self._tantivy = tantivy
        if folder is not None and create:
            folder.mkdir(parents=True, exist_ok=True)
        schema = tantivy.SchemaBuilder()
        schema.add_integer_field("row", indexed=True, fast=True)
        schema.add_text_field("words", tokenizer_name="words", index_option="freq")
        self._schema = schema.build()
        try:
            at = str(folder) if folder else None
            self._index = tantivy.Index(self._schema, at) if create or at is None else tantivy.Index.open(at)
            # by itself a thread would follow the files and read them anew: a reader keeps its state, and a file that is
            # cut short under that thread ends the process with SIGBUS
            self._index.config_reader(reload_policy="manual")
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"{folder} cannot be read by tantivy: {error}") from error
        spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("words", spaces)  # not stored with the index: needed on every open
        self._writer: tantivy.IndexWriter | None = None
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return self._searcher.num_docs

    def add(self, rows: Sequence[int], texts: Sequence[Sequence[str]]) -> None:
        """See `LexicalIndex`."""
        for row, words in zip(rows, texts, strict=True):
            document = self._tantivy.Document()
            document.add_integer("row", row)
            document.add_text("words", " ".join(clean_words(words)))
            self._open_writer().add_document(document)

    def remove(self, rows: Iterable[int]) -> None:
        """See `LexicalIndex`."""
        for row in rows:
            self._open_writer().delete_documents_by_term("row", row)

    def clear(self) -> None:
        """See `LexicalIndex`."""
        self._open_writer().delete_all_documents()

    def commit(self) -> None:
        """See `LexicalIndex`."""
        writer = self._open_writer()
        writer.commit()
        writer.wait_merging_threads()  # ends the writer: no thread of it may change files after we are done
        self._writer = None
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, words: Sequence[str], k: int, among: Iterable[int] | None = None) -> list[tuple[int, float]]:
        """See `LexicalIndex`."""
        query = self._build_query(words, None if among is None else sorted(set(among)))
        if query is None or k <= 0 or not len(self):
            return []
        fetch = min(len(self), k + 16)
        while True:
            hits = self._searcher.search(query, fetch, count=False).hits
            if len(hits) < fetch or fetch == len(self) or hits[-1][0] < hits[k - 1][0]:
                break
            fetch = min(len(self), 4 * fetch)  # a tie runs over the edge: which rows win must not be left to tantivy
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return order_hits(((int(row or 0), score) for row, (score, _) in zip(rows, hits, strict=True)), k)

    def score(self, words: Sequence[str], rows: Iterable[int]) -> dict[int, float]:
        """See `LexicalIndex`."""
        scores = dict.fromkeys(rows, 0.0)
        scores.update(self.search(words, len(scores), among=scores))
        return scores

    def bound(self, words: Sequence[str]) -> float:
        """See `LexicalIndex`."""
        return bound_score(words, lambda word: self._searcher.doc_freq("words", word), len(self))

    def rows(self) -> list[int]:
        """See `LexicalIndex`."""
        if not len(self):
            return []
        hits = self._searcher.search(self._tantivy.Query.all_query(), len(self), count=False).hits
        return sorted(int(row or 0) for row in self._searcher.fast_field_values("row", [at for _, at in hits]))

    def _build_query(self, words: Sequence[str], among: list[int] | None) -> tantivy.Query | None:
        """Any of the words, each as often as it is asked for, within `among`; None when nothing can be found."""
        query, occur = self._tantivy.Query, self._tantivy.Occur
        terms = choose_terms(clean_words(words), lambda word: self._searcher.doc_freq("words", word))
        if not terms or among == []:
            return None
        wanted = [
            (occur.Should, query.boost_query(query.term_query(self._schema, "words", word, "freq"), float(times)))
            for word, times in terms.items()
        ]
        if among is None:
            return query.boolean_query(wanted)
        able = query.const_score_query(query.term_set_query(self._schema, "row", among), 0.0)
        return query.boolean_query([(occur.Must, able), (occur.Must, query.boolean_query(wanted))])

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=64_000_000, num_threads=1)  # one thread: one order of rows
        return self._writer


def clean_words(words: Iterable[str]) -> list[str]:
    """Return words as the index keeps them: no white space within, `MAX_WORD` characters at most."""
    return [word[:MAX_WORD] for word in " ".join(words).split()]


def choose_terms(words: Iterable[str], count_texts: Callable[[str], int]) -> Mapping[str, int]:
    """Return the words to look up and how often each is asked for: known ones, of too many the rarest, in fixed order.

    `count_texts` says in how many texts a word stands. A question may be a whole paper pasted in; its rarest
    words carry the score.
    """
    times = Counter(words)
    known = {word: df for word in times if (df := count_texts(word))}
    chosen = sorted(known, key=lambda word: (known[word], word))[:MAX_TERMS]
    return {word: times[word] for word in sorted(chosen)}


def weigh_word(texts: int, size: int) -> float:
    """Return the inverse document frequency of a word that stands in `texts` of `size` texts."""
    return math.log(1 + (size - texts + 0.5) / (texts + 0.5))


def bound_score(words: Iterable[str], count_texts: Callable[[str], int], size: int) -> float:
    """Return the BM25 score that a text of these words alone, each without end, comes near to."""
    times = Counter(clean_words(words))
    return math.fsum(n * weigh_word(count_texts(word), size) * (K1 + 1) for word, n in sorted(times.items()))


def order_hits(hits: Iterable[tuple[int, float]], k: int) -> list[tuple[int, float]]:
    """Return the best `k`: higher score first, of ties the smaller row first."""
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[: max(k, 0)]
