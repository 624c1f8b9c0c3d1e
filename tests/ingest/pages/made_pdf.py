"""PDFs made for the tests: what is written where is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf as typed

from vlmrag.ingest.pages.read import read_pdf
from vlmrag.ingest.reader import ReadingRules
from vlmrag.language.glossary import Glossary
from vlmrag.types import Page, Reading, Rect

pymupdf: Any = typed
"""Its types are left aside: half of them are missing."""
RULES = ReadingRules(lambda text: len(text.split()), Glossary.load(), limit=60)
BODY = 10.0
LEADING = 12.0


def write_lines(page: Any, lines: Sequence[str], x: float = 72, y: float = 100, **look: Any) -> float:
    """Write lines below one another; return where the next one would stand."""
    for line in lines:
        page.insert_text((x, y), line, fontsize=look.get("size", BODY), fontname=look.get("font", "tiro"))
        y += LEADING * look.get("size", BODY) / BODY
    return y


def save(document: Any, folder: Path, name: str = "paper.pdf", **how: Any) -> Path:
    path = folder / name
    document.save(path, **how)
    document.close()
    return path


def read(path: Path) -> Reading:
    return read_pdf(path, path.name, RULES)


def new_document() -> Any:
    return pymupdf.open()


def read_rects(page: Page, text: str, rects: Sequence[Rect]) -> str:
    """Return the words of a page whose middle lies in the rectangles, rectangle by rectangle."""
    words = [(text[a:b], (x0 + x1) / 2, (y0 + y1) / 2) for a, b, x0, y0, x1, y1 in page.boxes]
    return " ".join(w for x0, y0, x1, y1 in rects for w, x, y in words if x0 <= x <= x1 and y0 <= y <= y1)
