"""What is asked: the kind of question, the papers it names, what it looks for, and what the conversation adds.

Read with the same code as the notes: names by `PaperNames`, terms by the glossary, relations ("freezes the LLM") by
`read_statements`. How people ask is a data file, `questions.toml`. Nothing here depends on chance or on a model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from vlmrag.ingest.attributes import Parts, Statement, Vocabulary, read_parts, read_statements
from vlmrag.language.fold import detect_language, fold, name_key
from vlmrag.search.catalogue import NAME_LIKE, Catalogue
from vlmrag.types import Filters, Paper, Turn

_LONGEST = 4000
"""Characters of a question that are read; the rest of a longer one is passed over."""
_VERSION = re.compile(r"[\s-]?(v?\d{1,2}(?:\.\d+)?)(?![\w.%]|\s?[㐀-鿿])", re.IGNORECASE)
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:\s*(?:-|–|—|~|to|and|至|到)\s*((?:19|20)\d\d))?(?!\d)(?!\.\d)\s*年?")
_ASIDE = re.compile(r"[(（]([^()（）]*)[)）]")


Concept = tuple[str, ...]
"""The terms of one thing that is looked for: ("learn", "rate")."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was understood."""

    text: str
    lang: str
    """`en`, `zh-Hans` or `zh-Hant`."""
    kind: str
    """`list`, `similar`, `compare`, `check` (yes or no), `find`, `definition` or `fact`."""
    papers: tuple[Paper, ...]
    """The papers it is about, in the order named."""
    alternatives: tuple[tuple[Concept, ...], ...]
    """What it looks for: sets of concepts, any one of which will do ("speech or audio")."""
    wants: tuple[str, ...]
    """`org`, `date`, `number`, ...: the form of what it wants."""
    relations: tuple[Statement, ...]
    """Components and states it asks about; all of them must hold."""
    parts: Parts
    """Components and states that it speaks of, bound to each other or not."""
    filters: Filters
    unknown: tuple[str, ...]
    """Names in it that the library does not know."""
    negated: bool = False
    """Whether it asks for what is *not* so ("without annotations"): a sentence that denies is then what is sought."""
    excluded: tuple[Paper, ...] = ()
    """Papers that it sets aside: "the other one"."""

    @property
    def terms(self) -> tuple[str, ...]:
        """All terms that it looks for, each once."""
        return tuple(dict.fromkeys(t for a in self.alternatives for concept in a for t in concept))


class _Cues:
    """The patterns of `questions.toml`, compiled."""

    def __init__(self, table: dict[str, Any]) -> None:
        def either(patterns: list[str]) -> re.Pattern[str]:
            return re.compile("|".join(patterns))

        self.kinds: list[tuple[str, re.Pattern[str]]] = [(k["name"], either(k["patterns"])) for k in table["kind"]]
        self.wants: list[tuple[str, re.Pattern[str]]] = [(w["name"], either(w["patterns"])) for w in table["wants"]]
        self.places = [re.compile("|".join(p["patterns"]), re.IGNORECASE) for p in table["place"]]
        self.either = either(table["either"]["patterns"])
        self.aside = either(table["aside"]["patterns"])
        self.back = either(table["back"]["patterns"])
        self.ordinals = {k: either(v) for k, v in table["ordinals"].items()}
        self.frame: list[str] = table["frame"]["words"]
        self.frame_phrases = either(table["frame"]["phrases"])

    @classmethod
    @cache
    def load(cls) -> _Cues:
        text = resources.files("vlmrag.search").joinpath("questions.toml").read_text("utf-8")
        return cls(tomllib.loads(text))


def read_question(
    text: str, catalogue: Catalogue, history: Sequence[Turn] = (), filters: Filters | None = None
) -> Question:
    """Understand a question, with the conversation before it and the filters beside it."""
    cues = _Cues.load()
    text = text.strip()[:_LONGEST]
    folded = fold(text)
    spans = catalogue.names.find(text, typos=True)
    unknown = _find_unknown(text, spans, catalogue)
    named = tuple(dict.fromkeys(p for p, start, end in spans if text[start:end] not in unknown))
    first = min((start for _, start, _ in spans), default=0)
    kind = _tell_kind(folded, named, first, cues)
    excluded: tuple[Paper, ...] = named if kind == "find" else ()
    if history and not named and cues.back.search(folded):
        named, excluded = _look_back(folded, history, catalogue, cues)
        kind = "find" if excluded else _tell_kind(folded, named, 0, cues)
    relations = tuple(read_statements(text)) if kind in ("list", "find", "check") else ()
    limits, rest = _read_limits(text, filters or Filters(), catalogue, kind, cues)
    if kind in ("fact", "definition", "check", "compare", "similar"):
        rest = _blank(rest, [(s, e) for p, s, e in spans if p in named])
    return Question(
        text=text,
        lang=detect_language(text),
        kind=kind,
        papers=() if kind == "find" else named,
        alternatives=_read_alternatives(rest, catalogue, cues),
        wants=tuple(name for name, pattern in cues.wants if pattern.search(folded)),
        relations=relations,
        parts=read_parts(rest),
        filters=limits,
        unknown=unknown,
        negated=bool(Vocabulary.load().negation.search(folded)),
        excluded=excluded,
    )


def _tell_kind(folded: str, named: Sequence[Paper], first: int, cues: _Cues) -> str:
    """The kind of a question whose first named paper, if any, starts at `first`."""
    needs = {"similar": 1, "compare": 2, "check": 1}
    for name, pattern in cues.kinds:
        cue = pattern.search(folded)
        if cue and len(named) >= needs.get(name, 0) and (name != "find" or not named or cue.start() < first):
            return name
    return "compare" if len(named) > 1 else "fact"


def _find_unknown(text: str, spans: list[tuple[Paper, int, int]], catalogue: Catalogue) -> tuple[str, ...]:
    """Names in the question that nothing in the library goes by, versions of known names included ("SAM 2")."""
    found = []
    for m in NAME_LIKE.finditer(text):
        word, end = m.group(), m.end()
        version = _VERSION.match(text, end)
        if version and not re.fullmatch(r"(?:19|20)\d\d", version.group(1)):
            word, end = text[m.start() : version.end()], version.end()
        if any(s < m.end() and end <= e for _, s, e in spans) or not _looks_like_name(m.group(), m.start()):
            continue
        if not _is_known(word, catalogue):
            found.append(word)
    return tuple(dict.fromkeys(found))


def _is_known(name: str, catalogue: Catalogue) -> bool:
    """Whether the library writes the name, or all of a compound's parts ("CLIP-based"), or the glossary has it."""
    orgs = catalogue.glossary.spans(name, "org")
    if name_key(name) in catalogue.written_names or any(end - start == len(name) for _, start, end in orgs):
        return True
    parts = re.split(r"[-+.]", name)
    return len(parts) > 1 and all(any(map(catalogue.knows, catalogue.glossary.terms(p))) for p in parts if p)


def _looks_like_name(word: str, start: int) -> bool:
    """Capitals inside, or digits beside letters, or a capital not at the sentence's start."""
    inner = any(c.isupper() for c in word[1:])
    digits = any(c.isdigit() for c in word)
    return len(word) > 1 and (inner or digits or (word[0].isupper() and start > 0))


def _look_back(
    folded: str, history: Sequence[Turn], catalogue: Catalogue, cues: _Cues
) -> tuple[tuple[Paper, ...], tuple[Paper, ...]]:
    """The papers that "it", "the second one", "its v2" mean, and those that "the other" sets aside."""
    for turn in reversed(history):
        before = tuple(dict.fromkeys(p for p, _, _ in catalogue.names.find(turn.content)))
        if not before:
            continue
        if cues.ordinals["other"].search(folded):
            rest = before[1:] if len(before) > 1 else ()
            return (rest, ()) if rest else ((), before)
        version = re.search(r"\bv(\d+(?:\.\d+)?)\b", folded)
        if version:
            newer = _find_version(before, version.group(), catalogue)
            return (newer, ()) if newer else (before[:1], ())
        for number, pattern in cues.ordinals.items():
            if number != "other" and pattern.search(folded):
                at = int(number) - 1 if int(number) > 0 else -1
                return (before[at : at + 1 or None] or before[-1:], ())
        subject = _subject_of(history, before, catalogue)
        return (subject, ())
    return ((), ())


def _subject_of(history: Sequence[Turn], before: tuple[Paper, ...], catalogue: Catalogue) -> tuple[Paper, ...]:
    """What "it" means: the paper that the last question was about, else the first one that the answer named."""
    for turn in reversed(history):
        if turn.role == "user":
            asked = tuple(dict.fromkeys(p for p, _, _ in catalogue.names.find(turn.content)))
            if asked:
                return asked
    return before[:1]


def _find_version(papers: Sequence[Paper], version: str, catalogue: Catalogue) -> tuple[Paper, ...]:
    for paper in papers:
        for name in (paper.name, *paper.aliases):
            stem = re.sub(r"[\s-]*v?\d+(?:\.\d+)?$", "", name, flags=re.IGNORECASE)
            for sign in (version, version[1:]):
                for found, _, _ in catalogue.names.find(f"{stem}-{sign}"):
                    if found not in papers:
                        return (found,)
    return ()


def _read_limits(text: str, filters: Filters, catalogue: Catalogue, kind: str, cues: _Cues) -> tuple[Filters, str]:
    """Constraints said in the question's words (years, an organisation, a part of the library), and the rest of it."""
    rest = text
    for pattern in cues.places:
        rest = _blank(rest, [m.span() for m in pattern.finditer(rest)])
    if kind != "list":
        return filters, rest
    years = _YEARS.search(rest)
    if years and filters.years is None:
        first, last = int(years.group(1)), int(years.group(2) or years.group(1))
        filters = replace(filters, years=(min(first, last), max(first, last)))
        rest = _blank(rest, [years.span()])
    orgs = catalogue.glossary.spans(rest, "org")
    if orgs and filters.org is None:
        filters = replace(filters, org=_widest(orgs, catalogue))
        rest = _blank(rest, [(start, end) for _, start, end in orgs])
    if filters.source is None:
        for source, title in catalogue.titles.items():
            at = fold(rest).find(fold(title))
            if at >= 0 and len(title) > 3:
                filters = replace(filters, source=source)
                rest = re.sub(re.escape(title), " ", rest, flags=re.IGNORECASE)
                break
    return filters, rest


def _widest(orgs: list[tuple[str, int, int]], catalogue: Catalogue) -> str:
    """Of the organisations that a question names, the one that holds the others, else the first."""
    names = [o for o, _, _ in orgs]
    for name in names:
        if all(name == o or name in catalogue.glossary.parents(o) for o in names):
            return name
    return names[0]


def _read_alternatives(text: str, catalogue: Catalogue, cues: _Cues) -> tuple[tuple[Concept, ...], ...]:
    """What is looked for, as alternatives; a remark in brackets is one more way to say the same.

    "A long x or y" is read as "a long x", "a long y", and, where y says enough by itself, "y". An alternative of
    which nothing is left ("which models or papers ...") leaves the others as they are.
    """
    asides = [m.group(1) for m in _ASIDE.finditer(text)]
    main = cues.frame_phrases.sub(" ", cues.aside.sub(" ", fold(_ASIDE.sub(" ", text))))
    frame = _frame_terms(catalogue)

    def read_concepts(part: str) -> tuple[Concept, ...]:
        concepts = (tuple(dict.fromkeys(concept)) for concept in catalogue.glossary.concepts(part))
        return tuple(dict.fromkeys(c for c in concepts if len(c) > 1 or c[0] not in frame))

    parts = [concepts for part in cues.either.split(main) if (concepts := read_concepts(part))]
    found = dict.fromkeys(parts[:1])
    for before, concepts in pairwise(parts):
        found[tuple(dict.fromkeys([*before[:-1], *concepts]))] = None
        if sum(map(len, concepts)) > 1 or len(before) == 1:
            found[concepts] = None
    found |= dict.fromkeys(concepts for aside in asides if (concepts := read_concepts(aside)))
    return tuple(found)


@cache
def _frame_terms_of(words: tuple[str, ...], glossary: Any) -> frozenset[str]:
    return frozenset(t for w in words for t in glossary.terms(w))


def _frame_terms(catalogue: Catalogue) -> frozenset[str]:
    return _frame_terms_of(tuple(_Cues.load().frame), catalogue.glossary)


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` with the spans overwritten by spaces, so that offsets stay."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
