"""What is asked: the kind of question, the papers it names, what it looks for, and what the conversation adds.

Read with the same code as the notes: names by `PaperNames`, terms by the glossary, relations ("freezes the LLM") by
`read_statements`. How people ask is a data file, `questions.toml`. Nothing here depends on chance or on a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.ingest.attributes import Parts, Statement, read_parts, read_statements
from vlmrag.language.fold import detect_language, fold
from vlmrag.search.asked import Ask, read_asks
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.search.extremes import Extreme, is_extreme, read_extreme
from vlmrag.search.history import ask_again, find_spoken, look_back
from vlmrag.search.limits import read_limits
from vlmrag.search.subject import ASIDE, Concept, find_unknown, mend_words, read_alternatives, read_counted
from vlmrag.types import Filters, Paper, Turn

_SAYS = re.compile(r"[^\W\d_]{2}")
"""Two letters or characters: what has none of that asks for nothing."""
_ENDS = " .?!"
_POSSESSED = re.compile(r"['’]s (?!\w+ (?:which|what))")
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
    among: tuple[Paper, ...] = ()
    """The papers that a list is chosen from, where the question, or the conversation before it, names them."""
    recalled: bool = False
    """Whether it points back, so that its papers are those of the conversation before it."""
    guess: tuple[Paper, ...] = ()
    """The papers that the conversation was about, where it names none and points to none itself: it may mean them."""
    asks: tuple[Ask, ...] = ()
    """What a list asks of the table of attributes, all of which must hold; nothing where it asks for more than that."""
    presumed: tuple[Statement, ...] = ()
    """What a question for a reason takes for true of its paper: "why does X train the LLM?"."""
    explains: str = ""
    """`means` where it asks how something is done, `reason` where it asks why; else empty."""
    mended: tuple[tuple[str, str], ...] = ()
    """Slips of the pen, and what was read instead."""
    extreme: Extreme | None = None
    """Whether a list is to be cut to its oldest or newest."""

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
    counting = ASIDE.sub(lambda m: " " if cues.excluding.search(fold(m[1])) else m[0], asked)
    text, mended = mend_words(counting, catalogue)
    subject = _read_subject(text, history, catalogue, cues)
    text, kind, named = subject.text, subject.kind, subject.papers
    folded = fold(text).rstrip(_ENDS)
    stated = tuple(read_statements(cues.decide(folded), catalogue.vocabulary))
    extreme, text = read_extreme(text, cues, several=bool(subject.among)) if kind == "list" else (None, text)
    limits, rest = read_limits(text, filters or Filters(), catalogue, kind, cues)
    negated = _denies(rest if kind == "list" else folded, catalogue, cues)  # what a limit takes up denies nothing more
    if subject.among or kind in ("fact", "definition", "check", "compare", "similar"):
        rest = blank(rest, [(s, e) for p, s, e in catalogue.names.find(text, typos=True) if p in named])
    asks = read_asks(cues.decide(rest), stated, negated, catalogue, cues) if kind == "list" else ()
    rest = _leave_denial(rest, kind, catalogue, cues) if negated else cues.decide(rest)
    return Question(
        text=asked,
        lang=detect_language(text),
        kind=kind,
        papers=() if kind == "find" else named,
        alternatives=read_alternatives(rest, catalogue, cues, named=bool(named), limited=limits != Filters()),
        counted=read_counted(rest, catalogue, cues) if kind not in ("list", "find") else (),
        wants=_read_wants(folded, cues),
        relations=stated if kind in ("list", "find", "check") else (),
        parts=read_parts(rest, catalogue.vocabulary),
        filters=limits,
        unknown=subject.unknown,
        negated=negated,
        excluded=subject.excluded,
        among=subject.among,
        recalled=subject.recalled,
        guess=subject.guess,
        asks=asks,
        presumed=stated if named and kind in ("fact", "compare") and cues.reason.search(folded) else (),
        explains=next((name for name in ("reason", "means") if getattr(cues, name).search(folded)), ""),
        mended=mended,
        extreme=extreme,
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a question is put to, by its own words and by the conversation before it."""

    text: str
    """The question, of which a version is left out that the conversation explains."""
    kind: str
    papers: tuple[Paper, ...]
    unknown: tuple[str, ...]
    excluded: tuple[Paper, ...] = ()
    among: tuple[Paper, ...] = ()
    recalled: bool = False
    guess: tuple[Paper, ...] = ()


def _read_subject(text: str, history: Sequence[Turn], catalogue: Catalogue, cues: Cues) -> _Subject:
    spans, named, unknown = _find_names(text, catalogue)
    again = bool(history) and len(named) == 1 and cues.again.search(fold(text).rstrip(_ENDS))
    if again and not cues.it.search(fold(text)):
        text = ask_again(text, spans, history, catalogue)
        spans, named, unknown = _find_names(text, catalogue)
    folded = fold(text).rstrip(_ENDS)
    first = min((start for _, start, _ in spans), default=len(text))
    if history and (cues.it if named else cues.back).search(fold(text[:first]) if named else folded):
        return _recall(text, named, unknown, history, catalogue, cues)
    kind = _tell_kind(folded, named, first if spans else 0, cues)
    if kind in ("definition", "find", "fact") and not named and is_extreme(text, cues):
        kind = "list"  # "what is the newest paper on video?"
    if kind == "fact" and not named and _is_limited(text, _read_wants(folded, cues), catalogue, cues):
        kind = "list"  # "what has come out of ... University?", "2024 年的"
    silent = bool(history) and kind == "fact" and not (named or unknown)
    return _Subject(
        text,
        kind,
        named,
        unknown,
        excluded=named if kind == "find" else (),
        among=_find_choice(folded, named, history, catalogue, cues) if kind == "list" else (),
        guess=look_back(text, history, catalogue, cues).papers if silent else (),
    )


def _recall(
    text: str,
    named: tuple[Paper, ...],
    unknown: tuple[str, ...],
    history: Sequence[Turn],
    catalogue: Catalogue,
    cues: Cues,
) -> _Subject:
    """The subject of a question that points back."""
    folded = fold(text).rstrip(_ENDS)
    meant = look_back(text, history, catalogue, cues)
    papers = tuple(dict.fromkeys((*meant.papers, *named)))
    kind = "find" if meant.excluded else _tell_kind(folded, papers, 0, cues)
    several = bool(cues.several.search(folded)) and len(find_spoken(history, catalogue)) > 1
    if kind == "list" and papers and not several:
        kind = "fact"  # "which systems did it beat?" asks something of the one paper
    elif kind in ("fact", "find") and several:
        kind = "list"  # "which of them does ...?"
    return _Subject(
        text.replace(meant.version, " ") if meant.version else text,
        kind,
        papers,
        (*(name for name in unknown if name != meant.version), *meant.unknown),
        excluded=meant.excluded,
        among=_find_choice(folded, papers, history, catalogue, cues) if kind == "list" else (),
        recalled=True,
    )


def _read_wants(folded: str, cues: Cues) -> tuple[str, ...]:
    """The form of what is wanted, whatever the part of the notes is called."""
    asks = cues.places.sub(" ", folded)
    return tuple(name for name, pattern in cues.wants.items() if pattern.search(asks))


def _is_limited(text: str, wants: Sequence[str], catalogue: Catalogue, cues: Cues) -> bool:
    """Whether a question that names no paper says which ones are meant, and asks no more of them."""
    if set(wants) <= {"date", "venue"} or catalogue.glossary.spans(text, "org"):
        limits, _ = read_limits(text, Filters(), catalogue, "list", cues)
        return limits != Filters()
    return False


def _find_choice(
    folded: str, named: Sequence[Paper], history: Sequence[Turn], catalogue: Catalogue, cues: Cues
) -> tuple[Paper, ...]:
    """The papers that a list is chosen from: "which of A and B ...", "which of those ..."."""
    if cues.several.search(folded) and (spoken := find_spoken(history, catalogue)) and len(spoken) > 1:
        return spoken
    return tuple(named) if len(named) > 1 and cues.choosing.search(folded) else ()


def _find_names(
    text: str, catalogue: Catalogue
) -> tuple[list[tuple[Paper, int, int]], tuple[Paper, ...], tuple[str, ...]]:
    """The spans of papers' names, the papers that they name, each once, and the names that nobody knows."""
    spans = catalogue.names.find(text, typos=True)
    unknown = find_unknown(text, spans, catalogue)
    return spans, tuple(dict.fromkeys(p for p, start, end in spans if text[start:end] not in unknown)), unknown


def _denies(text: str, catalogue: Catalogue, cues: Cues) -> bool:
    return bool(catalogue.vocabulary.negation.search(cues.decide(fold(text))))


def _leave_denial(rest: str, kind: str, catalogue: Catalogue, cues: Cues) -> str:
    """The rest of a question that denies, without the denial where each paper is judged: what it says of it counts."""
    rest = cues.decide(rest)
    return catalogue.vocabulary.negation.sub(" ", fold(rest)) if kind in ("list", "check") else rest


def _is_subject(folded: str, start: int, end: int, cues: Cues) -> bool:
    """Whether a question is of the one paper that it names at `start` to `end`, whatever else it counts up.

    "X's authors complain of earlier models on two counts", "which datasets does X use?".
    """
    does = cues.doing_before.search(folded, 0, start) or cues.doing_after.match(folded, end)
    return bool(does or _POSSESSED.match(folded, end))


def _tell_kind(folded: str, named: Sequence[Paper], first: int, cues: Cues) -> str:
    """The kind of a question whose first named paper, if any, starts at `first`."""
    fits = {
        "similar": bool(named),
        "keywords": not named,
        "choice": len(named) > 1,
        "compare": len(named) > 1,
        "check": len(named) == 1,
        "definition": len(named) < 2,
    }
    for name, pattern in cues.kinds.items():
        cue = pattern.search(folded)
        if cue and fits.get(name, True) and (name != "find" or not named or cue.start() < first):
            if name == "list" and len(named) == 1 and _is_subject(folded, first, first + len(named[0].name), cues):
                continue
            if name == "find" and len(named) == 1 and cues.made_before.search(folded, 0, first):
                return "fact"  # "who proposed X?" asks for no other paper
            return "list" if name in ("keywords", "choice") else name
    if not named and _SAYS.search(folded) and not cues.asking.search(folded):
        return "list"  # "prompt learning": all there is on it
    return "compare" if len(named) > 1 else "fact"
