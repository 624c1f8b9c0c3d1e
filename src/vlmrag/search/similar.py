"""Papers like a paper, or like a text: the whole library is ranked, and each side says what it adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from vlmrag.errors import UsageError
from vlmrag.ingest.fields import find_arxiv
from vlmrag.language.fold import HAN_CHAR, name_key
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.likeness import WEIGHTS, Profiles
from vlmrag.search.profile import Profile
from vlmrag.search.table import Scores
from vlmrag.types import Paper

_DIGITS = 4
_NEAR = 20
"""Papers whose attributes are read and compared."""
_NAME = 6
"""Chinese characters beyond which words are rather a text than a name."""
_read: WeakKeyDictionary[Catalogue, Profiles] = WeakKeyDictionary()
"""The profiles of each library in use, read when first needed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What papers are compared with: a paper of the library, or a text."""

    paper: Paper | None
    text: str
    """Empty for a paper."""
    profile: Profile


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a paper is, and by what."""

    paper: Paper
    score: float
    """0..1: the sum of what the sides add."""
    sides: tuple[tuple[str, float], ...]
    """Each side of `likeness.WEIGHTS` that adds something, and what; most first."""


def read_profiles(catalogue: Catalogue) -> Profiles:
    """Return the profiles of a library's papers, read once for the life of the catalogue."""
    if catalogue not in _read:
        _read[catalogue] = Profiles(catalogue)
    return _read[catalogue]


def find_like(words: str, catalogue: Catalogue) -> Paper | str:
    """Return what `words` stand for: a paper in any form of its name, else a text: a title, an abstract.

    Of an arXiv id that is no paper of the library, what the library says where it names it. Raises UsageError for an
    id that it never names, and for a name that nobody knows.
    """
    key = name_key(words)
    spans = catalogue.names.find(words, typos=True)
    for paper, start, end in spans:
        if 2 * len(name_key(words[start:end])) > len(key):
            return paper
    ids = find_arxiv(words, 0, len(words), bare=True)
    if ids:
        said = (s.text for p in catalogue.papers for s in catalogue.sentences(p) if ids[0].value in s.text)
        if text := next(said, None):
            return text
        raise UsageError(
            f"the library has no paper {ids[0].value}: get it with vlmrag fetch {ids[0].value} and vlmrag ingest, "
            "or give its title or abstract with --text"
        )
    if len(words.split()) > 2 or len(HAN_CHAR.findall(words)) > _NAME:
        return words
    raise UsageError(f"the library has no paper called {words}; vlmrag papers lists them, --text takes any words")


def take_sample(like: Paper | str, catalogue: Catalogue) -> Sample:
    """Return a paper, or a text, as it is compared."""
    profiles = read_profiles(catalogue)
    if isinstance(like, str):
        return Sample(None, like, profiles.reader.read_text(like))
    return Sample(like, "", profiles.all[profiles.at[like.id]])


def rank_similar(
    like: Paper | str, catalogue: Catalogue, k: int = 10, among: Sequence[Paper] | None = None
) -> list[Likeness]:
    """Return the `k` papers most like a paper or a text, `among` some or all of the library, best first.

    Ties stand in the order of `among`. Papers that nothing likens to it are left out.
    """
    profiles, sample = read_profiles(catalogue), take_sample(like, catalogue)
    adds = {side: WEIGHTS[side] * v for side, v in profiles.compare(sample.profile, sample.paper, sample.text).items()}
    if sample.paper:
        adds["attributes"] = _add_attributes(sample.paper, np.sum(list(adds.values()), axis=0), profiles)
    ranked = []
    for order, other in enumerate(catalogue.papers if among is None else among):
        at = profiles.at[other.id]
        if sample.paper is not None and other.id == sample.paper.id:
            continue
        sides = [(side, added) for side, found in adds.items() if (added := round(float(found[at]), _DIGITS)) > 0]
        score = round(sum(added for _, added in sides), _DIGITS)
        if score > 0:
            ranked.append((-score, order, Likeness(other, score, tuple(sorted(sides, key=lambda s: -s[1])))))
    return [likeness for _, _, likeness in sorted(ranked, key=lambda r: r[:2])[:k]]


def _add_attributes(paper: Paper, totals: Scores, profiles: Profiles) -> Scores:
    """What shared attributes add for the papers that are nearest by all else, (n,); 0 for the others."""
    added = np.zeros(len(totals))
    for at in np.argsort(-totals.round(_DIGITS), kind="stable")[:_NEAR].tolist():
        added[at] = WEIGHTS["attributes"] * profiles.compare_attributes(paper, profiles.catalogue.papers[at])
    return added
