"""`vlmrag export`: the papers, or those of an answer, for other programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlmrag.arguments import read_filters
from vlmrag.commands.shell import LOADING, open_library
from vlmrag.errors import UsageError

if TYPE_CHECKING:
    from vlmrag.types import Paper

HELP = "the papers for other programs: BibTeX, RIS, CSV, JSON"
FILTERS = True
_FORMS = ("bibtex", "csv", "json", "ris")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--format", dest="form", choices=_FORMS, help="default: bibtex, or json with --json")
    parser.add_argument("--answer", type=Path, metavar="FILE", help="only the papers of an answer, kept as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.export import export_papers

    if arguments.json and arguments.form not in (None, "json"):
        raise UsageError(f"--json and --format {arguments.form} exclude each other")
    named = _read_answer(arguments.answer) if arguments.answer else None
    assistant, terminal = open_library(arguments)
    with terminal.show_waiting(LOADING):
        papers = assistant.papers(filters=read_filters(arguments))
    if named is not None:
        papers = _choose(papers, named, arguments.answer)
    print(export_papers(papers, "json" if arguments.json else arguments.form or "bibtex"), end="")
    return 0


def _choose(papers: list[Paper], named: list[str], file: Path) -> list[Paper]:
    """Return the papers that are named, in the order in which they are."""
    known = {paper.id: paper for paper in papers}
    chosen = [known[ident] for ident in dict.fromkeys(named) if ident in known]
    if named and not chosen:
        raise UsageError(f"{file}: none of its papers is in the library, or none meets the filters")
    return chosen


def _read_answer(file: Path) -> list[str]:
    """Return the ids of the papers of an answer, or of several, one a line."""
    from vlmrag.ingest.text import read_text

    try:
        answers = list(_parse(read_text(file, str(file)).text))
        return [paper["id"] for answer in answers or [{}] for paper in answer["papers"]]
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{file} is no answer: keep one with vlmrag ask --json") from None


def _parse(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON text, or of JSON Lines."""
    try:
        yield json.loads(text)
    except json.JSONDecodeError:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
