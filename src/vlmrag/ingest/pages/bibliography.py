"""The reference list of a paper: its lines divided into entries.

Where an entry begins is told by its number, else by what the list as a whole does: hanging or indented first lines,
wider gaps, or lines that begin with people. Of the ways that a list allows, the one is taken by which most entries
begin with people and hold a year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from vlmrag.ingest.fields import Span
from vlmrag.ingest.pages.cited import Reference, parse_reference
from vlmrag.ingest.pages.nouns import Line
from vlmrag.ingest.pages.people import INITIALS, SURNAME
from vlmrag.ingest.pages.unbroken import find_words, join_lines, mend
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold
from vlmrag.types import Field

_NUMBERING = re.compile(
    r"(?:chapter|appendix)?\s*(?:\d{1,2}(?:\.\d{1,2})?|[ivx]{1,5}|[a-z])[.:)]?\s+|[一二三四五六七八九十]{1,3}[,.]\s*|\d{1,2}[.,]\s?"
)
_NUMBERS = {
    "bracket": re.compile(r"[\[［【]\s?(\d{1,4})\s?[\]］】]"),
    "dot": re.compile(r"(\d{1,4})[.)](?=\s|$|[^\d\s])"),
    "paren": re.compile(r"[(（](\d{1,4})[)）](?=\s|$)"),
    "bare": re.compile(r"(\d{1,3})\s+(?=[^\W\d_])"),
}
_KEY = re.compile(
    r"\[(?!(?:[A-Z]{1,2}(?:/[A-Z]{2})?|[Oo]nline|n\.\s?d\.?|cs\.\w+|stat\.\w+|eess\.\w+)\])(?=[^\]]*[^\W\d_])[^\[\]]{2,45}\]"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|\bn\.\s?d\.|to appear|in press|forthcoming", re.IGNORECASE)
_OPENING = re.compile(
    rf"[“\"]?(?:{SURNAME},?\s(?:{INITIALS}|[A-Z]{{1,3}}[,.])|{SURNAME},\s[A-Z][\w'’-]+[,.]|{INITIALS}\s?{SURNAME}"
    rf"|[A-Z][\w'’´`¨-]+(?:\s[A-Z]\.?)*(?:\s(?:[a-z]{{2,3}}\s)?[A-Z][\w'’´`¨-]*){{1,3}}(?:,|\.|\s(?:and|et|&)(?:\s|$)|$)"
    r"|[\u3400-\u9fff·]{2,5}[,，.．、]|[A-Z][\w&-]+(?:\s[A-Z][\w&-]+){0,3}\.\s|https?://)"
)
"""How the first line of an entry begins: people, or a group."""
_CLOSED = re.compile(r"[.\])）。]\s*$|\d\s*$|://\S+$")
_INDENT = 3.0
"""Points from which on a line is set in."""
_WIDEST_INDENT = 60.0
_CLEAR = 0.7
"""Share of a way's entries, and of the best score of all ways, from which on the first such way is taken."""
_LONG = 12
"""Lines that any entry may have."""
_OTHER_SIZE = 0.15
"""A line whose letters differ so much in size from the list's is none of it."""


def is_reference_heading(text: str) -> bool:
    """Whether a heading opens the reference list: `References`, `7 References`, `R E F E R E N C E S`, `参考文献`."""
    words = re.sub(r"\b([A-Z])\s(?=[A-Z]{4})", r"\1", text)  # small capitals: "R EFERENCES"
    words = fold(words).strip(" .:")
    if re.search(r"(?:\b\w\s){4,}|[\u3400-\u9fff]\s[\u3400-\u9fff]", words):
        words = re.sub(r"(?<=\b\w)\s(?=\w\b)", "", words)
    number = _NUMBERING.match(words)
    known = word_set("reference_headings")
    return words in known or bool(number and words[number.end() :] in known)


def read_references(lines: Sequence[Line]) -> list[Reference]:
    """Return the entries of a reference list, whose lines come in reading order, columns and pages one after another.

    `Reference.first` and `last` are indices into `lines`. Lines in letters of another size than the list's belong to
    no entry (a footnote, a caption between), nor do those at its end that name nobody, no year and no id.
    """
    return list(reversed(list(_read_backwards(lines))))


def count_reference_lines(lines: Sequence[Line]) -> int:
    """Return how many of the lines are the list's: after them stands something else, such as an appendix."""
    last = next(_read_backwards(lines), None)
    return last.last + 1 if last else 0


def _read_backwards(lines: Sequence[Line]) -> Iterator[Reference]:
    """Yield the entries from the last one on; first, those are passed over that are none."""
    kept = _keep_size(lines)
    own = [lines[i] for i in kept]
    texts = [mend(line.text) for line in own]
    starts = _find_starts(own, texts)
    nearby = find_words(texts)
    begun = False
    for start, stop in reversed(list(pairwise([*starts, len(own)]))):
        stop = _end_entry(own, starts, stop) if stop == len(own) else stop
        reference = parse_reference(join_lines(texts[start:stop], nearby), kept[start], kept[stop - 1])
        begun = begun or bool(reference.label or reference.authors or reference.year or name_cited(reference))
        if begun:
            yield reference


def to_fields(references: Iterable[Reference], spans: Sequence[Span]) -> list[Field]:
    """Return `cites` fields for the references that say which works they mean.

    `spans[i]` is where line i stands in the source's text. The values are `arxiv:2103.00020`, `doi:10.1145/...` and the
    title: as many as a reference gives, all at its place, so that one paper's ids meet another's titles.
    """
    return [
        Field("cites", value, spans[reference.first][0], spans[reference.last][1])
        for reference in references
        for value in name_cited(reference)
    ]


def name_cited(reference: Reference) -> list[str]:
    """Return what a reference names a work by: its ids, and its title if an id, people or a year make it one."""
    ids = [f"arxiv:{reference.arxiv}"] * bool(reference.arxiv) + [f"doi:{reference.doi}"] * bool(reference.doi)
    titled = reference.title and (ids or reference.authors or reference.year)
    return [*ids, *([reference.title] if titled else [])]


def _keep_size(lines: Sequence[Line]) -> list[int]:
    usual = median(line.size for line in lines) if lines else 0.0
    return [i for i, line in enumerate(lines) if line.words and abs(line.size - usual) <= _OTHER_SIZE * usual]


def _find_starts(lines: Sequence[Line], texts: Sequence[str]) -> list[int]:
    """Return the indices of the lines with which entries begin."""
    if not lines:
        return []
    if numbered := _find_numbered(texts):
        return numbered
    if keyed := _find_keyed(texts):
        return keyed
    ways = [*_find_indented(lines, texts), _find_parted(lines, texts), _find_opened(texts)]
    ways = [[0, *(i for i in way if i)] for way in ways if way]
    opened = [_OPENING.match(text) is not None for text in texts]
    dated = [_YEAR.search(text) is not None for text in texts]
    rated = [_rate(opened, dated, way) for way in ways]
    best = max(score for score, _ in rated)
    clear = (way for way, (score, count) in zip(ways, rated, strict=True) if score >= _CLEAR * max(best, count))
    return next(clear, ways[[score for score, _ in rated].index(best)])


def _find_numbered(texts: Sequence[str]) -> list[int]:
    """Return the lines that begin with one number after another, from near the list's first line on."""
    best: list[int] = []
    for kind, pattern in _NUMBERS.items():
        chain: list[int] = []
        number = 0
        for i, text in enumerate(texts):
            match = pattern.match(text)
            if match is None:
                continue
            found = int(match[1])
            if not chain and (i > 2 or (kind != "bracket" and found > 1)):
                break
            if not chain or number < found <= number + 2:
                chain.append(i)
                number = found
        enough = 1 if kind == "bracket" else max(3, len(texts) // (12 if kind == "bare" else 20))
        if len(chain) >= enough and len(chain) > len(best):
            best = chain
    return best


def _find_keyed(texts: Sequence[str]) -> list[int]:
    """Return the lines that begin with a key in brackets, where a list has them: `[Li20]`, `[Li et al., 2020]`."""
    keyed = [i for i, text in enumerate(texts) if _KEY.match(text)]
    return keyed if len(keyed) >= 2 and keyed[0] == 0 and len(keyed) >= len(texts) / 15 else []


def _find_columns(lines: Sequence[Line]) -> list[range]:
    """Return the runs of lines that go down one column of one page."""
    cuts = [0]
    for i in range(1, len(lines)):
        above, line = lines[i - 1], lines[i]
        if line.page != above.page or line.rect[1] < above.rect[1] - 2 or line.rect[0] > above.rect[2] + _WIDEST_INDENT:
            cuts.append(i)
    return [range(a, b) for a, b in pairwise([*cuts, len(lines)])]


def _find_indented(lines: Sequence[Line], texts: Sequence[str]) -> list[list[int]]:
    """Return the lines at the left edge of their column, and those set in from it, where a list has both."""
    columns = _find_columns(lines)
    edges = [min(lines[i].rect[0] for i in column) for column in columns]
    depths = Counter(
        round(depth)
        for column, edge in zip(columns, edges, strict=True)
        for i in column
        if _INDENT < (depth := lines[i].rect[0] - edge) < _WIDEST_INDENT
    )
    if not depths:
        return []
    depth = depths.most_common(1)[0][0]
    if sum(depths[d] for d in (depth - 1, depth, depth + 1)) < 0.15 * len(lines):
        return []
    hanging: list[int] = []
    inset: list[int] = []
    known = {edge for column, edge in zip(columns, edges, strict=True) if _has_depth(lines, column, edge, depth)}
    for column, edge in zip(columns, edges, strict=True):
        if not _has_depth(lines, column, edge, depth):
            edge = _find_edge(lines, texts, column, edge, depth, known)
        for i in column:
            (inset if lines[i].rect[0] - edge > depth / 2 else hanging).append(i)
    return [hanging, inset]


def _has_depth(lines: Sequence[Line], column: range, edge: float, depth: float) -> bool:
    return any(abs(lines[i].rect[0] - edge - depth) < _INDENT for i in column)


def _find_edge(
    lines: Sequence[Line], texts: Sequence[str], column: range, edge: float, depth: float, known: Iterable[float]
) -> float:
    """Return the left edge of a column whose lines all begin at one place: first lines all, or none of them."""
    if any(abs(edge - other) < _INDENT for other in known):
        return edge
    if any(abs(edge - depth - other) < _INDENT for other in known):
        return edge - depth
    return edge if all(_OPENING.match(texts[i]) for i in column) else edge - depth


def _find_parted(lines: Sequence[Line], texts: Sequence[str]) -> list[int]:
    """Return the lines above which there is more room than between the lines of an entry."""
    gaps = {
        i: lines[i].rect[1] - lines[i - 1].rect[1]
        for column in _find_columns(lines)
        for i in column[1:]
        if lines[i].rect[1] > lines[i - 1].rect[1]
    }
    if len(gaps) < 3:
        return []
    close = median(sorted(gaps.values())[: max(1, len(gaps) // 2)])
    starts = [0]
    for i in range(1, len(lines)):
        wide = gaps[i] > 1.15 * close if i in gaps else bool(_OPENING.match(texts[i]) and _CLOSED.search(texts[i - 1]))
        if wide:
            starts.append(i)
    return starts


def _find_opened(texts: Sequence[str]) -> list[int]:
    """Return the lines that begin as an entry does, after a line that ends as one does, and a year since the last."""
    starts = [0]
    for i in range(1, len(texts)):
        if _OPENING.match(texts[i]) and _CLOSED.search(texts[i - 1]) and _YEAR.search(" ".join(texts[starts[-1] : i])):
            starts.append(i)
    return starts


def _rate(opened: Sequence[bool], dated: Sequence[bool], starts: Sequence[int]) -> tuple[int, int]:
    """Return how many entries begin with people and hold a year, less those that do neither, and how many there are.

    `opened` and `dated` say it of each line. Entries that do neither at the end do not count: they are none any more.
    """
    marks = []
    for start, stop in pairwise([*starts, len(opened)]):
        people, year = opened[start], any(dated[start:stop])
        marks.append(1 if people and year else -1 if not (people or year) else 0)
    while marks and marks[-1] < 0:
        marks.pop()
    return sum(marks), len(marks)


def _end_entry(lines: Sequence[Line], starts: Sequence[int], stop: int) -> int:
    """Return where the list's last entry ends: before a gap wider than any in the list, or when it is far too long."""
    start = starts[-1]
    gaps = [
        lower.rect[1] - upper.rect[1]
        for upper, lower in pairwise(lines[: start + 1])
        if lower.page == upper.page and lower.rect[1] > upper.rect[1]
    ]
    widest = sorted(gaps)[int(0.95 * (len(gaps) - 1))] if gaps else 0.0
    for i in range(start + 1, stop):
        apart = lines[i].rect[1] - lines[i - 1].rect[1]
        if widest and lines[i].page == lines[i - 1].page and apart > 1.5 * widest:
            return i
    longest = max((b - a for a, b in pairwise(starts)), default=stop)
    return min(stop, start + max(_LONG, 3 * longest))
