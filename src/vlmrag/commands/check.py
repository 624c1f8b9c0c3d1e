"""`vlmrag check`: what is probably wrong in the notes, and why; with papers, what they make of the notes' claims."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vlmrag.arguments import read_filters
from vlmrag.commands.shell import open_library, print_json

if TYPE_CHECKING:
    from vlmrag.answer.claims import Claim

HELP = "what is probably wrong in the notes, and why"
FILTERS = True
_VERDICTS = ("supported", "contradicted", "not found")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--claims", action="store_true", help="list every claim of a note that a PDF could prove, with its verdict"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.columns import show_controls
    from vlmrag.records import record_claim, record_finding

    assistant, terminal = open_library(arguments)
    filters = read_filters(arguments)
    with terminal.show_waiting("looking through the notes"):
        findings = [] if arguments.claims else assistant.check(filters=filters)
        claims = assistant.claims(filters=filters)
    if arguments.json:
        for record in map(record_claim, claims) if arguments.claims else map(record_finding, findings):
            print_json(record)
    elif arguments.claims:
        for claim in claims:
            print(show_controls(_write_claim(claim)))
    else:
        terminal.print_findings(findings)
    if not arguments.claims:
        print(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}", file=sys.stderr)
    if claims or arguments.claims:
        print(_count(claims), file=sys.stderr)
    return 0


def _write_claim(claim: Claim) -> str:
    """Return a claim on one line: where it stands, its verdict, what it says, and the place in the paper."""
    why = f" — {claim.why}" if claim.why else ""
    return f"{claim.source}:{claim.line}: {claim.verdict}: {claim.what}{why}"


def _count(claims: Sequence[Claim]) -> str:
    """Return how many claims came out how: `14 claims beside papers: 11 supported, 1 contradicted, 2 not found`."""
    counts: Counter[str] = Counter(claim.verdict for claim in claims)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS)
    return f"{len(claims)} claim{'' if len(claims) == 1 else 's'} beside papers: {told}"
