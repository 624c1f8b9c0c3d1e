"""How a question was understood, in plain words: the wording behind `vlmrag ask --explain`.

An explanation is made of rows, a name and what is to be said under it; what does not apply has no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vlmrag.ingest.attributes import Statement
from vlmrag.language.fold import fold
from vlmrag.language.glossary import KINDS, Glossary
from vlmrag.language.words import WORD
from vlmrag.search.asked import Ask
from vlmrag.search.periods import EARLIEST, LATEST
from vlmrag.search.question import Question
from vlmrag.search.subject import Concept
from vlmrag.types import Filters, Paper

Row = tuple[str, str]
"""A name, and what is said under it."""
_LANGUAGES = {"en": "English", "zh-Hans": "Chinese, simplified", "zh-Hant": "Chinese, traditional"}
_KINDS = {
    "list": "a list: it is put to every paper that meets its constraints",
    "similar": "papers like one that is named",
    "compare": "a comparison of the papers that are named",
    "check": "yes or no of the paper that is named",
    "find": "one paper that is not named",
    "definition": "what something is",
    "fact": "a fact",
}
_WANTS = {"org": "organisation", "url": "link"}
_STANCES = {"says": "", "denies": " not", "others": " (in other works)"}
_LIMITS = {"org": "organisation"}
_SAID = ("org", "section", "venue", "tag", "source", "paper", "kind")


def explain_question(question: Question, glossary: Glossary) -> list[Row]:
    """Return how a question was understood; terms are given in the words that the glossary has for them."""
    parts = question.parts
    spoken = sorted((parts.components | parts.states) - {w for s in question.relations for w in (s.component, s.state)})
    rows = {
        "language": _LANGUAGES[question.lang],
        "kind": _KINDS[question.kind],
        "mended": ", ".join(f"{slip} → {word}" for slip, word in question.mended),
        "papers": _name_papers(question.papers, question.recalled),
        "set aside": _name_papers(question.excluded, question.recalled),
        "unknown names": ", ".join(question.unknown),
        "looked for": _name_alternatives(question, glossary),
        "counted": _name_concepts(question.counted, question, glossary),
        "wanted": ", ".join(_WANTS.get(want, want) for want in question.wants),
        "relations": " and ".join(map(_name_relation, question.relations)),
        "of the table": " and ".join(map(_name_ask, question.asks)),
        "parts": ", ".join(map(_name_key, spoken)),
        "denial": "what is not so is asked for" if question.negated else "",
        "constraints": ", ".join(_name_limits(question.filters)),
    }
    return [(name, said) for name, said in rows.items() if said]


def _name_papers(papers: Sequence[Paper], recalled: bool) -> str:
    names = ", ".join(paper.name for paper in papers)
    return f"{names} (from the conversation)" if papers and recalled else names


def _name_alternatives(question: Question, glossary: Glossary) -> str:
    return ", or ".join(_name_concepts(concepts, question, glossary) for concepts in question.alternatives)


def _name_concepts(concepts: Iterable[Concept], question: Question, glossary: Glossary) -> str:
    """Concepts as words: the canonical English of known terms, else the question's own word."""
    text = question.text
    for slip, word in question.mended:
        text = text.replace(slip, word)
    named = {tuple(glossary.terms(word)): word for word in WORD.findall(fold(text))}
    for term in (term for kind in KINDS for term, _, _ in glossary.spans(text, kind)):
        named[tuple(dict.fromkeys(glossary.terms(term)))] = term
    return " + ".join(named.get(concept, " ".join(concept)) for concept in concepts)


def _name_relation(said: Statement) -> str:
    return f"{_name_key(said.component)}{_STANCES[said.stance]} {_name_key(said.state)}"


def _name_ask(ask: Ask) -> str:
    """What is asked of the table: "connector Q-Former", "trained connector only", "parameters from 0 to 1e+10"."""
    if ask.bound:
        of = f" {ask.bound.thing}" if ask.bound.thing else ""
        return f"{' or '.join(map(_name_key, ask.columns))} from {ask.bound.low:g} to {ask.bound.high:g}{of}"
    said = f"{' or '.join(map(_name_key, ask.columns))} {' or '.join(map(_name_key, ask.values))}"
    return f"{said} only" if ask.only else said


def _name_key(key: str) -> str:
    """A key of `parts.toml` as words."""
    return "LLM" if key == "llm" else key.replace("_", " ")


def _name_limits(filters: Filters) -> Iterator[str]:
    if filters.years:
        first, last = filters.years
        if last == LATEST:
            yield f"since {first}"
        elif first == EARLIEST:
            yield f"until {last}"
        else:
            yield f"year {first}" if first == last else f"years {first} to {last}"
    if filters.read:
        begun, ended = filters.read
        yield f"read in {begun}" if begun == ended else f"read from {begun} to {ended}"
    if filters.among:
        yield f"years {' or '.join(map(str, filters.among))}"
    if filters.months:
        first, last = filters.months
        opened = filters.years or (EARLIEST, LATEST)
        if opened[1] == LATEST:
            yield f"from month {first}"
        elif opened[0] == EARLIEST:
            yield f"to month {last}"
        else:
            yield f"month {first}" if first == last else f"months {first} to {last}"
    for name in _SAID:
        value = getattr(filters, name)
        if value is not None:
            yield f"{_LIMITS.get(name, name)} {value}"
