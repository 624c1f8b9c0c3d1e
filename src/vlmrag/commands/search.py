"""`vlmrag search`: rank passages."""

from __future__ import annotations

import argparse

from vlmrag.arguments import Batch, read_count, read_filters
from vlmrag.commands.shell import LOADING, complain, open_library, print_json
from vlmrag.errors import UsageError

HELP = "rank passages"
FILTERS = True


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("query", nargs="?")
    parser.add_argument("-k", type=read_count, default=10, help="how many (default: 10)")
    parser.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.records import record_hit

    if not arguments.batch and not (arguments.query or "").strip():
        raise UsageError("search for what? Give a few words: vlmrag search 'query transformer'")
    assistant, terminal = open_library(arguments)
    filters = read_filters(arguments)
    with terminal.show_waiting(LOADING):
        papers = {p.id: p for p in assistant.papers()}
    if arguments.batch:
        batch = Batch(arguments.batch, "question", "query", complain=complain)
        for qid, query, _ in batch:
            hits = assistant.search(query, arguments.k, filters=filters)
            print_json({"id": qid, "query": query, "hits": [record_hit(h, papers) for h in hits]})
        return batch.status
    with terminal.show_waiting(LOADING):
        hits = assistant.search(arguments.query, arguments.k, filters=filters)
    if arguments.json:
        for hit in hits:
            print_json(record_hit(hit, papers))
    else:
        terminal.print_hits(hits, papers)
    return 0
