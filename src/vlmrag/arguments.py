"""What may stand on the command line: the commands, their arguments and help texts, and the file of a batch."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

from vlmrag.errors import UsageError
from vlmrag.types import Filters, Turn

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


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line, as every other problem is told."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"vlmrag: {message.removeprefix('argument ')}. See: {self.prog} --help\n")


def build_parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Return the parser of all commands; the parsed arguments have the one to call as `run`."""
    parser = _Parser(prog="vlmrag", description=HELP)
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
    ask.add_argument("--explain", action="store_true", help="tell how the question was understood, and what decided")

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
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--ablate", action="store_true", help="compare with simpler systems")
    instead.add_argument("--calibrate", action="store_true", help="choose the thresholds of refusal")


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


class Batch:
    """The questions of a file, one a line; a line that is none is named, and the others are read."""

    def __init__(self, file: str, *fields: str, complain: Callable[[str, int], int]) -> None:
        """Read `file`, or standard input for `-`; the question is in the first of `fields` that a line has.

        `complain` is told of each line that is none, and the exit status of that; it returns the status.
        """
        self.status = 0
        """2 once a line was no question."""
        self._shown = "standard input" if file == "-" else file
        self._file = file
        self._fields = fields
        self._complain = complain

    def __iter__(self) -> Iterator[tuple[str | None, str, list[Turn]]]:
        """Yield id, question and history of each line; raises UsageError where there is no such file."""
        with self._open() as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip("\ufeff \t\r\n"):
                    continue
                try:
                    yield self._read_line(line.removeprefix("\ufeff"))
                except (ValueError, StopIteration, KeyError, TypeError, AttributeError, RecursionError):
                    needs = f"not a question: needs a JSON object with {self._fields[0]!r}"
                    self.status = self._complain(f"{self._shown}:{number}: {needs}", 2)

    def _open(self) -> TextIO:
        # bytes that are no UTF-8 become half characters: they spoil their own line only
        if self._file == "-":
            if sys.stdin is None:
                raise UsageError("standard input is closed")
            if isinstance(sys.stdin, io.TextIOWrapper):
                sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
            return sys.stdin
        try:
            return Path(self._file).open(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise UsageError(f"{self._shown}: {error.strerror}") from None

    def _read_line(self, line: str) -> tuple[str | None, str, list[Turn]]:
        line.encode()
        record = json.loads(line)
        question = next(record[f] for f in self._fields if f in record)
        if not isinstance(question, str):
            raise TypeError
        history = [Turn(t["role"], str(t["content"])) for t in record.get("history") or []]
        return record.get("qid", record.get("id")), question, history


def _read_years(words: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", words)
    if not found:
        raise argparse.ArgumentTypeError(f"{words!r} is not a year or a range like 2021-2023")
    first, last = int(found.group(1)), int(found.group(2) or found.group(1))
    return min(first, last), max(first, last)


def _read_count(words: str) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", words):
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1 to 999999999")
    return int(words)


def _read_version() -> str:
    from vlmrag import __version__

    return f"vlmrag {__version__}"
