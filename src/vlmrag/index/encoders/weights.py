"""Hashes of weight files, computed once per install.

Hashing 90 MB takes a tenth of a second and more, too long for every question. What was found is remembered in the
user's cache folder with the file's path, size and time of change; where that cannot be written, we hash again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

import platformdirs


def read_sha256(path: Path) -> str:
    """Return the sha256 of a file, 64 hex digits, remembered while its path, size and time of change stay the same."""
    path = path.resolve()
    state = path.stat()
    found = [str(path), state.st_size, state.st_mtime_ns]
    cache = Path(platformdirs.user_cache_dir("vlmrag", appauthor=False)) / "weights"
    note = cache / f"{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["file"] == found:
            return str(known["sha256"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        draft = note.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps({"file": found, "sha256": digest}), encoding="utf-8")
        draft.replace(note)
    return digest
