"""`vlmrag eval`: score answers against gold questions, or retrieval on a BEIR folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.arguments import read_count
from vlmrag.commands.shell import add_llm, open_library, open_llm, print_json
from vlmrag.errors import UsageError

if TYPE_CHECKING:
    from vlmrag.evaluation.command import Outcome
    from vlmrag.terminal import Terminal

HELP = "score answers against gold questions, or retrieval on a BEIR folder"
FILES = {
    "papers": "names of the gold papers (default: as the library has them)",
    "save": "keep the evaluation as JSON",
    "against": "what got better and worse since a kept evaluation; with --beir: since a TREC run or CSV",
    "plot": "draw figures and risk-coverage curves (.png, .svg)",
    "beir": "a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv",
    "run": "with --beir: write the rankings as a TREC run file",
    "csv": "with --beir: write the figures of each query",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("questions", nargs="?", metavar="QUESTIONS.jsonl", help="a gold question or row a line")
    for flag, text in FILES.items():
        name = "DIR" if flag == "beir" else "FILE"
        parser.add_argument(f"--{flag}", dest=f"{flag}_file", type=Path, metavar=name, help=text)
    parser.add_argument("-k", type=read_count, default=100, help="with --beir: documents a query (default: 100)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--ablate", action="store_true", help="compare with simpler systems, with --beir too")
    instead.add_argument("--calibrate", action="store_true", help="fit confidences and the threshold of refusal")
    parser.add_argument(
        "--with", dest="seen", type=Path, nargs="+", default=[], metavar="FILE",
        help="with --calibrate: what --save kept of other questions, to be fitted too",
    )  # fmt: skip
    parser.add_argument("--model", type=Path, metavar="FILE", help="with --calibrate: write the models (.toml)")
    add_llm(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.evaluation import command
    from vlmrag.evaluation.attributes import is_attribute_gold

    if arguments.llm:
        return _compare_wording(arguments)
    if bool(arguments.questions) == bool(arguments.beir_file):
        raise UsageError("evaluate what? Give a file of gold questions, or --beir and a folder")
    others = (arguments.against_file, arguments.plot_file, arguments.run_file, arguments.csv_file)
    alone = arguments.ablate and (any(others) or arguments.save_file)
    if alone or (arguments.calibrate and (any(others) or arguments.beir_file)):
        raise UsageError("--ablate and --calibrate go with a file of gold questions alone; --json gives what to keep")
    if (arguments.seen or arguments.model) and not arguments.calibrate:
        raise UsageError("--with and --model go with --calibrate")
    assistant, terminal = open_library(arguments)
    with terminal.show_progress() as progress:
        if arguments.beir_file:
            config, folder, k = assistant.config, arguments.beir_file, arguments.k
            if arguments.ablate:
                outcome = command.ablate_retrieval(config, folder, k=k, progress=progress)
            else:
                kept = {name: getattr(arguments, f"{name}_file") for name in ("run", "csv", "against")}
                outcome = command.evaluate_retrieval(config, folder, k=k, **kept, progress=progress)
        elif is_attribute_gold(Path(arguments.questions)):
            outcome = command.evaluate_table(assistant, Path(arguments.questions))
        elif arguments.ablate:
            questions, papers = Path(arguments.questions), arguments.papers_file
            outcome = command.ablate_answers(assistant, questions, papers=papers, progress=progress)
        elif arguments.calibrate:
            kept = {"seen": arguments.seen, "save": arguments.save_file, "model": arguments.model}
            questions, papers = Path(arguments.questions), arguments.papers_file
            outcome = command.calibrate_answers(assistant, questions, papers=papers, **kept, progress=progress)
        else:
            given = {name: getattr(arguments, f"{name}_file") for name in ("papers", "save", "against", "plot")}
            outcome = command.evaluate_answers(assistant, Path(arguments.questions), **given, progress=progress)
    return _show(outcome, arguments, terminal)


def _compare_wording(arguments: argparse.Namespace) -> int:
    """Compare quoted with worded answers; only where `--llm` says so, not where the environment names a model."""
    from vlmrag.evaluation import command

    files = (getattr(arguments, f"{flag}_file") for flag in FILES if flag != "papers")
    if not arguments.questions or any(files) or arguments.ablate or arguments.calibrate:
        raise UsageError("--llm goes with a file of gold questions, and --papers, alone")
    assistant, terminal = open_library(arguments)
    generator = open_llm(arguments, assistant)
    if generator is None:
        raise UsageError("--llm none names no model to compare with")
    questions, papers = Path(arguments.questions), arguments.papers_file
    with terminal.show_progress() as progress:
        outcome = command.evaluate_wording(assistant, questions, generator, papers=papers, progress=progress)
    return _show(outcome, arguments, terminal)


def _show(outcome: Outcome, arguments: argparse.Namespace, terminal: Terminal) -> int:
    if arguments.json:
        print_json(outcome.record)
    else:
        terminal.print_tables(outcome.tables)
    for remark in outcome.remarks:
        print(remark, file=sys.stderr)
    return 0
