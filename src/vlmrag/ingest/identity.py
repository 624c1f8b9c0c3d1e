"""Ids that stay the same while a text stays where it is: of documents and of chunks."""

from __future__ import annotations

import hashlib


def make_id(path: str, text: str, seen: dict[str, int]) -> str:
    """Return 16 hex digits for a text in a file; `seen` tells equal texts in one file apart by their order."""
    key = hashlib.sha256(f"{path}\0{text}".encode(errors="surrogatepass")).hexdigest()
    ordinal = seen.get(key, 0)
    seen[key] = ordinal + 1
    if ordinal == 0:
        return key[:16]
    return hashlib.sha256(f"{key}\0{ordinal}".encode()).hexdigest()[:16]
