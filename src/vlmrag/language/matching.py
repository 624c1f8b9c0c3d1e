"""Finding the entries of a glossary in folded text: the longest from the left, in time proportional to the text.

Chinese is matched by characters, through the lengths that entries with the same first two characters have; English by
sequences of stems, so that `image encoders` finds `image encoder`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from vlmrag.language.patterns import compile_later
from vlmrag.language.words import HAN_RUN, WORD, base_form, stem

HAN_PHRASE = compile_later(rf"(?![-·])(?:[-·]?{HAN_RUN.pattern})+")
"""Han runs, joined at most by a hyphen or a middle dot (约翰·霍普金斯)."""
_INFLECTION = compile_later("[bdglmnprst]?(?:ed|ing)|e|e?s|d|y|ie[sd]|")
"""What may follow the letters that two forms of an English word share."""
_MIXED_END = compile_later(r"[a-z0-9]{2}")
"""Two characters of one Latin word: no entry ends between them."""

_TOKEN = compile_later(f"(?P<han>{HAN_PHRASE.pattern})|{WORD.pattern}")
_REMEMBERED = 200_000
"""Plain words that are remembered at most."""
_GAP = compile_later(r"\s{1,4}|[-_/'.]|\s?[-+]\s?|,\s")
"""What may stand between two words of one phrase; a comma only where the entry itself is written with one."""


class Entry(NamedTuple):
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


class Match(NamedTuple):
    """A piece of a folded text: an entry, or what no entry knows."""

    start: int
    end: int
    """Both count characters of the folded text."""
    entry: Entry | None
    """None for a word, or the part of a Han run, that no entry knows."""


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
        self._begun: dict[str, list[tuple[str, str]]] = {}
        """The first word of each English key, and the key, by two letters of the word's base form."""
        for key in english:
            first = key if key.isascii() and key.isalpha() else WORD.findall(key)[0]
            self._begun.setdefault(base_form(first)[:2], []).append((first, key))
        self._phrases: dict[str, dict[tuple[str, ...], list[str]]] = {}
        self._plain: set[str] = set()
        """Words met so far that no entry begins with: most words, most of the time."""

    def scan(self, text: str, folded: str, offsets: list[int]) -> Iterator[Match]:
        """Yield the entries in a text and the words between them, in order and without overlap.

        `folded` and `offsets` are what `fold_with_offsets` returns for `text`.
        """
        tokens = list(_TOKEN.finditer(folded))
        position = 0
        for i, token in enumerate(tokens):
            if token.start() < position:
                continue
            if token["han"]:
                for match in self.scan_han(folded, token.start(), token.end()):
                    position = match.end
                    yield match
            elif token[0] in self._plain:
                yield Match(token.start(), token.end(), None)
            else:
                match = self._match_phrase(text, folded, offsets, tokens, i)
                position = match.end
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
                        yield Match(left, i, None)
                    yield Match(i, i + length, entry)
                    i = left = i + length
                    break
            else:
                i += 1
        if left < end:
            yield Match(left, end, None)

    def _match_phrase(self, text: str, folded: str, offsets: list[int], tokens: list[re.Match[str]], i: int) -> Match:
        """Return the longest English entry that begins at token `i`, or that token as an unknown word."""
        first = stem(tokens[i][0])
        phrases = self._phrases_of(first)
        if not phrases:
            if len(self._plain) < _REMEMBERED:
                self._plain.add(tokens[i][0])
            return Match(tokens[i].start(), tokens[i].end(), None)
        stems, ends = [first], [tokens[i].end()]
        longest = max(map(len, phrases), default=0)
        for left, right in pairwise(tokens[i : i + longest]):
            if right["han"] or not _GAP.fullmatch(folded, left.end(), right.start()):
                break
            stems.append(stem(right[0]))
            ends.append(right.end())
        start = tokens[i].start()
        for count in range(min(longest, len(stems)), 0, -1):
            keys = phrases.get(tuple(stems[:count]))
            if keys:
                end = ends[count - 1]
                entry = self._choose(keys, folded[start:end], text[offsets[start] : offsets[end]])
                if entry is not None:
                    return Match(start, end, entry)
        return Match(start, tokens[i].end(), None)

    def _phrases_of(self, first: str) -> dict[tuple[str, ...], list[str]]:
        """Return the English keys whose first stem is `first`, by their stems.

        Stemming all entries takes longer than answering a question, so it is done when a word is first met, of the
        entries that begin as it does.
        """
        phrases = self._phrases.get(first)
        if phrases is None:
            phrases = {}
            for word, key in self._begun.get(first[:2], ()):
                if stem(word) == first:
                    phrases.setdefault(tuple(map(stem, WORD.findall(key))), []).append(key)
            if phrases:
                self._phrases[first] = phrases
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
