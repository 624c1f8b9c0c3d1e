"""The command line: read the arguments, run the command that they name.

Exit status: 0 done, 1 a problem told in one line on standard error, 2 wrong usage, 130 interrupted. What each
command does is in `commands/`.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from vlmrag.arguments import build_parser
from vlmrag.commands.shell import complain
from vlmrag.errors import UsageError, VlmragError

NEXT_STEPS = {
    errno.ENOSPC: "make room on the disk, then do it again",
    errno.EACCES: "see to the rights on it",
    errno.EPERM: "see to the rights on it",
    errno.EROFS: "choose another folder with --home",
    errno.EEXIST: "a folder is needed where this file lies",
    errno.ENOTDIR: "a folder is needed where a file lies",
}
"""What to do about a problem that the system reports."""
YOUNG = 100_000
"""Objects that are made before Python looks for rings among them to collect; by default 700, so hundreds of times."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    gc.set_threshold(YOUNG)
    _prepare_streams()
    try:
        arguments = build_parser().parse_args(argv)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return complain(error, 2)
    except VlmragError as error:
        return complain(error, 1)
    except KeyboardInterrupt:
        return complain("interrupted; the library is as it was, and the next run goes on from what was done", 130)
    except BrokenPipeError:
        _drop_output()  # the reader of the pipe has gone: nobody is left to tell
        return 1
    except OSError as error:
        _drop_output()
        hint = NEXT_STEPS.get(error.errno or 0)
        why = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        return complain(f"{why}; {hint}" if hint else why, 1)
    return status


def _prepare_streams() -> None:
    """Let no text fail for the terminal's encoding, and nothing fail for a stream that is closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end of the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _drop_output() -> None:
    """Send what still waits to be printed nowhere, so that Python does not complain at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


if __name__ == "__main__":
    sys.exit(main())
