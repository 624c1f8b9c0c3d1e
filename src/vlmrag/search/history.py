"""What a question takes from the conversation before it: "it", "the second one", "its v2", "the other one"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vlmrag.language.fold import fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues
from vlmrag.types import Paper, Turn

_VERSION = re.compile(r"(?<![a-z0-9-])v\d+(?:\.\d+)?(?![a-z0-9])", re.IGNORECASE)
_VERSION_END = re.compile(r"[\s-]*v?\d+(?:\.\d+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """What the words that point back mean."""

    papers: tuple[Paper, ...] = ()
    excluded: tuple[Paper, ...] = ()
    """The papers that "the other one" sets aside, where it is not one of those spoken of."""
    version: str = ""
    """The version that the question asks for by itself ("v2")."""
    unknown: tuple[str, ...] = ()
    """The version, where the library has no such one; `papers` is then what it would be a version of."""
    doubtful: bool = False
    """Whether nothing tells which of the papers spoken of is meant, or it is one more than those."""


def look_back(text: str, history: Sequence[Turn], catalogue: Catalogue, cues: Cues) -> Reference:
    """Return what "it", "the second one", "its v2" mean by the last message that named papers."""
    folded = cues.staged.sub(" ", fold(text))
    before = find_spoken(history, catalogue)
    if not before:
        return Reference()
    if cues.ordinals["other"].search(folded):
        return Reference(before[1:]) if len(before) > 1 else Reference(excluded=before)
    version = _VERSION.search(text)
    if version:
        said = version.group()
        paper = _find_version(before, said.lower(), catalogue)
        return Reference((paper,), version=said) if paper else Reference(before[:1], version=said, unknown=(said,))
    for number, pattern in cues.ordinals.items():
        if number != "other" and pattern.search(folded):
            at = int(number) - 1 if int(number) > 0 else -1
            return Reference(before[at : at + 1 or None] or before[-1:])
    subject = _find_subject(history, catalogue)
    return Reference(
        subject or before[:1], doubtful=not subject and len(before) > 1 and not cues.several.search(folded)
    )


def ask_again(text: str, names: Sequence[tuple[Paper, int, int]], history: Sequence[Turn], catalogue: Catalogue) -> str:
    """Return the last question put to another paper: "what about X?" asks of X what was asked before."""
    before = next((turn.content for turn in reversed(history) if turn.role == "user"), "")
    asked_of = catalogue.names.find(before)
    if not asked_of:
        return text
    _, start, end = asked_of[0]
    _, first, last = names[0]
    return before[:start] + text[first:last] + before[end:]


def find_spoken(history: Sequence[Turn], catalogue: Catalogue) -> tuple[Paper, ...]:
    """Return the papers that the last message to name any names, in its order."""
    return next((papers for turn in reversed(history) if (papers := _find_papers(turn, catalogue))), ())


def _find_papers(turn: Turn, catalogue: Catalogue) -> tuple[Paper, ...]:
    """The papers that a message names, each once; line by line, so that the numbers of a list are no versions."""
    return tuple(dict.fromkeys(p for line in turn.content.splitlines() for p, _, _ in catalogue.names.find(line)))


def _find_subject(history: Sequence[Turn], catalogue: Catalogue) -> tuple[Paper, ...]:
    """What "it" means: the papers that the last question to name any was about."""
    questions = (turn for turn in reversed(history) if turn.role == "user")
    return next((papers for turn in questions if (papers := _find_papers(turn, catalogue))), ())


def _find_version(papers: Sequence[Paper], version: str, catalogue: Catalogue) -> Paper | None:
    """Return the paper that goes by the name of one of `papers` with `version` ("v2") after it, or only its number."""

    def name_versions() -> Iterator[str]:
        for paper in papers:
            for name in (paper.name, *paper.aliases):
                stem = _VERSION_END.sub("", name)
                yield from (f"{stem}-{version}", f"{stem}-{version[1:]}")

    found = (p for name in name_versions() for p, _, _ in catalogue.names.find(name))
    return next((p for p in found if p not in papers), None)
