"""`vlmrag ingest`: read notes and papers into the index; only what changed is done again."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence

from vlmrag.commands.shell import complain, open_library, print_json
from vlmrag.reports import Skipped

HELP = "read notes and papers into the index; only what changed is done again"
FEW = 3
"""As many skipped files with one reason are told one by one."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: data/ and those given before)"
    )
    parser.add_argument("--rebuild", action="store_true", help="start over")
    parser.add_argument("--encoder", help="a sentence-transformers name or folder (default: all-MiniLM-L6-v2, bundled)")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    assistant, terminal = open_library(arguments)
    with terminal.show_progress() as progress:
        report = assistant.ingest(arguments.paths, rebuild=arguments.rebuild, progress=progress)
    if arguments.json:
        from vlmrag.records import record_report

        print_json(record_report(report))
    else:
        terminal.print_report(report)
    for remark in report.remarks:
        complain(f"{remark.path}: {remark.why}", 0)
    _name_skipped(report.skipped)
    return 1 if report.skipped else 0


def _name_skipped(skipped: Sequence[Skipped]) -> None:
    """Name the files that were skipped: one a line, or one line where many are for the same reason."""
    by_reason = defaultdict(list)
    for file in skipped:
        by_reason[file.why].append(file.path)
    for why, paths in by_reason.items():
        if len(paths) > FEW:
            more = f"{', '.join(paths[:FEW])} and {len(paths) - FEW:,} more (--json names all)"
            complain(f"skipped {len(paths):,} files: {why}: {more}", 1)
        else:
            for path in paths:
                complain(f"skipped {path}: {why}", 1)
