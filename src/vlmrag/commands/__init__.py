"""The commands, a file each: `HELP`, `FILTERS` where it takes them, `add(parser)` and `run(arguments)`.

A new command is a new file here and its name in `NAMES`. Only what a command needs is imported, and inside `run`, so
that `--help` answers at once.
"""

from __future__ import annotations

NAMES = (
    "ingest", "fetch", "ask", "search", "similar", "figures", "papers", "table",
    "check", "status", "eval", "verify", "export", "chat",
)  # fmt: skip
"""In the order in which `vlmrag --help` names them."""
