"""A library of two small papers and a note, of boats that do not exist: what stands where is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from vlmrag.assistant import Assistant
from vlmrag.config import Config

MARLIN, HERRING = "2101.00001v1.pdf", "2102.00002v1.pdf"
_MARLIN = (
    ("First Steps on Cold Water", 20, ""),
    ("Ada Brook", 11, ""),
    ("Abstract", 13, ""),
    ("", 10, "We introduce Marlin, an algorithm that learns to sail from pictures of the sea. It needs no captain."),
    ("1 Training", 13, ""),
    ("", 10, "We train on pictures of waves. The optimizer is Adam with a learning rate of 0.003. "
             "The run took 12 hours on 8 GPUs."),
    ("2 Related Work", 13, ""),
    ("", 10, "Sturgeon trains its rudder on TPU hardware and pays its sailors in silver."),
)  # fmt: skip
_HERRING = (
    ("Herring: Boats of Tin", 20, ""),
    ("Lin Chen", 11, ""),
    ("Abstract", 13, ""),
    ("", 10, "We present Herring, a boat of tin that reads maps and pictures of the harbour."),
    ("1 Training", 13, ""),
    ("", 10, "We train Herring on 16 GPUs for three days. Its anchor is frozen, and only the sails are trained."),
    ("2 Results", 13, ""),
    ("", 10, "Herring finds the harbour in 71.4 percent of all storms."),
)
_NOTE = """# Boats

## Herring: Boats of Tin
- paper: https://arxiv.org/abs/2102.00002
- It reads maps of the harbour.

## Gull: A Kite
- paper: https://arxiv.org/abs/2103.00003
- It flies over pictures.
"""


Blocks = Sequence[tuple[str, int, str]]
"""Of a page: a heading or "", the size of its letters, and the text of a paragraph or ""."""


def make_papers(home: Path, **more: Blocks) -> Assistant:
    """Write the papers and the note into an empty home, and read them with the double of the encoder.

    `more` are papers of one page besides, by the names of their files without the ending.
    """
    for name in ("pdfs", "notes"):
        (home / "data" / name).mkdir(parents=True)
    (home / "data" / "notes" / "boats.md").write_text(_NOTE, encoding="utf-8")
    _write(home / "data" / "pdfs" / MARLIN, _MARLIN)
    _write(home / "data" / "pdfs" / HERRING, _HERRING)
    for name, blocks in more.items():
        _write(home / "data" / "pdfs" / f"{name}.pdf", blocks)
    assistant = Assistant(Config(home, encoder="hashing"))
    report = assistant.ingest()
    assert report.skipped == ()
    return assistant


def _write(path: Path, blocks: Blocks) -> None:
    pymupdf: Any = import_module("pymupdf")

    document = pymupdf.open()
    page = document.new_page()
    y = 80.0
    for heading, size, text in blocks:
        if heading:
            page.insert_text((72, y), heading, fontsize=size, fontname="hebo" if size > 11 else "tiro")
            y += 1.6 * size
        else:
            left = page.insert_textbox((72, y - 10, 420, y + 90), text, fontsize=size, fontname="tiro")
            y += 100 - left + 14
    document.save(path)
    document.close()
