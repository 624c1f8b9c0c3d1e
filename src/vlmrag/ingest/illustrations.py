"""The figures of a note: image files that it links.

That is by `![caption](picture.png)`, by `<img src="picture.png">`, or as Obsidian does, `![[picture.png|caption]]`.

An image is read where it lies in the folders that were given to `ingest`, links of the file system followed: what
leads out of them, an address of the web or a picture written into the text is no file of the library. A figure of a
note is told by its caption, the sentences beside it and the headings above. What is missing or broken is told with its
line; it is kept as a figure without a picture, so that the next reading notices when it is there.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from vlmrag.errors import SourceError
from vlmrag.ingest.images import open_image, read_image
from vlmrag.ingest.layout import lay_out
from vlmrag.types import Document, Figure, Sentence, Source

Span = tuple[int, int]

# every quantifier that could meet the same characters again is possessive: a line of a million "![" takes no longer
_LINK = re.compile(
    r"<!--.*?(?:-->|\Z)|(?P<ticks>`{1,3})[^`]++(?P=ticks)"
    r"|!\[(?P<alt>(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]*+\])*+)\]\([ \t]*+"
    r"(?:<(?P<angled>[^<>\n]*+)>|(?P<bare>(?:[^\s()\\]|\\.|\([^\s()]*+\))++))"
    r"(?:\s++(?:\"(?P<double>[^\"\n]*+)\"|'(?P<single>[^'\n]*+)'))?\s*+\)"
    r"|!\[\[(?P<wiki>[^\[\]|#\n]++)(?:#[^\[\]|\n]*+)?(?:\|(?P<said>[^\[\]\n]*+))?\]\]"
    r"|<img\b(?P<tag>[^<>]*+)>",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\b(src|alt|title)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|//|#", re.IGNORECASE)
"""What begins so is no path: an address with its scheme, `data:`, or a place in the text."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ADDRESS_END = re.compile(r"[?#].*")
_ICON = 48
"""Dots of width and height below which both an image is an icon or a spacer."""
_NAMED = 12
"""As many images of a note that cannot be read are told one by one."""
_LEFT_OUT = "left out"
_SAYS = re.compile(r"[^\W_]")
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|webp|bmp)$", re.IGNORECASE)
_SIZE = re.compile(r"\s*\d+(?:x\d+)?\s*")
"""What stands in Obsidian's links in place of a caption."""


@dataclass(frozen=True, slots=True)
class Link:
    """An image that a note links: where, which path, and what is said of it there."""

    start: int
    end: int
    target: str
    caption: Span
    """Of the words that stand for the picture; empty where there are none."""
    title: Span | None = None
    """Of the words beside the path, where the caption is not these."""
    anywhere: bool = False
    """Whether the path may begin at one of the folders that were given instead of the note's."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a note lies, and which folders its images may lie in."""

    path: Path
    """Of the note."""
    shown: str
    """The same, as people see it."""
    roots: tuple[Path, ...] = ()
    """The folders that were given, links followed; the note's own folder always counts."""

    def find(self, target: str, *, anywhere: bool = False) -> tuple[Path, str]:
        """Return the file that a link names, and its path as people see it, which may not exist.

        Raises `SourceError` for what lies outside the folders.
        """
        if anywhere and not os.path.lexists(self.path.parent / target):
            there = next((root / target for root in self.roots if os.path.lexists(root / target)), None)
            target = os.path.relpath(there, self.path.parent.resolve()) if there else target
        folder = Path(os.path.normpath(self.path.parent))
        decoded = unquote(target)
        choices = dict.fromkeys((target, decoded, unquote(_ADDRESS_END.sub("", target)), decoded.replace("\\", "/")))
        places = [(choice, Path(os.path.normpath(folder / choice))) for choice in choices if choice]
        try:
            name, file = next(((n, f) for n, f in places if os.path.lexists(f)), places[0])
            real = file.resolve()
            inside = any(real.is_relative_to(root) for root in (*self.roots, folder.resolve()))
        except (OSError, ValueError, RuntimeError):  # it holds what no path can, or links that lead to each other
            raise SourceError(target, "cannot be a file") from None
        if not inside or Path(name).is_absolute():
            raise SourceError(name, "lies outside the folders that were given to ingest")
        return file, posixpath.normpath(posixpath.join(posixpath.dirname(self.shown), name))


def find_illustrations(
    source: Source, shelf: Shelf, documents: Sequence[Document], sentences: Sequence[Sentence]
) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Return the figures of a note in the order of its text, and what is wrong with some, each with its line."""
    text = source.text
    links = list(find_links(text)) if "![" in text or "<img" in text.lower() else []
    starts = [document.start for document in documents]
    said = _find_said(text, sentences, links) if links else {}
    seen: dict[Path, tuple[str | None, str]] = {}
    figures: list[Figure] = []
    problems: list[str] = []
    for link in links:
        at = bisect_right(starts, link.start) - 1
        if at < 0 or link.start >= documents[at].end:
            continue  # the chrome of a saved page
        line = _count_line(text, link.start)
        try:
            file, shown = shelf.find(link.target, anywhere=link.anywhere)
        except SourceError as error:
            problems.append(f"line {line}: {error}; {_LEFT_OUT}")
            continue
        if file not in seen:
            seen[file] = check_image(file, shown)
        digest, problem = seen[file]
        if problem:
            problems.append(f"line {line}: {problem}; {_LEFT_OUT}")
        if digest is not None:
            ident, label = documents[at].id, posixpath.basename(shown)
            around = _find_around(link, said.get(ident, []))
            figures.append(Figure(ident, source.path, None, None, label, *link.caption, around, line, shown, digest))
    more = len(problems) - _NAMED
    if more > 1:  # an export without its pictures
        problems[_NAMED:] = [f"{more} more images, the last in {problems[-1].partition(':')[0]}; {_LEFT_OUT}"]
    return tuple(figures), tuple(problems)


def check_image(file: Path, shown: str) -> tuple[str | None, str]:
    """Return the sha256 of an image file, None for an icon, and ""; or "" and what is wrong with the file."""
    try:
        data = read_image(file, shown)
        picture = open_image(data, shown)
    except SourceError as error:
        return "", str(error)
    return (None if max(picture.size) < _ICON else hashlib.sha256(data).hexdigest()), ""


def has_changed(file: Path, shown: str, digest: str) -> bool:
    """Whether an image file is another than the one with this sha256; where there was none, whether there is one."""
    if not digest:
        return check_image(file, shown)[0] != ""
    try:
        return hashlib.sha256(read_image(file, shown)).hexdigest() != digest
    except SourceError:
        return True


def read_unchanged(file: Path, figure: Figure) -> bytes:
    """Return the image file of a note's figure. Raises `SourceError` where it went or is not the one that was read."""
    shown = figure.image or figure.source
    data = read_image(file, shown)
    if hashlib.sha256(data).hexdigest() != figure.sha256:
        raise SourceError(shown, "changed since it was read; run vlmrag ingest")
    return data


def find_links(text: str) -> Iterator[Link]:
    """Yield the images that a text links as files, outside code and comments, in order."""
    code = [(block.start, block.end) for block in lay_out(text) if block.kind in ("code", "meta")]
    starts = [start for start, _ in code]
    for match in _LINK.finditer(text):
        at = bisect_right(starts, match.start()) - 1
        if at >= 0 and match.start() < code[at][1]:
            continue
        read = _read_tag if match["tag"] is not None else _read_wiki if match["wiki"] else _read_markdown
        link = read(match)
        if link and link.target and not _ELSEWHERE.match(link.target):
            yield link


def _read_markdown(match: re.Match[str]) -> Link | None:
    if match["alt"] is None:
        return None
    target = match["angled"] if match["angled"] is not None else _ESCAPED.sub(r"\1", match["bare"])
    title = next((match.span(name) for name in ("double", "single") if match[name]), None)
    alt = match.span("alt")
    if not _SAYS.search(match["alt"]) and title:
        alt, title = title, None
    return Link(match.start(), match.end(), target.strip(), alt, title)


def _read_wiki(match: re.Match[str]) -> Link | None:
    if not _IMAGE.search(match["wiki"].strip()):
        return None  # another note, shown inside this one
    caption = match.span("said") if match["said"] and not _SIZE.fullmatch(match["said"]) else (match.start(),) * 2
    return Link(match.start(), match.end(), match["wiki"].strip(), caption, anywhere=True)


def _read_tag(match: re.Match[str]) -> Link | None:
    found: dict[str, Span] = {}
    for attribute in _ATTRIBUTE.finditer(match.string, *match.span("tag")):
        group = next(n for n in (2, 3, 4) if attribute[n] is not None)
        found.setdefault(attribute[1].lower(), attribute.span(group))
    if "src" not in found:
        return None
    source, alt, title = (found.get(name) for name in ("src", "alt", "title"))
    said = [span for span in (alt, title) if span and _SAYS.search(match.string, *span)]
    start, end = source or (0, 0)
    caption = said[0] if said else (match.start(), match.start())
    return Link(match.start(), match.end(), match.string[start:end].strip(), caption, said[1] if said[1:] else None)


def _find_said(text: str, sentences: Iterable[Sentence], links: Sequence[Link]) -> dict[str, list[Span]]:
    """Return the sentences that hold more than images, in order, by document."""
    found: dict[str, list[Span]] = {}
    ends = [link.end for link in links]
    for sentence in sentences:
        at, words = sentence.start, ""
        for link in links[bisect_right(ends, at) :]:
            if link.start >= sentence.end:
                break
            words, at = words + text[at : max(at, link.start)], link.end
        if _SAYS.search(words + text[at : sentence.end]):
            found.setdefault(sentence.document, []).append((sentence.start, sentence.end))
    return found


def _find_around(link: Link, said: Sequence[Span]) -> tuple[Span, ...]:
    """Return what is said beside an image: its title, the sentence it stands in, and those before and after it."""
    first = bisect_left(said, link.start, key=lambda span: span[1] - 1)
    last = bisect_left(said, link.end, key=lambda span: span[0])
    near = said[max(0, first - 1) : last + 1]
    return tuple(sorted({*near, *([link.title] if link.title else ())}))


def _count_line(text: str, position: int) -> int:
    """Return the line, from 1, on which a position lies."""
    return 1 + text.count("\n", 0, position) + text.count("\r", 0, position) - text.count("\r\n", 0, position)
