"""What a part was made from, written beside its folder: the state of the library and the checksum of every file."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeGuard

from vlmrag.index.files import replace_file
from vlmrag.index.schema import Meta

HASHED_UP_TO = 64_000_000
"""Bytes of a part up to which every reader hashes it (0.04 s). The files of a larger one are believed while they have
the sizes and times of change that their writer saw; one that was touched since then is hashed again."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file of a part when it was whole."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a derived part was made from."""

    state: str
    """`Meta.state`; empty while the part is being changed."""
    files: Mapping[str, FileState]
    """Of the part, by name."""
    measured: Mapping[str, float] = field(default_factory=dict)
    """What was measured when the part was made: see `LayeredVectors.describe`."""


def is_current(stamp: Stamp | None, meta: Meta) -> TypeGuard[Stamp]:
    """Say whether a part was made from just this state."""
    return stamp is not None and stamp.state == meta.state


def is_whole(stamp: Stamp, part: Path) -> bool:
    """Say whether a part's files are those that were written, no more and no fewer."""
    found = list_files(part, stamp.files)
    return {name: file.sha256 for name, file in found.items()} == {n: file.sha256 for n, file in stamp.files.items()}


def make_stamp(meta: Meta, part: Path, former: Stamp | None, measured: Mapping[str, float] | None = None) -> Stamp:
    """Return the stamp of a part that is whole; `former` saves hashing what stayed."""
    return Stamp(meta.state, list_files(part, former.files if former else {}), measured or {})


def list_files(part: Path, known: Mapping[str, FileState]) -> dict[str, FileState]:
    """Return the files of a part by name, without tantivy's locks and lists of its own.

    Of a large part those that look as they are `known` are not read.
    """
    found: dict[str, FileState] = {}
    paths = sorted(path for path in part.glob("[!.]*") if path.is_file())
    with contextlib.suppress(FileNotFoundError):  # a writer is at it
        states = {path: path.stat() for path in paths}
        large = sum(state.st_size for state in states.values()) > HASHED_UP_TO
        for path, state in states.items():
            file = known.get(path.name)
            if not large or not file or (file.size, file.mtime_ns) != (state.st_size, state.st_mtime_ns):
                file = FileState(state.st_size, state.st_mtime_ns, hash_file(path))
            found[path.name] = file
    return found


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_stamp(part: Path) -> Stamp | None:
    """Return the stamp of a part, None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        found = json.loads(locate_stamp(part).read_text(encoding="utf-8"))
        files = {name: FileState(**state) for name, state in found.pop("files").items()}
        return Stamp(files=files, **found)
    return None


def write_stamp(part: Path, stamp: Stamp) -> None:
    """Put a part's stamp in place of the former one, in one step."""
    replace_file(locate_stamp(part), lambda draft: draft.write_text(json.dumps(asdict(stamp)) + "\n", "utf-8"))


def locate_stamp(part: Path) -> Path:
    """Return where the stamp of a part lies: `vectors.json`, `keywords.json`."""
    return part.with_suffix(".json")
