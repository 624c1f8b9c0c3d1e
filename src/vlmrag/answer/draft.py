"""What an answer is made of before it is written: papers, what each says, and the sentences that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vlmrag.language.fold import name_key
from vlmrag.types import Attribute, Coverage, Paper, Says, Sentence


@dataclass(frozen=True, slots=True)
class Point:
    """One paper in an answer, with its proof."""

    paper: Paper
    says: Says
    evidence: tuple[Sentence, ...]
    """Best first."""
    why: str = ""
    """For a paper that is only considered: a key of `[why]` in `replies.toml`."""
    reason: str = ""
    """For a similar paper: why it is, in the question's language."""
    by: str = ""
    """The model that decided what it says; empty for the rules."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One attribute in which papers are compared, and what each of them states of it."""

    column: str
    held: tuple[tuple[Attribute, ...], ...]
    """By paper; empty where it is not stated."""
    asked: bool = True
    """Whether the question asks for it; else it is told after what was asked for."""

    @property
    def differs(self) -> bool | None:
        """Whether the papers state different values; None where one of them states nothing."""
        keys = [frozenset(name_key(a.value) for a in held) for held in self.held]
        return len(set(keys)) > 1 if all(keys) else None


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is written."""

    kind: str
    """`list`, `find`, `fact`, `definition`, `check`, `compare`, `similar`, or `refusal`."""
    points: tuple[Point, ...]
    considered: tuple[Point, ...] = ()
    coverage: Coverage | None = None
    missing: tuple[str, ...] = ()
    """For a refusal: the words of the question that the library does not know."""
    confidence: float = 0.0
    """The probability, 0..1, that it is right; a refusal has none."""
    signs: Mapping[str, float] = field(default_factory=dict)
    """What the confidence was told from, see `confidence.py`."""
    left_open: tuple[Point, ...] = ()
    """Of a list: the papers that it could not decide, the nearest first, those among `considered` or not."""
    aspects: tuple[Aspect, ...] = ()
    """For a comparison: attributes side by side, the papers in the order of `points`."""

    @property
    def empty(self) -> bool:
        """Whether the library holds no answer: a refusal, or a list of which nothing is stated either way."""
        return self.kind == "refusal" or not (self.points or any(p.says != "not stated" for p in self.considered))
