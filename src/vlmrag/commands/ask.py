"""`vlmrag ask`: answer a question, every claim cited."""

from __future__ import annotations

import argparse

from vlmrag.arguments import Batch, read_filters
from vlmrag.commands.shell import LOADING, add_llm, complain, open_library, open_llm, print_json, warn
from vlmrag.errors import UsageError
from vlmrag.types import Answer

HELP = "answer a question, every claim cited"
FILTERS = True


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("question", nargs="?", help="in English, 简体 or 繁體")
    parser.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")
    parser.add_argument("--explain", action="store_true", help="tell how the question was understood, and what decided")
    add_llm(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.records import record_answer

    if not arguments.batch and not (arguments.question or "").strip():
        raise UsageError('ask what? Give a question in quotes: vlmrag ask "Which models keep the LLM frozen?"')
    assistant, terminal = open_library(arguments)
    filters = read_filters(arguments)
    assistant.writer = open_llm(arguments, assistant)
    if arguments.batch:
        batch = Batch(arguments.batch, "question", complain=complain)
        for qid, question, history in batch:
            answer = assistant.ask(question, history=history, filters=filters)
            read_as = answer.consulted.read_as if answer.consulted else ""
            why = None
            if arguments.explain:
                why = assistant.explain(question, history=history, filters=filters, read_as=read_as)
            print_json(record_answer(answer, qid, why))
            _tell_problem(answer)
        return batch.status
    with terminal.show_waiting(LOADING):
        answer = assistant.ask(arguments.question, filters=filters)
    why = assistant.explain(arguments.question, filters=filters) if arguments.explain else None
    if arguments.json:
        print_json(record_answer(answer, explanation=why))
    else:
        terminal.print_answer(answer)
        _print_writing(answer, whole=arguments.explain)
        if why:
            terminal.print_explanation(why)
    _tell_problem(answer)
    return 0


def _print_writing(answer: Answer, whole: bool) -> None:
    """Print what a model read and wrote, and what its checks came to; the `whole` of it with what was struck."""
    from vlmrag.columns import show_controls

    read, written = answer.consulted, answer.generated
    if read and read.verdicts:
        words = show_controls(f"read by {read.model}: {read.settled} of {read.verdicts} verdicts borne out")
        print(f"\n{words}")
    for verdict in read.refused if read and whole else ():
        print(show_controls(f"  not borne out: {verdict.text} ({verdict.why})"))
    if written is None or not written.sentences:
        return
    struck = f"; {len(written.struck)} left out, not supported" if written.struck else ""
    words = show_controls(f"worded by {written.model}: {written.supported} of {written.sentences} sentences{struck}")
    print(f"\n{words}")
    for sentence in written.struck if whole else ():
        print(show_controls(f"  not supported: {sentence.text} ({sentence.why})"))


def _tell_problem(answer: Answer) -> None:
    """Tell why a model read or wrote nothing, or not to the end."""
    read, written = answer.consulted, answer.generated
    if written and written.problem:
        rest = "what it had not written is quoted" if written.supported else "the answer is quotes alone"
        warn(f"{written.problem} ({rest})")
    elif read and read.problem:
        warn(f"{read.problem} (what it did not read stands as the rules have it)")
