"""Title, arXiv id, date and organisation of a note, against those of the paper's first page or of arXiv's record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vlmrag.answer.claims.nouns import Claim, Found, Noted, Printed
from vlmrag.ingest.mentions import Mention, Months, Shelf, gap_between, read_id_month, read_months
from vlmrag.ingest.titles import is_coined
from vlmrag.language.fold import HAN_CHAR, fold, name_key
from vlmrag.language.words import stem, stop_words
from vlmrag.types import Document, Field

_WORD = re.compile(r"[a-z0-9]+")
_LONG = 4
"""Words from which on a title tells a work from others."""
_LIKE = 0.5
"""Share of the shorter title's words up to which two titles are those of two works."""
_AFTER = 36
"""Months after a paper's id within which its conference or journal may have dated it."""
_BEFORE = 12
"""Months before its id from which on a date is not the paper's: some are handed to arXiv late."""
_CITED_YEAR = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|et al\.?,? ?\d{4}")
_DAY = 10


def check_titles(shelf: Shelf, mention: Mention, printed: Printed) -> Iterator[Claim]:
    """Yield each title that an entry gives its paper, against the one that is printed."""
    for field in mention.fields("title"):
        noted = Noted(shelf, mention, "title", field.value, field.start, field.end)
        titles = printed.fields("title")
        same = next((t for t in titles if _is_same(field.value, t[1].value)), None)
        if same:
            yield noted.judge("supported", printed, _at(same))
        elif titles and _differ(field.value, titles[0][1].value) and not printed.holds_any([field.value]):
            what = f"the title of {mention.name} is not as printed: {field.value}"
            yield noted.judge("contradicted", printed, _at(titles[0]), what)
        else:
            yield noted.judge("not found", printed)


def check_ids(shelf: Shelf, mentions: Sequence[Mention], papers: Sequence[Printed]) -> Iterator[Claim]:
    """Yield the arXiv ids of entries that are about one work, against the papers that carry them.

    Told are an id that belongs to a paper of quite another title or name, and one that the entry's own paper, as it is
    printed, does not have. An entry with two ids speaks of another work as well.
    """
    owners = {field.value: (printed, (d, field)) for printed in papers for d, field in printed.fields("arxiv")}
    known = {printed.paper.id: printed for printed in papers}
    for mention in mentions:
        ids = mention.fields("arxiv")
        for field in ids:
            noted = Noted(shelf, mention, "arxiv", field.value, field.start, field.end)
            if field.value in owners:
                printed, stamp = owners[field.value]
                yield _judge_id(noted, mention, printed, stamp, alone=len({f.value for f in ids}) == 1)
            elif (own := known.get(mention.paper.id)) is not None and len({f.value for f in ids}) == 1:
                yield _judge_other_id(noted, mention, own)


def _judge_id(noted: Noted, mention: Mention, printed: Printed, stamp: tuple[Document, Field], alone: bool) -> Claim:
    if not alone or not _is_another(mention, printed):
        names = [f.value for f in mention.fields("name", "title", "alias")]
        same = printed.paper.id == mention.paper.id and (not names or printed.holds_any(names))
        return noted.judge("supported", printed, _at(stamp)) if same else noted.judge("not found", printed)
    title = next(iter(printed.fields("title")), stamp)
    what = f"arXiv {noted.value} is not that of {mention.name}: the id belongs to “{_say(title[1].value)}”"
    return noted.judge("contradicted", printed, _at(title), what)


def _judge_other_id(noted: Noted, mention: Mention, printed: Printed) -> Claim:
    """The paper is here, and carries another id than the entry gives; only a title tells that it is the same paper."""
    stamps = printed.fields("arxiv")
    titles = [f.value for f in mention.fields("title")]
    same = any(_is_same(title, f.value) for title in titles for _, f in printed.fields("title"))
    if not stamps or not same or printed.holds_any([noted.value]):
        return noted.judge("not found", printed)
    what = f"arXiv {noted.value} is not that of {mention.name}, which is {stamps[0][1].value}"
    return noted.judge("contradicted", printed, _at(stamps[0]), what)


def _is_another(mention: Mention, printed: Printed) -> bool:
    """Whether an entry is about another work than a paper: its title, or its coined name, stands nowhere in it."""
    titles = [f.value for f in mention.fields("title") if _is_telling(f.value)]
    theirs = [f.value for _, f in printed.fields("title")]
    if titles:
        alike = any(not _are_apart(title, own) for title in titles for own in theirs)
        return bool(theirs) and not alike and not printed.holds_any(titles)
    names = [f.value for f in mention.fields("name") if len(f.value.split()) == 1 and is_coined(f.value)]
    return bool(names and theirs) and not printed.holds_any(names)


def check_dates(shelf: Shelf, mention: Mention, printed: Printed) -> Iterator[Claim]:
    """Yield the dates of an entry, against the month of the paper's id, its stamp, its venue and arXiv's record.

    A venue or a journal dates a paper later; what is later by up to three years is therefore not found, not wrong.
    """
    stated = [(d, f, m) for d, f in printed.fields("date", "year", "arxiv") if (m := _months_of(f))]
    for field in mention.fields("date", "year"):
        months = read_months(field.value)
        noted = Noted(shelf, mention, "date", field.value, field.start, field.end)
        meets = next((s for s in stated if _may_be_same(field.value, months, s)), None)
        if meets:
            yield noted.judge("supported", printed, _at(meets[:2]))
            continue
        gaps = [gap_between(theirs, months) for _, _, theirs in stated]
        early, late = bool(gaps) and max(gaps) <= -_BEFORE, bool(gaps) and min(gaps) > _AFTER
        if (early or late) and not mention.fields("venue") and not _names_year(printed, field.value[:4]):
            what = f"{mention.name} is dated {field.value}, years {'before' if early else 'after'} the paper"
            yield noted.judge("contradicted", printed, _at(stated[0][:2]), what)
        else:
            yield noted.judge("not found", printed)


def check_orgs(shelf: Shelf, mention: Mention, printed: Printed) -> Iterator[Claim]:
    """Yield the organisations of an entry, against those below the paper's title."""
    glossary = printed.catalogue.glossary
    theirs = [(d, f, glossary.org(f.value)) for d, f in printed.fields("org")]
    for field in mention.fields("org"):
        noted = Noted(shelf, mention, "org", field.value, field.start, field.end)
        known = glossary.org(field.value)
        family = {known, *glossary.parents(known)} if known else set()
        same = next((t for t in theirs if _is_one_org(field.value, t[1].value, family, t[2], printed)), None)
        spellings = [field.value, *(name for name in family if name)]
        if same:
            yield noted.judge("supported", printed, _at(same[:2]))
        elif any(_stands_in(spelling, printed.front) for spelling in spellings):
            yield noted.judge("supported", printed, printed.find_words(field.value))
        elif known and theirs and all(org for _, _, org in theirs) and not printed.holds_any(spellings):
            what = f"{mention.name} is said to be of {field.value}, which the paper does not name"
            yield noted.judge("contradicted", printed, _at(theirs[0][:2]), what)
        else:
            yield noted.judge("not found", printed)


def _at(stated: tuple[Document, Field]) -> Found:
    return stated[0], stated[1].start, stated[1].end


def _say(title: str) -> str:
    return " ".join(title.split())


def _stems(title: str) -> set[str]:
    return {stem(word) for word in _WORD.findall(fold(title)) if word not in stop_words()}


def _is_telling(title: str) -> bool:
    return not HAN_CHAR.search(title) and len(_WORD.findall(fold(title))) >= _LONG


def _is_same(title: str, printed: str) -> bool:
    """Whether two titles are one: the same letters, or one of them the beginning or the end of the other."""
    key, theirs = name_key(title), name_key(printed)
    if key == theirs:
        return True
    shorter, longer = sorted((key, theirs), key=len)
    return _is_telling(title) and _is_telling(printed) and (longer.startswith(shorter) or longer.endswith(shorter))


def _differ(title: str, printed: str) -> bool:
    """Whether each of two titles has a telling word that the other one has not."""
    if not (_is_telling(title) and _is_telling(printed)):
        return False
    mine, theirs = _stems(title), _stems(printed)
    return any(len(w) > 2 and w not in name_key(printed) for w in mine - theirs) and bool(theirs - mine)


def _are_apart(title: str, printed: str) -> bool:
    mine, theirs = _stems(title), _stems(printed)
    return not _is_same(title, printed) and len(mine & theirs) <= _LIKE * min(len(mine), len(theirs))


def _months_of(field: Field) -> Months | None:
    return read_id_month(field.value) if field.name == "arxiv" else read_months(field.value)


def _may_be_same(date: str, months: Months, stated: tuple[Document, Field, Months]) -> bool:
    """Whether a date is one that is printed: of two days the same, else one within the other."""
    _, field, theirs = stated
    if len(date) == _DAY and len(field.value) == _DAY and field.name == "date":
        return date == field.value
    return gap_between(theirs, months) == 0


def _names_year(printed: Printed, year: str) -> bool:
    """Whether the first page names a year outside its citations: of a version, a venue or a copyright."""
    return year in _CITED_YEAR.sub(" ", printed.front)


def _is_one_org(name: str, printed_name: str, family: set[str], known: str | None, printed: Printed) -> bool:
    if name_key(name) == name_key(printed_name):
        return True
    theirs = {known, *printed.catalogue.glossary.parents(known)} if known else set()
    return bool(family & theirs)


def _stands_in(name: str, folded: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(fold(name))}(?![a-z0-9])", folded) is not None
