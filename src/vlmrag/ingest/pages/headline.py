"""The title of a paper, found on its first page, and where the text proper begins below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from vlmrag.ingest.pages.nouns import Line
from vlmrag.ingest.pages.unbroken import join_lines, mend
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold, name_key

_ABSTRACT = re.compile(r"(?:abstract|summary|摘\s*要|内容提要|內容提要|résumé|zusammenfassung)\s*(?:[.:：—–-].*|$)")
_SECTION = re.compile(
    r"(?:(?:\d{1,2}|[ivx]{1,4})[.:)]?\s+)?(?:introduction|background|overview|motivation|contents)|(?:[一1][、.．]?\s*)?(?:引言|绪论|緒論|前言|导论)"
)
_SCHOOL = re.compile(
    r"(?:the )?(?:[\w.]+ ){1,3}(?:university|college|institute of technology)|university of \w+(?: \w+)?"
)
"""What the title page of a thesis may set in its largest letters."""
_PUBLISHER = re.compile(r"journal homepage|contents lists available|sciencedirect")
"""A page that says so has the journal's name in large letters above the title."""
_KEYWORDS = re.compile(r"(?:keywords?|key words|index terms|ccs concepts|关键词|關鍵詞|关键字)\b")
_MARKS = "∗*†‡§¶⋆★♯#"
_MARGIN = 1.08
"""How much larger than the text's a title's letters are at least."""


@dataclass(frozen=True)
class FirstPage:
    """The lines of a paper's first page, in reading order, and what the file says its title is."""

    lines: tuple[Line, ...]
    height: float
    said: str = ""
    """The title in the file's metadata; often empty or wrong."""

    @cached_property
    def size(self) -> float:
        """The size of most letters, in points."""
        sizes: Counter[float] = Counter()
        for line in self.lines:
            if line.upright:
                sizes[round(line.size, 1)] += len(line.text)
        return max(sizes, key=lambda size: (sizes[size], size), default=10.0)

    @cached_property
    def abstract(self) -> int | None:
        """The index of the line that says "Abstract"."""
        return next((i for i, line in enumerate(self.lines) if line.upright and _ABSTRACT.match(_plain(line))), None)

    @cached_property
    def text_top(self) -> float:
        """The height from above at which title and authors end: at the abstract, a first section or the first text."""
        if self.abstract is not None:
            return self.lines[self.abstract].rect[1]
        sections = [line.rect[1] for line in self.lines if line.upright and _SECTION.fullmatch(_plain(line))]
        return min([*sections, self._prose_top()])

    def _prose_top(self) -> float:
        """Return where at least three lines of usual size and like width follow one another."""
        near = [
            line for line in self.lines if line.upright and abs(line.size - self.size) < 0.6 and len(line.words) > 5
        ]
        for above, line, below in zip(near, near[1:], near[2:], strict=False):
            widths = [each.rect[2] - each.rect[0] for each in (above, line, below)]
            close = max(line.rect[1] - above.rect[1], below.rect[1] - line.rect[1]) < 2.2 * self.size
            if (
                close
                and min(widths[0], widths[1]) > 0.85 * max(widths)
                and not any("," in w.text for w in line.words[::2])
            ):
                return above.rect[1]
        return 0.6 * self.height

    @cached_property
    def title(self) -> tuple[int, ...]:
        """The indices of the title's lines, from above; empty where none stands out."""
        groups = [group for group in self._groups() if _may_be_title(self.read(group))]
        said = name_key(mend(self.said))
        if len(said) >= 12:
            for group in groups:
                key = name_key(self.read(group))
                if len(key) >= 12 and (key in said or said in key):
                    return group
        large = [group for group in groups if self.lines[group[0]].size >= _MARGIN * self.size]
        if not large:
            large = [g for g in groups if self.lines[g[0]].bold and self.lines[g[0]].rect[1] < 0.3 * self.height]
        best = max(large, key=self._rank, default=())
        if best and len(self.read(best).split()) <= 3:  # rather a word in a picture, if a whole title stands above it
            top = self.lines[best[0]].rect[1]
            whole = [g for g in large if self.lines[g[0]].rect[1] < top and len(self.read(g).split()) > 3]
            best = next((g for g in whole if self.lines[g[0]].size >= 1.2 * self.size), best)
            if any(_PUBLISHER.search(fold(line.text)) for line in self.lines):
                below = [g for g in large if self.lines[g[0]].rect[1] > top and len(self.read(g).split()) > 3]
                best = max(below, key=self._rank, default=best)
        return best

    def _rank(self, group: tuple[int, ...]) -> tuple[float, float]:
        first = self.lines[group[0]]
        words = sum(len(self.lines[i].words) for i in group)
        han = any(ord(char) > 0x3000 for char in first.text)
        return round(first.size * (0.6 if words < 2 and not han else 1.0) / 0.5), -first.rect[1]

    def _groups(self) -> list[tuple[int, ...]]:
        """Return the lines above the text that go together: letters of one size, one line right below the other."""
        top = max(self.text_top, 0.12 * self.height)
        above = [i for i, line in enumerate(self.lines) if line.upright and line.rect[3] <= top + 2]
        above.sort(key=lambda i: (round(self.lines[i].rect[1] / 4), self.lines[i].rect[0]))
        groups: list[list[int]] = []
        for i in above:
            group = next((g for g in reversed(groups[-3:]) if _goes_on(self.lines[g[-1]], self.lines[i])), None)
            if group is None:
                groups.append([i])
            else:
                group.append(i)
        return [tuple(group) for group in groups]

    def read(self, group: Iterable[int]) -> str:
        """Return the words of some lines as one string."""
        return join_lines([self.lines[i].text for i in group])


def clean_title(words: str, said: str) -> str:
    """Return a title without footnote marks; spelled as the file's metadata has it where that is the same title."""
    words = re.sub(rf"(?<=\w)[{re.escape(_MARKS)}]+", "", words).strip(" " + _MARKS)
    said = " ".join(mend(said).split())
    return said if said and name_key(said) == name_key(words) and not said.isupper() else words


def _plain(line: Line) -> str:
    words = fold(line.text).strip()
    return words.replace(" ", "") if re.fullmatch(r"(?:\S\s){3,}\S", words) else words


def _goes_on(above: Line, line: Line) -> bool:
    """Whether a line of the title is followed by this one."""
    size = above.size
    if abs(size - line.size) > 0.08 * size:
        return False
    gap = line.rect[1] - above.rect[3]
    beside = abs(line.rect[1] - above.rect[1]) < 0.4 * size and line.rect[0] - above.rect[2] < 2 * size
    below = -0.6 * size < gap < 0.75 * size and line.rect[1] > above.rect[1] + 0.5 * size
    shared = min(above.rect[2], line.rect[2]) - max(above.rect[0], line.rect[0])
    return beside or (below and shared > 0)


def _may_be_title(words: str) -> bool:
    plain = fold(words).strip(" .:")
    letters = sum(char.isalpha() for char in plain)
    if letters < 4 or letters < 0.5 * len(plain.replace(" ", "")) or "@" in plain:
        return False
    if (
        re.match(r"\d{1,2}(?:\.\d|\.\s?\D)", plain)
        or re.fullmatch(r"(?:\S\s){3,}\S", plain)
        or plain in word_set("venues")
    ):
        return False
    if plain.startswith(tuple(word_set("title_banners"))) or plain in word_set("banner_words"):
        return False
    if _SCHOOL.fullmatch(plain):
        return False
    return not (_ABSTRACT.match(plain) or _SECTION.fullmatch(plain)) and len(plain) <= 400


def find_abstract(page: FirstPage) -> Sequence[Line]:
    """Return the lines of the abstract that stand on the first page, its heading left out; () where nothing says so."""
    if page.abstract is None:
        return ()
    head = page.lines[page.abstract]
    own = _ABSTRACT.match(_plain(head))
    found = [head] if own and len(own[0]) > 16 else []
    after = [line for line in page.lines[page.abstract + 1 :] if line.upright]
    column = [line for line in after if _is_under(line, head)]
    size = min(column, key=lambda line: line.rect[1], default=head).size
    ends = [line for line in column if _KEYWORDS.match(_plain(line))]
    for line in after:
        if _SECTION.fullmatch(_plain(line)):
            break
        if line.size < 0.93 * size or any(_is_under(line, end) for end in ends):
            continue
        apart = bool(found) and not -0.5 * size < line.rect[1] - found[-1].rect[3] < 0.4 * size
        if apart and line.bold and len(line.words) < 8 and line.size >= found[-1].size:
            break
        found.append(line)
    return found


def _is_under(line: Line, end: Line) -> bool:
    """Whether a line is the one that ends a column's stretch, or stands below it."""
    return line.rect[1] >= end.rect[1] - 1 and line.rect[0] < end.rect[2] and end.rect[0] < line.rect[2]
