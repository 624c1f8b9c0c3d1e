"""Files that are whole at every moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a new file, flush it to the disk and put it at `path` in one step.

    The old file, which readers may have mapped, is never written to: they would die of SIGBUS.
    """
    draft = path.with_name(f"{path.name}.new")
    write(draft)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(path)
