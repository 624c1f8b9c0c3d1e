"""Finding the entries of a glossary in folded text: the longest from the left, in time proportional to the text.

Chinese is matched by characters, through the lengths that entries with the same first two characters have; English by
sequences of stems, so that `image encoders` finds `image encoder`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from vlmrag.language.patterns import compile_later
from vlmrag.language.words import HAN_RUN, WORD, base_form, stem

HAN_PHRASE = compile_later(rf"(?![-·])(?:[-·]?{HAN_RUN.pattern})+")
"""Han runs, joined at most by a hyphen or a middle dot (约翰·霍普金斯)."""
_INFLECTION = compile_later("[bdglmnprst]?(?:ed|ing)|e|e?s|d|y|ie[sd]|")
"""What may follow the letters that two forms of an English word share."""
_MIXED_END = compile_later(r"[a-z0-9]{2}")
"""Two characters of one Latin word: no entry ends between them."""

_TOKEN = compile_later(f"{HAN_PHRASE.pattern}|{WORD.pattern}")
_ASCII_TOKEN = compile_later(r"[a-zA-Z\d]+(?:\+\+?)?", re.ASCII)
"""The same of a text in ASCII, in a fifth of the time."""
_REMEMBERED = 200_000
"""Words that are remembered at most."""
_GAP = compile_later(r"\s{1,4}|[-_/'.]|\s?[-+]\s?|,\s")
"""What may stand between two words of one phrase; a comma only where the entry itself is written with one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One notion of the field and the ways to write it."""

    term: str
    """The canonical English."""
    variants: tuple[str, ...]
    """As in the file; one that begins with `=` counts only in exactly these letters, capitals included."""
    kind: str
    """One of `glossary.KINDS`; `stop` for a Chinese stop word."""
    source: str
    """Where the wording was taken from."""
    parent: str | None = None
    """Of an organisation: the canonical term of the one that it belongs to."""


Match = tuple[int, int, Entry | None]
"""A piece of a folded text: where it starts and ends, and its entry; None for a word, or the part of a Han run, that no
entry knows."""


class _Phrases:
    """The English keys that begin with one stem."""

    __slots__ = ("alone", "keys", "longest", "seconds")

    def __init__(self) -> None:
        self.keys: dict[tuple[str, ...], list[str]] = {}
        """Those of several words, by their stems."""
        self.alone: list[str] = []
        """Those of one word."""
        self.longest = 1
        """Words of the longest."""
        self.seconds: set[str] = set()
        """The stems that may follow: few words do, and then no phrase need be looked for."""

    def add(self, stems: tuple[str, ...], key: str) -> None:
        """Add a key by its stems."""
        (self.keys.setdefault(stems, []) if len(stems) > 1 else self.alone).append(key)
        self.longest = max(self.longest, len(stems))
        self.seconds.update(stems[1:2])


_NO_PHRASES = _Phrases()


class Matcher:
    """Entries by what they are found by: folded Han strings and folded English phrases."""

    def __init__(self, han: Mapping[str, Entry], english: Mapping[str, tuple[Entry, str]]) -> None:
        """Take Han keys, and English keys with the variant as written; a key with `=` counts in exact letters only."""
        self._han = han
        self._english = english
        lengths: dict[str, set[int]] = {}
        for key in han:
            if len(key) > 1:
                lengths.setdefault(key[:2], set()).add(len(key))
        self._lengths = {head: tuple(sorted(found, reverse=True)) for head, found in lengths.items()}
        self._heads: dict[str, list[tuple[str, str]]] = {}
        """The first word of each English key, and the key, by two letters of the word's base form."""
        for key in english:
            first = key if key.isascii() and key.isalpha() else WORD.findall(key)[0]
            self._heads.setdefault(base_form(first)[:2], []).append((first, key))
        self._phrases: dict[str, _Phrases] = {}
        self._begun: dict[str, _Phrases] = {}
        """By the English words met so far: what may begin with them."""
        self._alone: dict[tuple[str, str], Entry | None] = {}
        """What words that begin an entry are by themselves, folded and as written."""

    def scan(self, text: str, folded: str, offsets: Sequence[int]) -> Iterator[Match]:
        """Yield the entries in a text and the words between them, in order and without overlap.

        `folded` and `offsets` are what `fold_with_offsets` returns for `text`.
        """
        tokens = list((_ASCII_TOKEN if folded.isascii() else _TOKEN).finditer(folded))
        begun = self._begun
        position = 0
        for i, token in enumerate(tokens):
            start, end = token.span()
            if start < position:
                continue
            word = token[0]
            phrases = begun.get(word)
            if phrases is _NO_PHRASES:
                yield start, end, None
            elif phrases is None and not word.isascii() and HAN_RUN.match(word):
                for match in self.scan_han(folded, start, end):
                    position = match[1]
                    yield match
            else:
                match = self._match_phrase(phrases or self._begin(word), text, folded, offsets, tokens, i)
                position = match[1]
                yield match

    def scan_han(self, folded: str, start: int, end: int) -> Iterator[Match]:
        """Yield the entries in folded[start:end], a `HAN_PHRASE`, and what is left between them, in order.

        An entry that mixes scripts (上海AI实验室) may reach beyond `end`.
        """
        lengths, entries = self._lengths, self._han
        i = left = start
        while i < end - 1:
            for length in lengths.get(folded[i : i + 2], ()):
                entry = entries.get(folded[i : i + length]) if i + length <= len(folded) else None
                if entry is not None and not _MIXED_END.match(folded, i + length - 1):
                    if left < i:
                        yield left, i, None
                    yield i, i + length, entry
                    i = left = i + length
                    break
            else:
                i += 1
        if left < end:
            yield left, end, None

    def _match_phrase(
        self,
        phrases: _Phrases,
        text: str,
        folded: str,
        offsets: Sequence[int],
        tokens: list[re.Match[str]],
        i: int,
    ) -> Match:
        """Return the longest of the English entries that may begin at token `i`, or that token as an unknown word."""
        start, end = tokens[i].span()
        seconds = phrases.seconds
        if seconds and i + 1 < len(tokens) and stem(tokens[i + 1][0]) in seconds:
            ends = _follow(folded, tokens[i : i + phrases.longest])
            stems = [stem(token[0]) for token in tokens[i : i + len(ends)]]
            for count in range(len(stems), 1, -1):
                keys = phrases.keys.get(tuple(stems[:count]))
                if keys:
                    stop = ends[count - 1]
                    entry = self._choose(keys, folded[start:stop], text[offsets[start] : offsets[stop]])
                    if entry is not None:
                        return start, stop, entry
        if not phrases.alone:
            return start, end, None
        word = tokens[i][0], text[offsets[start] : offsets[end]]
        if word not in self._alone:
            if len(self._alone) > _REMEMBERED:
                self._alone.clear()
            self._alone[word] = self._choose(phrases.alone, *word)
        return start, end, self._alone[word]

    def _begin(self, word: str) -> _Phrases:
        """Return the English keys that may begin with a word.

        Stemming all entries takes longer than answering a question, so it is done when a word that begins with the
        same two letters is first met.
        """
        first = stem(word)
        phrases = self._phrases.get(first)
        if phrases is None:
            phrases = _Phrases()
            for head, key in self._heads.get(first[:2], ()):
                if stem(head) == first:
                    phrases.add(tuple(map(stem, WORD.findall(key))), key)
            if not (phrases.keys or phrases.alone):
                phrases = _NO_PHRASES
            else:
                self._phrases[first] = phrases
        if len(self._begun) > _REMEMBERED:
            self._begun.clear()
        self._begun[word] = phrases
        return phrases

    def _choose(self, keys: list[str], folded: str, written: str) -> Entry | None:
        """Return the entry among those with the same stems: exact letters, else the same words, else inflected."""
        inflected: Entry | None = None
        same: Entry | None = None
        for key in keys:
            entry, variant = self._english[key]
            if key.startswith("="):
                if variant[1:] == written:
                    return entry
            elif key == folded:
                same = entry
            elif inflected is None and "," not in folded and differ_by_inflection(key, folded):
                inflected = entry
        return same or inflected


def _follow(folded: str, tokens: Sequence[re.Match[str]]) -> list[int]:
    """Return where those of the tokens end that may be one phrase, from the first on."""
    ends = [tokens[0].end()]
    for left, right in pairwise(tokens):
        if not _GAP.fullmatch(folded, left.end(), right.start()) or HAN_RUN.match(right[0]):
            break
        ends.append(right.end())
    return ends


@lru_cache(maxsize=100_000)
def differ_by_inflection(one: str, other: str) -> bool:
    """Whether two folded phrases with the same stems are one but for their endings.

    A stem alone joins too much: `weakness` and `weakly`, `experiment` and `experience`.
    """
    for left, right in zip(WORD.findall(one), WORD.findall(other), strict=True):
        left, right = base_form(left), base_form(right)
        shared = next(
            (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
        )
        if not (_INFLECTION.fullmatch(left, shared) and _INFLECTION.fullmatch(right, shared)):
            return False
    return True
