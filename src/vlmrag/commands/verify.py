"""`vlmrag verify`: check every quote of an answer against its source."""

from __future__ import annotations

import argparse
from pathlib import Path

from vlmrag.commands.shell import open_library, print_json

HELP = "check every quote of an answer against its source"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="an answer as JSON, or Markdown with quotes")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.ingest.text import read_text
    from vlmrag.records import record_checked

    assistant, terminal = open_library(arguments)
    name = str(arguments.file)
    checked = assistant.verify(read_text(arguments.file, name).text, name)
    if arguments.json:
        for found in checked:
            print_json(record_checked(found))
    else:
        terminal.print_checked(checked, name)
    return int(any(found.verdict in ("altered", "absent") for found in checked))
