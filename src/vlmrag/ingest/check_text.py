"""Damage and gaps in the text itself: characters read in a wrong encoding, and entries that were never finished."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from vlmrag.ingest.fields import field_of_label
from vlmrag.ingest.mentions import Finding, Shelf, check_words
from vlmrag.types import Document

_LEADS = "ÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö"
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_SUSPECT = re.compile(f"(?:[{_LEADS}][\x80-\xbf{_CP1252}]{{1,3}})+")
_LOST = re.compile("\ufffd+|(?:锟斤拷)+")
_ANOTHER_TITLE = re.compile(r"[ \t]*\r?\n?[ \t]*[《#]")
_FEW = 0.25
"""Share of the entries of a file that may be a title only before it counts as a list of titles."""
_HABIT = 3
"""A field that is empty more often than this in a file is left so on purpose."""
_LINE = re.compile(r"[^\r\n]+")
_LABEL = r"([ \t>]*)([-*+•][ \t]+)?(?:\*\*|__)?([^\s:：*_|`\[\]()#][^:：*_|`\[\]()#]{0,28}?)[*_ ]*[:：]"
_LABELLED = re.compile(_LABEL)
_EMPTY = re.compile(rf"{_LABEL}[ \t*_]*$")


def check_encoding(shelf: Shelf) -> Iterator[Finding]:
    """Yield characters that were read in a wrong encoding, with what they were, and such that were lost."""
    for document in shelf.documents:
        text = shelf.texts[document.source]
        if text.isascii():
            continue
        papers = tuple(m.paper for m in shelf.mentions_of(document))
        for match in _SUSPECT.finditer(text, document.start, document.end):
            if meant := _undo(match[0]):
                what = f"{match[0]!r} is mis-encoded: it was {meant!r}"
                why = "the UTF-8 bytes of the one, read as Windows-1252, give the other"
                yield shelf.report(document, match.span(), "encoding", what, why, *papers)
        for match in _LOST.finditer(text, document.start, document.end):
            why = f"{match[0][:3]!r} stands where a character could not be read"
            yield shelf.report(document, match.span(), "encoding", "characters were lost", why, *papers)


def _undo(words: str) -> str | None:
    """Return what a run of characters was before its UTF-8 bytes were read one by one; None where it is no such run."""
    try:
        raw = b"".join(c.encode("cp1252") if c in _CP1252 else c.encode("latin-1") for c in words)
        meant = raw.decode("utf-8")
    except UnicodeError:
        return None
    return meant if meant.isprintable() else None


def check_unfinished(shelf: Shelf) -> Iterator[Finding]:
    """Yield what is marked as still to be written, entries that are only a title, and fields without a value."""
    bare = _find_bare(shelf)
    for document in shelf.documents:
        text = shelf.texts[document.source]
        papers = tuple(m.paper for m in shelf.mentions_of(document))
        marks = [m for m in _marks().finditer(text, document.start, document.end) if not _is_heading(text, m.start())]
        if marks:
            what = f"marked {marks[0][0]!r}" + (f", and {len(marks) - 1} more times below" if len(marks) > 1 else "")
            why = "such a mark stands for something that is still to be written"
            yield shelf.report(document, marks[0].span(), "unfinished", what, why, *papers)
        if papers and document.id in bare:
            why = "nothing is said below the title, as in the other entries of this file"
            span = _title_span(text, document)
            yield shelf.report(document, span, "unfinished", f"{papers[0].name} is a title only", why, *papers)
    yield from _check_empty(shelf)


def _is_heading(text: str, position: int) -> bool:
    """Whether a place stands in a heading: "## TODO" heads a list of plans."""
    return text[text.rfind("\n", 0, position) + 1 : position].lstrip().startswith("#")


def _check_empty(shelf: Shelf) -> Iterator[Finding]:
    """Yield the entries with empty fields; a field that a file leaves empty again and again is told once."""
    found = [(document, _find_empty(shelf.texts[document.source], document)) for document in shelf.documents]
    habits = Counter((document.source, label) for document, empty in found for label, _, _ in empty)
    told: set[tuple[str, str]] = set()
    for document, empty in found:
        mentions = shelf.mentions_of(document)
        for label, start, end in empty if mentions else ():
            times = habits[document.source, label]
            if (document.source, label) in told:
                continue
            if times > _HABIT:
                told.add((document.source, label))
            what = f"the field {label} of {mentions[0].name} is empty"
            what += f", and so in {times - 1} more entries of this file" if times > _HABIT else ""
            why = "nothing stands after the label, on its line or below it"
            yield shelf.report(document, (start, end), "unfinished", what, why, *(m.paper for m in mentions))


def _find_bare(shelf: Shelf) -> set[str]:
    """Return the ids of the entries that are a title only, in files where few are: elsewhere it is a list of titles."""
    entries: dict[str, list[tuple[str, bool]]] = {}
    for document in shelf.documents:
        if document.works:
            words = shelf.text(document).strip()
            headed = words.startswith(("#", "《")) and len(words.splitlines()) == 1
            # titles one under the other share the text that follows the last one
            headed = headed and not _ANOTHER_TITLE.match(shelf.texts[document.source], document.end)
            entries.setdefault(document.source, []).append((document.id, headed))
    return {
        ident
        for found in entries.values()
        for ident, headed in found
        if headed and sum(bare for _, bare in found) <= _FEW * len(found)
    }


def _title_span(text: str, document: Document) -> tuple[int, int]:
    words = text[document.start : document.end]
    start = document.start + len(words) - len(words.lstrip())
    return start, start + len(words.strip())


@cache
def _marks() -> re.Pattern[str]:
    capitals = "|".join(re.escape(m) for m in check_words("unfinished_marks") if m.isupper())
    phrases = "|".join(re.escape(m) for m in check_words("unfinished_marks") if not m.isupper())
    closed = r"(?=[\s)）\]】.。!！…*_]*(?:$|[|)）\]】]))"
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{capitals})(?![A-Za-z0-9_])|(?i:{phrases}){closed}", re.MULTILINE)


def _find_empty(text: str, document: Document) -> list[tuple[str, int, int]]:
    """Return label and span of the labelled lines that another line of the same kind, or the end, follows at once."""
    lines = list(_LINE.finditer(text, document.start, document.end))
    lines = [line for line in lines if line[0].strip(" \t>")]
    empty = []
    for i, line in enumerate(lines):
        match = _EMPTY.match(line[0])
        if match is None or (kind := field_of_label(match[3])) is None:
            continue
        if i + 1 == len(lines):
            follows = kind == "text"
        else:
            after = _LABELLED.match(lines[i + 1][0])
            follows = after is None or len(after[1]) > len(match[1]) or bool(after[2]) != bool(match[2])
        if not follows:
            start = line.start() + match.start(3)
            empty.append((match[3], start, line.start() + len(line[0].rstrip())))
    return empty
