"""Checks quotes against their sources, with a verdict for each.

    exact                       the very characters stand there
    same after normalisation    the same words: other white space, markup, hyphens, ligatures, script; words left out
                                where the quote says so with an ellipsis
    altered                     a passage is near, and differs: it is shown, and in what
    absent                      nothing is near

A quote without a source is checked against all sources. Thousands of quotes are looked for at once, in time linear in
quotes and sources (`occurrences.py`); only what is in none of them is aligned, word by word, with where it may come
from. A quote that begins or ends inside a number is not the same words: `5 points` is not in `25 points`, unless the
characters themselves are quoted, and then a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import Literal

from vlmrag.answer.normal import Normal, normalise
from vlmrag.answer.occurrences import find_all, find_near
from vlmrag.answer.quotes import Quote
from vlmrag.errors import SourceError
from vlmrag.index.index import Index
from vlmrag.index.intake import locate
from vlmrag.ingest.text import read_text
from vlmrag.language.fold import HAN, fold

QuoteVerdict = Literal["exact", "same after normalisation", "altered", "absent"]

_NEAR = 0.6
"""Share of a quote's letters that a passage must have in the same order to be called the altered original."""
_ELLIPSIS = re.compile(r"\s*[\[(（]?(?:…+|\.{3,}|(?:\. ){2,}\.)[\])）]?\s*")
_BEFORE, _BEHIND = " \"'", " \"'.,;:!?"
"""What a writer may add to or take from the ends of a quote, in the normal form."""
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[{HAN}]|[^\W\d_{HAN}]+(?:-(?:\n\s*)?[^\W\d_{HAN}]+)*|[^\w\s*_`|#\\]")
_HYPHEN = re.compile(r"-\s*")
_HAN = re.compile(f"[{HAN}]")
_ENDS_NUMBER, _GOES_ON = re.compile(r"\d[.,]?$"), re.compile(r"[.,]?\d")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs: the source's words and the quote's; one of them is empty where words were added or dropped."""

    source: str
    quote: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A quote, and what was found."""

    quote: Quote
    verdict: QuoteVerdict
    source: str | None = None
    """Where it, or the passage nearest to it, stands; with the fields below."""
    start: int | None = None
    end: int | None = None
    line: int | None = None
    found: str = ""
    """The source's own words at that place."""
    changes: tuple[Change, ...] = ()
    note: str = ""
    """What else is to be said: that it stands elsewhere than the citation says."""


class Verifier:
    """Checks quotes against the texts of a library."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take each source's text by its path."""
        self._paths = list(texts)
        self._texts = list(texts.values())

    def check(self, quotes: Sequence[Quote]) -> list[Checked]:
        """Return a verdict for each quote, in order."""
        named = [self._find_sources(quote.source) for quote in quotes]
        exact = find_all(self._texts, (quote.words for quote in quotes))
        results: dict[int, Checked] = {}
        for at, quote in enumerate(quotes):
            if found := self._check_exact(quote, named[at], exact.get(quote.words, {})):
                results[at] = found
        left = [at for at in range(len(quotes)) if at not in results]
        parts = {at: _split_parts(quotes[at].words) for at in left}
        same = find_all(self._normal_texts, (part for found in parts.values() for _, part in found))
        for at in left:
            if found := self._check_same(quotes[at], named[at], [part for _, part in parts[at]], same):
                results[at] = found
        left = [at for at in left if at not in results]
        doubtful = [next((raw for raw, part in parts[at] if not same[part]), quotes[at].words) for at in left]
        near = self._find_near(doubtful, [named[at] for at in left])
        for at, words, places in zip(left, doubtful, near, strict=True):
            found = self._check_near(quotes[at], words, places)
            results[at] = self._tell_elsewhere(found, exact.get(quotes[at].words, {}))
        return [results[at] for at in range(len(quotes))]

    # -- the four verdicts ---------------------------------------------------------------------------------------

    def _check_exact(self, quote: Quote, named: frozenset[int] | None, found: Mapping[int, int]) -> Checked | None:
        words, size = quote.words, len(quote.words)
        if not words:
            return Checked(quote, "absent", quote.source, note="the quote is empty")
        for number in sorted(named or ()) if quote.start is not None else ():
            if self._texts[number][quote.start : quote.end] == words:
                return self._place(quote, "exact", number, quote.start or 0, (quote.start or 0) + size)
        places = [(n, at) for n, at in found.items() if named is None or n in named]
        if not places:
            return None
        whole = [(n, at) for n, at in places if not _cuts_number(self._texts[n], at, at + size)]
        number, at = (whole or places)[0]
        checked = self._place(quote, "exact", number, at, at + size)
        if quote.start is not None:
            return replace(checked, note=f"stands at {at}-{at + size}, not at {quote.start}-{quote.end}")
        return checked if whole else replace(checked, note="a number is cut")

    def _check_same(
        self,
        quote: Quote,
        named: frozenset[int] | None,
        parts: Sequence[str],
        found: Mapping[str, Mapping[int, int]],
    ) -> Checked | None:
        """Whether all parts of a quote stand in one source, one after the other."""
        for number, start in found[parts[0]].items() if parts else ():
            text = self._normal_texts[number]
            end = start
            for part in parts if named is None or number in named else ():
                at = text.find(part, end)
                if at < 0 or _cuts_number(text, at, at + len(part)):
                    break
                end = at + len(part)
            else:
                if end > start:
                    offsets = self._normals[number].offsets
                    return self._place(
                        quote, "same after normalisation", number, int(offsets[start]), int(offsets[end - 1]) + 1
                    )
        return None

    def _check_near(self, quote: Quote, words: str, places: Sequence[tuple[int, int]]) -> Checked:
        """Compare the doubtful words of a quote with the passages they may come from; the nearest one tells."""
        aligned = [(_align(self._texts[n][a:b], words), n, a) for n, a, b in self._to_windows(words, places)]
        if not aligned:
            return Checked(quote, "absent", quote.source)
        best, number, start = max(aligned, key=lambda item: item[0].likeness)
        if best.likeness < _NEAR:
            return Checked(quote, "absent", quote.source)
        verdict: QuoteVerdict = "altered" if best.changes or words != quote.words else "same after normalisation"
        checked = self._place(quote, verdict, number, start + best.start, start + best.end)
        return replace(checked, changes=best.changes)

    def _tell_elsewhere(self, checked: Checked, exact: Mapping[int, int]) -> Checked:
        if not exact:
            return checked
        number = next(iter(exact))
        line = self._texts[number].count("\n", 0, exact[number]) + 1
        return replace(checked, note=f"stands exactly in {self._paths[number]}:{line}")

    # -- places --------------------------------------------------------------------------------------------------

    def _place(self, quote: Quote, verdict: QuoteVerdict, number: int, start: int, end: int) -> Checked:
        text = self._texts[number]
        line = text.count("\n", 0, start) + 1
        return Checked(quote, verdict, self._paths[number], start, end, line, text[start:end])

    def _find_sources(self, named: str | None) -> frozenset[int] | None:
        """The numbers of the sources that are meant: the path, or its end; None for all, also where none is known."""
        if not named:
            return None
        tail = "/" + named.replace("\\", "/").lstrip("./").casefold()
        fitting = self._by_name.get(tail.rsplit("/", 1)[-1], [])
        return frozenset(n for n in fitting if f"/{self._paths[n]}".casefold().endswith(tail)) or None

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, path in enumerate(self._paths):
            found.setdefault(path.rsplit("/", 1)[-1].casefold(), []).append(number)
        return found

    @cached_property
    def _normals(self) -> list[Normal]:
        return [normalise(text) for text in self._texts]

    @cached_property
    def _normal_texts(self) -> list[str]:
        return [normal.text for normal in self._normals]

    def _find_near(self, quotes: Sequence[str], named: Sequence[frozenset[int] | None]) -> list[list[tuple[int, int]]]:
        """For each quote the texts' numbers and starts, in the normal form, of what it may come from.

        A character of Han says more than a letter, so that shorter stretches do.
        """
        words = [normalise(quote).text for quote in quotes]
        found: list[list[tuple[int, int]]] = [[] for _ in quotes]
        for size, is_han in ((4, True), (8, False)):
            ats = [at for at, text in enumerate(words) if (4 * len(_HAN.findall(text)) > len(text)) == is_han]
            if ats:
                places = find_near(self._normal_texts, [words[at] for at in ats], size, [named[at] for at in ats])
                for at, starts in zip(ats, places, strict=True):
                    found[at] = starts
        return found

    def _to_windows(self, words: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """The stretches of the texts themselves around places in the normal form."""
        length = len(normalise(words).text)
        spare = max(32, length // 2)
        windows = []
        for number, start in places:
            offsets = self._normals[number].offsets
            first = int(offsets[min(max(0, start - 8), len(offsets) - 1)])
            last = int(offsets[min(max(0, start + length + 2 * spare), len(offsets) - 1)])
            windows.append((number, first, last))
        return windows


def read_texts(index: Index, home: Path) -> dict[str, str]:
    """Return the text of every source by its path: as the file lies on disk, else as the index remembers it.

    The text of a PDF is its sentences, one a line: places in it are places in that.
    """
    texts = {}
    for source in index.sources():
        if source.kind == "pdf":
            pages = [document.id for document in index.documents() if document.source == source.path]
            texts[source.path] = "\n".join(sentence.text for sentence in index.sentences(pages))
            continue
        try:
            texts[source.path] = read_text(locate(source.path, home), source.path).text
        except SourceError:
            texts[source.path] = index.source(source.path).text
    return texts


@dataclass(frozen=True, slots=True)
class _Alignment:
    """How a quote lies in a passage; start and end count characters of the passage."""

    likeness: float
    start: int
    end: int
    changes: tuple[Change, ...]


def _align(passage: str, quote: str) -> _Alignment:
    """Lay a quote along a passage, word by word."""
    theirs = [(m.start(), m.end()) for m in _TOKEN.finditer(passage)]
    ours = [(m.start(), m.end()) for m in _TOKEN.finditer(quote)]
    a, b = [_key(passage[x:y]) for x, y in theirs], [_key(quote[x:y]) for x, y in ours]
    blocks = [block for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks() if block.size]
    _drop_strays(blocks)
    if not blocks:
        return _Alignment(0.0, 0, 0, ())
    shared = sum(len(word) for block in blocks for word in b[block.b : block.b + block.size])
    likeness = shared / max(1, sum(map(len, b)))
    before, after = blocks[0].b, len(b) - blocks[-1].b - blocks[-1].size
    first = max(0, blocks[0].a - before)
    last = min(len(a), blocks[-1].a + blocks[-1].size + after)
    changes, at, bt = [], first, 0
    for x, y, size in [*((k.a, k.b, k.size) for k in blocks), (last, len(b), 0)]:
        change = Change(_cut(passage, theirs[at:x]), _cut(quote, ours[bt:y]))
        if (change.source or change.quote) and not _is_cut_word(change, bt == 0, y == len(b)):
            changes.append(change)
        at, bt = x + size, y + size
    return _Alignment(likeness, theirs[first][0], theirs[last - 1][1], tuple(changes))


def _is_cut_word(change: Change, opens: bool, closes: bool) -> bool:
    """Whether a quote merely begins or ends inside a word; a number must be whole."""
    whole, part = _key(change.source), _key(change.quote)
    inside = (opens and whole.endswith(part)) or (closes and whole.startswith(part))
    return inside and bool(part) and whole.isalpha()


def _drop_strays(blocks: list[SequenceMatcher.Match]) -> None:  # type: ignore[name-defined]
    """Drop single words at the ends that are the same by chance: far away in the passage, near in the quote."""
    while (
        len(blocks) > 1 and blocks[1].a - blocks[0].a - blocks[0].size > 4 * blocks[0].size + blocks[1].b - blocks[0].b
    ):
        blocks.pop(0)
    while (
        len(blocks) > 1
        and blocks[-1].a - blocks[-2].a - blocks[-2].size > 4 * blocks[-1].size + blocks[-1].b - blocks[-2].b
    ):
        blocks.pop()


def _key(word: str) -> str:
    return _HYPHEN.sub("", fold(word)) or word


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return text[spans[0][0] : spans[-1][1]] if spans else ""


def _split_parts(words: str) -> list[tuple[str, str]]:
    """The parts of a quote between ellipses: as written, and their normal forms without punctuation at the ends."""
    parts = [(part, normalise(part).text.lstrip(_BEFORE).rstrip(_BEHIND)) for part in _ELLIPSIS.split(words)]
    return [(raw, part) for raw, part in parts if part]


def _cuts_number(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends inside a number."""
    seams = ((text[max(0, at - 2) : at], text[at : at + 2]) for at in (start, end))
    return any(bool(_ENDS_NUMBER.search(left) and _GOES_ON.match(right)) for left, right in seams)
