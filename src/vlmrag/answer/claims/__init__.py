"""Notes against papers: what a note claims of a paper, set beside what the paper itself says.

    nouns.py         a claim with its verdict and both places; a paper as it is printed
    fields.py        title, arXiv id, date and organisation
    quantities.py    numbers with their unit, however they are written
    numbers.py       what a note counts, against what the paper counts
    parts.py         encoder, language model and connector; what is frozen and what is trained

A false alarm costs more than a silence: a claim is contradicted only where the paper, in its own voice, gives another
value for the same thing and has the note's value nowhere. What is neither supported nor contradicted is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vlmrag.answer.claims.fields import check_dates, check_ids, check_orgs, check_titles
from vlmrag.answer.claims.nouns import Claim, Printed
from vlmrag.answer.claims.numbers import check_numbers
from vlmrag.answer.claims.parts import check_parts
from vlmrag.ingest.mentions import Finding, FindingKind, Mention, Shelf
from vlmrag.search.attributes import Attributes
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Document

__all__ = ["Claim", "add_contradicted", "check_claims"]

_KINDS: dict[str, FindingKind] = {"arxiv": "id", "date": "date"}


def check_claims(catalogue: Catalogue) -> list[Claim]:
    """Return what the notes claim of papers that the library holds, in the order of the library; none without papers.

    An entry of two works ("BLIP, BLIP2") claims nothing that could be told apart, and is left out.
    """
    printed = {paper.id: Printed(catalogue, paper) for paper in catalogue.papers}
    printed = {ident: found for ident, found in printed.items() if found.documents}
    if not printed:
        return []
    index = catalogue.index
    sources = [index.source(source.path) for source in index.sources() if source.kind == "note"]
    shelf = Shelf(sources, list(catalogue.documents.values()), catalogue.papers)
    single = [mention for mention in shelf.mentions if len(shelf.mentions_of(mention.document)) == 1]
    claims = list(check_ids(shelf, single, list(printed.values())))
    noted = Attributes(catalogue.within(None, "note"))
    told = Attributes(catalogue.within(None, "pdf").in_own_voice())
    for mention in single:
        if (beside := printed.get(mention.paper.id)) is not None:
            claims += _check_entry(shelf, mention, beside, noted, told)
    order = {document.source: i for i, document in enumerate(shelf.documents)}
    first = {(c.source, c.start, c.end, c.kind, c.value): c for c in reversed(claims)}
    return sorted(first.values(), key=lambda c: (order[c.source], c.start, c.end, c.kind, c.value))


def _check_entry(shelf: Shelf, mention: Mention, printed: Printed, noted: Attributes, told: Attributes) -> list[Claim]:
    claims = [*check_titles(shelf, mention, printed), *check_dates(shelf, mention, printed)]
    claims += check_orgs(shelf, mention, printed)
    if printed.sentences:
        claims += check_numbers(shelf, mention, printed)
        claims += check_parts(shelf, mention, printed, noted.of(mention.paper), told.of(mention.paper))
    return claims


def add_contradicted(found: Sequence[Finding], claims: Iterable[Claim], documents: Iterable[Document]) -> list[Finding]:
    """Return findings with the claims that papers contradict, in the order of `documents` and of the text.

    Where the notes alone tell of a kind at a place already, that is enough.
    """
    told = {(f.source, f.start, f.end, f.kind) for f in found}
    wrong = [_to_finding(claim) for claim in claims if claim.verdict == "contradicted"]
    wrong = [f for f in wrong if (f.source, f.start, f.end, f.kind) not in told]
    if not wrong:
        return list(found)
    order = {document.source: i for i, document in enumerate(documents)}
    return sorted([*found, *wrong], key=lambda f: (order[f.source], f.start, f.end, f.kind))


def _to_finding(claim: Claim) -> Finding:
    return Finding(
        source=claim.source,
        line=claim.line,
        start=claim.start,
        end=claim.end,
        quote=claim.quote,
        kind=_KINDS.get(claim.kind, "claim"),
        what=claim.what,
        why=claim.why,
        papers=(claim.paper,),
        against=claim.against,
        verdict=claim.verdict,
    )
