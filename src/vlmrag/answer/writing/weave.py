"""Checked sentences in an answer: what they cite is told in their words, all else stays the quote that it was.

Papers, verdicts, lead and coverage are those of the extractive answer. A sentence of one paper of a list stands in its
bullet; one of several stands below the lead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vlmrag.answer.compose import escape_marks
from vlmrag.answer.proof import MARK
from vlmrag.answer.writing.check import Told
from vlmrag.language.fold import HAN_CHAR
from vlmrag.types import Answer

_QUOTE = re.compile(r"“.*?” \[(\d+)\](?=; “|$)")


def weave(base: Answer, told: Sequence[Told]) -> Answer:
    """Return the extractive answer with the supported sentences in the place of the quotes that they cite."""
    papers = {c.marker: c.paper for c in base.citations}
    bulleted = {_find_paper(line, papers) for line in base.text.split("\n")} - {None}
    by_paper: dict[str | None, list[Told]] = {}
    together: list[Told] = []
    for sentence in told:
        of = {papers[m] for m in sentence.marks}
        if len(of) == 1 and of <= bulleted:
            by_paper.setdefault(of.pop(), []).append(sentence)
        else:
            together.append(sentence)
    cited = {m for sentence in together for m in sentence.marks}
    blocks = []
    for block in base.text.split("\n\n"):
        if block.startswith("- "):
            blocks.append("\n".join(_word_bullet(line, papers, by_paper) for line in block.split("\n")))
        elif block.startswith("> "):
            blocks.append(_drop_quotes(block, cited))
        else:
            blocks.append(block)
    if together:
        blocks.insert(1, (" " if base.lang == "en" else "").join(map(_show, together)))
    return replace(base, text="\n\n".join(block for block in blocks if block))


def _word_bullet(line: str, papers: dict[int, str | None], by_paper: dict[str | None, list[Told]]) -> str:
    """A bullet with the sentences of its paper, and the quotes that none of them cites."""
    told = by_paper.get(_find_paper(line, papers), [])
    if not told:
        return line
    head = line.partition(": “")[0]
    cited = {m for sentence in told for m in sentence.marks}
    quotes = [m[0] for m in _QUOTE.finditer(line, len(head) + 2) if int(m[1]) not in cited]
    return f"{head}: {'; '.join([' '.join(map(_show, told)), *quotes])}"


def _find_paper(line: str, papers: dict[int, str | None]) -> str | None:
    """The one paper that a bullet quotes; None for any other line."""
    of = {papers[int(n)] for n in MARK.findall(line)} if line.startswith("- ") and ": “" in line else set()
    return of.pop() if len(of) == 1 else None


def _drop_quotes(block: str, cited: set[int]) -> str:
    """A block of quotes without those that sentences tell."""
    quotes = block.split("\n>\n")
    return "\n>\n".join(q for q in quotes if not (marks := MARK.findall(q)) or not {int(n) for n in marks} <= cited)


def _show(sentence: Told) -> str:
    """A sentence with its marks, and with a stop where it has none: another may follow."""
    text = escape_marks(sentence.text)
    if not text.rstrip("\"'”’」』)）").endswith((".", "!", "?", ";", "。", "！", "？", "；", "…")):
        text += "。" if HAN_CHAR.search(text) else "."
    return f"{text} {' '.join(f'[{m}]' for m in sentence.marks)}"
