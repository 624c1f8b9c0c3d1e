"""`vlmrag status`: what the index holds, and what is stale."""

from __future__ import annotations

import argparse

from vlmrag.commands.shell import open_library, print_json

HELP = "what the index holds, and what is stale"


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.records import record_status

    assistant, terminal = open_library(arguments)
    status = assistant.status()
    if arguments.json:
        print_json(record_status(status))
    else:
        terminal.print_status(status)
    return 0
