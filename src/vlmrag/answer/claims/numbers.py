"""What a note counts, against what the paper counts.

A number is supported where the paper has it in a sentence of the same subject. It is contradicted only where a sentence
in the paper's own voice says all that the note's clause says, counts the same thing once, and otherwise; and where the
note's number stands nowhere in the paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vlmrag.answer.claims.nouns import Claim, Noted, Printed, states_title
from vlmrag.answer.claims.quantities import Quantity, read_quantities
from vlmrag.ingest.mentions import Mention, Shelf
from vlmrag.language.fold import HAN_CHAR, fold
from vlmrag.language.glossary import Glossary
from vlmrag.search.catalogue import NAME_LIKE, Catalogue
from vlmrag.types import Sentence

_EDGES = re.compile(r"[;；。!！?？:：()（）|\n]|[,，](?!\d)|、")
_MOST = 0.75
"""Share of the clause's words that a sentence of the paper must have to speak of the same."""
_MAY_BE = 0.5
"""Share of them above which it may do so,"""
_MANY, _MARGIN = 4, 0.2
"""and where a clause has many words, the share by which it may have fewer than the sentence that has most."""
_FEWEST = 2
"""Words, besides number and unit, that a clause must have for that."""
_TABULAR, _WORDS = 8, 3
"""Numbers that make a line of a PDF a line of a table, where there are fewer words than this to each."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """One quantity of the paper, with its sentence."""

    quantity: Quantity
    sentence: Sentence
    terms: frozenset[str]
    alone: bool
    """Whether the sentence has no other quantity of this unit."""
    tabular: bool
    """Whether it is a line of a table."""


def check_numbers(shelf: Shelf, mention: Mention, printed: Printed) -> Iterator[Claim]:
    """Yield what an entry counts, in the order of its text; a sentence that names another paper counts for nothing."""
    catalogue = printed.catalogue
    counted = _count(printed)
    for sentence in catalogue.within(None, "note").spoken(mention.document.id):
        if states_title(mention, sentence.start, sentence.end) or _names_another(catalogue, mention, sentence):
            continue
        for quantity in read_quantities(sentence.text):
            if quantity.plain:
                continue
            start, end = sentence.start + quantity.start, sentence.start + quantity.end
            noted = Noted(shelf, mention, "number", str(quantity), start, end)
            clause = _cut_clause(sentence.text, quantity)
            yield _judge(noted, quantity, clause, _read_terms(catalogue.glossary, clause, mention), counted, printed)


def _judge(
    noted: Noted, quantity: Quantity, clause: str, terms: frozenset[str], counted: list[_Counted], printed: Printed
) -> Claim:
    same = [c for c in counted if quantity.says(c.quantity) and _may_count_alike(c.quantity, quantity)]
    speaking = [c for c in same if c.terms & terms or c.quantity.unit == quantity.unit != ""]
    if speaking:
        best = max(speaking, key=lambda c: (len(c.terms & terms), c.quantity.unit == quantity.unit))
        return noted.judge("supported", printed, printed.locate(best.sentence))
    if not (quantity.unit and terms) or quantity.vague or _stands_anywhere(quantity, counted):
        return noted.judge("not found", printed)
    if (other := _find_other(quantity, clause, terms, counted, printed)) is not None:
        what = f"{noted.mention.name}: the paper does not say {quantity}, but {other.quantity}"
        found = printed.locate(other.sentence)
        return noted.judge("contradicted", printed, found, what)
    return noted.judge("not found", printed)


def _find_other(
    quantity: Quantity, clause: str, terms: frozenset[str], counted: list[_Counted], printed: Printed
) -> _Counted | None:
    """Return what the paper counts in the place of a quantity; None unless it is clear that it speaks of the same."""
    telling = frozenset(t for t in terms if not HAN_CHAR.search(t))
    names = {fold(m[0]) for m in NAME_LIKE.finditer(clause) if not m[0].islower() and m[0][1:] != m[0][1:].lower()}
    if len(telling) < _FEWEST:
        return None
    alike = [
        (c, len(c.terms & telling) / len(telling))
        for c in counted
        if c.quantity.unit == quantity.unit and not c.tabular and printed.is_own(c.sentence)
    ]
    rivals = [
        c
        for c, share in alike
        if share >= _MOST and c.alone and not c.quantity.vague and not quantity.may_round(c.quantity)
        if all(name in fold(c.sentence.text) for name in names - _own_names(printed))
    ]
    if not rivals:
        return None
    # where the paper counts it once so and once so, nothing tells which of them is meant
    best = max(len(c.terms & telling) / len(telling) for c in rivals)
    least = best - _MARGIN if len(telling) >= _MANY else _MAY_BE
    values = {c.quantity.values for c, share in alike if share > least}
    return rivals[0] if len(values) == 1 else None


def _count(printed: Printed) -> list[_Counted]:
    found = []
    for sentence in printed.sentences:
        quantities = read_quantities(sentence.text)
        units = [q.unit for q in quantities]
        tabular = len(quantities) >= _TABULAR and len(sentence.terms) < _WORDS * len(quantities)
        for q in quantities:
            found.append(_Counted(q, sentence, frozenset(sentence.terms), units.count(q.unit) == 1, tabular))
    return found


def _may_count_alike(theirs: Quantity, mine: Quantity) -> bool:
    """Whether two quantities may count the same: a table has no units, and what is sampled has many names."""
    if theirs.unit == mine.unit or not theirs.unit or not mine.unit:
        return True
    return not {theirs.unit, mine.unit} & {"seconds", "percent", "layers", "heads", "epochs", "gpus", "tpus"}


def _stands_anywhere(quantity: Quantity, counted: list[_Counted]) -> bool:
    """Whether a paper has a number, whatever it counts there: one of the numbers of a size counts as well."""
    wanted = set(quantity.values)
    return any(c.quantity.is_near(quantity) or wanted & set(c.quantity.values) for c in counted)


def _names_another(catalogue: Catalogue, mention: Mention, sentence: Sentence) -> bool:
    """Whether a sentence names another paper of the library: its numbers may be that one's."""
    return any(paper.id != mention.paper.id for paper, _, _ in catalogue.names.find(sentence.text))


def _cut_clause(text: str, quantity: Quantity) -> str:
    """Return what stands around a quantity up to the next stops and commas."""
    start = max((m.end() for m in _EDGES.finditer(text, 0, quantity.start)), default=0)
    after = _EDGES.search(text, quantity.end)
    return text[start : quantity.start] + " " + text[quantity.end : after.start() if after else len(text)]


def _read_terms(glossary: Glossary, clause: str, mention: Mention) -> frozenset[str]:
    """Return what a clause is matched by, without numbers and the names of the paper."""
    names = {t for name in (mention.paper.name, *mention.paper.aliases) for t in glossary.terms(name)}
    return frozenset(t for t in glossary.terms(clause) if t not in names and not t[0].isdigit())


def _own_names(printed: Printed) -> set[str]:
    return {fold(name) for name in (printed.paper.name, *printed.paper.aliases)}
