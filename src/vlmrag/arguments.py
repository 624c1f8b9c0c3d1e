"""What may stand on the command line: the commands, their arguments and the help text of each."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vlmrag.types import Filters

Command = Callable[[argparse.Namespace], int]
"""Runs a command; returns the exit status."""

HELP = "Ask your paper notes: every claim cited to its exact place, all of it on this machine."

EVAL_FILES = {
    "papers": "names of the gold papers (default: as the library has them)",
    "save": "keep the evaluation as JSON",
    "against": "what got better and worse since a kept evaluation",
    "plot": "draw figures and risk-coverage curves (.png, .svg)",
    "beir": "a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv",
    "run": "with --beir: write the rankings as a TREC run file",
}


def build_parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Return the parser of all commands; the parsed arguments have the one to call as `run`."""
    parser = argparse.ArgumentParser(prog="vlmrag", description=HELP)
    parser.add_argument("--version", action="version", version=_read_version())
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, text: str, filters: bool = False) -> argparse.ArgumentParser:
        return _add_command(subparsers, name, commands[name], text, filters)

    ingest = add("ingest", "read notes and papers into the index; only what changed is done again")
    ingest.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: data/ and those given before)"
    )
    ingest.add_argument("--rebuild", action="store_true", help="start over")
    ingest.add_argument("--encoder", help="a sentence-transformers name or folder (default: all-MiniLM-L6-v2, bundled)")

    ask = add("ask", "answer a question, every claim cited", filters=True)
    ask.add_argument("question", nargs="?", help="in English, 简体 or 繁體")
    ask.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")

    search = add("search", "rank passages", filters=True)
    search.add_argument("query", nargs="?")
    search.add_argument("-k", type=_read_count, default=10, help="how many (default: 10)")
    search.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")

    add("papers", "the papers known, one a line", filters=True)
    add("check", "what is probably wrong in the notes, and why", filters=True)
    add("status", "what the index holds, and what is stale")

    _add_evaluation(add("eval", "score answers against gold questions, or retrieval on a BEIR folder"))

    verify = add("verify", "check every quote of an answer against its source")
    verify.add_argument("file", type=Path, metavar="FILE", help="an answer as JSON, or Markdown with quotes")

    chat = add("chat", "open the page")
    chat.add_argument("--host", default="127.0.0.1")
    chat.add_argument("--port", type=int, default=7860)
    return parser


def _add_evaluation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("questions", nargs="?", metavar="QUESTIONS.jsonl", help="one gold question a line")
    for flag, text in EVAL_FILES.items():
        name = "DIR" if flag == "beir" else "FILE"
        parser.add_argument(f"--{flag}", dest=f"{flag}_file", type=Path, metavar=name, help=text)
    parser.add_argument("-k", type=_read_count, default=100, help="with --beir: documents a query (default: 100)")


def _add_command(subparsers: Any, name: str, run: Command, text: str, filters: bool) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + "."
    )
    parser.set_defaults(run=run)
    parser.add_argument("--home", metavar="DIR", help="the folder that holds data/ and indexes/ (or VLMRAG_HOME)")
    parser.add_argument("--index", metavar="NAME", help="which folder below indexes/ (default: default)")
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.add_argument("--offline", action="store_true", help="refuse every network connection")
    if filters:
        group = parser.add_argument_group("filters")
        group.add_argument("--year", type=_read_years, metavar="2021[-2023]")
        for flag in ("org", "venue", "tag", "source", "paper"):
            group.add_argument(f"--{flag}", metavar="WORDS")
        group.add_argument("--kind", choices=("note", "pdf"))
    return parser


def read_filters(arguments: argparse.Namespace) -> Filters:
    """Return the part of the library that the filters name."""
    return Filters(
        years=arguments.year,
        org=arguments.org,
        venue=arguments.venue,
        tag=arguments.tag,
        source=arguments.source,
        paper=arguments.paper,
        kind=arguments.kind,
    )


def _read_years(words: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", words)
    if not found:
        raise argparse.ArgumentTypeError(f"{words!r} is not a year or a range like 2021-2023")
    first, last = int(found.group(1)), int(found.group(2) or found.group(1))
    return min(first, last), max(first, last)


def _read_count(words: str) -> int:
    if not words.isdigit() or int(words) < 1:
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1")
    return int(words)


def _read_version() -> str:
    from vlmrag import __version__

    return f"vlmrag {__version__}"
