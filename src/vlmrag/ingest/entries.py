"""Where the entries of papers lie among the lines of a note.

An entry is recognised by evidence, not by names: labelled fields, a link to a paper or its code, the form of a
reference, a title in book brackets, a row of a table with dates or links. What has little evidence of its own (a bare
name, a title in a task list) counts only beside entries that have some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.fields import find_links
from vlmrag.ingest.titles import plain
from vlmrag.ingest.words import word_set
from vlmrag.ingest.works import FindOrgs
from vlmrag.language.fold import fold
from vlmrag.types import Work


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines that are an entry of one or more works."""

    first: int
    last: int
    """One past the last block."""
    works: tuple[Work, ...]
    weak: bool = False
    """Whether it counts only beside entries with more evidence."""
    labelled: bool = False
    """Whether labelled fields stand under its heading: a weak one counts beside strong headings of its level."""


@dataclass(frozen=True, slots=True)
class Page:
    """A note laid out as lines, and what its readers ask about it."""

    text: str
    blocks: tuple[Block, ...]
    stem: str
    """The file's name without its ending."""
    find_orgs: FindOrgs
    above: tuple[int, ...]
    """For each block the heading right above it; -1 where there is none."""

    @classmethod
    def lay_out(cls, text: str, blocks: Sequence[Block], stem: str, find_orgs: FindOrgs) -> Page:
        """Return a page of these lines, each told the heading that it stands under."""
        open_headings: list[int] = []
        above = []
        for i, block in enumerate(blocks):
            if block.kind in ("heading", "strong"):
                while open_headings and blocks[open_headings[-1]].level >= block.level:
                    open_headings.pop()
            above.append(open_headings[-1] if open_headings else -1)
            if block.kind in ("heading", "strong"):
                open_headings.append(i)
        return cls(text, tuple(blocks), stem, find_orgs, tuple(above))

    def words(self, index: int) -> str:
        """Return the words of a block without markup."""
        block = self.blocks[index]
        return plain(self.text, block.body, block.stop)

    def section_end(self, index: int) -> int:
        """Return where the section of a heading ends: at the next heading of its level or above."""
        level = self.blocks[index].level
        kinds = ("heading", "strong") if self.blocks[index].kind == "strong" else ("heading",)
        for i in range(index + 1, len(self.blocks)):
            if self.blocks[i].kind in kinds and self.blocks[i].level <= level:
                return i
        return len(self.blocks)

    def direct_end(self, index: int) -> int:
        """Return where the text directly under a heading ends: at the next heading of any level."""
        for i in range(index + 1, len(self.blocks)):
            if self.blocks[i].kind == "heading":
                return i
        return len(self.blocks)

    def item_end(self, index: int) -> int:
        """Return where a list item ends, with what is nested in it."""
        item = self.blocks[index]
        for i in range(index + 1, len(self.blocks)):
            block = self.blocks[i]
            deeper = block.level > item.level
            if block.kind == "item" and not deeper:
                return i
            if block.kind not in ("item", "text", "code", "html") or (
                block.kind == "text" and block.gap and not deeper
            ):
                return i
        return len(self.blocks)

    def is_foreign(self, index: int) -> bool:
        """Whether a heading above the block says that papers do not stand here (tools, ideas, tutorials)."""
        return any(self._foreign_heading(i) for i in self.headings_above(index))

    def stands_under(self, index: int, kind: str) -> bool:
        """Whether a short heading above the block has one of the words listed as `kind`."""
        known = word_set(kind)
        return any(
            len(words) <= 4 and any(word in known for word in words)
            for words in (re.findall(r"[\w-]+", fold(self.words(i))) for i in self.headings_above(index))
        )

    def headings_above(self, index: int) -> Iterator[int]:
        """Yield the headings above a block, nearest first."""
        while (index := self.above[index]) >= 0:
            yield index

    def is_for_papers(self, index: int) -> bool:
        """Whether a heading says that papers or models are listed under it."""
        words = fold(self.words(index)) if index >= 0 else ""
        known = word_set("paper_headings")
        return any(word in known for word in re.findall(r"[a-z]+", words)) or any(
            word in words for word in known if not word.isascii()
        )

    def _foreign_heading(self, index: int) -> bool:
        words = re.findall(r"[\w-]+", fold(self.words(index)))
        known = word_set("foreign_headings")
        works = word_set("paper_headings") | word_set("project_words")
        ends, starts = (tuple(word for word in words if not word.isascii()) for words in (known, works))
        foreign = any(word in known or word.endswith(ends) for word in words)
        return len(words) <= 4 and foreign and not any(word in works or word.startswith(starts) for word in words)


def has_paper_link(page: Page, start: int, end: int) -> bool:
    """Whether a span holds a link to a paper."""
    return any(link.kind in ("arxiv", "paper", "doi") for link in find_links(page.text, start, end))
