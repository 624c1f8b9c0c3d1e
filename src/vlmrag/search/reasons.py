"""Why two papers are alike: for each side that adds to the likeness, what they share, and the places that show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vlmrag.language.fold import fold
from vlmrag.language.words import WORD, stem
from vlmrag.search.attributes import COLUMNS as _ORDER
from vlmrag.search.attributes import quote_attribute
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.likeness import Profiles
from vlmrag.search.references import shared_references
from vlmrag.search.similar import Likeness, Sample, read_profiles, take_sample
from vlmrag.search.subject import frame_terms
from vlmrag.types import Paper, Sentence

Kind = Literal["attribute", "passage", "reference", "tag", "text"]
KINDS: Mapping[str, Kind] = {
    "words": "text", "meaning": "passage", "section": "tag", "tags": "tag", "references": "reference",
    "mention": "reference", "family": "reference", "attributes": "attribute", "subjects": "attribute",
    "time": "attribute",
}  # fmt: skip
"""The kind of reason that each side of a likeness is."""
_NAMED = 5
"""Shared things that a reason names at most."""
_PROOFS = 2
"""Sentences of one paper that a reason shows at most."""
_READ = 40
"""Sentences of one paper that are looked at for a pair that says alike."""
_SHORT = 4
"""Terms from which a sentence says something, and shared ones from which two say much the same."""
_TELLING = 0.3
"""What is named must tell this share of what the most telling does."""

_PRINT = frozenset({"et", "al", "html", "pdf", "pre", "arxiv", "http", "abs"})
"""Terms of how a text is printed: they say nothing of what it is about."""

Place = tuple[Paper, Sentence]


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason before it is put into words."""

    side: str
    """A key of `likeness.WEIGHTS`."""
    shared: tuple[str, ...]
    """What both have: words, subjects, a heading, years; of a mention, who names and who is named."""
    places: tuple[Place, ...]
    """Sentences that show it, those of the sample first; a text that is no paper of the library has none."""
    weight: float
    """What it adds to the likeness."""


def find_grounds(like: Paper | str, likeness: Likeness, catalogue: Catalogue) -> tuple[Ground, ...]:
    """Return why a paper is like a paper or a text, weightiest first; the weights add up to the likeness."""
    pair = _Pair(take_sample(like, catalogue), likeness.paper, catalogue)
    return tuple(Ground(side, *pair.explain(side), added) for side, added in likeness.sides)


class _Pair:
    """A sample and a paper like it, side by side."""

    def __init__(self, sample: Sample, other: Paper, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._profiles: Profiles = read_profiles(catalogue)
        self._reader = self._profiles.reader
        self._sample = sample
        self._other = other
        self._a = sample.profile
        self._b = self._profiles.all[self._profiles.at[other.id]]
        self._papers = [p for p in (sample.paper, other) if p is not None]

    def explain(self, side: str) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        """Return what both share on a side, and the places that show it."""
        found: tuple[tuple[str, ...], tuple[Place, ...]] = getattr(self, f"_explain_{side}")()
        return found

    def _explain_words(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        shared = self._leave_plain(self._profiles.words.rank_shared(self._a.words, self._b.words))
        named, places = self._prove(shared, self._reader.read_terms)
        return tuple(self._spell(term, places) for term in named), places

    def _explain_subjects(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        shared = self._leave_plain(self._profiles.subjects.rank_shared(self._a.subjects, self._b.subjects))
        return self._prove(shared, lambda s: self._reader.find_subjects(self._reader.read_terms(s)))

    def _leave_plain(self, shared: Mapping[str, float]) -> Mapping[str, float]:
        """What is shared without the words of any paper and of its print; all of it where nothing else is."""
        plain = frame_terms(self._catalogue) | _PRINT
        return {key: weight for key, weight in shared.items() if not plain.issuperset(key.split())} or shared

    def _explain_attributes(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        stated = [self._profiles.read_attributes(paper) for paper in self._papers]
        shared = sorted(stated[0].keys() & stated[-1].keys(), key=lambda key: (_ORDER.index(key[0]), key))[:_NAMED]
        places = {
            (p, quote_attribute(a[k], self._catalogue)): None
            for p, a in zip(self._papers, stated, strict=True)
            for k in shared
        }
        named = (f"{column} {stated[0][column, value].value}".replace("_", " ") for column, value in shared)
        return tuple(named), tuple(places)

    def _explain_tags(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        shared = dict.fromkeys(sorted(self._a.tags & self._b.tags), 1.0)
        return self._prove(shared, lambda s: [tag for tag in shared if tag in fold(s.text)], fields=("tag",))

    def _explain_references(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        cited = self._profiles.mentions.cited
        shared = shared_references(*(cited[paper.id] for paper in self._papers))[:_NAMED]
        names = {paper.id: paper.name for paper in self._catalogue.papers}
        named = tuple(names.get(a.work) or a.title or b.title or a.work for a, b in shared)
        places = [
            (p, self._profiles.mentions.quote(c)) for both in shared for p, c in zip(self._papers, both, strict=True)
        ]
        return named, tuple(places)

    def _explain_meaning(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        """The two passages, one of each, that have most in common; of a text, the one nearest to it."""
        theirs = self._read(self._other)
        if self._sample.paper is None:
            near = max(
                theirs, key=lambda s: self._weigh_pair(self._profiles.words.weigh(self._a.words), self._weigh_terms(s))
            )
            return (), ((self._other, near),)
        held = [(s, self._weigh_terms(s)) for s in theirs]
        pairs = (
            (self._weigh_pair(a, b), x, y)
            for x in self._read(self._sample.paper)
            for a in [self._weigh_terms(x)]
            for y, b in held
        )
        _, x, y = max(pairs, key=lambda pair: pair[0])
        return (), ((self._sample.paper, x), (self._other, y))

    def _weigh_terms(self, sentence: Sentence) -> dict[str, float]:
        return self._profiles.words.weigh(dict.fromkeys(self._reader.read_terms(sentence), 1.0))

    def _weigh_pair(self, a: Mapping[str, float], b: Mapping[str, float]) -> float:
        """How much two passages have in common: their cosine, less where few terms make it."""
        shared = [t for t in a if t in b]
        lengths = sum(w * w for w in a.values()) * sum(w * w for w in b.values())
        return sum(a[t] * b[t] for t in shared) / lengths**0.5 * min(1.0, len(shared) / _SHORT) if shared else 0.0

    def _explain_section(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        weights = self._profiles.section_weights
        section = max(sorted(self._a.sections & self._b.sections), key=lambda s: weights[s])
        places = [(p, sentence) for p in self._papers if (sentence := self._find_heading(p, section))]
        return (section[-1],), tuple(places)

    def _find_heading(self, paper: Paper, section: tuple[str, ...]) -> Sentence | None:
        """The heading above a paper's entry; of a folder, or where it is marked up, the entry's beginning."""
        for ident in paper.documents:
            document = self._catalogue.documents[ident]
            if len(section) == 1 and document.source.rpartition("/")[0] == section[0]:
                break
            if (document.source, *self._catalogue.headings(ident))[: len(section)] == section:
                text = self._catalogue.index.source(document.source).text
                start = text.rfind(section[-1], 0, document.start)
                if len(section) > 1 and start >= 0:
                    return Sentence(ident, start, start + len(section[-1]), section[-1], ())
                break
        return next((s for s in self._catalogue.sentences(paper) if s.document == ident), None)

    def _explain_mention(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        own, other = self._sample.paper, self._other
        if own is None:
            return (other.name,), self._introduce(other)
        for namer, named in ((own, other), (other, own)):
            if sentence := self._profiles.mentions.find_mention(namer, named):
                return (namer.name, named.name), ((namer, sentence),)
        return (other.name,), self._introduce(other)

    def _explain_family(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        return tuple(p.name for p in self._papers), tuple(x for p in self._papers for x in self._introduce(p))

    def _introduce(self, paper: Paper) -> tuple[Place, ...]:
        """The sentence that gives a paper's name."""
        stated = self._catalogue.stating(paper, ("name", "title", "alias")) or self._catalogue.sentences(paper)
        return tuple((paper, s) for s in stated[:1])

    def _explain_time(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        places = []
        for paper in self._papers:
            dated = self._catalogue.stating(paper, ("date", "year", "venue", "status"))
            stated = [s for s in dated if str(paper.year) in s.text] or self._catalogue.stating(paper, ("arxiv", "url"))
            places += [(paper, s) for s in (stated or dated)[:1]]
        return tuple(dict.fromkeys(str(p.year) for p in self._papers)), tuple(places)

    def _prove(
        self, shared: Mapping[str, float], read: Callable[[Sentence], Iterable[str]], fields: Sequence[str] = ()
    ) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        """Of what is `shared`, most telling first and by what it tells, return what few sentences of each show."""
        chosen: list[tuple[Paper, Sentence, frozenset[str]]] = []
        held = set(shared)
        for paper in self._papers:
            sentences = self._catalogue.stating(paper, fields) if fields else self._catalogue.sentences(paper)
            proofs = _choose([(s, frozenset(read(s))) for s in sentences], [k for k in shared if k in held])
            chosen += [(paper, s, keys) for s, keys in proofs]
            held &= {key for _, keys in proofs for key in keys}
        shown = [key for key in shared if key in held]
        least = _TELLING * shared[shown[0]] if shown else 0.0
        named = [
            k
            for k in shown
            if shared[k] >= least and not any(f" {k} " in f" {other} " for other in shown if other != k)
        ][:_NAMED]
        return tuple(named), tuple((p, s) for p, s, keys in chosen if keys.intersection(named))

    def _read(self, paper: Paper) -> list[Sentence]:
        """The sentences of a paper that say something, the first of many; not those of an entry of both."""
        joint = {d for p in self._papers if p is not paper for d in p.documents}
        everything = self._catalogue.sentences(paper)
        sentences = [s for s in everything if s.document not in joint] or everything
        return ([s for s in sentences if len(self._reader.read_terms(s)) >= _SHORT] or sentences)[:_READ]

    def _spell(self, term: str, places: Iterable[Place]) -> str:
        """A term as it is written in one of the places; of a Chinese one, its English."""
        words = (word for _, s in places for word in WORD.findall(fold(s.text)))
        return next((word for word in words if stem(word) == term), self._reader.spelling.get(term, term))


def _choose(
    sentences: Sequence[tuple[Sentence, frozenset[str]]], shared: Sequence[str]
) -> list[tuple[Sentence, frozenset[str]]]:
    """The few sentences that hold most of what is shared, what comes first in it before all the rest."""
    weight = {key: 0.5**rank for rank, key in enumerate(shared)}
    chosen: list[tuple[Sentence, frozenset[str]]] = []
    for _ in range(_PROOFS):
        gains = [(sum(weight[k] for k in shared if k in keys), s, keys) for s, keys in sentences]
        gain, sentence, keys = max(gains, key=lambda g: g[0], default=(0.0, None, frozenset()))
        if sentence is None or not gain:
            break
        chosen.append((sentence, keys))
        weight |= dict.fromkeys(keys & weight.keys(), 0.0)
    return chosen
