"""What is asked of arXiv: ids in any form a person writes, and what its Atom feed says of each paper.

The API and its feed: https://info.arxiv.org/help/api/user-manual.html; the ids:
https://info.arxiv.org/help/arxiv_identifier.html. How it is asked is in `fetching.py`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from vlmrag.ingest.fields import is_arxiv_id

BATCH = 50
"""Papers that one question to the API is about; arXiv asks for slices, and an address has an end."""

_FORM = re.compile(
    r"(?:https?://[^/\s]+/(?:[\w.-]+/)*?|(?:www\.|export\.)?arxiv\.org/(?:[\w-]+/)*?|(?:doi\s*:\s*)?10\.48550/"
    r"|arxiv\s*(?:id)?\s*:\s*)?(?:arxiv[.:])?"
    r"(?P<number>\d{4}\.\d{4,5}|(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[a-z]{2})?/(?P<old>\d{7}))"
    r"(?:v(?P<version>[1-9]\d{0,2}))?(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"(?:this|the|our)?\s*(?:paper|article|submission|manuscript|work|preprint|version)?\s*"
    r"(?:(?:has|have|had)\s+been|is|was)?\s*(?:temporarily\s+)?withdrawn\b",
    re.IGNORECASE,
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"


class FeedError(Exception):
    """What came is no feed of arXiv's, or one that says what was wrong with the question."""

    def __init__(self, why: str, *, asked: bool = False) -> None:
        super().__init__(why)
        self.asked = asked
        """Whether it was the question that was wrong."""


@dataclass(frozen=True, slots=True, order=True)
class ArxivId:
    """A paper on arXiv, or one version of it."""

    number: str
    """`2301.12597`, or until March 2007 `cs/0112017`, without the subject class that may be written behind `cs`."""
    version: int | None = None
    """From 1; None for the newest."""

    @classmethod
    def parse(cls, words: str) -> Self | None:
        """Read `2301.12597`, `arXiv:2301.12597v3`, an address, arXiv's DOI, `cs/0112017`; None for other words."""
        match = _FORM.fullmatch(words.strip())
        if match is None:
            return None
        old = match["old"]
        if not (1 <= int(old[2:4]) <= 12 if old else is_arxiv_id(match["number"])):
            return None
        number = f"{match['archive']}/{old}".lower() if old else match["number"]
        return cls(number, int(match["version"]) if match["version"] else None)

    def __str__(self) -> str:
        return self.number if self.version is None else f"{self.number}v{self.version}"

    @property
    def stem(self) -> str:
        """The id as the name of a file: `2301.12597v3`, `cs_0112017v1`."""
        return str(self).replace("/", "_")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What arXiv says of one version of a paper. Each text is one line."""

    id: ArxivId
    """With its version."""
    title: str
    authors: tuple[str, ...]
    published: str
    """Day of the first version, YYYY-MM-DD."""
    updated: str
    """Day of this version, YYYY-MM-DD."""
    comment: str | None = None
    """The authors' remark, which often names the venue."""
    journal: str | None = None
    """Where it was printed, as the authors give it."""
    doi: str | None = None
    """Of the printed version."""
    category: str | None = None
    """The primary one, such as `cs.CV`."""
    withdrawn: bool = False
    """Whether the authors took this version back; then it has no PDF."""


def make_query(ids: Sequence[ArxivId]) -> str:
    """Return the path of the API that asks for these papers, all on one page."""
    return f"/api/query?id_list={','.join(map(str, ids))}&max_results={len(ids)}"


def make_pdf_path(ident: ArxivId) -> str:
    """Return the path of a version's PDF."""
    return f"/pdf/{ident}"


def read_feed(data: bytes) -> list[Metadata]:
    """Return the papers of an Atom feed, in its order; an entry without id, title or date says nothing and is none.

    Raises FeedError for what is no such feed, and, `asked`, for the error entry that arXiv answers a bad id with.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # a feed has neither, and entities can grow without end
        raise FeedError("the API's answer is no Atom feed")
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError):
        raise FeedError("the API's answer is not well-formed") from None
    if root.tag != f"{_ATOM}feed":
        raise FeedError("the API's answer is no Atom feed")
    return [found for entry in root.iter(f"{_ATOM}entry") if (found := _read_entry(entry))]


def pick(ident: ArxivId, found: Sequence[Metadata]) -> Metadata | None:
    """Return what was said of a paper: of the version asked for, or of the newest; None where nothing was."""
    same = [m for m in found if m.id.number == ident.number and ident.version in (None, m.id.version)]
    return max(same, key=lambda m: m.id.version or 0, default=None)


def read_version(name: str) -> int:
    """Return the version that a file of arXiv's says in its name, such as `2301.12597v3.pdf`; 0 for another name."""
    ident = _read_stem(name)
    return ident.version or 0 if ident else 0


def find_superseded(names: Iterable[str]) -> set[str]:
    """Return those of a folder's files beside which a newer version of the same paper lies."""
    found = [(ident, name) for name in names if name.endswith(".pdf") and (ident := _read_stem(name)) and ident.version]
    newest = {ident.number: ident.version for ident, _ in sorted(found)}
    return {name for ident, name in found if ident.version != newest[ident.number]}


def _read_stem(name: str) -> ArxivId | None:
    return ArxivId.parse(name.rpartition("/")[2].removesuffix(".pdf").replace("_", "/"))


def to_line(text: str) -> str:
    """Return a text as one line, without control characters."""
    return _SPACE.sub(" ", text).strip()


def _read_entry(entry: ET.Element) -> Metadata | None:
    address, title = _text(entry, f"{_ATOM}id"), _text(entry, f"{_ATOM}title")
    if address and "/api/errors" in address:
        raise FeedError(f"the API says: {_text(entry, f'{_ATOM}summary') or 'error'}", asked=True)
    ident = ArxivId.parse(address or "")
    published = _day(entry, "published")
    if ident is None or not title or not published:
        return None
    comment, journal, doi = (_text(entry, f"{_ARXIV}{name}") for name in ("comment", "journal_ref", "doi"))
    category = entry.find(f"{_ARXIV}primary_category")
    names = (_text(author, f"{_ATOM}name") for author in entry.iter(f"{_ATOM}author"))
    said = (comment, _text(entry, f"{_ATOM}summary"))
    return Metadata(
        id=ArxivId(ident.number, ident.version or 1),
        title=title,
        authors=tuple(name.replace(";", ",") for name in names if name),
        published=published,
        updated=_day(entry, "updated") or published,
        comment=comment,
        journal=journal,
        doi=doi,
        category=to_line(category.get("term", "")) or None if category is not None else None,
        withdrawn=any(_WITHDRAWN.match(text) for text in said if text),
    )


def _text(entry: ET.Element, tag: str) -> str | None:
    return to_line(entry.findtext(tag) or "") or None


def _day(entry: ET.Element, name: str) -> str | None:
    match = re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", _text(entry, f"{_ATOM}{name}") or "")
    return match[0] if match else None
