"""`vlmrag figures`: the figures of PDFs and notes that a query means, shown by caption or saved as pictures."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.arguments import read_count, read_filters
from vlmrag.commands.shell import LOADING, open_library, print_json
from vlmrag.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vlmrag.search.figures import FoundFigure

HELP = "figures of papers and notes, by caption, by what the text says of them, and by what they show"
FILTERS = True
_QUOTED = 200
"""Characters of a caption or sentence that are shown; JSON has all of it."""
_MENTIONS = 2
"""Sentences shown of those that name a figure."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("query", nargs="?", help="what the figure shows, or its name: 'Figure 2 of BLIP'")
    parser.add_argument("-k", type=read_count, default=5, help="how many (default: 5)")
    parser.add_argument("--save", metavar="DIR", help="save each in this folder: as PNG, images of notes as they are")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.columns import show_controls
    from vlmrag.records import record_figure

    if not (arguments.query or "").strip():
        raise UsageError("figures of what? Give a few words: vlmrag figures 'query transformer'")
    assistant, terminal = open_library(arguments)
    with terminal.show_waiting(LOADING):
        found = assistant.figures(arguments.query, arguments.k, filters=read_filters(arguments))
    for each in found:
        file = None
        if arguments.save is not None:
            file = Path(arguments.save) / _name_file(each)
            picture = assistant.crop_figure(each.figure)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture)
        if arguments.json:
            print_json(record_figure(each, str(file) if file else None))
            continue
        for line in _show(each, file):
            print(show_controls(line))
    count = assistant.count_figures()
    if count.figures and not count.pictured and not arguments.json:
        print(f"figures: {count.describe()}", file=sys.stderr)
    return 0


def _name_file(found: FoundFigure) -> str:
    """Return a name that two figures of a library share only where their files and labels are alike."""
    figure = found.figure
    stem = Path(figure.source).stem
    if figure.image is not None:
        image = Path(figure.image)
        return re.sub(r"[^\w.-]+", "-", f"{stem}-{figure.line}-{image.stem}{image.suffix}").lower()
    return re.sub(r"[^\w.-]+", "-", f"{stem}-p{figure.page}-{figure.label}").lower() + ".png"


def _show(found: FoundFigure, file: Path | None) -> Iterator[str]:
    """Yield the lines of one figure: whose it is and where it stands, its caption, and what the text says of it."""
    figure = found.figure
    name = f"{found.paper.name}  " if found.paper else ""
    place = f"{figure.source} p. {figure.page}" if figure.page else f"{figure.source}:{figure.line}"
    sight = "  (by what it shows)" if "words" not in found.via else ""
    yield f"{found.score:.2f}  {name}{figure.label}  {place}{sight}"
    if found.caption:
        yield f"      {_shorten(found.caption)}"
    for mention in found.mentions[:_MENTIONS]:
        yield f"      “{_shorten(mention)}”"
    if file:
        yield f"      {file}"


def _shorten(words: str) -> str:
    from vlmrag.ingest.pages.unbroken import undo_hyphens

    flat = " ".join(undo_hyphens(words).split())
    return flat if len(flat) <= _QUOTED else f"{flat[:_QUOTED].rstrip()} …"
