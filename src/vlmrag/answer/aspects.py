"""Papers side by side: what each states of the same attributes, where they differ, and where nothing is stated."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from vlmrag.answer.citations import Citations
from vlmrag.answer.draft import Aspect
from vlmrag.answer.replies import join_words
from vlmrag.ingest.attributes.values import COLUMNS as OF_COMPONENT
from vlmrag.language.fold import fold
from vlmrag.search.attributes import quote_attribute, read_attributes
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.types import Attribute, Paper

_COMPARED = ("connector", "llm", "vision_encoder", "frozen", "trained")
"""What papers are compared in where the question asks for nothing in particular."""
_MOST = 3
"""Values of one paper that a line shows."""


def contrast_papers(papers: Sequence[Paper], question: Question, catalogue: Catalogue) -> tuple[Aspect, ...]:
    """Return the aspects in which papers are compared: those that the question asks for, else the usual ones.

    A question that asks for something else has them too, where two papers or more state them, to be told last.
    """
    attributes = read_attributes(catalogue)
    folded = fold(question.text)
    columns = [OF_COMPONENT[c] for c in sorted(question.parts.components) if c in OF_COMPONENT]
    columns += [state for state in sorted(question.parts.states) if state in _COMPARED]
    columns += [name for name, words in _words()["asked"].items() if any(fold(word) in folded for word in words)]
    asked = bool(columns) or not question.alternatives
    aspects = []
    for column in dict.fromkeys(columns or _COMPARED):
        aspect = Aspect(column, tuple(attributes.column(paper, column) for paper in papers), asked)
        if asked or sum(map(bool, aspect.held)) > 1:
            aspects.append(aspect)
    return tuple(aspects)


def say_aspects(
    aspects: Sequence[Aspect], papers: Sequence[Paper], citations: Citations, catalogue: Catalogue, lang: str
) -> list[str]:
    """Return the aspects as lines of Markdown, a mark behind every value; none where none is stated of any paper."""
    stated = [aspect for aspect in aspects if any(aspect.held)]
    if not stated:
        return []
    lines = [_say("lead", lang)]
    for aspect in stated:
        sides = [
            f"{paper.name}: {_list_values(held, paper, citations, catalogue, lang)}"
            for paper, held in zip(papers, aspect.held, strict=True)
        ]
        verdict = "" if aspect.differs is None else f" ({_say('differ' if aspect.differs else 'same', lang)})"
        lines.append(f"- **{name_in(aspect.column, lang)}**{verdict}: {' · '.join(sides)}")
    silent = [name_in(aspect.column, lang) for aspect in aspects if not any(aspect.held)]
    if silent:
        lines.append(_say("neither", lang).format(names=join_words(silent, lang)))
    return lines


def _list_values(held: Sequence[Attribute], paper: Paper, citations: Citations, catalogue: Catalogue, lang: str) -> str:
    if not held:
        return _say("unstated", lang)
    shown = [
        f"{name_in(one.value, lang)} [{citations.cite(quote_attribute(one, catalogue), paper).marker}]"
        for one in held[:_MOST]
    ]
    return join_words(shown, lang)


def name_in(word: str, lang: str) -> str:
    """Return a column or a component in a language; other values as they are."""
    names = _words()["names"]
    return str(names[word][lang]) if word in names else word


def _say(key: str, lang: str) -> str:
    return str(_words()["say"][key][lang])


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files("vlmrag.answer").joinpath("aspects.toml").read_text("utf-8"))
