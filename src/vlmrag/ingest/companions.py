"""Lists of papers that link to the notes on them: which entries speak of the work that a file is about."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from vlmrag.types import Document, Work

_ENDING = re.compile(r"\.(?:md|markdown|txt|html?)$", re.IGNORECASE)


def find_file_keys(papers: Sequence[Sequence[tuple[Document, Work]]]) -> list[list[str]]:
    """Return for each paper, given by its entries, the files that are about it.

    A file is about a paper when all its entries are, or when a list links to it beside the paper's name.
    """
    holders: dict[str, set[int]] = {}
    for i, members in enumerate(papers):
        for document, work in members:
            if not work.all("note"):
                holders.setdefault(_key(document.source), set()).add(i)
    about = {path: next(iter(found)) for path, found in holders.items() if len(found) == 1}
    by_end: dict[str, list[str]] = {}
    for path in about:
        by_end.setdefault(posixpath.basename(path), []).append(path)
    keys: list[list[str]] = [[] for _ in papers]
    for path, i in about.items():
        keys[i].append(path)
    for i, members in enumerate(papers):
        for document, work in members:
            for link in work.all("note"):
                keys[i] += _resolve(document.source, unquote(link), about, by_end)
    return keys


def _resolve(source: str, link: str, about: dict[str, int], by_end: dict[str, list[str]]) -> Iterator[str]:
    """Yield the file that a link leads to: beside the file it stands in, or below the root of a site."""
    near = _key(posixpath.join(posixpath.dirname(source), link))
    if near in about:
        yield near
    elif link.startswith("/"):
        far = _key(link.strip("/"))
        found = [path for path in by_end.get(posixpath.basename(far), ()) if path == far or path.endswith("/" + far)]
        if len(found) == 1:
            yield found[0]


def _key(path: str) -> str:
    """Return a path without its dots and its ending."""
    return _ENDING.sub("", posixpath.normpath(path))
