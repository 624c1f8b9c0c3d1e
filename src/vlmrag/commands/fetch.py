"""`vlmrag fetch`: download papers from arXiv, the one command that opens a network connection."""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vlmrag.arguments import read_filters
from vlmrag.commands.shell import complain, open_library, print_json
from vlmrag.errors import UsageError, VlmragError
from vlmrag.types import Filters

if TYPE_CHECKING:
    from vlmrag.reports import FetchReport, Missed

HELP = "download arXiv papers and what arXiv says of them into data/pdfs"
FILTERS = True
_MEGA = 1_000_000


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="arXiv ids in any form, or names (default: all that the notes name)"
    )
    parser.add_argument("--update", action="store_true", help="look for newer versions of what is there")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be fetched; open no connection")
    parser.add_argument("--pause", type=_read_seconds, metavar="SECONDS", help="between two requests (default: 3)")
    parser.add_argument("--max-size", type=_read_megabytes, metavar="MB", help="of one PDF (default: 200)")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.ingest.fetching import Manners

    filters = read_filters(arguments)
    if arguments.offline and not arguments.dry_run:
        raise VlmragError("--offline refuses every network connection, and fetch needs one; --dry-run does without")
    if arguments.ids and filters != Filters():
        raise UsageError("filters choose among all papers of the library: give either filters or ids")
    manners = Manners() if arguments.pause is None else Manners(pause=arguments.pause)
    assistant, terminal = open_library(arguments)
    with terminal.show_progress() as progress:
        report = assistant.fetch(
            arguments.ids,
            filters=filters,
            update=arguments.update,
            dry_run=arguments.dry_run,
            max_bytes=arguments.max_size,
            manners=manners,
            progress=progress,
            tell=lambda line: print(line, file=sys.stderr),
        )
    if arguments.json:
        from vlmrag.records import record_fetch

        print_json(record_fetch(report))
    else:
        _print_report(report, manners.pause)
    _name_missed(report.missed)
    return 1 if report.missed else 0


def _print_report(report: FetchReport, pause: float) -> None:
    """Print a line per paper that came, or would be asked for, and one for the whole."""
    for paper in report.fetched:
        size = f"{paper.bytes / _MEGA:.1f} MB, {paper.pages} page{'' if paper.pages == 1 else 's'}"
        print(f"{paper.file}  {size}  {paper.title}")
    for ident in report.planned:
        print(f"would fetch {ident}")
    if report.planned:
        minutes = len(report.planned) * pause / 60
        print(f"{len(report.planned)} to fetch, at least {minutes:.1f} min; {len(report.present)} there")
        return
    print(f"{len(report.fetched)} fetched, {len(report.present)} there, {len(report.missed)} missed")
    if report.fetched:
        print("vlmrag ingest reads them", file=sys.stderr)


def _name_missed(missed: Sequence[Missed]) -> None:
    """Name the papers that could not be had, a line for each reason."""
    by_reason = defaultdict(list)
    for paper in missed:
        by_reason[paper.why].append(paper.id)
    for why, ids in by_reason.items():
        complain(f"not fetched: {', '.join(ids)}: {why}", 1)


def _read_seconds(words: str) -> float:
    if not re.fullmatch(r"\d{1,4}(?:\.\d{1,3})?", words):
        raise argparse.ArgumentTypeError(f"{words!r} is not a number of seconds")
    return float(words)


def _read_megabytes(words: str) -> int:
    if not re.fullmatch(r"0*[1-9]\d{0,5}", words):
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number of megabytes")
    return int(words) * _MEGA
