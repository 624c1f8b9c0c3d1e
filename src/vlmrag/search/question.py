"""What is asked: the kind of question, the papers it names, what it looks for, and what the conversation adds.

Read with the same code as the notes: names by `PaperNames`, terms by the glossary, relations ("freezes the LLM") by
`read_statements`. How people ask is a data file, `questions.toml`. Nothing here depends on chance or on a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.ingest.attributes import Parts, Statement, read_parts, read_statements
from vlmrag.language.fold import detect_language, fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.search.history import look_back
from vlmrag.search.limits import read_limits
from vlmrag.search.subject import Concept, find_unknown, mend_words, read_alternatives, read_counted
from vlmrag.types import Filters, Paper, Turn

_LONGEST = 4000
"""Characters of a question that are read; the rest of a longer one is passed over."""


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
    counted: tuple[Concept, ...]
    """What it asks the number of: ("hour",) in "how many hours of video"."""
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
    recalled: bool = False
    """Whether it points back, so that its papers are those of the conversation before it."""
    mended: tuple[tuple[str, str], ...] = ()
    """Slips of the pen, and what was read instead."""

    @property
    def terms(self) -> tuple[str, ...]:
        """All terms that it looks for, each once."""
        return tuple(dict.fromkeys(t for a in self.alternatives for concept in a for t in concept))


def read_question(
    text: str, catalogue: Catalogue, history: Sequence[Turn] = (), filters: Filters | None = None
) -> Question:
    """Understand a question, with the conversation before it and the filters beside it."""
    cues = Cues.load()
    asked = text.strip()[:_LONGEST]
    text, mended = mend_words(asked, catalogue)
    folded = fold(text).rstrip(" .?!")
    spans, named, unknown = _find_names(text, catalogue)
    kind = _tell_kind(folded, named, min((start for _, start, _ in spans), default=0), cues)
    if kind == "fact" and not named and catalogue.glossary.spans(text, "org"):
        kind = "list"  # "what has come out of ... University?"
    excluded: tuple[Paper, ...] = named if kind == "find" else ()
    if recalled := bool(history and not named and cues.back.search(folded)):
        meant = look_back(text, history, catalogue, cues)
        named, excluded = meant.papers, meant.excluded
        unknown = (*(name for name in unknown if name != meant.version), *meant.unknown)
        text = text.replace(meant.version, " ") if meant.version else text
        kind = "find" if excluded else _tell_kind(folded, named, 0, cues)
    said = cues.decide(folded)
    negated = bool(catalogue.vocabulary.negation.search(said))
    limits, rest = read_limits(text, filters or Filters(), catalogue, kind, cues)
    if kind in ("fact", "definition", "check", "compare", "similar"):
        rest = blank(rest, [(s, e) for p, s, e in spans if p in named])
    rest = _leave_denial(rest, kind, catalogue, cues) if negated else cues.decide(rest)
    return Question(
        text=asked,
        lang=detect_language(text),
        kind=kind,
        papers=() if kind == "find" else named,
        alternatives=read_alternatives(rest, catalogue, cues, named=bool(named), limited=limits != Filters()),
        counted=read_counted(rest, catalogue, cues) if kind not in ("list", "find") else (),
        wants=tuple(name for name, pattern in cues.wants.items() if pattern.search(folded)),
        relations=tuple(read_statements(said, catalogue.vocabulary)) if kind in ("list", "find", "check") else (),
        parts=read_parts(rest, catalogue.vocabulary),
        filters=limits,
        unknown=unknown,
        negated=negated,
        excluded=excluded,
        recalled=recalled,
        mended=mended,
    )


def _find_names(
    text: str, catalogue: Catalogue
) -> tuple[list[tuple[Paper, int, int]], tuple[Paper, ...], tuple[str, ...]]:
    """The spans of papers' names, the papers that they name, each once, and the names that nobody knows."""
    spans = catalogue.names.find(text, typos=True)
    unknown = find_unknown(text, spans, catalogue)
    return spans, tuple(dict.fromkeys(p for p, start, end in spans if text[start:end] not in unknown)), unknown


def _leave_denial(rest: str, kind: str, catalogue: Catalogue, cues: Cues) -> str:
    """The rest of a question that denies, without the denial where each paper is judged: what it says of it counts."""
    rest = cues.decide(rest)
    return catalogue.vocabulary.negation.sub(" ", fold(rest)) if kind in ("list", "check") else rest


def _tell_kind(folded: str, named: Sequence[Paper], first: int, cues: Cues) -> str:
    """The kind of a question whose first named paper, if any, starts at `first`."""
    fits = {
        "similar": bool(named),
        "compare": len(named) > 1,
        "check": len(named) == 1,
        "definition": len(named) < 2,
    }
    for name, pattern in cues.kinds.items():
        cue = pattern.search(folded)
        if cue and fits.get(name, True) and (name != "find" or not named or cue.start() < first):
            return name
    return "compare" if len(named) > 1 else "fact"
