"""Who wrote a paper and where they work, read from the lines between its title and its text.

Names stand in rows or in the cells of a grid, parted by commas, by footnote marks or by mere room; organisations stand
below them or at the foot of the block, in letters of their own or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from vlmrag.ingest.pages.nouns import Line, Word
from vlmrag.ingest.pages.people import PERSON
from vlmrag.ingest.pages.unbroken import mend
from vlmrag.ingest.words import word_list, word_set
from vlmrag.language.fold import HAN_CHAR, fold
from vlmrag.language.glossary import Glossary

Spot = tuple[int, int]
"""A line, and one of its words."""

_SIGNS = "0123456789∗*†‡§¶‖#⋆★☆♯♠♣♥♦◇△✉⊥‹›"
_MARK = re.escape(_SIGNS)
_ENDING = re.compile(rf"(?:[{_MARK}]|(?<=[{_MARK}]),(?=[{_MARK}]))+(?P<comma>[,;，、；·•|]?)$|(?P<only>[,;，、；·•|])$")
_LED = re.compile(rf"[{_MARK}]+\s*(?=\w)|\([a-z\d]\)\s*")
_HAN_PERSON = re.compile(r"[\u3400-\u9fff·]{2,4}")
_EMAIL = re.compile(r"@|\{[^}]*[,}]|\bat\b.*\bdot\b|^e-?mail", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.|github\.(?:com|io)|\.(?:com|io|ai|org)\b/?$", re.IGNORECASE)
_RANK = re.compile(
    r"(?:senior |student |graduate |life )?(?:member|fellow)|ieee|ph\.?\s?d\.?|m\.?d\.?|msc|prof(?:essor)?\.?|dr\.?",
    re.IGNORECASE,
)
_PLACE_PART = re.compile(r"\b(?:department|dept|school|faculty|division|college|group|team|lab)\b", re.IGNORECASE)
_STRONG = re.compile(
    r"universit|institut|academ|laborator|\blabs?\b|\bcollege\b|\binc\b|\bcorp|\bltd|research|\bai\b|foundation|hospital|company|technolog|"
    r"大学|大學|学院|學院|研究院|研究所|实验室|實驗室|公司|科学院|中心",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"^(?:of|and|for|the|&|de|at|in|\w+-)$", re.IGNORECASE)
"""A last word after which a name is not at its end."""
_RUNS_ON = re.compile(r"(?:of|and|for)\s")
_JOINED = re.compile(r"(?!Mc|Mac|De|La|Le|Van|Von|Di|Du)([A-Z][a-z]+)([A-Z][a-z]+)")
_WIDE, _LEAST_WIDE = 0.75, 0.4
"""Room between two words, in letter sizes, that parts one name from the next; and where it is twice the usual room."""
_ROW = 5.0
"""Points by which the feet of the lines of a row differ."""
_LIKE = 0.08
"""Share by which letters of one size differ."""


@dataclass
class _Part:
    """A stretch of a line with no wide room inside."""

    line: int
    first: int
    last: int
    rect: tuple[float, float, float, float]
    size: float
    font: tuple[str, bool]
    text: str
    kind: str = "other"
    """`name`, `org`, `contact`, `note` or `other`."""


@dataclass
class Byline:
    """The people and organisations, each with the words it stands in."""

    authors: list[tuple[str, Spot, Spot]] = field(default_factory=list)
    orgs: list[tuple[str, Spot, Spot]] = field(default_factory=list)


def read_byline(lines: Sequence[Line], indices: Sequence[int]) -> Byline:
    """Return who wrote a paper: `indices` are the lines between its title and its text."""
    glossary = Glossary.load()
    parts = [part for i in _sort_rows(lines, indices) for part in _cut_line(lines[i], i)]
    for part in parts:
        part.kind = _tell(part, glossary)
    _settle(parts)
    byline = Byline()
    names = [part for part in parts if part.kind == "name"]
    for value, first, last in _read_names(lines, names):
        if value not in [known for known, _, _ in byline.authors]:
            byline.authors.append((value, first, last))
    for value, first, last in _read_orgs(lines, parts, glossary):
        if fold(value) not in [fold(known) for known, _, _ in byline.orgs]:
            byline.orgs.append((value, first, last))
    return byline


def _sort_rows(lines: Sequence[Line], indices: Sequence[int]) -> list[int]:
    """Return the indices row by row, each row from the left: lines whose feet are at one height are a row."""
    rows: list[list[int]] = []
    for i in sorted(indices, key=lambda i: lines[i].rect[3]):
        if rows and lines[i].rect[3] - lines[rows[-1][0]].rect[3] < _ROW:
            rows[-1].append(i)
        else:
            rows.append([i])
    return [i for row in rows for i in sorted(row, key=lambda i: lines[i].rect[0])]


def _cut_line(line: Line, index: int) -> Iterator[_Part]:
    """Yield the stretches of a line that wide room parts."""
    start = 0
    gaps = [right.rect[0] - left.rect[2] for left, right in pairwise(line.words)]
    wide = min(_WIDE * line.size, max(_LEAST_WIDE * line.size, 2 * min(gaps, default=0.0)))
    for i in range(1, len(line.words) + 1):
        if i < len(line.words) and gaps[i - 1] < wide:
            continue
        words = line.words[start:i]
        rect = (words[0].rect[0], line.rect[1], words[-1].rect[2], line.rect[3])
        text = mend(" ".join(word.text for word in words))
        yield _Part(index, start, i - 1, rect, line.size, (line.font, line.bold), text)
        start = i


def _tell(part: _Part, glossary: Glossary) -> str:
    """Return what a stretch is by its words alone; `name` where it may be one."""
    text = part.text
    if _EMAIL.search(text) or _ADDRESS.search(text):
        return "contact"
    if _is_note(text) and not _STRONG.search(text):
        return "note"
    if _LED.match(text) and not re.match(r"[∗*]+[A-Z][a-z]+ [A-Z]", text):
        return "note" if _is_note(text) else "org"
    items = [item for item, _, _ in _split_names([(word, (0, 0)) for word in text.split()])]
    people = sum(_is_person(item) for item in items)
    if _STRONG.search(text) and people <= 0.6 * len(items):
        return "org"
    if items and people == len(items):
        return "org" if len(items) == 1 and glossary.org(items[0]) else "name"
    if people >= max(1, 0.6 * len(items)) and "," in text:
        return "name"
    if glossary.org(text) and len(text.split()) < 10:
        return "org"
    return "other"


def _is_note(words: str) -> bool:
    """Whether a line tells something of the authors rather than who they are."""
    folded = fold(words)
    return any(note in folded for note in word_list("byline_notes"))


def _is_person(words: str) -> bool:
    if HAN_CHAR.search(words):
        return bool(_HAN_PERSON.fullmatch(words)) and not _STRONG.search(words)
    tokens = words.split()
    if not 2 <= len(tokens) <= 6 or not PERSON.fullmatch(words):
        return False
    return not any(fold(token).strip(".") in word_set("org_parts") for token in tokens)


def _settle(parts: list[_Part]) -> None:
    """Decide what may be a name or a place: names have one look, and what stands below an organisation is its place."""
    named = next((part for part in parts if part.kind == "name"), None)
    if named is None:
        return
    orgs = [part for part in parts if part.kind == "org" and part is not named]
    sized = any(part.font == named.font for part in orgs)  # else the font alone tells, whatever marks do to the size

    def looks_alike(part: _Part) -> bool:
        return part.font == named.font and (not sized or abs(part.size - named.size) <= _LIKE * named.size)

    apart = not any(looks_alike(part) for part in orgs if _STRONG.search(part.text)) and bool(orgs)
    for i, part in enumerate(parts):
        alike, above = looks_alike(part), _find_above(parts[:i], part)
        if part.kind == "name" and not (alike and (apart or above is None or above.kind not in ("org", "other"))):
            part.kind = "other"
        elif part.kind == "org" and alike and apart and _is_person(part.text) and not _STRONG.search(part.text):
            part.kind = "name"
        elif part.kind == "other" and alike and above is not None and above.kind == "name" and "," in above.text:
            part.kind = "name" if part.text[:1].isupper() else "other"


def _find_above(parts: Sequence[_Part], part: _Part) -> _Part | None:
    """Return the stretch right above one, if it is close."""
    height = part.rect[3] - part.rect[1]
    for other in reversed(parts):
        shared = min(other.rect[2], part.rect[2]) - max(other.rect[0], part.rect[0])
        if shared > 0 and other.rect[1] < part.rect[1] - 0.4 * height:
            return other if part.rect[1] - other.rect[3] < 0.8 * height else None
    return None


def _find_below(parts: Sequence[_Part], part: _Part) -> _Part | None:
    """Return the stretch right below one in which an organisation's name may go on."""
    return next((o for o in parts if o.kind in ("org", "other", "name") and _find_above([part], o) is part), None)


def _read_names(lines: Sequence[Line], parts: Sequence[_Part]) -> Iterator[tuple[str, Spot, Spot]]:
    """Yield the people of the stretches; in a list with commas a name may go on in the next line."""
    at = 0
    while at < len(parts):
        stop = at + 1
        words = _spots(lines, parts[at])
        while stop < len(parts) and _runs_on(words, parts[stop - 1], parts[stop]):
            words += _spots(lines, parts[stop])
            stop += 1
        for value, first, last in _split_names(words):
            if _is_person(value):
                yield value, first, last
        at = stop


def _spots(lines: Sequence[Line], part: _Part) -> list[tuple[str, Spot]]:
    words: Sequence[Word] = lines[part.line].words
    return [(mend(words[i].text), (part.line, i)) for i in range(part.first, part.last + 1)]


def _runs_on(words: Sequence[tuple[str, Spot]], above: _Part, below: _Part) -> bool:
    """Whether the last name of a line may go on in the next one: the line is a list that ends inside a name."""
    if below.line == above.line or not any(_ENDING.search(word) for word, _ in words) or _ENDING.search(words[-1][0]):
        return False
    items = list(_split_names(words))
    return bool(items) and len(items[-1][0].split()) == 1


def _split_names(words: Sequence[tuple[str, Spot]]) -> Iterator[tuple[str, Spot, Spot]]:
    """Yield the items of a list of names: a comma, "and" or a footnote mark ends one."""
    held: list[tuple[str, Spot]] = []
    for word, spot in words:
        if fold(word) in ("and", "&", "·", "•", "|", "by", "和", "与"):
            yield from _close(held)
            held = []
            continue
        ending = _ENDING.search(word)
        bare = word[: ending.start()] if ending else word
        bare = _LED.sub("", bare, count=1) if len(bare) > 1 else bare
        pieces = re.split(r"[,，、;；](?=\w)", bare)
        for piece in pieces[:-1]:
            yield from _close([*held, (piece, spot)])
            held = []
        if pieces[-1].strip(_SIGNS + "()"):
            held.append((pieces[-1], spot))
        if ending:
            yield from _close(held)
            held = []
    yield from _close(held)


def _close(held: Sequence[tuple[str, Spot]]) -> Iterator[tuple[str, Spot, Spot]]:
    words = " ".join(word for word, _ in held).strip(" ,;*")
    if joined := _JOINED.fullmatch(words):
        words = f"{joined[1]} {joined[2]}"  # the page has a space that the file has not
    if words and not _RANK.fullmatch(words):
        yield words, held[0][1], held[-1][1]


def _read_orgs(lines: Sequence[Line], parts: Sequence[_Part], glossary: Glossary) -> Iterator[tuple[str, Spot, Spot]]:
    """Yield the organisations, of each the part of its address that names it best."""
    for part in parts:
        if part.kind != "org":
            continue
        words = _spots(lines, part)
        while (below := _find_below(parts, part)) is not None and (
            _BROKEN.match(words[-1][0]) or _RUNS_ON.match(below.text)
        ):
            part = below
            words += _spots(lines, part)
            part.kind = "other"
        for address in _split_at_marks(words):
            pieces = list(_split_address(address))
            best = max(pieces, key=lambda piece: _weigh(piece[0], glossary), default=None)
            if best is not None and _weigh(best[0], glossary) > 0:
                yield best


def _split_at_marks(words: Sequence[tuple[str, Spot]]) -> Iterator[list[tuple[str, Spot]]]:
    """Yield the addresses of a line, each with the footnote mark that leads it: `1University of X 2Institute Y`."""
    held: list[tuple[str, Spot]] = []
    for word, spot in words:
        if held and (_LED.match(word) or not word.strip(_SIGNS)):
            yield held
            held = []
        held.append((word, spot))
    if held:
        yield held


def _split_address(words: Sequence[tuple[str, Spot]]) -> Iterator[tuple[str, Spot, Spot]]:
    held: list[tuple[str, Spot]] = []
    for word, spot in words:
        bare = _LED.sub("", word, count=1)
        if bare.strip(_SIGNS + ",;"):
            held.append((bare.rstrip(",;"), spot))
        if word[-1] in ",;，；":
            yield from _close(held)
            held = []
    yield from _close(held)


def _weigh(words: str, glossary: Glossary) -> int:
    """Return how well a part of an address names an organisation: the university before its department."""
    known = glossary.org(words) is not None
    return (
        3 * known
        + 2 * bool(_STRONG.search(words))
        - 3 * bool(_PLACE_PART.search(words) and not known)
        + (1 if _PLACE_PART.search(words) else 0)
    )
