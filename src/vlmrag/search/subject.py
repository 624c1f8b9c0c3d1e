"""What a question is about: the concepts that it looks for, what it counts, and the names that nobody knows."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from vlmrag.language.fold import HAN_CHAR, fold, name_key
from vlmrag.language.glossary import KINDS, Glossary
from vlmrag.language.words import stop_words
from vlmrag.search.catalogue import NAME_LIKE, Catalogue
from vlmrag.search.cues import Cues
from vlmrag.types import Paper

Concept = tuple[str, ...]
"""The terms of one thing that is looked for: ("learn", "rate")."""
_VERSION = re.compile(
    r"[\s-]?(v?\d{1,2}(?:\.\d+)?)(?![a-z0-9_.%]|\s?[年月日天号號个個种種层層篇张張次倍万萬亿億条條项項步类類])",
    re.IGNORECASE,
)
"""The version after a name; a number before a measure word ("CLIP 3 篇") is none."""
ASIDE = re.compile(r"[(（]([^()（）]*)[)）]")
_PLAIN = re.compile(r"(?<![\w-])[a-z]{5,}(?![\w-])")
_CUT = " \x00 "
"""What stands in a text for a phrase that was cut out of it."""
_SHARE, _SHARE_OF_TWO = 0.67, 0.5
"""Share of its neighbour's weight below which what stands before an "or" does not stand alone; where that is short."""
_LIGHT = 0.34
"""Share of the heaviest alternative's weight below which an alternative says too little."""
_ALIKE = 0.86
"""Likeness, 0..1, from which one word is a slip for another."""


def find_unknown(text: str, spans: list[tuple[Paper, int, int]], catalogue: Catalogue) -> tuple[str, ...]:
    """Names in the question that nothing in the library goes by, versions of known names included ("SAM 2")."""
    found = []
    for m in NAME_LIKE.finditer(text):
        version = _VERSION.match(text, m.end())
        end = version.end() if version else m.end()
        if any(s < m.end() and end <= e for _, s, e in spans):
            continue
        versioned = version is not None and _takes_version(m.group(), catalogue)
        if not versioned and not _looks_like_name(m.group(), text, m.start()):
            continue
        if not _is_known(text[m.start() : end], catalogue):
            found.append(text[m.start() : end])
    return tuple(dict.fromkeys(found))


def _takes_version(word: str, catalogue: Catalogue) -> bool:
    """Whether a number after the word may be its version: a paper's name, or a capital that begins no command."""
    if catalogue.names.find(word):
        return True
    terms = catalogue.glossary.terms(word)
    return word[0].isupper() and bool(terms) and not set(terms) <= frame_terms(catalogue)


def _is_known(name: str, catalogue: Catalogue) -> bool:
    """Whether the library writes the name, or the parts of a plain compound ("CLIP-based"), or the glossary has it."""
    terms = (span for kind in KINDS for span in catalogue.glossary.spans(name, kind))
    if any(end - start == len(name) for _, start, end in terms) or name_key(name) in catalogue.written_names:
        return True
    first, *rest = re.split(r"[-+.]", name)
    plain = bool(rest) and all(part.islower() for part in rest)
    return plain and all(any(map(catalogue.knows, catalogue.glossary.terms(p))) for p in (first, *rest))


def _looks_like_name(word: str, text: str, start: int) -> bool:
    """Capitals inside, or digits beside letters, or a capital that no sentence's start explains."""
    inner = any(c.isupper() for c in word[1:])
    digits = any(c.isdigit() for c in word)
    opens = not HAN_CHAR.search(text) and (start == 0 or text[:start].rstrip(" \"'(“‘*-")[-1:] in (*".?!:;", ""))
    plain = word.lower() in stop_words()
    return len(word) > 1 and (inner or digits or (word[0].isupper() and not opens and not plain))


def read_alternatives(
    text: str, catalogue: Catalogue, cues: Cues, named: bool = False, limited: bool = False
) -> tuple[tuple[Concept, ...], ...]:
    """What is looked for, as alternatives; a remark in brackets is one more way to say the same.

    What is left of Chinese between known terms is mostly a way of asking: it counts where there is nothing else, not
    even a constraint (`limited`), and where a paper is `named` only if the library writes it.
    """
    asides = [m.group(1) for m in ASIDE.finditer(text)]
    main = cues.frame_phrases.sub(_CUT, cues.aside.sub(" ", fold(ASIDE.sub(" ", text))))
    frame, faint = frame_terms(catalogue), faint_terms(catalogue)

    def read_concepts(part: str) -> tuple[Concept, ...]:
        concepts = (tuple(dict.fromkeys(concept)) for concept in catalogue.glossary.concepts(part))
        kept = (c for c in concepts if len(c) > 1 or c[0] not in frame)
        return tuple(
            dict.fromkeys(c for c in kept if not (named and HAN_CHAR.match(c[0]) and not catalogue.knows(c[0])))
        )

    def weigh(concepts: tuple[Concept, ...]) -> float:
        return math.fsum(math.sqrt(catalogue.weigh(t)) for c in concepts for t in c if t not in faint)

    pieces = cues.either.split(main)
    again = [p for aside in asides for piece in cues.dividing.split(fold(aside)) for p in cues.either.split(piece)]
    told = any(not _is_left(c) for piece in (*pieces, *again) for c in read_concepts(piece))

    def read(piece: str) -> tuple[Concept, ...]:
        return tuple(c for c in read_concepts(piece) if not ((told or limited) and _is_left(c)))

    plain = list(_join_either(pieces, read, weigh))
    other = [concepts for piece in again if (concepts := read(piece))]
    heaviest = max(map(weigh, (*plain, *other)), default=0.0)
    chosen = tuple(dict.fromkeys([c for c in plain if weigh(c) >= _LIGHT * heaviest] + other))
    return () if (limited or named) and all(t in faint for concepts in chosen for c in concepts for t in c) else chosen


def _is_left(concept: Concept) -> bool:
    """Whether a concept is what is left of Chinese between known terms."""
    return bool(HAN_CHAR.match(concept[0]))


def _join_either(
    pieces: Sequence[str], read: Callable[[str], tuple[Concept, ...]], weigh: Callable[[tuple[Concept, ...]], float]
) -> Iterator[tuple[Concept, ...]]:
    """What the pieces between "or" look for, each with what it shares with its neighbours.

    "A long x or y" is read as "a long x", "a long y", and, where y says enough by itself, "y". "Turns x or y into z"
    is "x into z" and "y into z": what stands before the "or" and says much less than what stands after shares its end.
    A piece of which nothing is left ("which models or papers ...") leaves the others as they are.
    """
    parts = [(piece, concepts) for piece in pieces if (concepts := read(piece))]
    for (_, concepts), (after, shared) in pairwise(parts):
        general = after.lstrip(" ,").startswith(_CUT.strip())  # "x or models that do y": both do y
        rest = shared if general else shared[1:]
        least = _SHARE if len(rest) > 1 else _SHARE_OF_TWO
        shares = bool(rest) and (weigh(concepts) < least * weigh(shared) or (general and len(concepts) == 1))
        yield tuple(dict.fromkeys([*concepts, *rest])) if shares else concepts
    for (_, before), (_, concepts) in pairwise(parts):
        yield tuple(dict.fromkeys([*before[:-1], *concepts]))
    for (_, before), (_, concepts) in pairwise(parts):
        if sum(map(len, concepts)) > 1 or len(before) == 1:
            yield concepts
    if len(parts) == 1:
        yield parts[0][1]


def read_counted(text: str, catalogue: Catalogue, cues: Cues) -> tuple[Concept, ...]:
    """What the question asks the number of: the first concept after each "how many"."""
    folded = fold(text)
    found = (catalogue.glossary.concepts(folded[m.end() : m.end() + 40])[:1] for m in cues.counted.finditer(folded))
    return tuple(dict.fromkeys(c for concepts in found for c in concepts if not HAN_CHAR.match(c[0])))


def mend_words(text: str, catalogue: Catalogue) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Put right the slips in plain English words that the library, or a question, writes otherwise: "conector".

    Returns the text, and each slip with what was put instead.
    """
    frame = frame_terms(catalogue)
    asking = {form for word in Cues.load().frame for form in (word, f"{word}s")}
    mended: dict[str, str] = {}

    def mend(m: re.Match[str]) -> str:
        word = m.group()
        terms = catalogue.glossary.terms(word)
        plain = not terms or any(catalogue.knows(t) or t in frame for t in terms)
        if plain or word in Cues.load().words or word in catalogue.written_names:
            return word  # asked in the order of what the answer costs: all names are the dearest
        known = asking | catalogue.written_names
        near = [w for w in known if w[0] == word[0] and abs(len(w) - len(word)) <= 2]
        return mended.setdefault(word, next(iter(difflib.get_close_matches(word, sorted(near), 1, _ALIKE)), word))

    right = _PLAIN.sub(mend, text)
    return right, tuple((slip, word) for slip, word in mended.items() if slip != word)


@cache
def _frame_terms_of(words: tuple[str, ...], glossary: Glossary) -> frozenset[str]:
    return frozenset(t for w in words for t in glossary.terms(w))


def frame_terms(catalogue: Catalogue) -> frozenset[str]:
    """The terms that one asks with, whatever one asks for: "model", "use", "different"."""
    return _frame_terms_of(Cues.load().frame, catalogue.glossary)


def faint_terms(catalogue: Catalogue) -> frozenset[str]:
    """The terms of plain talk, which tell little of what is looked for, however rare they are."""
    return _frame_terms_of(Cues.load().faint, catalogue.glossary)
