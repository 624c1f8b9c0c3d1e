"""`vlmrag check`: what is probably wrong in the notes, and why."""

from __future__ import annotations

import argparse
import sys

from vlmrag.arguments import read_filters
from vlmrag.commands.shell import open_library, print_json

HELP = "what is probably wrong in the notes, and why"
FILTERS = True


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.records import record_finding

    assistant, terminal = open_library(arguments)
    with terminal.show_waiting("looking through the notes"):
        findings = assistant.check(filters=read_filters(arguments))
    if arguments.json:
        for finding in findings:
            print_json(record_finding(finding))
    else:
        terminal.print_findings(findings)
    print(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}", file=sys.stderr)
    return 0
