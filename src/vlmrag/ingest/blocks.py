"""A text becomes lines that know what they are: heading, list item, table row, quote, code, prose.

A `Block` is one line of a note, with the span of its words. Where a web page was saved with all its Markdown on one
line, the tables and headings inside that line are laid out first (`tables.py`), so that one reader serves both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from vlmrag.ingest.tables import lay_out_line, split_row

BlockKind = Literal["heading", "strong", "item", "row", "head_row", "text", "code", "rule", "meta", "html"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """One line of a note."""

    kind: BlockKind
    start: int
    end: int
    """The whole line without its newline."""
    body: int
    """Where its words begin, after quote marks, bullets, numbers and hashes."""
    level: int = 0
    """Heading: 1 to 6, 7 for a line in bold; item: columns it is indented by."""
    stop: int = 0
    """Where its words end."""
    gap: bool = False
    """Whether a blank line stands before it."""
    marker: str = ""
    """Of an item: its bullet or number; of a task: `[ ]`."""
    quoted: bool = False
    cells: tuple[Span, ...] = ()
    """Of a table row: the spans of its cells' words."""
    header: tuple[Span, ...] = ()
    """Of a table row: the cells of the row that heads the table."""


_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_HEADING = re.compile(r"[ \t]{0,4}(?:(#{1,6})[ \t]+|(#{2,6})(?=[^#\s!]))")
_HEADING_END = re.compile(r"(?<![ \t])[ \t]++(?:#+[ \t]*)?$")
_ITEM = re.compile(
    r"([ \t]*)((?:[-*+•·‣▪●○◦][ \t]+|\d{1,3}[.)、．][ \t]*(?=[^\d\s])|\d{1,3}[.)][ \t]+|[（(]\d{1,2}[)）][ \t]*"
    r"|[①-⑳][ \t]*|\[\d{1,3}\][ \t]+)(?:\[[ xX✓]\][ \t]+)?)"
)
_STRONG = re.compile(r"(?:\*\*|__)(?!\*)(.+?)(?:\*\*|__)[ \t:：]*$")
# `*+` gives nothing back: a line that begins with many blanks would take the square of their number
_RULE = re.compile(r"[ \t]*+(?:(?:[-*_=~][ \t]*+){3,}|\|?(?:[ \t]*+:?-{2,}:?[ \t]*+\|)+(?:[ \t]*+:?-{2,}:?[ \t]*+)?)$")
_DELIMITER = re.compile(r"[ \t]*+\|?(?:[ \t]*+:?-+:?[ \t]*+\|)+(?:[ \t]*+:?-+:?[ \t]*+)?$")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_SETEXT = re.compile(r"[ \t]*(=+|-{2,})[ \t]*$")
_HTML_ONLY = re.compile(r"[ \t]*(?:</?[a-zA-Z][^<>]*>[ \t]*|<!--.*?-->[ \t]*)+$")
_HTML_HEADING = re.compile(r"[ \t]*<h([1-6])[^<>]*>[ \t]*", re.IGNORECASE)
_HTML_HEADING_END = re.compile(r"[ \t]*</h[1-6]>[ \t]*$", re.IGNORECASE)
_SUMMARY = re.compile(r"[ \t]*(?:<details[^<>]*>\s*)?<summary[^<>]*>[ \t]*(?=\S)", re.IGNORECASE)
_SUMMARY_END = re.compile(r"\s*</summary>.*$", re.IGNORECASE)
_ORG_HEADING = re.compile(r"(\*{2,6})[ \t]+(?:(?:TODO|NEXT|DONE|READ|READING)[ \t]+)?(?=[^\s*])")
_ORG_PROPERTY = re.compile(r"[ \t]*:(?=[A-Za-z][\w-]{0,28}:(?:[ \t]|$))")
_ORG_MARKS = ("PROPERTIES:", "END:", "LOGBOOK:")
_TABS = 4
_NEWLINE = re.compile(r"\r\n|\n|\r")


def parse_blocks(text: str, start: int = 0, end: int | None = None) -> list[Block]:
    """Return the lines of `text`, or of a span of it, that are not blank, in order."""
    blocks: list[Block] = []
    gap = True
    fence = ""
    stop = len(text) if end is None else end
    spans = _front_matter_first(text, blocks) if start == 0 else _lines(text, start, stop)
    for start, end in spans:
        if start >= stop:
            break
        end = min(end, stop)
        for first, last in lay_out_line(text, start, end):
            if not text[first:last].strip():
                gap = True
                continue
            if fence or _FENCE.match(text, first, last):
                fence = _follow_fence(text, first, last, fence)
                blocks.append(Block("code", first, last, first, stop=last, gap=gap))
            else:
                _add(text, _classify(text, first, last, gap), blocks)
            gap = False
    return blocks


def _front_matter_first(text: str, blocks: list[Block]) -> Iterator[Span]:
    """Yield the spans of the lines; those of a YAML front matter become blocks at once."""
    spans = _lines(text, int(text.startswith("\ufeff")), len(text))
    opening = next(spans, None)
    if opening is None:
        return
    mark = text[opening[0] : opening[1]].strip(" \t")
    if mark != "---":
        yield opening
        yield from spans
        return
    held = [opening]
    for span in spans:
        held.append(span)
        if text[span[0] : span[1]].strip() in ("---", "..."):
            blocks += [_meta(text, a, b) for a, b in held if text[a:b].strip()]
            break
        if len(held) > 60 or re.match(r"#|\s*$", text[span[0] : span[1]]):
            yield from held
            break
    else:
        yield from held
    yield from spans


def _meta(text: str, start: int, end: int) -> Block:
    kind: BlockKind = "rule" if text[start:end].strip(" \t") in ("---", "...") else "meta"
    body = start + len(text[start:end]) - len(text[start:end].lstrip())
    return Block(kind, start, end, body, stop=start + len(text[start:end].rstrip()))


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _NEWLINE.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def _follow_fence(text: str, start: int, end: int, fence: str) -> str:
    """Return the fence that is open after this line, or an empty string."""
    line = text[start:end].strip()
    if not fence:
        mark = line[:3]
        return "" if line.count(mark) > 1 and line.endswith(mark) and len(line) > 3 else mark
    return "" if line.startswith(fence) and not line.strip(fence[0]) else fence


def _classify(text: str, start: int, end: int, gap: bool) -> Block:
    stop = start + len(text[start:end].rstrip())
    quote = _QUOTE.match(text, start, stop)
    body = quote.end() if quote else start
    block = Block("text", start, end, body, stop=stop, gap=gap, quoted=bool(quote))
    if _RULE.match(text, body, stop):
        return replace(block, kind="rule")
    if match := _HEADING.match(text, body, stop):
        closing = _HEADING_END.search(text, match.end(), stop)
        level = len(match[1] or match[2])
        return replace(block, kind="heading", body=match.end(), level=level, stop=closing.start() if closing else stop)
    if match := _HTML_HEADING.match(text, body, stop):
        closing = _HTML_HEADING_END.search(text, match.end(), stop)
        words_end = closing.start() if closing else stop
        return replace(block, kind="heading", body=match.end(), level=int(match[1]), stop=words_end)
    if match := _SUMMARY.match(text, body, stop):
        closing = _SUMMARY_END.search(text, match.end(), stop)
        return replace(block, kind="strong", body=match.end(), level=7, stop=closing.start() if closing else stop)
    if _HTML_ONLY.match(text, body, stop):
        return replace(block, kind="html")
    if text.startswith("|", _skip_space(text, body, stop)) and text.count("|", body, stop) >= 2:
        return replace(block, kind="row", cells=tuple(split_row(text, body, stop)))
    if match := _ORG_HEADING.match(text, body, stop):
        if not text.startswith("*", stop - 1):
            return replace(block, kind="heading", body=match.end(), level=min(6, len(match[1])))
    elif match := _ORG_PROPERTY.match(text, body, stop):
        mark = text.startswith(_ORG_MARKS, match.end())
        return replace(block, kind="rule") if mark else replace(block, body=match.end())
    return _classify_list_or_text(text, block)


def _classify_list_or_text(text: str, block: Block) -> Block:
    if match := _ITEM.match(text, block.body, block.stop):
        indent = sum(_TABS if char == "\t" else 1 for char in match[1])
        if match.end() < block.stop:
            body = match.end()
            return replace(block, kind="item", body=body, level=indent, marker=match[2].strip())
    body = _skip_space(text, block.body, block.stop)
    if _STRONG.match(text, body, block.stop) and "**" not in text[body + 2 : block.stop].rstrip("*: ："):
        return replace(block, kind="strong", body=body, level=7)
    indent = sum(_TABS if char == "\t" else 1 for char in text[block.body : body])
    return replace(block, body=body, level=indent)


def _skip_space(text: str, start: int, end: int) -> int:
    while start < end and text[start] in " \t\ufeff\u3000":
        start += 1
    return start


def _add(text: str, block: Block, blocks: list[Block]) -> None:
    """Append a block, and let it tell what the line before it was: a heading underlined, the head of a table."""
    before = blocks[-1] if blocks and not block.gap else None
    if before is None:
        blocks.append(block)
    elif block.kind == "row":
        blocks.append(
            replace(block, header=before.header) if before.kind in ("row", "rule") and before.header else block
        )
    elif before.kind == "row" and not before.header and _DELIMITER.match(text, block.body, block.end):
        blocks[-1] = replace(before, kind="head_row")
        blocks.append(replace(block, kind="rule", header=before.cells))
    elif before.kind == "text" and not before.quoted and (line := _SETEXT.match(text, block.start, block.end)):
        if before.end - before.body <= 120:
            blocks[-1] = replace(before, kind="heading", level=1 if line[1][0] == "=" else 2)
        blocks.append(replace(block, kind="rule"))
    else:
        blocks.append(block)
