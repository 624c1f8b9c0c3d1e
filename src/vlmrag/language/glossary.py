"""The bilingual glossary of the field: what makes 凍結語言模型, 冻结语言模型 and "frozen LLM" say the same thing.

The words themselves lie in `glossary.tsv`, whose first lines explain its form; a user's own files of that form can be
added to it. `gloss` gives the English of the Chinese terms in a passage, `put_into_english` the passage itself as an
English encoder can read it, for which everyday words (`common.tsv`) are known too; `terms` gives what sentences are
matched by, the same in either language and script.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.language.fold import HAN_CHAR, fold, fold_with_offsets, name_key
from vlmrag.language.matching import HAN_PHRASE, Entry, Matcher
from vlmrag.language.words import HAN_RUN, WORD, stem, stop_words

__all__ = ["KINDS", "Entry", "Glossary"]

KINDS = ("data", "modality", "model-part", "negation", "org", "question", "relation", "state", "task", "term", "unit")
"""What an entry of the glossary can be."""

_SILENT = frozenset({"question", "stop"})
"""Kinds that say nothing about a passage's subject."""
_SHARED = ("stopwords.txt", "irregular.tsv", "common.tsv")
"""What every glossary is read with."""
_SINGLE = frozenset({"negation", "unit"})
"""Kinds that may have a variant of one Han character; it is found by `spans` alone."""
_PARTICLES = re.compile(
    "[的了是在和与及其把被将等着也都就而或于之以吗呢吧啊为有中上下这那只共各此该所可更最很则从由向即且但若仅再又还每本·-]+"
)
"""Chinese grammar, as folded: it parts what is left of a Han run."""
_URL = re.compile(r"\b(?:https?://|www\.)[^\s\u3000-\u9fff]+")
_VERSION = re.compile(r"v?\d")
_REMEMBERED = 200_000
"""Words whose terms are remembered at most."""


class Glossary:
    """A set of entries, ready to be found in text. Build one with `Glossary.load`."""

    def __init__(self, texts: dict[str, str]) -> None:
        """Read the glossaries in `texts`, file name to content; a later one overrides an earlier one.

        Raises SourceError, which names file and line, where a line is not of the form.
        """
        self.entries: dict[str, Entry] = {}
        self._han = {w: Entry(w, (w,), "stop", "own") for w in sorted(stop_words()) if HAN_CHAR.match(w)}
        self._english: dict[str, tuple[Entry, str]] = {}
        for name, text in texts.items():
            self._read(name, text)
        self._matcher = Matcher(self._han, self._english)
        self._stems: dict[str, tuple[str, ...]] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        content = "\0".join([*texts.values(), *map(_read_data, _SHARED)])
        self.fingerprint = hashlib.sha256(content.encode()).hexdigest()
        """Of all that terms and glosses are made from: other words, another fingerprint."""

    @classmethod
    def load(cls, *extra: Path) -> Glossary:
        """Return the built-in glossary, with the entries of the files in `extra` added.

        Raises SourceError, which names file and line, where a line is not of the form that `glossary.tsv` explains.
        """
        if not extra:
            return _built_in()
        texts = {"glossary.tsv": _read_data("glossary.tsv")}
        for path in extra:
            try:
                texts[str(path)] = path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError(str(path), f"cannot be read as a glossary: {error}") from error
        return cls(texts)

    def gloss(self, text: str) -> list[str]:
        """Return the canonical English of the Chinese terms in `text`, in order, each once."""
        folded = fold(text)
        found: dict[str, None] = {}
        position = 0
        for run in HAN_PHRASE.finditer(folded):
            for _, end, entry in self._matcher.scan_han(folded, max(position, run.start()), run.end()):
                position = end
                if entry is not None and entry.kind not in _SILENT:
                    found[entry.term] = None
        return list(found)

    def put_into_english(self, text: str) -> str:
        """Return a text with its Chinese terms and everyday words in English, in their places, as matching folds it.

        Han characters that nothing is known of are left out. A text without any is returned as it is.
        """
        if not HAN_RUN.search(text):
            return text
        folded = fold(text)
        pieces: list[str] = []
        position = 0
        for start, end, english in self._read_han(folded):
            pieces += [folded[position:start], english and f" {english} "]
            position = end
        return " ".join("".join([*pieces, folded[position:]]).split())

    def share_in_english(self, text: str) -> float:
        """Return the share of a text's Han characters that `put_into_english` puts into English; 1 without any."""
        folded = fold(text)
        read = "".join(folded[start:end] for start, end, english in self._read_han(folded) if english)
        known, total = (len(HAN_CHAR.findall(part)) for part in (read, folded))
        return known / total if total else 1.0

    def find_unknown(self, text: str) -> list[str]:
        """Return the Han words of a text of which `put_into_english` knows nothing, particles of grammar aside."""
        folded = fold(text)
        found: list[str] = []
        position = 0
        for run in HAN_RUN.finditer(folded):
            for start, end, entry in self._reader.scan_han(folded, max(position, run.start()), run.end()):
                position = end
                if entry is None:
                    found += [word for word in _PARTICLES.split(folded[start:end]) if word]
        return found

    def _read_han(self, folded: str) -> Iterator[tuple[int, int, str]]:
        """Yield the stretches of a folded text's Han runs, without a gap in a run, and the English of each or ""."""
        position = 0
        for run in HAN_RUN.finditer(folded):
            if run.end() <= position:
                continue  # within a term that mixes scripts
            for start, end, entry in self._reader.scan_han(folded, max(position, run.start()), run.end()):
                position = end
                yield start, end, "" if entry is None or entry.kind in _SILENT else entry.term

    def terms(self, text: str) -> list[str]:
        """Return what `text` is matched by, in order: stems, the same for a Chinese term and its English ones.

        Known terms give the stems of their canonical English, other English words their own; stop words and question
        words are dropped. What is left of a Han run gives its pairs of characters.
        """
        return [term for concept in self.concepts(text) for term in concept]

    def concepts(self, text: str) -> list[tuple[str, ...]]:
        """Return the terms of `text` by what they belong to: the stems of one known term stand together."""
        folded, offsets = fold_with_offsets(text)
        found: list[tuple[str, ...]] = []
        name_end = -1  # of the unknown word just before, which a version may continue
        for start, end, entry in self._matcher.scan(text, folded, offsets):
            after, name_end = name_end, -1
            if entry is not None:
                found.append(self._stems_of(entry))
                continue
            word = folded[start:end]
            if not word.isascii() and HAN_RUN.match(word):
                alone = _stands_alone(folded, start, end)
                found += [(pair,) for pair in ([word] if alone else _han_pairs(word))]
            elif start == after + 1 > 0 and _continues(folded[after], found[-1][-1], word):
                found[-1] = (found[-1][-1] + ("." if folded[after] == "." else "") + word,)
                name_end = end
            elif terms := self._terms_of(word):
                found.append(terms)
                name_end = end
        return [concept for concept in found if concept]

    def spans(self, text: str, kind: str) -> list[tuple[str, int, int]]:
        """Return canonical term, start and end of the entries of `kind` in `text`, in order; web addresses aside."""
        folded, offsets = fold_with_offsets(text)
        spans = []
        for start, end, entry in self._matcher.scan(text, folded, offsets):
            if entry is not None:
                if entry.kind == kind:
                    spans.append((entry.term, offsets[start], offsets[end]))
            elif kind in _SINGLE:
                for i in range(start, end):
                    single = self._han.get(folded[i])
                    if single is not None and single.kind == kind:
                        spans.append((single.term, offsets[i], offsets[i + 1]))
        addresses = [address.span() for address in _URL.finditer(text)] if spans else []
        return [s for s in spans if not any(start <= s[1] < end for start, end in addresses)]

    def org(self, text: str) -> str | None:
        """Return the canonical organisation that a name stands for, or the first one in it; None if none is known."""
        known = self._org_names.get(name_key(text))
        return known or next((term for term, _, _ in self.spans(text, "org")), None)

    def parents(self, org: str) -> tuple[str, ...]:
        """Return what a canonical organisation belongs to, nearest first."""
        chain: list[str] = []
        entry = self.entries.get(org)
        while entry is not None and entry.parent is not None and entry.parent not in chain:
            chain.append(entry.parent)
            entry = self.entries.get(entry.parent)
        return tuple(chain)

    def _read(self, name: str, text: str) -> None:
        """Add the entries of one glossary."""
        owners: dict[str, str] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                entry = _parse(line)
                for variant in _forms(entry):
                    key = fold(variant)
                    if owners.setdefault(key, entry.term) != entry.term:
                        raise ValueError(f"{variant!r} already belongs to {owners[key]!r}")
                    self._add(variant, key, entry)
            except ValueError as error:
                raise SourceError(f"{name}, line {number}", str(error)) from error
            self.entries[entry.term] = entry
        for term in dict.fromkeys(owners.values()):
            parent = self.entries[term].parent
            if parent is not None and parent not in self.entries:
                raise SourceError(name, f"the parent of {term!r}, {parent!r}, is no entry")

    def _add(self, variant: str, key: str, entry: Entry) -> None:
        plain = key.isascii()  # four thousand keys: nothing is looked for that cannot be there
        if not plain and HAN_CHAR.match(key):
            if len(key) == 1 and entry.kind not in _SINGLE:
                raise ValueError(f"{variant!r} is one character, too little to be found by")
            self._han[key] = entry
        elif not plain and HAN_CHAR.search(key):
            raise ValueError(f"{variant!r} mixes scripts; such a variant has to begin with a Han character")
        elif (plain and key[:1].isalnum()) or WORD.search(key):
            self._english[key] = (entry, variant)
        else:
            raise ValueError(f"{variant!r} holds no word")

    def _stems_of(self, entry: Entry) -> tuple[str, ...]:
        """Return the stems of an entry's canonical English."""
        stems = self._stems.get(entry.term)
        if stems is None:
            words = () if entry.kind in _SILENT else WORD.findall(fold(entry.term))
            stems = self._stems[entry.term] = tuple(stem(word) for word in words if word not in stop_words())
        return stems

    def _terms_of(self, word: str) -> tuple[str, ...]:
        """Return the stem of a word that no entry knows; nothing of a stop word."""
        terms = self._words.get(word)
        if terms is None:
            terms = () if word in stop_words() else (stem(word),)
            if len(self._words) < _REMEMBERED:
                self._words[word] = terms
        return terms

    @cached_property
    def _reader(self) -> Matcher:
        """What puts Chinese into English: everyday words too, where the field has no other use for them."""
        return Matcher({**_common_words(), **self._han}, {})

    @cached_property
    def _org_names(self) -> dict[str, str]:
        return {
            name_key(name): entry.term
            for entry in self.entries.values()
            if entry.kind == "org"
            for name in (*entry.variants, entry.term)
        }


def _parse(line: str) -> Entry:
    """Read one line of a glossary; raise ValueError with the reason where it is not of the form."""
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) not in (4, 5):
        raise ValueError(f"{len(columns)} columns instead of term, variants, kind, source and, for some, parent")
    term, variants, kind, source = columns[:4]
    if not term or not source:
        raise ValueError("term and source must not be empty")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind; choose one of {', '.join(KINDS)}")
    return Entry(term, tuple(v.strip() for v in variants.split("|")), kind, source, "".join(columns[4:]) or None)


def _forms(entry: Entry) -> tuple[str, ...]:
    """Return all ways to write an entry: its term is one of them, unless it counts in exact letters only."""
    return entry.variants if f"={entry.term}" in entry.variants else (entry.term, *entry.variants)


def _han_pairs(run: str) -> list[str]:
    """Return the pairs of characters of what no entry knows of a Han run, parted at particles."""
    return ["".join(pair) for piece in _PARTICLES.split(run) for pair in pairwise(piece)]


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether folded[start:end] is one Han character between other scripts, and no particle."""
    around = folded[max(0, start - 1) : start] + folded[end : end + 1]
    return end - start == 1 and not _PARTICLES.match(folded, start) and not HAN_CHAR.search(around)


def _continues(gap: str, before: str, word: str) -> bool:
    """Whether a word is the version of the name before it (`blip-2`, `llava-v1`) or the rest of a decimal (`1.5`)."""
    if gap == "-":
        return _VERSION.match(word) is not None and not before[0].isdigit()
    return gap == "." and word[0].isdigit() and before[-1].isdigit()


def _read_data(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@cache
def _common_words() -> dict[str, Entry]:
    lines = (line.split("\t") for line in _read_data("common.tsv").splitlines() if not line.startswith("#"))
    entries = [Entry(english, tuple(chinese.split(" | ")), "common", "own") for english, chinese in lines]
    return {fold(word): entry for entry in entries for word in entry.variants}


@cache
def _built_in() -> Glossary:
    return Glossary({"glossary.tsv": _read_data("glossary.tsv")})
