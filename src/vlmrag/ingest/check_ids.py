"""Ids that cannot be right: shared by two papers, two on one paper, or ruled out by the entry's own date.

An arXiv id tells the month in which it was given. A paper may be dated later than its id, by a revision or by the
conference that printed it, so that only a wide gap is told; an id that is younger than its paper is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vlmrag.ingest.fields import find_label, is_arxiv_id
from vlmrag.ingest.mentions import (
    Finding,
    Mention,
    Months,
    Shelf,
    gap_between,
    is_first_days,
    read_id_month,
    read_months,
    say_month,
)
from vlmrag.ingest.titles import plain, without_links
from vlmrag.types import Document, Field

_LATEST_REVISION = 12
"""Months after its id from which on a date that is no venue's is thought to be another paper's."""
_LATEST_PRINT = 36
"""The same for a date that a venue explains."""
_SWAP_REACH = 3
"""Months after its id within which a date fits it, where two ids may have been swapped."""
_STATED_ID = re.compile(r"arxiv(?:\s*id)?\s*[:：/]?\s*(?:abs/|pdf/)?(\d{4}\.\d{3,6})(?![\d.]*\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """An id that does not fit the entry that it stands in."""

    mention: Mention
    field: Field
    dated: tuple[Field, Months]
    """The entry's own date that is nearest to the id."""
    partner: tuple[Mention, Field] | None = None
    """The entry whose id would fit, and that this id would fit."""

    @property
    def place(self) -> tuple[str, int]:
        """The document, and where in its source the id stands."""
        return self.mention.document.id, self.field.start


def check_ids(shelf: Shelf) -> Iterator[Finding]:
    """Yield ids that their entry's date rules out, that two papers share, that are one too many, or that are none.

    An id that its own date rules out is not held against the other entries too.
    """
    doubts = _find_doubts(shelf)
    for doubt in doubts:
        yield _tell_swap(shelf, doubt) if doubt.partner else _tell_misfit(shelf, doubt)
    doubted = {doubt.place for doubt in doubts}
    yield from _check_shared(shelf, doubted)
    yield from _check_second(shelf, doubted)
    for document in shelf.documents:
        for match in _STATED_ID.finditer(shelf.texts[document.source], document.start, document.end):
            if not is_arxiv_id(match[1]):
                papers = (mention.paper for mention in shelf.mentions_of(document))
                why = "an id is YYMM.NNNNN: a year, a month, and five digits, four until 2014"
                yield shelf.report(document, match.span(1), "id", f"{match[1]} is no arXiv id", why, *papers)


def _find_doubts(shelf: Shelf) -> list[_Doubt]:
    """Return the ids that do not fit their entry's date, the two of a swap one after the other."""
    misfits = [doubt for mention in shelf.mentions for doubt in _find_misfits(mention)]
    single: dict[str, list[tuple[Mention, Field]]] = {}
    for mention in shelf.mentions:
        ids = mention.fields("arxiv")
        if len({field.value for field in ids}) == 1 and mention.fields("date", "year"):
            single.setdefault(mention.document.source, []).append((mention, ids[0]))
    doubts: dict[tuple[str, int], _Doubt] = {}
    for doubt in misfits:
        if doubt.place in doubts:
            continue
        mention, field = doubt.mention, doubt.field
        fits = (pair for pair in single.get(mention.document.source, ()) if _could_swap((mention, field), pair))
        partner = next(fits, None) if _is_younger(doubt) else None
        doubts[doubt.place] = _Doubt(mention, field, doubt.dated, partner)
        if partner and (dated := _nearest_date(*partner)):
            back = _Doubt(*partner, dated, (mention, field))
            doubts[back.place] = back
    return list(doubts.values())


def _find_misfits(mention: Mention) -> Iterator[_Doubt]:
    for field in mention.fields("arxiv"):
        dated, given = _nearest_date(mention, field), read_id_month(field.value)
        if dated is None or given is None:
            continue
        gap = gap_between(given, dated[1])
        printed = any(_may_date(venue, dated[0]) for venue in mention.fields("venue"))
        younger = gap < 0 and not printed and not (gap == -1 and is_first_days(field.value))
        if younger or gap > (_LATEST_PRINT if printed else _LATEST_REVISION):
            yield _Doubt(mention, field, dated)


def _nearest_date(mention: Mention, field: Field) -> tuple[Field, Months] | None:
    """Return the date of the entry that is nearest to an id."""
    given = read_id_month(field.value)
    dates = [(f, read_months(f.value)) for f in mention.fields("date", "year")]
    if given is None or not dates:
        return None
    return min(dates, key=lambda pair: abs(gap_between(given, pair[1])))


def _may_date(venue: Field, stated: Field) -> bool:
    """Whether a date may be that of a conference or a journal."""
    years = re.findall(r"(?:19|20)\d{2}", venue.value)
    return not years or stated.value[:4] in years


def _is_younger(doubt: _Doubt) -> bool:
    given = read_id_month(doubt.field.value)
    return given is not None and gap_between(given, doubt.dated[1]) < 0


def _could_swap(mine: tuple[Mention, Field], theirs: tuple[Mention, Field]) -> bool:
    """Whether two entries would both fit their dates with each other's id, better than they do now."""
    if mine[1].value == theirs[1].value or mine[0].paper.id == theirs[0].paper.id:
        return False
    here, there, now = _months_after(mine[0], theirs[1]), _months_after(theirs[0], mine[1]), _months_after(*theirs)
    return here == 0 and 0 <= there <= _SWAP_REACH and there < abs(now)


def _months_after(mention: Mention, field: Field) -> int:
    """Return how many months after an id the entry is dated; far before it where that cannot be told."""
    dated, given = _nearest_date(mention, field), read_id_month(field.value)
    return gap_between(given, dated[1]) if dated and given else -999


def _tell_swap(shelf: Shelf, doubt: _Doubt) -> Finding:
    mention, field = doubt.mention, doubt.field
    other, theirs = doubt.partner or (mention, field)
    given = read_id_month(field.value) or (0, 0)
    what = f"arXiv {field.value} does not fit {mention.name}: it seems to be swapped with the id of {other.name}"
    where = shelf.place(other.document, theirs.start, mention.document)
    why = (
        f"the entry is dated {say_month(doubt.dated[1])} and the id was given in {say_month(given)}; "
        f"{theirs.value}, which {other.name} has at {where}, fits this date, and this id fits that entry"
    )
    return shelf.report(mention.document, (field.start, field.end), "id", what, why, mention.paper, other.paper)


def _tell_misfit(shelf: Shelf, doubt: _Doubt) -> Finding:
    mention, field, (stated, months) = doubt.mention, doubt.field, doubt.dated
    given = read_id_month(field.value) or (0, 0)
    gap = gap_between(given, months)
    age = "younger than the entry's own date" if gap < 0 else f"{gap} months older than the entry's own date"
    what = f"arXiv {field.value} is {age}: {mention.name} is dated {say_month(months)}"
    where = shelf.place(mention.document, stated.start, mention.document)
    why = f"the id was given in {say_month(given)}, the date stands at {where}; one of the two is wrong"
    return shelf.report(mention.document, (field.start, field.end), "id", what, why, mention.paper)


def _check_shared(shelf: Shelf, doubted: set[tuple[str, int]]) -> Iterator[Finding]:
    """Yield ids that two papers share, unless the notes themselves tie the two together."""
    holders: dict[tuple[str, str], list[tuple[Mention, Field]]] = {}
    for mention in shelf.mentions:
        for field in mention.fields("arxiv", "doi"):
            if (mention.document.id, field.start) not in doubted:
                holders.setdefault((field.name, field.value), []).append((mention, field))
    for (kind, value), stated in holders.items():
        if len({mention.paper.id for mention, _ in stated}) == 1:
            continue
        # the paper that was given this id comes first: what differs from it is told
        stated.sort(key=lambda pair: value not in (pair[0].paper.arxiv, pair[0].paper.doi))
        first, first_field = stated[0]
        told = {first.paper.id}
        for mention, field in stated[1:]:
            if mention.paper.id in told or shelf.are_tied(first.paper, mention.paper):
                continue
            told.add(mention.paper.id)
            label = "arXiv id" if kind == "arxiv" else "DOI"
            what = f"{label} {value} stands on two papers, {first.name} and {mention.name}"
            where = shelf.place(first.document, first_field.start, mention.document)
            why = f"{first.name} has it at {where}; one id names one paper"
            yield shelf.report(mention.document, (field.start, field.end), "id", what, why, mention.paper, first.paper)


def _check_second(shelf: Shelf, doubted: set[tuple[str, int]]) -> Iterator[Finding]:
    for mentions in shelf.by_paper.values():
        stated = [
            (mention, field)
            for mention in mentions
            for field in mention.fields("arxiv")
            if (mention.document.id, field.start) not in doubted and _is_own_id(shelf, mention.document, field)
        ]
        told = {stated[0][1].value} if stated else set()
        for mention, field in stated:
            if field.value in told:
                continue
            told.add(field.value)
            first, first_field = stated[0]
            where = shelf.place(first.document, first_field.start, mention.document)
            what = f"{mention.name} has two arXiv ids, {first_field.value} and {field.value}"
            why = f"the other one stands at {where}; a paper keeps its id through all its versions"
            yield shelf.report(mention.document, (field.start, field.end), "id", what, why, mention.paper)


def _is_own_id(shelf: Shelf, document: Document, field: Field) -> bool:
    """Whether a line gives an id as the entry's own: beside its label or its title, with few words of its own."""
    text = shelf.texts[document.source]
    start = max(document.start, *(text.rfind(edge, 0, field.start) + 1 for edge in "\n|"))
    end = min([document.end, *(at for edge in "\n|" if (at := text.find(edge, field.end)) >= 0)])
    if label := find_label(text, start, end):
        return label[0] in ("paper", "arxiv", "title", "url")
    return len(plain(text, *without_links(text, start, end)).split()) <= 3
