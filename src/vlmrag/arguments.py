"""What may stand on the command line: the commands, their arguments and help texts, and the file of a batch."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TextIO

from vlmrag.commands import NAMES
from vlmrag.errors import UsageError
from vlmrag.types import Filters, Turn

HELP = "Ask your paper notes: every claim cited to its exact place, all of it on this machine."


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line, as every other problem is told."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"vlmrag: {message.removeprefix('argument ')}. See: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; the parsed arguments have the one to call as `run`."""
    parser = _Parser(prog="vlmrag", description=HELP)
    parser.add_argument("--version", action="version", version=_read_version())
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in NAMES:
        _add_command(subparsers, name, importlib.import_module(f"vlmrag.commands.{name}"))
    return parser


def _add_command(subparsers: Any, name: str, command: ModuleType) -> None:
    text = command.HELP
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + "."
    )
    parser.set_defaults(run=command.run)
    parser.add_argument("--home", metavar="DIR", help="the folder that holds data/ and indexes/ (or VLMRAG_HOME)")
    parser.add_argument("--index", metavar="NAME", help="which folder below indexes/ (default: default)")
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.add_argument("--offline", action="store_true", help="refuse every network connection")
    if getattr(command, "FILTERS", False):
        group = parser.add_argument_group("filters")
        group.add_argument("--year", type=_read_years, metavar="2021[-2023]")
        for flag in ("org", "venue", "tag", "source", "paper"):
            group.add_argument(f"--{flag}", metavar="WORDS")
        group.add_argument("--kind", choices=("note", "pdf"))
    if declare := getattr(command, "add", None):
        declare(parser)


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


def read_count(words: str) -> int:
    """Read how many are wanted; raises ArgumentTypeError."""
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", words):
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1 to 999999999")
    return int(words)


def _read_version() -> str:
    from vlmrag import __version__

    return f"vlmrag {__version__}"
