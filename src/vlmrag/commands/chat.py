"""`vlmrag chat`: open the page."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.commands.shell import add_llm, complain, open_library, open_llm
from vlmrag.errors import UsageError

if TYPE_CHECKING:
    from vlmrag.ui.server.users import Users

HELP = "open the page"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--auth-file", type=Path, metavar="FILE", help="who may open the page, with hashed passwords")
    parser.add_argument("--add-user", metavar="NAME", help="add someone to --auth-file, or set a new password, and end")
    add_llm(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    if arguments.add_user is not None:
        return _add_user(arguments)
    from vlmrag.assistant import Assistant
    from vlmrag.ui.live import keep_live
    from vlmrag.ui.models import Models
    from vlmrag.ui.page import serve_page
    from vlmrag.ui.server.serve import check_host

    users = _read_users(arguments.auth_file) if arguments.auth_file else None
    check_host(arguments.host, users)
    assistant, _ = open_library(arguments)
    named = open_llm(arguments, assistant)  # tells at once if the address is none
    assistant.status()  # tells at once if there is no index
    library = keep_live(lambda: Assistant(assistant.config))
    models = Models(
        library,
        (arguments.llm or assistant.config.llm) if named else None,
        allow_remote=arguments.allow_remote,
        look=not arguments.offline,
    )
    serve_page(
        library,
        host=arguments.host,
        port=arguments.port,
        users=users,
        models=models,
        ready=lambda url: print(f"The page is open at {url} (Ctrl-C ends it)", flush=True),
    )
    return 0


def _add_user(arguments: argparse.Namespace) -> int:
    """Ask for a password, twice where someone types it, and write the line of a user."""
    from vlmrag.ui.server.users import add_user

    if arguments.auth_file is None:
        raise UsageError("--add-user needs --auth-file FILE, where the line is written")
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {arguments.add_user}: ")
        if getpass.getpass("Once more: ") != password:
            raise UsageError("The two passwords differ.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    add_user(arguments.auth_file, arguments.add_user, password)
    print(f"{arguments.add_user} may open the page: vlmrag chat --auth-file {arguments.auth_file}")
    return 0


def _read_users(file: Path) -> Users:
    from vlmrag.ui.server.users import Users, advise_on_rights

    users = Users.load(file)
    if advice := advise_on_rights(file):
        complain(advice, 0)
    return users
