"""An answer's text as safe HTML.

The text is Markdown, but it quotes notes, and notes may hold anything. So nothing of it is trusted: every character is
escaped, and then only this is understood: paragraphs, bullets, numbered lists, quoted lines, small headings, bold, and
citation marks like [1]. An escaped \\[1\\] is a note's own and no mark. Links, images and HTML stay the characters they
are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

Cite = Callable[[int], str | None]
"""Returns the HTML for a mark, or None where no citation has that number."""

# The bound keeps a hostile line of unclosed ** from being scanned over and over.
_INLINE = re.compile(
    r"\*\*(?P<bold>[^\s*](?:.{0,500}?[^\s*])?)\*\*|(?<!\\)\[(?P<mark>\d{1,4})\]|\\\[(?P<plain>\d+)\\\]"
)
_MARK = re.compile(r"(?<!\\)\[(\d{1,4})\]")
_BLOCKS = (
    ("ul", re.compile(r"\s*[-*•]\s+(.*)")),
    ("ol", re.compile(r"\s*\d{1,3}[.)]\s+(.*)")),
    ("blockquote", re.compile(r"\s*>\s?(.*)")),
    ("h4", re.compile(r"#{1,6}\s+(.*)")),
    ("", re.compile(r"\s*()$")),
    ("p", re.compile(r"(.*)")),
)


def render_markup(text: str, cite: Cite) -> str:
    """Return the text as HTML in which only our own tags are tags."""
    return "".join(_render_block(kind, lines, cite) for kind, lines in _split_blocks(text) if kind)


def render_inline(text: str, cite: Cite) -> str:
    """Return one line as HTML: bold, and marks where `cite` knows them."""
    parts = []
    done = 0
    for match in _INLINE.finditer(text):
        parts.append(escape(text[done : match.start()]))
        done = match.end()
        if match["bold"] is not None:
            parts.append(f"<strong>{render_inline(match['bold'], cite)}</strong>")
        elif match["mark"] is not None:
            parts.append(cite(int(match["mark"])) or escape(match[0]))
        else:
            parts.append(f"[{match['plain']}]")
    parts.append(escape(text[done:]))
    return "".join(parts)


def take_lead(text: str) -> str:
    """Return the text up to its first list: what stands above the papers of a list answer."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if _classify(line)[0] in ("ul", "ol")), len(lines))
    return "\n".join(lines[:end]).rstrip()


def find_marks(text: str) -> set[int]:
    """Return the numbers of all marks in a text."""
    return {int(number) for number in _MARK.findall(text)}


def drop_paragraph(text: str, numbers: Sequence[int]) -> str:
    """Return the text without the paragraphs in which exactly these numbers stand, in any order."""
    wanted = sorted(numbers)
    paragraphs = text.split("\n\n")
    return "\n\n".join(p for p in paragraphs if sorted(int(n) for n in re.findall(r"[0-9]{1,9}", p)) != wanted)


def _classify(line: str) -> tuple[str, str]:
    """Return the kind of block that a line belongs to, and the line without its sign."""
    for kind, pattern in _BLOCKS:
        match = pattern.fullmatch(line)
        if match:
            return kind, match[1]
    return "p", line  # a stray control character that `.` does not match


def _split_blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Group neighbouring lines of one kind."""
    lines = (_classify(line) for line in text.replace("\r\n", "\n").split("\n"))
    for kind, group in groupby(lines, key=lambda item: item[0]):
        yield kind, [line for _, line in group]


def _render_block(kind: str, lines: list[str], cite: Cite) -> str:
    rendered = [render_inline(line, cite) for line in lines]
    if kind == "blockquote":
        return f"<blockquote>{''.join(f'<p>{line}</p>' for line in rendered if line)}</blockquote>"
    if kind in ("ul", "ol"):
        return f"<{kind}>{''.join(f'<li>{line}</li>' for line in rendered)}</{kind}>"
    if kind == "h4":
        return "".join(f"<h4>{line}</h4>" for line in rendered)
    return f"<{kind}>{'<br>'.join(rendered)}</{kind}>"
