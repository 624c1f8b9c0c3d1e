"""`vlmrag similar`: papers like a paper, or like a text, each with its reasons and where they stand."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vlmrag.arguments import read_count, read_filters
from vlmrag.commands.shell import LOADING, open_library, print_json
from vlmrag.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vlmrag.answer.similar import SimilarPaper
    from vlmrag.types import Citation

HELP = "papers like a paper or a text, each with its reasons"
FILTERS = True
_QUOTED = 160
"""Characters of a quote that are shown; JSON has all of it."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    given = parser.add_mutually_exclusive_group()
    given.add_argument("like", nargs="?", metavar="PAPER", help="a name, an arXiv id or a title in any form; or a text")
    given.add_argument("--text", metavar="WORDS", help="a title or an abstract that is no paper of the library")
    parser.add_argument("-k", type=read_count, default=10, help="how many (default: 10)")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.columns import show_controls
    from vlmrag.records import record_similar

    like = arguments.like if arguments.text is None else arguments.text
    if not (like or "").strip():
        raise UsageError("similar to what? Give a paper, or a text: vlmrag similar BLIP-2")
    assistant, terminal = open_library(arguments)
    with terminal.show_waiting(LOADING):
        text, filters = arguments.text is not None, read_filters(arguments)
        found = assistant.similar(like, arguments.k, text=text, filters=filters)
    if arguments.json:
        for similar in found:
            print_json(record_similar(similar))
        return 0
    for similar in found:
        for line in _show(similar):
            print(show_controls(line))
    return 0


def _show(similar: SimilarPaper) -> Iterator[str]:
    """Yield the lines of one paper: its reasons, the weightiest first, and below each its places."""
    year = f" ({similar.paper.year})" if similar.paper.year else ""
    yield f"{similar.score:.2f}  {similar.paper.name}{year}"
    for reason in similar.reasons:
        yield f"      +{reason.weight:.2f}  {reason.text}"
        for c in reason.citations:
            yield f"             {_name_place(c)}  “{_shorten(c)}”"


def _name_place(citation: Citation) -> str:
    return f"{citation.source}:{citation.line}" if citation.page is None else f"{citation.source} p. {citation.page}"


def _shorten(citation: Citation) -> str:
    from vlmrag.ingest.pages.unbroken import undo_hyphens

    words = undo_hyphens(citation.quote) if citation.page else citation.quote
    words = " ".join(words.split())
    return words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()} …"
