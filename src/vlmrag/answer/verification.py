"""Checks quotes against their sources, with a verdict for each.

    exact                       the very characters stand there
    same after normalisation    the same words: other white space, markup, hyphens, ligatures, script; words left out
                                where the quote says so with an ellipsis
    altered                     a passage is near, and differs: it is shown, and in what
    absent                      nothing is near

A quote without a source is checked against all sources. Thousands of quotes are looked for at once, in time linear in
quotes and sources (`occurrences.py`); only what is in none of them is aligned, word by word, with where it may come
from. A quote that begins or ends inside a number is altered, though its characters stand there: `5 points` is not what
`25 points` says. Only a citation that gives these very offsets is exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from vlmrag.answer.alignment import Change, align_words
from vlmrag.answer.normal import Normal, normalise
from vlmrag.answer.occurrences import find_all, find_near
from vlmrag.answer.quotes import Quote
from vlmrag.errors import SourceError
from vlmrag.index.index import Index
from vlmrag.index.intake import locate
from vlmrag.ingest.text import read_text
from vlmrag.language.fold import HAN_CHAR

QuoteVerdict = Literal["exact", "same after normalisation", "altered", "absent"]

_NEAR = 0.6
"""Share of a quote's letters that a passage must have in the same order to be called the altered original."""
_ELLIPSIS = re.compile(r"\s*[\[(（]?(?:…+|\.{3,}|(?:\. ){2,}\.)[\])）]?\s*")
_BEFORE, _BEHIND = " \"'", " \"'.,;:!?"
"""What a writer may add to or take from the ends of a quote, in the normal form."""
_ENDS_NUMBER, _GOES_ON = re.compile(r"\d[.,]?$"), re.compile(r"[.,]?\d")


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
    page: int | None = None
    """Of a PDF, from 1, where the passage begins; `start`, `end` and `line` then count in the text of its pages."""


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
            found = self._check_cut(quotes[at], named[at], exact.get(quotes[at].words, {}))
            results[at] = found or self._check_near(quotes[at], words, places)
        return [self._remark(results[at], named[at], exact.get(quote.words, {})) for at, quote in enumerate(quotes)]

    # -- the four verdicts ---------------------------------------------------------------------------------------

    def _check_exact(self, quote: Quote, named: frozenset[int] | None, found: Mapping[int, int]) -> Checked | None:
        words, size = quote.words, len(quote.words)
        if not words:
            return Checked(quote, "absent", quote.source)
        for number in sorted(named or ()) if quote.start is not None else ():
            if self._texts[number][quote.start : quote.end] == words:
                return self._place(quote, "exact", number, quote.start or 0, (quote.start or 0) + size)
        for number, first in found.items():
            if named is None or number in named:
                at = _find_whole(self._texts[number], words, first)
                if at >= 0:
                    checked = self._place(quote, "exact", number, at, at + size)
                    moved = f"stands at {at}-{at + size}, not at {quote.start}-{quote.end}"
                    return checked if quote.start is None else replace(checked, note=moved)
        return None

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
                at = _find_whole(text, part, end)
                if at < 0:
                    break
                start = at if part is parts[0] else start
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
        aligned = [(align_words(self._texts[n][a:b], words), n, a) for n, a, b in self._to_windows(words, places)]
        if not aligned:
            return Checked(quote, "absent", quote.source)
        best, number, start = max(aligned, key=lambda item: item[0].likeness)
        if best.likeness < _NEAR:
            return Checked(quote, "absent", quote.source)
        verdict: QuoteVerdict = "altered" if best.changes or words != quote.words else "same after normalisation"
        checked = self._place(quote, verdict, number, start + best.start, start + best.end)
        return replace(checked, changes=best.changes)

    def _check_cut(self, quote: Quote, named: frozenset[int] | None, found: Mapping[int, int]) -> Checked | None:
        """Whether the characters stand there, but begin or end inside a number."""
        for number, at in found.items():
            if named is None or number in named:
                text = self._texts[number]
                start, end = at, at + len(quote.words)
                while start > 0 and _cuts_number(text, start, start):
                    start -= 1
                while end < len(text) and _cuts_number(text, end, end):
                    end += 1
                changes = align_words(text[start:end], quote.words).changes
                changes = changes or (Change(text[start:end], quote.words),)
                return replace(self._place(quote, "altered", number, start, end), changes=changes)
        return None

    def _remark(self, checked: Checked, named: frozenset[int] | None, exact: Mapping[int, int]) -> Checked:
        """Say what else is odd: words of another source than the one named, a source that is not known."""
        quote = checked.quote
        if checked.note:
            return checked
        if not quote.words:
            return replace(checked, note="the quote is empty")
        if quote.source and named is None:
            return replace(checked, note=f"the library has no source called {quote.source}")
        if checked.verdict == "absent" and exact:
            number = next(iter(exact))
            line = self._texts[number].count("\n", 0, exact[number]) + 1
            return replace(checked, note=f"stands exactly in {self._paths[number]}:{line}")
        return checked

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
            ats = [at for at, text in enumerate(words) if (4 * len(HAN_CHAR.findall(text)) > len(text)) == is_han]
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

    The text of a PDF is that of its pages as they were read.
    """
    texts = {}
    for source in index.sources():
        try:
            if source.kind != "pdf":
                texts[source.path] = read_text(locate(source.path, home), source.path).text
                continue
        except SourceError:
            pass
        texts[source.path] = index.source(source.path).text
    return texts


def find_page(checked: Checked, index: Index) -> Checked:
    """Return what was found of a quote with the page that it begins on, where it stands in a PDF."""
    if checked.source is None or checked.start is None or checked.end is None:
        return checked
    pages = index.pages(checked.source, checked.start, checked.end)
    return replace(checked, page=pages[0].number) if pages else checked


def _split_parts(words: str) -> list[tuple[str, str]]:
    """The parts of a quote between ellipses: as written, and their normal forms without punctuation at the ends."""
    parts = [(part, normalise(part).text.lstrip(_BEFORE).rstrip(_BEHIND)) for part in _ELLIPSIS.split(words)]
    return [(raw, part) for raw, part in parts if part]


def _find_whole(text: str, words: str, start: int) -> int:
    """Where words stand first, from `start` on, without cutting a number; -1 where they do not."""
    at = text.find(words, start)
    while at >= 0 and _cuts_number(text, at, at + len(words)):
        at = text.find(words, at + 1)
    return at


def _cuts_number(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends inside a number."""
    seams = ((text[max(0, at - 2) : at], text[at : at + 2]) for at in (start, end))
    return any(bool(_ENDS_NUMBER.search(left) and _GOES_ON.match(right)) for left, right in seams)
