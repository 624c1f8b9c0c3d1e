"""The quotes in a text that somebody wrote: an answer of ours as JSON, or Markdown from any other tool.

In Markdown a quote is what stands in “…”, "…", 「…」, 『…』 or «…», or a block quote. A source may follow it: a file's
name, or `[2]` or `[^2]` with a line `[2] notes.md:12` somewhere. A word or two in quotes without a source is a term and
no quotation, and is passed over; so is what stands in code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vlmrag.errors import UsageError
from vlmrag.language.fold import HAN, HAN_CHAR


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that are said to stand in a source."""

    words: str
    line: int
    """Of the checked file, from 1."""
    source: str | None = None
    """A source's path or name as it is written; None where none is named."""
    start: int | None = None
    """Where the quote is said to stand in the source, in characters."""
    end: int | None = None
    label: str = ""
    """What tells it apart in its file: the answer's id and the mark."""


_PAIRS = re.compile(
    r"“(?P<curly>[^“”]+)”|「(?P<corner>[^「」]+)」|『(?P<double>[^『』]+)』|«(?P<angle>[^«»]+)»"
    r"|(?<![\w\"])\"(?P<plain>[^\"\n]+)\"(?![\w\"])"
)
_BLOCK = re.compile(r"(?:^[ \t]{0,3}>[^\n]*\n?)+", re.MULTILINE)
_BLOCK_MARK = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_HIDDEN = re.compile(
    r"^(```|~~~).*?(?:^\1|\Z)|(?<!`)`+[^`\n]+`+|(?<=\])\([^()\n]*\)|</?[a-zA-Z][^<>\n]*>|<!--.*?-->",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"[\s,.;:，。；：]*\[\^?(\d+)\]")
_FILE = r"[\w\-./\\+%]*[\w\-+%]\.(?:md|markdown|txt|html|pdf)\b"
_PATH = re.compile(_FILE, re.IGNORECASE)
_DEFINED = re.compile(r"^[ \t>*-]*\[?\^?(\d+)(?:\]:?|\.)[ \t]+(.*)$", re.MULTILINE)
_TRAILER = re.compile(
    rf"[\s(（—–-]*(?:\[\^?\d+\][\s,]*)+$|\n[ \t]*(?:[—–]|--)[^\n]*$|[\s(（\[—–-]+{_FILE}[:#\d\s,)）\]-]*$",
    re.IGNORECASE,
)
_EMPTY_LINE = re.compile(r"(^[ \t]{0,3}>[ \t]*\n)", re.MULTILINE)
_CALLOUT = re.compile(r"\[![A-Z]+\][^\n]*")
_WORD = re.compile(rf"[{HAN}]|[^\W_]+")
_AFTER = 160
"""Characters behind a quote in which its source may be named."""
_LEAST_WORDS, _LEAST_HAN = 3, 6


def read_quotes(text: str, name: str) -> list[Quote]:
    """Return the quotes of a file: JSON or JSON Lines as `ask --json` prints them, else Markdown.

    Raises UsageError where a file that is called JSON holds something else.
    """
    if name.lower().endswith((".json", ".jsonl")) or text.lstrip().startswith(("{", "[{")):
        return list(_read_records(text, name))
    return find_quotes(text)


def find_quotes(text: str) -> list[Quote]:
    """Return the quotes in Markdown, in the order in which they stand."""
    hidden = _HIDDEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    files = {mark: words for mark, words in _DEFINED.findall(text) if _PATH.search(words)}
    found = [part for block in _BLOCK.finditer(hidden) for part in _split_block(text, hidden, *block.span())]
    inside = [(start, end) for start, end, _ in found]
    for match in _PAIRS.finditer(hidden):
        start, end = match.span(match.lastgroup or 0)
        if not any(a < end and start < b for a, b in inside):
            found.append((start, end, text[start:end]))
    found.sort()
    quotes = []
    for number, (start, end, words) in enumerate(found):
        until = found[number + 1][0] if number + 1 < len(found) else len(text)
        after = text[end : min(end + _AFTER, until)].lstrip('”」』»"*_')
        source, marked = _find_source(after, files)
        if words.strip() and (marked or (start, end) in inside or _is_quotation(words)):
            quotes.append(Quote(words, text.count("\n", 0, start) + 1, source))
    return quotes


def _split_block(text: str, hidden: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and words of a block quote's paragraphs, unless they are mostly quotes in quotation marks."""
    last = start
    for part in _EMPTY_LINE.split(text[start:end]):
        first, last = last, last + len(part)
        plain = _CALLOUT.sub("", _BLOCK_MARK.sub("", part)).strip()
        quoted = sum(len(m[0]) for m in _PAIRS.finditer(hidden, first, last))
        words = _TRAILER.sub("", plain)
        if words and hidden[first:last].strip(" >\t\n") and 2 * quoted <= len(plain):
            ending = words.rsplit("\n", 1)[-1]
            yield first + len(part) - len(part.lstrip()), first + part.rfind(ending) + len(ending), words


def _find_source(after: str, files: dict[str, str]) -> tuple[str | None, bool]:
    """The file that is named behind a quote, and whether any mark stands there."""
    line = re.split(r"\n[ \t>]*\n", after)[0]
    mark = _MARK.match(line)
    if mark:
        path = _PATH.search(files.get(mark[1], ""))
        return (path[0].strip() if path else None), True
    path = _PATH.search(line)
    if path and re.fullmatch(r"[\s>,.;:，。；：]*[(\[（—–\-*_]*[^.。\n]{0,24}?", line[: path.start()]):
        return path[0].strip(), True
    return None, False


def _is_quotation(words: str) -> bool:
    """Whether quoted words are more than a term."""
    return len(_WORD.findall(words)) >= (_LEAST_HAN if HAN_CHAR.search(words) else _LEAST_WORDS)


def _read_records(text: str, name: str) -> Iterator[Quote]:
    try:
        whole = json.loads(text)
        records = [(1, record) for record in (whole if isinstance(whole, list) else [whole])]
    except ValueError:
        records = [(n, _parse(line, name, n)) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    for line, record in records:
        if not isinstance(record, dict) or not isinstance(record.get("citations"), list):
            raise UsageError(f"{name}:{line}: not an answer: needs a JSON object with 'answer' and 'citations'")
        yield from _read_answer(record, line)


def _parse(line: str, name: str, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise UsageError(f"{name}:{number}: is not JSON") from None


def _read_answer(record: dict[str, Any], line: int) -> Iterator[Quote]:
    """Yield the quotes of the citations, then the marked ones that the answer's words show."""
    label = str(record.get("id") or "")
    cited: dict[str, dict[str, Any]] = {}
    for citation in record["citations"]:
        mark = str(citation.get("marker", ""))
        cited[mark] = citation
        place = citation.get("start"), citation.get("end")
        shown = f"{label} [{mark}]".strip()
        yield Quote(str(citation.get("quote") or ""), line, citation.get("source"), *place, shown)
    answer = str(record.get("answer") or "")
    for match in _PAIRS.finditer(answer):
        mark_after = _MARK.match(answer, match.end())
        if mark_after and mark_after[1] in cited:
            words = match[match.lastgroup or 0]
            yield Quote(
                words, line, cited[mark_after[1]].get("source"), label=f"{label} [{mark_after[1]}] shown".strip()
            )
