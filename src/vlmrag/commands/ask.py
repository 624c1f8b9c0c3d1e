"""`vlmrag ask`: answer a question, every claim cited."""

from __future__ import annotations

import argparse

from vlmrag.arguments import Batch, read_filters
from vlmrag.commands.shell import LOADING, complain, open_library, print_json
from vlmrag.errors import UsageError

HELP = "answer a question, every claim cited"
FILTERS = True


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("question", nargs="?", help="in English, 简体 or 繁體")
    parser.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")
    parser.add_argument("--explain", action="store_true", help="tell how the question was understood, and what decided")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.records import record_answer

    if not arguments.batch and not (arguments.question or "").strip():
        raise UsageError('ask what? Give a question in quotes: vlmrag ask "Which models keep the LLM frozen?"')
    assistant, terminal = open_library(arguments)
    filters = read_filters(arguments)
    if arguments.batch:
        batch = Batch(arguments.batch, "question", complain=complain)
        for qid, question, history in batch:
            answer = assistant.ask(question, history=history, filters=filters)
            why = assistant.explain(question, history=history, filters=filters) if arguments.explain else None
            print_json(record_answer(answer, qid, why))
        return batch.status
    with terminal.show_waiting(LOADING):
        answer = assistant.ask(arguments.question, filters=filters)
    why = assistant.explain(arguments.question, filters=filters) if arguments.explain else None
    if arguments.json:
        print_json(record_answer(answer, explanation=why))
    else:
        terminal.print_answer(answer)
        if why:
            terminal.print_explanation(why)
    return 0
