"""`vlmrag table`: papers by attributes, a citation behind every cell."""

from __future__ import annotations

import argparse

from vlmrag.arguments import read_filters
from vlmrag.commands.shell import LOADING, open_library, print_json

HELP = "papers by attributes, a citation behind every cell"
FILTERS = True


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--columns",
        metavar="NAMES",
        help='attributes and questions, by commas: llm,frozen,"which accept video?" (default: all of them; in Markdown '
        "those that fit)",
    )
    parser.add_argument("--papers", metavar="NAMES", help="these papers only, by commas, in this order")
    parser.add_argument("--format", choices=("md", "csv", "json"), default="md", help="default: md")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.answer import table
    from vlmrag.records import record_row
    from vlmrag.search.attributes import COLUMNS

    form = "json" if arguments.json else arguments.format
    chosen = table.read_columns(arguments.columns or "")
    columns = chosen or (table.OVERVIEW if form == "md" else COLUMNS)
    names = [name.strip() for name in (arguments.papers or "").split(",") if name.strip()]
    assistant, terminal = open_library(arguments)
    with terminal.show_waiting(LOADING):
        rows = assistant.table(columns, papers=names or None, filters=read_filters(arguments))
    if form == "json":
        for row in rows:
            print_json(record_row(row))
    else:
        write = table.format_csv if form == "csv" else table.format_markdown
        print(write(rows, columns), end="")
    return 0
