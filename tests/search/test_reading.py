"""A cited place is shown from the file that was read, and from no other."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import SourceError
from vlmrag.types import Citation

PDF = "data/pdfs/2101.00001v1.pdf"
TITLE = "Copper Kites Over Quiet Harbours"
CLAIM = "The copper kite freezes its tail and trains only the string that holds it to the harbour wall."
TWICE = "The wind came from the east on every single day that we measured."


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Over a library of a paper of two pages and a note."""
    pymupdf: Any = import_module("pymupdf")

    home = tmp_path_factory.mktemp("home")
    (home / "data" / "pdfs").mkdir(parents=True)
    (home / "data" / "notes").mkdir()
    (home / "data" / "notes" / "kites.md").write_text("# Kites\n\n## Copper Kites\n\nIt keeps its tail frozen.\n")
    document = pymupdf.open()
    first = document.new_page()
    first.insert_text((72, 80), TITLE, fontsize=20)
    first.insert_textbox((72, 120, 523, 200), TWICE, fontsize=11)
    first.insert_textbox((72, 220, 523, 300), CLAIM, fontsize=11)
    second = document.new_page()
    second.insert_textbox((72, 120, 523, 200), f"{TWICE} We measured for a year. {TWICE}", fontsize=11)
    document.save(home / PDF)
    assistant = Assistant(Config(home, encoder="hashing"))
    assistant.ingest()
    return assistant


@pytest.fixture(scope="module")
def citation(assistant: Assistant) -> Citation:
    found = assistant.ask(f"What does {TITLE} freeze?").citations
    return next(c for c in found if c.source == PDF and "tail" in c.quote)


def test_a_quote_of_a_pdf_is_read_on_in_its_text(assistant: Assistant, citation: Citation) -> None:
    context = assistant.read_context(citation)
    assert (context.source, context.quote) == (PDF, citation.quote)
    assert " ".join(context.quote.split()) == CLAIM
    assert " ".join(context.before.split()).endswith(TWICE)
    assert " ".join(context.after.split()).startswith(TWICE)


def test_of_two_like_quotes_the_marked_one_is_meant(assistant: Assistant, citation: Citation) -> None:
    """The sentence stands twice on page 2; the rectangles of the second one mean the second one."""
    pymupdf: Any = import_module("pymupdf")

    document = pymupdf.open(assistant.config.home / PDF)
    found = document[1].search_for(TWICE.replace("measured.", "measured"))
    words = [word for word in document[1].get_text("words") if word[4] == "east"]
    assert len(words) == 2
    rects = tuple(tuple(rect) for rect in found if rect.y0 >= words[1][1] - 2 or rect.x0 > 300)
    second = replace(citation, page=2, quote=TWICE, rects=rects)
    assert assistant.read_context(second, around=40).before.rstrip().endswith("year.")


def test_a_page_is_drawn_with_its_marks(assistant: Assistant, citation: Citation) -> None:
    """Marked, the page differs from the bare one inside the rectangles and nowhere else."""
    pymupdf: Any = import_module("pymupdf")

    bare, marked = assistant.render_page(PDF, 1), assistant.render_page(PDF, 1, citation.rects or ())
    assert (bare.source, bare.number, bare.pages, bare.width, bare.height) == (PDF, 1, 2, 595.0, 842.0)
    one, other = (_read_pixels(pymupdf.Pixmap(image.png)) for image in (bare, marked))
    scale = one.shape[1] / bare.width
    rows, columns = np.nonzero((one != other).any(axis=2))
    inside = np.zeros(len(rows), dtype=bool)
    for x0, y0, x1, y1 in citation.rects or ():
        inside |= (
            (columns + 1 >= x0 * scale) & (columns <= x1 * scale) & (rows + 1 >= y0 * scale) & (rows <= y1 * scale)
        )
    assert len(rows) > 1000
    assert inside.all()


def _read_pixels(picture: Any) -> Any:
    return np.frombuffer(picture.samples, dtype=np.uint8).reshape(picture.height, picture.width, picture.n)


@pytest.mark.parametrize("number", [0, -1, 3, 10**9])
def test_a_page_that_is_not_there_is_told(assistant: Assistant, number: int) -> None:
    with pytest.raises(SourceError, match=f"{PDF}: has 2 pages, no page {number}"):
        assistant.render_page(PDF, number)


@pytest.mark.parametrize(
    "path", ["secret.pdf", "../secret.pdf", "data/pdfs/../../secret.pdf", "/etc/passwd", "data/pdfs", "", "\0"]
)
def test_what_is_not_of_the_library_is_not_opened(assistant: Assistant, path: str) -> None:
    (assistant.config.home / "secret.pdf").write_bytes((assistant.config.home / PDF).read_bytes())
    with pytest.raises(SourceError, match="is not in the library; run vlmrag ingest"):
        assistant.render_page(path, 1)


def test_a_note_has_no_pages(assistant: Assistant) -> None:
    with pytest.raises(SourceError, match=r"kites\.md: has no pages to show: it is a text file"):
        assistant.render_page("data/notes/kites.md", 1)


def test_a_pdf_is_found_by_its_content_only(assistant: Assistant) -> None:
    sha256 = assistant.render_page(PDF, 1).sha256
    assert assistant.read_pdf(sha256) == (PDF, (assistant.config.home / PDF).read_bytes())
    for wrong in ("", PDF, "0" * 64, sha256.upper(), sha256[:-1]):
        with pytest.raises(SourceError, match="this PDF: is not in the library; run vlmrag ingest"):
            assistant.read_pdf(wrong)


def test_a_file_that_changed_is_not_shown(assistant: Assistant, citation: Citation) -> None:
    file, sha256 = assistant.config.home / PDF, assistant.render_page(PDF, 1).sha256
    data = file.read_bytes()
    file.write_bytes(data + b"\n")
    for show in (lambda: assistant.render_page(PDF, 1), lambda: assistant.read_pdf(sha256)):
        with pytest.raises(SourceError, match=f"{PDF}: changed since it was read; run vlmrag ingest"):
            show()
    file.unlink()
    with pytest.raises(SourceError, match=f"{PDF}: is gone since it was read; run vlmrag ingest"):
        assistant.render_page(PDF, 1)
    assert assistant.read_context(citation).quote == citation.quote
    file.write_bytes(data)
