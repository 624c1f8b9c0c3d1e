"""`vlmrag chat`: open the page."""

from __future__ import annotations

import argparse

from vlmrag.commands.shell import open_library

HELP = "open the page"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from vlmrag.ui.page import serve_page

    assistant, _ = open_library(arguments)
    assistant.status()  # tells at once if there is no index
    serve_page(
        assistant,
        host=arguments.host,
        port=arguments.port,
        ready=lambda url: print(f"The page is open at {url} (Ctrl-C ends it)", flush=True),
    )
    return 0
