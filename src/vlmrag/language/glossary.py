"""The bilingual glossary of the field: what makes 凍結語言模型, 冻结语言模型 and "frozen LLM" say the same thing.

The words themselves lie in `glossary.tsv`, whose first lines explain its form; a user's own files of that form can be
added. Chinese is matched by the longest entry from the left over the folded text, which takes time in proportion to the
text; English by sequences of stems, so that `image encoders` finds `image encoder`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.language.fold import HAN, fold, fold_with_offsets, name_key
from vlmrag.language.words import HAN_RUN, WORD, base_form, stem, stop_words

KINDS = frozenset("term org relation state negation modality task data model-part unit question".split())  # noqa: SIM905
"""What an entry of the glossary can be."""

_SILENT = frozenset({"question", "stop"})
"""Kinds that say nothing about a passage's subject."""
_SINGLE = frozenset({"negation", "unit"})
"""Kinds that may have a variant of one Han character; it is found by `spans` alone."""
_HAN_CHAR = re.compile(f"[{HAN}]")
_TOKEN = re.compile(f"(?P<han>{HAN_RUN.pattern})|{WORD.pattern}")
_GAP = re.compile(r"\s{1,4}|[-_/]|\s?-\s?")
"""What may stand between two words of one phrase."""
_PARTICLES = re.compile(
    "[的了是在和与及其把被将等着也都就而或于之以吗呢吧啊为有中上下这那只共各此该所可更最很则从由向即且但若仅再又还每本]+"
)
"""Chinese grammar, as folded: it parts what is left of a Han run."""
_VERSION = re.compile(r"v?\d")


@dataclass(frozen=True, slots=True)
class Entry:
    """One notion of the field and the ways to write it."""

    term: str
    """The canonical English."""
    variants: tuple[str, ...]
    """As in the file; one that begins with `=` counts only in exactly these letters, capitals included."""
    kind: str
    """One of `KINDS`; `stop` for a Chinese stop word."""
    source: str
    """Where the wording was taken from."""
    parent: str | None = None
    """Of an organisation: the canonical term of the one that it belongs to."""


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    """Both in the folded text."""
    entry: Entry | None
    """None for a word, or the part of a Han run, that no entry knows."""


class Glossary:
    """A set of entries, ready to be found in text. Build one with `Glossary.load`."""

    def __init__(self, texts: dict[str, str]) -> None:
        """Read the glossaries in `texts`, name to content; a later one overrides an earlier one."""
        self.entries: dict[str, Entry] = {}
        self._han: dict[str, Entry] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._latin: dict[str, tuple[Entry, str]] = {}
        self._buckets: dict[str, list[str]] = {}
        self._phrases: dict[str, dict[tuple[str, ...], list[str]]] = {}
        self._terms: dict[str, tuple[str, ...]] = {}
        for word in stop_words():
            if _HAN_CHAR.match(word):
                self._han[word] = Entry(word, (word,), "stop", "own")
        for name, text in texts.items():
            self._read(name, text)
        self._index()
        content = "\0".join([*texts.values(), *sorted(stop_words())])
        self.fingerprint = hashlib.sha256(content.encode()).hexdigest()
        """Of the content: another glossary, another fingerprint."""

    @classmethod
    def load(cls, *extra: Path) -> Glossary:
        """Return the built-in glossary, with the entries of the files in `extra` added.

        Raises SourceError, which names file and line, where a line is not of the form that `glossary.tsv` explains.
        """
        if not extra:
            return _built_in()
        texts = {"glossary.tsv": _built_in_text()}
        for path in extra:
            try:
                texts[str(path)] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError(str(path), f"cannot be read as a glossary: {error}") from error
        return cls(texts)

    def gloss(self, text: str) -> list[str]:
        """Return the canonical English of the Chinese terms in `text`, in order, each once."""
        folded = fold(text)
        found: dict[str, None] = {}
        for run in HAN_RUN.finditer(folded):
            for match in self._match_han(folded, run.start(), run.end()):
                if match.entry is not None and match.entry.kind not in _SILENT:
                    found[match.entry.term] = None
        return list(found)

    def terms(self, text: str) -> list[str]:
        """Return what `text` is matched by, in order: stems, the same for a Chinese term and its English ones.

        Known terms give the stems of their canonical English, other English words their own; stop words and question
        words are dropped. What is left of a Han run gives its pairs of characters.
        """
        folded, offsets = fold_with_offsets(text)
        terms: list[str] = []
        joinable = -1
        for match in self._scan(text, folded, offsets):
            if match.entry is not None:
                terms += self._canonical_stems(match.entry)
                joinable = -1
                continue
            word = folded[match.start : match.end]
            if HAN_RUN.match(word):
                terms += _han_pairs(word)
                joinable = -1
            elif terms and joinable >= 0 and _continues(folded[joinable : match.start], terms[-1], word):
                terms[-1] += ("." if folded[joinable] == "." else "") + word
                joinable = match.end
            elif word in stop_words():
                joinable = -1
            else:
                terms.append(stem(word))
                joinable = match.end
        return terms

    def spans(self, text: str, kind: str) -> list[tuple[str, int, int]]:
        """Return canonical term, start and end (in `text`) of the entries of `kind` that stand in `text`, in order."""
        folded, offsets = fold_with_offsets(text)
        spans = []
        for match in self._scan(text, folded, offsets):
            if match.entry is not None:
                if match.entry.kind == kind:
                    spans.append((match.entry.term, offsets[match.start], offsets[match.end]))
            elif kind in _SINGLE:
                for i in range(match.start, match.end):
                    entry = self._han.get(folded[i])
                    if entry is not None and entry.kind == kind:
                        spans.append((entry.term, offsets[i], offsets[i + 1]))
        return spans

    def org(self, text: str) -> str | None:
        """Return the canonical organisation that a name stands for, or the first one in it; None if none is known."""
        known = self._org_names().get(name_key(text))
        if known is not None:
            return known
        return next((term for term, _, _ in self.spans(text, "org")), None)

    def parents(self, org: str) -> tuple[str, ...]:
        """Return what a canonical organisation belongs to, nearest first."""
        chain: list[str] = []
        entry = self.entries.get(org)
        while entry is not None and entry.parent is not None and entry.parent not in chain:
            chain.append(entry.parent)
            entry = self.entries.get(entry.parent)
        return tuple(chain)

    # Reading

    def _read(self, name: str, text: str) -> None:
        """Add the entries of one glossary, folding it in one go."""
        lines, folded_lines = text.split("\n"), fold(text).split("\n")
        own: dict[str, str] = {}
        for number, (line, folded) in enumerate(zip(lines, folded_lines, strict=True), 1):
            line = line.rstrip("\r")
            if not line.strip() or line.startswith("#"):
                continue
            try:
                entry = _parse(line)
                columns = folded.split("\t")
                for variant, key in zip((entry.term, *entry.variants), _keys(columns), strict=True):
                    if own.setdefault(key, entry.term) != entry.term:
                        raise ValueError(f"{variant!r} already belongs to {own[key]!r}")
                    self._add(variant, key, entry)
            except ValueError as error:
                raise SourceError(f"{name}, line {number}", str(error)) from error
            self.entries[entry.term] = entry
        for term in set(own.values()):
            parent = self.entries[term].parent
            if parent is not None and parent not in self.entries:
                raise SourceError(name, f"the parent of {term!r}, {parent!r}, is no entry")

    def _add(self, variant: str, key: str, entry: Entry) -> None:
        if _HAN_CHAR.search(key):
            if not _HAN_CHAR.match(key):
                raise ValueError(f"{variant!r} mixes scripts; a Chinese variant begins with a Han character")
            if len(key) == 1 and entry.kind not in _SINGLE:
                raise ValueError(f"{variant!r} is one character, too little to be found by")
            self._han[key] = entry
        elif WORD.search(key):
            self._latin[key] = (entry, variant)
        else:
            raise ValueError(f"{variant!r} holds no word")

    def _index(self) -> None:
        """Prepare the look-ups: lengths by the first two characters, phrases by the first two letters."""
        lengths: dict[str, set[int]] = {}
        for key in self._han:
            if len(key) > 1:
                lengths.setdefault(key[:2], set()).add(len(key))
        self._lengths = {head: tuple(sorted(found, reverse=True)) for head, found in lengths.items()}
        for key in self._latin:
            first = WORD.search(key)
            assert first is not None
            self._buckets.setdefault(base_form(first[0])[:2], []).append(key)

    # Matching

    def _scan(self, text: str, folded: str, offsets: list[int]) -> Iterator[_Match]:
        """Yield the known terms of a folded text and the words between them, in order, without overlap."""
        tokens = list(_TOKEN.finditer(folded))
        position = 0
        for i, token in enumerate(tokens):
            if token.start() < position:
                continue
            if token["han"]:
                yield from self._match_han(folded, token.start(), token.end())
                continue
            match = self._match_phrase(text, folded, offsets, tokens, i)
            position = match.end
            yield match

    def _match_han(self, folded: str, start: int, end: int) -> Iterator[_Match]:
        """Yield the longest entries from the left in folded[start:end], a Han run, and what is left between them."""
        lengths, entries = self._lengths, self._han
        i = left = start
        while i < end - 1:
            for length in lengths.get(folded[i : i + 2], ()):
                entry = entries.get(folded[i : i + length]) if i + length <= end else None
                if entry is not None:
                    if left < i:
                        yield _Match(left, i, None)
                    yield _Match(i, i + length, entry)
                    i = left = i + length
                    break
            else:
                i += 1
        if left < end:
            yield _Match(left, end, None)

    def _match_phrase(self, text: str, folded: str, offsets: list[int], tokens: list[re.Match[str]], i: int) -> _Match:
        """Return the longest English entry that begins at token `i`, or that token as an unknown word."""
        first = stem(tokens[i][0])
        phrases = self._phrases_of(first)
        stems, ends = [first], [tokens[i].end()]
        longest = max(map(len, phrases), default=0)
        for left, right in pairwise(tokens[i : i + longest]):
            if right["han"] or not _GAP.fullmatch(folded, left.end(), right.start()):
                break
            stems.append(stem(right[0]))
            ends.append(right.end())
        start = tokens[i].start()
        for count in range(min(longest, len(stems)), 0, -1):
            keys = phrases.get(tuple(stems[:count]), ())
            entry = self._choose(keys, folded[start : ends[count - 1]], text[offsets[start] : offsets[ends[count - 1]]])
            if entry is not None:
                return _Match(start, ends[count - 1], entry)
        return _Match(start, tokens[i].end(), None)

    def _phrases_of(self, first: str) -> dict[tuple[str, ...], list[str]]:
        """Return the English entries whose first stem is `first`; stems are made when they are first needed."""
        for key in self._buckets.pop(first[:2], ()):
            stems = tuple(stem(word) for word in WORD.findall(key.lstrip("=")))
            self._phrases.setdefault(stems[0], {}).setdefault(stems, []).append(key)
        return self._phrases.get(first, {})

    def _choose(self, keys: list[str] | tuple[()], folded: str, written: str) -> Entry | None:
        """Return the entry among those with the same stems: exact letters first, then the same words, then any."""
        chosen: Entry | None = None
        for key in keys:
            entry, variant = self._latin[key]
            if key.startswith("="):
                if variant[1:] == written:
                    return entry
            elif key == folded:
                chosen = entry
            else:
                chosen = chosen or entry
        return chosen

    def _canonical_stems(self, entry: Entry) -> tuple[str, ...]:
        stems = self._terms.get(entry.term)
        if stems is None:
            words = () if entry.kind in _SILENT else WORD.findall(fold(entry.term))
            stems = self._terms[entry.term] = tuple(stem(word) for word in words if word not in stop_words())
        return stems

    def _org_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for entry in self.entries.values():
            if entry.kind == "org":
                names.update((name_key(variant), entry.term) for variant in (*entry.variants, entry.term))
        return names


def _parse(line: str) -> Entry:
    """Read one line of a glossary; raise ValueError with the reason where it is not of the form."""
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) not in (4, 5):
        raise ValueError(f"{len(columns)} columns instead of term, variants, kind, source and, for some, parent")
    term, variants, kind, source = columns[:4]
    if not term or not variants or not source:
        raise ValueError("term, variants and source must not be empty")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind; choose one of {', '.join(sorted(KINDS))}")
    return Entry(term, tuple(v.strip() for v in variants.split("|")), kind, source, columns[4] if columns[4:] else None)


def _keys(folded_columns: list[str]) -> Iterator[str]:
    """Yield what the term and each variant of a folded line are found by; an exact one keeps its `=`."""
    yield folded_columns[0].strip()
    for variant in folded_columns[1].split("|"):
        yield variant.strip()


def _han_pairs(run: str) -> list[str]:
    """Return the pairs of characters of an unknown Han run, parted at particles; a single character stands alone."""
    pairs: list[str] = []
    for piece in _PARTICLES.split(run):
        pairs += [piece] if len(piece) == 1 else ["".join(pair) for pair in pairwise(piece)]
    return pairs


def _continues(gap: str, before: str, word: str) -> bool:
    """Whether a word is the version of the name before it (`blip-2`, `llava-v1`) or the rest of a decimal (`1.5`)."""
    if gap == "-":
        return _VERSION.match(word) is not None and not before[0].isdigit()
    return gap == "." and word[0].isdigit() and before[-1].isdigit()


def _built_in_text() -> str:
    return (files("vlmrag.language") / "glossary.tsv").read_text(encoding="utf-8")


@cache
def _built_in() -> Glossary:
    return Glossary({"glossary.tsv": _built_in_text()})
