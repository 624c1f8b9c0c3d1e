"""How alike papers are, side by side: sections, words, meaning, references, time, names, attributes, subjects, tags.

What every paper is compared by is read once for the whole library; one paper, or a text that is no paper of it, is
then put beside all of them at once.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vlmrag.language.fold import name_key
from vlmrag.search.attributes import read_attributes
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.mentions import Mentions
from vlmrag.search.profile import Profile, ProfileReader
from vlmrag.search.table import Scores, Table
from vlmrag.types import Attribute, Paper

WEIGHTS = {
    "section": 0.30, "words": 0.20, "meaning": 0.20, "references": 0.09, "time": 0.05, "family": 0.04,
    "mention": 0.04, "attributes": 0.04, "subjects": 0.03, "tags": 0.01,
}  # fmt: skip
"""What each side may add to a likeness of 1.

Chosen on which papers stand in one section of a notes file, told from the other sides and the sections of the other
files, by vectors that have not read the headings. Mean average precision over five files, each left out of the choice:
0.59; words alone 0.47. Notes seldom have references and tags; their weights are by what they are.
"""

_YEARS_APART = 4.0
"""Years after which closeness in time has fallen to 1/e."""
_ALIKE = 3.0
"""A section whose papers are so many times as alike in words as any two papers counts in full, one of 1 not at all."""
_USUAL, _TRUST = 2.5, 10
"""How much alike the papers of a section usually are, and how many pairs of papers that is worth: few say little."""
_COMPARED = frozenset(
    {"vision_encoder", "text_encoder", "llm", "connector", "frozen", "trained", "stages", "training_data", "inputs",
     "outputs", "tasks", "benchmarks"}
)  # fmt: skip
"""The attributes that liken papers; numbers, people and places do not."""


class Profiles:
    """All papers of a library by what they are compared by."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Read every paper once."""
        self.catalogue = catalogue
        self.reader = ProfileReader(catalogue)
        self.at = {paper.id: at for at, paper in enumerate(catalogue.papers)}
        self.all = [self.reader.read_paper(paper) for paper in catalogue.papers]
        self.words = Table([p.words for p in self.all])
        self.subjects = Table([p.subjects for p in self.all])
        self.tags = Table([dict.fromkeys(p.tags, 1.0) for p in self.all])
        self.mentions = Mentions(catalogue)
        self._cited = [{c.work: 1.0 for c in self.mentions.cited.get(p.id, ())} for p in catalogue.papers]
        self._references = Table(self._cited)
        self._attributes = read_attributes(catalogue)
        self._years = np.array([p.year or math.nan for p in self.all], dtype=np.float64)

    def compare(self, profile: Profile, paper: Paper | None, text: str = "") -> dict[str, Scores]:
        """Return how alike every paper is on each side, 0..1, (n,); `paper` is the one of the profile, if any.

        Attributes, which take milliseconds a paper to read, are left to `compare_attributes`.
        """
        vector = self._find_vector(paper, text)
        return {
            "words": self.words.compare(profile.words),
            "section": self._compare_sections(profile),
            "meaning": np.maximum(0.0, self.vectors @ vector).round(6),
            # two long lists that share a tenth are much alike: the root brings that to a third
            "references": np.sqrt(self._references.compare(self._cited[self.at[paper.id]] if paper else {})),
            "subjects": self.subjects.compare(profile.subjects),
            "tags": self.tags.compare(dict.fromkeys(profile.tags, 1.0)),
            "time": np.nan_to_num(np.exp(-np.abs(self._years - (profile.year or math.nan)) / _YEARS_APART)),
            "family": np.array([compare_names(profile.names, other.names) for other in self.all]),
            "mention": self._compare_mentions(paper, text),
        }

    @cached_property
    def _mean(self) -> Scores:
        _, vectors = self.catalogue.index.paper_vectors()
        return np.asarray(vectors.mean(axis=0) if len(vectors) > 2 else np.zeros(vectors.shape[1]), dtype=np.float64)

    @cached_property
    def vectors(self) -> Scores:
        """Unit vectors (n, dimension) of how each paper differs from the mean of all; zeros where it has none.

        All papers of a field are near each other; what they have in common says nothing of any two.
        Source: Mu and Viswanath, All-but-the-Top, 2018 (the common mean removed).
        """
        ids, vectors = self.catalogue.index.paper_vectors()
        found = np.zeros((len(self.all), len(self._mean)))
        for ident, vector in zip(ids, vectors, strict=True):
            found[self.at[ident]] = self._centre(vector)
        return found

    def _centre(self, vector: NDArray[np.float32]) -> Scores:
        away = vector.astype(np.float64) - self._mean
        length = float(np.linalg.norm(away))
        return away / length if length else away

    def _find_vector(self, paper: Paper | None, text: str) -> Scores:
        if paper is not None:
            return np.asarray(self.vectors[self.at[paper.id]])
        gloss = self.catalogue.glossary.gloss(text)
        english = " ".join([*re.findall(r"[A-Za-z0-9][A-Za-z0-9 .,+/_-]*", text), *gloss]) if gloss else text
        return self._centre(self.catalogue.index.encoder.encode_queries([english])[0])

    @cached_property
    def section_weights(self) -> dict[tuple[str, ...], float]:
        """What each section says of its papers' likeness, 0..1: much where they are few, and alike in their words.

        A section that holds all the papers of its file says nothing: the file has no other.
        """
        members: dict[tuple[str, ...], list[int]] = {}
        sources: Counter[str] = Counter()
        for at, profile in enumerate(self.all):
            sources.update({section[0] for section in profile.sections})
            for section in profile.sections:
                members.setdefault(section, []).append(at)
        n, whole = len(self.all), self.words.count_cohesion(range(len(self.all))) or 1.0
        weights = {}
        for section, inside in members.items():
            whole_file = len(inside) == sources[section[0]] and len(section) > 1
            rare = 0.0 if whole_file or not 1 < len(inside) < n else math.log(n / len(inside)) / math.log(n / 2)
            alike = self.words.count_cohesion(inside) / whole
            pairs = len(inside) * (len(inside) - 1) / 2
            alike = (pairs * alike + _TRUST * _USUAL) / (pairs + _TRUST)
            weights[section] = rare * min(1.0, max(0.0, (alike - 1) / (_ALIKE - 1)))
        return weights

    def _compare_sections(self, profile: Profile) -> Scores:
        return np.array(
            [max((self.section_weights[s] for s in profile.sections & p.sections), default=0.0) for p in self.all]
        )

    def _compare_mentions(self, paper: Paper | None, text: str) -> Scores:
        found = np.zeros(len(self.all))
        for named, _, _ in self.catalogue.names.find(text):
            found[self.at[named.id]] = 1.0
        for other in self.catalogue.papers if paper else ():
            if paper and other.id != paper.id:
                named_by = self.mentions.find_mention
                found[self.at[other.id]] = float(bool(named_by(paper, other) or named_by(other, paper)))
        return found

    def compare_attributes(self, paper: Paper, other: Paper) -> float:
        """Return the cosine of what two papers state of their parts, training and tasks, 0..1."""
        a, b = self.read_attributes(paper), self.read_attributes(other)
        return len(a.keys() & b.keys()) / math.sqrt(len(a) * len(b)) if a and b else 0.0

    def read_attributes(self, paper: Paper) -> dict[tuple[str, str], Attribute]:
        """Return the attributes of a paper that liken it to others, by column and value; of each the surest."""
        stated = sorted(self._attributes.of(paper), key=lambda a: a.confidence)
        return {(a.column, name_key(a.value)): a for a in stated if a.column in _COMPARED and a.says != "no"}


def compare_names(a: Iterable[str], b: Iterable[str]) -> float:
    """Return how much of the longer name the shorter is: 1 for BLIP and BLIP-2, 0 where it is no part of it."""
    return max((min(len(x), len(y)) / max(len(x), len(y)) for x in a for y in b if x in y or y in x), default=0.0)
