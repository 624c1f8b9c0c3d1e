"""Files that come through the browser: kept in `data/notes` or `data/pdfs` by safe names, never quietly over others."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path
from typing import Literal

from vlmrag.errors import SourceError
from vlmrag.ingest.reader import ENDINGS

MOST_BYTES = 200_000_000
"""Size of the largest file that is taken in."""
_LONGEST = 180
"""Bytes of a name, its ending not counted: file systems take 255."""
Kept = Literal["new", "same", "replaced"]
"""What a file was that came in: one of a new name, one that lay there already, one in place of another."""
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*]+')


def clean_name(name: str) -> str:
    """Return a file's own name, without folders, leading dots, control characters and what some systems refuse.

    Raises SourceError where nothing is left, or where it ends as no file that can be read.
    """
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    bare = _UNFIT.sub("_", bare.encode("utf-8", "replace").decode()).strip().lstrip(".")
    stem, dot, ending = bare.rpartition(".")
    if not stem or dot + ending.lower() not in ENDINGS:
        raise SourceError(bare or name, f"is none of {', '.join(ENDINGS)}")
    return stem.encode()[:_LONGEST].decode("utf-8", "ignore").rstrip() + dot + ending


def keep_upload(file: Path, name: str, home: Path, *, replace: bool = False) -> tuple[str, Kept]:
    """Copy a file that came in under `name` into the home's own folders; return its place there, and what it was.

    The place is as people are shown it. Raises SourceError for a name or size that is not taken, and for another file
    of the same name unless `replace` is asked for.
    """
    clean = clean_name(name)
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise SourceError(clean, f"has {size / 1e6:.0f} MB; files of up to {MOST_BYTES / 1e6:.0f} MB are taken")
    if not size:
        raise SourceError(clean, "is empty")
    folder = home / "data" / ("pdfs" if clean.lower().endswith(".pdf") else "notes")
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / clean
    shown = place.relative_to(home).as_posix()
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise SourceError(shown, "is a link or a folder here; it is not written over")
    if place.exists():
        if place.read_bytes() == file.read_bytes():
            return shown, "same"
        if not replace:
            raise SourceError(shown, "is there already and says something else; choose to replace it, or rename it")
    kept: Kept = "replaced" if place.exists() else "new"
    draft = place.with_name(f".{clean}.part")
    shutil.copyfile(file, draft)
    draft.replace(place)
    return shown, kept
