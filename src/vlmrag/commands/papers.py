"""`vlmrag papers`: the papers known, one a line."""

from __future__ import annotations

import argparse

from vlmrag.arguments import read_filters
from vlmrag.commands.shell import LOADING, open_library, print_json

HELP = "the papers known, one a line"
FILTERS = True


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.records import record_paper

    assistant, terminal = open_library(arguments)
    with terminal.show_waiting(LOADING):
        papers = assistant.papers(filters=read_filters(arguments))
    if arguments.json:
        for paper in papers:
            print_json(record_paper(paper))
    else:
        terminal.print_papers(papers)
    return 0
