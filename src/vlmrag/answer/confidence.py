"""How sure an answer is: the probability that it is right, told from a few signs of how it was found.

One logistic model for each kind of answer. Its numbers lie in `confidence.toml`, which `vlmrag eval --calibrate` makes
from gold questions; nothing here is set by hand.
Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from vlmrag.answer.draft import Point
from vlmrag.language.fold import HAN_CHAR
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover_paper, weigh_sentence
from vlmrag.search.question import Question

_PAPER = ("covered", "thin", "best", "titled", "crossing", "unheard", "narrow", "number")
SIGNS = {
    "fact": (*_PAPER, "stated", "found", "margin"),
    "check": (*_PAPER, "strength"),
    "compare": _PAPER,
    "list": ("strength", "weakest", "related", "limited", "short", "spread", "narrow", "unheard"),
    "similar": ("likeness",),
}
"""The signs, all 0..1, that the model for each kind of answer reads; a kind that is not here has that for facts."""
_THIN = 0.5
"""Share of what is asked below which little of it is there."""
_WIDE = 5
"""Concepts from which a question is wide."""


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model."""

    intercept: float
    weights: Mapping[str, float]
    """What each sign adds to the log odds."""
    least: float = 0.0
    """Probability below which an answer is refused."""

    def rate(self, signs: Mapping[str, float]) -> float:
        """Return the probability that an answer with these signs is right."""
        odds = self.intercept + math.fsum(weight * signs.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def read_models(table: Mapping[str, Any]) -> dict[str, Model]:
    """Return the models of a table of the form of `confidence.toml`."""
    return {name: Model(row["intercept"], dict(row["weights"]), row.get("least", 0.0)) for name, row in table.items()}


@cache
def load_models() -> dict[str, Model]:
    """Return the models that ship with vlmrag."""
    return read_models(tomllib.loads(resources.files("vlmrag.answer").joinpath("confidence.toml").read_text("utf-8")))


def model_of(kind: str) -> Model:
    """Return the model for a kind of draft."""
    return load_models()[group_of(kind)]


def group_of(kind: str) -> str:
    """Return the name of the model for a kind of draft."""
    return kind if kind in SIGNS else "fact"


def read_signs(
    question: Question, points: Sequence[Point], catalogue: Catalogue, *, margin: float | None = None
) -> dict[str, float]:
    """Return the signs of an answer about one paper, or about several that are compared: then the poorest counts.

    `margin` is how far the paper that was found is ahead of the next; None where it was named.
    """
    each = [_read_paper(question, point, catalogue) for point in points]
    poorest = min(each, key=lambda signs: signs["covered"])
    return poorest | {
        "found": float(margin is not None),
        "margin": margin or 0.0,
        **_read_question(question, catalogue),
    }


def read_list_signs(
    question: Question, strengths: Sequence[float], examined: int, lowered: bool, catalogue: Catalogue
) -> dict[str, float]:
    """Return the signs of a list: the `strengths` of its papers, of how many, and whether they had less to reach."""
    return {
        "strength": math.fsum(strengths) / len(strengths),
        "weakest": min(strengths),
        "related": float(bool(question.relations)),
        "limited": float(not question.relations and not question.alternatives),
        "short": float(lowered),
        "spread": len(strengths) / examined,
        **_read_question(question, catalogue),
    }


def _read_paper(question: Question, point: Point, catalogue: Catalogue) -> dict[str, float]:
    titles = set(catalogue.stating(point.paper, ("title",)))
    han = question.lang.startswith("zh")
    covered = cover_paper(question, point.paper, catalogue)
    return {
        "covered": covered,
        "thin": max(0.0, 1 - covered / _THIN),
        "best": max((weigh_sentence(question, s, catalogue).score for s in point.evidence), default=0.0),
        "titled": float(all(s in titles for s in point.evidence)),
        "crossing": float(all(bool(HAN_CHAR.search(s.text)) != han for s in point.evidence)),
    }


def _read_question(question: Question, catalogue: Catalogue) -> dict[str, float]:
    """Signs of the question alone: how much it asks, and how much of that the library has never heard of."""
    terms = question.terms
    unheard = sum(not catalogue.knows(t) for t in terms) / len(terms) if terms else 0.0
    wide = max((len(a) for a in question.alternatives), default=0)
    return {
        "unheard": unheard,
        "narrow": 1 - min(_WIDE, wide) / _WIDE,
        "number": float("number" in question.wants),
    }
