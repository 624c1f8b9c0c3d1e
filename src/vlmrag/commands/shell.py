"""What every command does with the shell that it runs in: open the library, print JSON, tell a problem in one line."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import TYPE_CHECKING, Any

from vlmrag.errors import VlmragError

if TYPE_CHECKING:
    from vlmrag.answer.generator import Generator
    from vlmrag.assistant import Assistant
    from vlmrag.terminal import Terminal

LOADING = "reading the library"


def open_library(arguments: argparse.Namespace) -> tuple[Assistant, Terminal]:
    """Return the assistant that the arguments name, and the terminal that shows what it says."""
    from vlmrag.assistant import Assistant
    from vlmrag.config import Config
    from vlmrag.terminal import Terminal

    config = Config.load(arguments.home, index=arguments.index, encoder=getattr(arguments, "encoder", None))
    return Assistant(config), Terminal(config.home)


def add_llm(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that name a model that writes."""
    parser.add_argument(
        "--llm",
        metavar="URL#MODEL|DIR|none",
        help="a model that reads what the rules leave open, and words the answer, under proof (or VLMRAG_LLM)",
    )
    parser.add_argument("--allow-remote", action="store_true", help="let that model be on another machine")


def open_llm(arguments: argparse.Namespace, assistant: Assistant) -> Generator | None:
    """Return the model that the arguments or the environment name; None for none, and with --offline for a server."""
    offline = arguments.offline and "://" in (arguments.llm or assistant.config.llm or "")
    if offline and arguments.llm:
        raise VlmragError("--offline refuses every network connection, and --llm with an address needs one")
    if offline:
        return None
    assistant.tell = warn
    return assistant.open_generator(arguments.llm, allow_remote=arguments.allow_remote, tell=warn)


def warn(line: str) -> None:
    """Tell something on standard error."""
    complain(line, 0)


def print_json(record: dict[str, Any]) -> None:
    """Print one record, at once."""
    print(json.dumps(record, ensure_ascii=False), flush=True)


def complain(error: object, status: int) -> int:
    """Tell a problem in one line on standard error; return the exit status given."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda control: repr(control[0])[1:-1], str(error))
    print(f"vlmrag: {line}", file=sys.stderr)
    return status
