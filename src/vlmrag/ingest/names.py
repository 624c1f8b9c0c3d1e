"""What a name in a question or a sentence means: the papers that a text names, however it spells them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from vlmrag.ingest.fields import find_arxiv
from vlmrag.ingest.titles import is_coined
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold, name_key
from vlmrag.language.patterns import compile_later
from vlmrag.language.words import stop_words
from vlmrag.types import Paper

_TOKEN = compile_later(r"(?:[^\W_\u3040-\u30ff\u3400-\u9fff]|[₀-₉²³])+(?:\+\+?)?|[\u3040-\u30ff\u3400-\u9fff]")
_JOINT = compile_later(r"[\s\-_‐–./·:'’()]{0,3}$")
_LONGEST_NAME = 60
_PREFIX = 14
"""Characters of a title's key by which it is looked up."""
_VERSION = compile_later(r"[-‐–_.\s]?(?:v?\d{1,2}(?:\.\d)?\b(?!\s*(?:%|年|月|个|個|papers|models))|[-‐–][A-Z0-9])")

_Match = tuple[Paper, int, int, int]
"""A paper, the span of its name, and the token after it."""


class PaperNames:
    """The names, titles and ids of papers, ready to be found in text."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._papers = tuple(papers)
        self._names: dict[str, list[tuple[Paper, str]]] = {}
        self._titles: dict[str, list[tuple[str, Paper]]] = {}
        self._ids = {paper.arxiv: paper for paper in reversed(self._papers) if paper.arxiv}
        for rank in range(3):
            for paper in self._papers:
                for written in (((paper.name,), (paper.title,), paper.aliases))[rank]:
                    if written:
                        self._add(written, paper)

    def _add(self, written: str, paper: Paper) -> None:
        key = name_key(written)
        if len(key) > 24 and len(written.split()) >= 4:
            self._titles.setdefault(key[:_PREFIX], []).append((key, paper))
        elif len(key) >= 2:
            self._names.setdefault(key, []).append((paper, written))

    def find(self, text: str, *, typos: bool = False) -> list[tuple[Paper, int, int]]:
        """Return the papers that a text names with the spans of their names, in order; the longest name wins.

        Names are found on word boundaries in any spelling; a name that is also a common word only as it is written.
        With `typos`, a word that nearly is a name counts as well.
        """
        tokens = list(_TOKEN.finditer(text))
        keys = [name_key(token[0]) for token in tokens]
        found = [
            (self._ids[f.value], f.start, f.end)
            for f in find_arxiv(text, 0, len(text), bare=True)
            if f.value in self._ids
        ]
        self._sweep(found, tokens, lambda at: self._match(text, tokens, keys, at, typos))
        if typos:
            self._sweep(found, tokens, lambda at: self._match_nearly(text, tokens, keys, at))
        return sorted(found, key=lambda item: item[1])

    def _sweep(
        self, found: list[tuple[Paper, int, int]], tokens: list[re.Match[str]], match_at: Callable[[int], _Match | None]
    ) -> None:
        """Add the matches from left to right that do not overlap what was found before."""
        taken = [(start, end) for _, start, end in found]
        at = 0
        while at < len(tokens):
            match = match_at(at)
            if match is None or any(a < match[2] and match[1] < b for a, b in taken):
                at += 1
            else:
                found.append(match[:3])
                at = match[3]

    def _match(self, text: str, tokens: list[re.Match[str]], keys: list[str], at: int, loose: bool) -> _Match | None:
        start = tokens[at].start()
        if start > 1 and text[start - 1] in "-‐_" and text[start - 2].isalnum():
            return None
        titled = self._match_title(tokens, keys, at)
        if titled is not None:
            return titled
        best = None
        coined = False
        for key, last in _runs(text, tokens, keys, at, _LONGEST_NAME):
            coined = coined or (last > at + 1 and is_coined(tokens[last - 1][0]))
            end = tokens[last - 1].end()
            paper = self._look_up(text, start, end, key, loose) or (self._begins_title(key) if coined else None)
            if paper is not None:
                best = (paper, start, end, last)
        return best

    def _match_nearly(self, text: str, tokens: list[re.Match[str]], keys: list[str], at: int) -> _Match | None:
        if keys[at] in stop_words():
            return None
        for key, last in _runs(text, tokens, keys, at, 24):
            if last - at > 3:
                break
            end = tokens[last - 1].end()
            if not _goes_on(text, end) and (near := self._nearly(key)):
                return near[0][0], tokens[at].start(), end, last
        return None

    def _begins_title(self, key: str) -> Paper | None:
        """Return the one paper whose title begins so ("Frozen CLIP"), where a name stands inside."""
        if len(key) < 9:
            return None
        found = [paper for title, paper in self._titles.get(key[:_PREFIX], ()) if title.startswith(key)]
        if len(key) < _PREFIX:
            found = [paper for title, paper in self._all_titles if title.startswith(key)]
        return found[0] if len({paper.id for paper in found}) == 1 else None

    @cached_property
    def _all_titles(self) -> list[tuple[str, Paper]]:
        return [pair for pairs in self._titles.values() for pair in pairs]

    def _match_title(self, tokens: list[re.Match[str]], keys: list[str], at: int) -> _Match | None:
        prefix, last = "", at
        while last < len(tokens) and len(prefix) < _PREFIX:
            prefix += keys[last]
            last += 1
        candidates = self._titles.get(prefix[:_PREFIX], [])
        for title, paper in sorted(candidates, key=lambda item: -len(item[0])):
            key, end = prefix, last
            while len(key) < len(title) and end < len(tokens):
                key += keys[end]
                end += 1
            if key == title:
                return paper, tokens[at].start(), tokens[end - 1].end(), end
        return None

    def _look_up(self, text: str, start: int, end: int, key: str, loose: bool) -> Paper | None:
        holders = self._names.get(key)
        if not holders or _goes_on(text, end):
            return None
        words = text[start:end]
        for paper, written in holders:
            if not _is_common(written) or (words == written and not _starts_phrase(text, start, end, written)):
                return paper
            if loose and words != written and _stands_as_name(text, start, end):
                return paper
        return None

    def _nearly(self, key: str) -> list[tuple[Paper, str]]:
        """Return the names that differ from `key` by one slip, or by two in long names; digits must agree."""
        if (
            len(key) < 5
            or not key.isascii()
            or key in stop_words()
            or key in word_set("common_words")
            or key in word_set("topic_words")
        ):
            return []
        reach = 2 if len(key) >= 9 else 1
        candidates = {name for form in _deletions(key, reach) for name in self._misspellings.get(form, ())}
        digits = re.findall(r"\d+", key)
        near = [
            (distance, name)
            for name in candidates
            if name[0] == key[0] and re.findall(r"\d+", name) == digits
            and (distance := _slips(key, name)) <= (2 if min(len(name), len(key)) >= 9 else 1)
        ]  # fmt: skip
        return self._names[min(near)[1]] if near else []

    @cached_property
    def _misspellings(self) -> dict[str, set[str]]:
        forms: dict[str, set[str]] = {}
        for key in self._names:
            if 5 <= len(key) <= 24:
                for form in _deletions(key, 2 if len(key) >= 9 else 1):
                    forms.setdefault(form, set()).add(key)
        return forms


def _runs(text: str, tokens: list[re.Match[str]], keys: list[str], at: int, longest: int) -> Iterator[tuple[str, int]]:
    """Yield the joined keys of one token, of two, ..., and the token after them, as long as nothing parts them."""
    key = ""
    for last in range(at, len(tokens)):
        if last > at and not _JOINT.match(text[tokens[last - 1].end() : tokens[last].start()]):
            return
        key += keys[last]
        if len(key) > longest:
            return
        yield key, last + 1


def _goes_on(text: str, end: int) -> bool:
    """Whether a name goes on after its match: `BLIP` in `BLIP-2`, `CLIP` in `CLIP-Adapter`, `VSE` in `VSE++`."""
    return text.startswith("+", end) or bool(_VERSION.match(text, end))


def _is_common(written: str) -> bool:
    """Whether a name is also a common word, or too short to be told by its letters alone."""
    return name_key(written) in word_set("common_words") or (len(name_key(written)) <= 3 and written.isalpha())


def _stands_as_name(text: str, start: int, end: int) -> bool:
    """Whether the words around a common word treat it as a name: "what is clip?", "git and ofa", "sam 的"."""
    before = re.search(r"([A-Za-z]+|[^\sA-Za-z])\s*$", text[max(0, start - 20) : start])
    after = re.match(r"\s*([A-Za-z]+|[^\sA-Za-z])", text[end : end + 20])
    led = before is None or fold(before[1]) in word_set("before_names") or not before[1].isascii()
    followed = (
        after is None or fold(after[1]) in word_set("after_names") or not after[1].isascii() or after[1] in "?,.;:!)'/"
    )
    return led and followed


def _starts_phrase(text: str, start: int, end: int, written: str) -> bool:
    """Whether a capitalised common word is rather the first word of a phrase ("Frozen Language Models")."""
    if not written.istitle():
        return False
    after = re.match(r"\s+([A-Za-z]+)", text[end : end + 30])
    if after is None:
        return False
    if after[1][0].isupper():
        return True
    begins = start == 0 or bool(re.search(r"[.!?。！？\n]\s*$", text[max(0, start - 3) : start]))
    return begins and after[1] not in stop_words() and not after[1].endswith("s")


def _deletions(key: str, reach: int) -> Iterator[str]:
    """Yield a key and what is left of it without one letter, or two."""
    yield key
    for i in range(len(key)):
        shorter = key[:i] + key[i + 1 :]
        yield shorter
        if reach > 1:
            for j in range(i, len(shorter)):
                yield shorter[:j] + shorter[j + 1 :]


def _slips(a: str, b: str) -> int:
    """Return the Damerau-Levenshtein distance in its restricted form: insert, delete, replace, swap neighbours."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
