"""Real papers: quotes stand where they are said to stand, and the words are those of the LaTeX they were made from."""

from __future__ import annotations

import difflib
import random
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.pages.made_pdf import pymupdf, read
from vlmrag.errors import SourceError
from vlmrag.ingest.pages.bibliography import read_references
from vlmrag.ingest.pages.columns import LEFT, RIGHT, Sheet, order_lines
from vlmrag.ingest.pages.nouns import Line
from vlmrag.ingest.pages.passages import find_sentences
from vlmrag.ingest.pages.places import find_places
from vlmrag.ingest.pages.read import understand
from vlmrag.ingest.pages.unbroken import find_words, join_lines, undo_hyphens
from vlmrag.ingest.pdf import extract_pdf
from vlmrag.language.words import HAN_RUN
from vlmrag.types import Reading, Rect

SHARED = Path(__file__).parents[3].parent / "shared"
PAPERS = sorted(SHARED.glob("pdfs/papers/*.pdf"))
NASTY = sorted(SHARED.glob("pdfs/nasty/*.pdf"))
SAMPLE = 2000
"""Sentences of all papers that are held against their pages."""
TWO_COLUMNS = ("1512.03385", "2201.12086", "2020.acl-main.447")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAPERS, reason="the papers of ../shared/pdfs are not here"),
]


def _squash(text: str) -> str:
    return "".join(sorted(re.sub(r"[\s\ufffd]+", "", text)))


Item = tuple[float, float, str]
"""The middle of a word or character as MuPDF itself has it, and its text."""


class Printed:
    """What MuPDF itself reads on the pages of a file."""

    def __init__(self, path: Path) -> None:
        self._document: Any = pymupdf.open(path)
        self._known: dict[tuple[int, bool], list[Item]] = {}

    def read(self, number: int, rects: tuple[Rect, ...], *, by_character: bool) -> str:
        """Return what is inside rectangles: words, or in scripts without spaces characters."""
        key = number, by_character
        if key not in self._known:
            self._known[key] = list(self._list(*key))
        return "".join(
            text for x0, y0, x1, y1 in rects for x, y, text in self._known[key] if x0 <= x <= x1 and y0 <= y <= y1
        )

    def _list(self, number: int, by_character: bool) -> Iterator[Item]:
        page = self._document[number - 1]
        if by_character:
            blocks = page.get_text("rawdict")["blocks"]
            spans = [span for block in blocks for line in block.get("lines", ()) for span in line["spans"]]
            items = [(char["bbox"], char["c"]) for span in spans for char in span["chars"]]
        else:
            items = [(word[:4], word[4]) for word in page.get_text("words")]
        for box, text in items:
            rect = pymupdf.Rect(box) * page.rotation_matrix
            yield (rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2, text


def _check(path: Path, reading: Reading, share: int) -> None:
    document = Printed(path)
    paper = reading.documents[0].id
    own = [sentence for sentence in reading.sentences if sentence.document == paper]
    for sentence in random.Random(path.name).sample(own, min(share, len(own))):
        han = bool(HAN_RUN.search(sentence.text))
        places = find_places(reading.pages, sentence.start, sentence.end)
        printed = "".join(document.read(n, rects, by_character=han) for n, rects in places)
        assert _squash(printed) == _squash(sentence.text), sentence
        assert reading.source.text[sentence.start : sentence.end] == sentence.text


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_the_words_in_the_rectangles_are_the_quote(path: Path) -> None:
    _check(path, read(path), 1 + SAMPLE // len(PAPERS))


TOLD = {
    "docling__2206.01062_pg3": "is encrypted",
    "docling__invisible_text_layer": "page 1 holds words that are not printed on it",
    "docling__ocr_test": "has no text; if it is a scan",
    "docling__ocr_test_rotated_90": "has no text; if it is a scan",
    "docling__sample_with_rotation_mismatch": "has no text; if it is a scan",
    "private-gpt__file_scanned": "page 1 has no text",
    "private-gpt__pdf_with_annotations": "page 1 holds words that are not printed on it",
}
"""What is said of the files that cannot be read, or only in part; all others are read without a word."""


@pytest.mark.parametrize("path", NASTY, ids=lambda path: path.stem)
def test_no_file_crashes_and_what_cannot_be_read_is_said(path: Path) -> None:
    reading = _try(path)
    said = reading if isinstance(reading, str) else "; ".join(reading.problems)
    assert TOLD.get(path.stem, "") in said
    assert bool(said) == (path.stem in TOLD)
    if not isinstance(reading, str) and reading.documents[0].kind == "pdf":
        _check(path, reading, SAMPLE)


def _try(path: Path) -> Reading | str:
    try:
        return read(path)
    except SourceError as error:
        return str(error)


_DROPPED = [
    "equation",
    "align",
    "table",
    "figure",
    "thebibliography",
    "tabular",
    "verbatim",
    "lstlisting",
    "algorithm",
    "comment",
]
_ARGUMENT = r"(\[[^\]]*\])*(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})?"
_NOT_PRINTED = (
    r"\\(label|ref|cite[a-z]*|bibliography|bibliographystyle|vspace|hspace|includegraphics|url|href|author|title|thanks"
    r"|footnotetext|footnote|eqref|autoref|cref|Cref|maketitle|usepackage|institute|email|inst|date)\*?"
)


def _read_latex(folder: Path, name: str) -> str:
    text = re.sub(r"(?<!\\)%.*", "", (folder / name).read_text())
    return re.sub(r"\\input\{([\w-]+)(?:\.tex)?\}", lambda match: _read_latex(folder, f"{match[1]}.tex"), text)


def _strip_latex(text: str) -> str:
    text = text[text.index(r"\begin{document}") :]
    for name in _DROPPED:
        text = re.sub(rf"\\begin\{{{name}\*?\}}.*?\\end\{{{name}\*?\}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\\iffalse.*?\\fi|\$\$.*?\$\$|\\\[.*?\\\]|\$[^$]*\$", " ", text, flags=re.DOTALL)
    text = re.sub(_NOT_PRINTED + _ARGUMENT, " ", text)
    text = re.sub(r"\\(?:begin|end)\{[^}]*\}|\\[a-zA-Z]+\*?(?:\[[^\]]*\])?", " ", text)
    return text.replace("~", " ")


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{2,}", unicodedata.normalize("NFKC", text).lower())


def _read_body(path: Path) -> list[str]:
    script = understand(extract_pdf(path.read_bytes(), path.name))
    known = find_words(line.line.text for block in script.blocks for line in block.lines)
    kinds = {"title", "heading", "paragraph", "list"}
    body = [script.text[block.start : block.end] for block in script.blocks if block.kind in kinds]
    return _words(" ".join(undo_hyphens(text, known) for text in body))


def _count_in_order(ours: list[str], truth: list[str]) -> int:
    return sum(block.size for block in difflib.SequenceMatcher(None, truth, ours, autojunk=False).get_matching_blocks())


@pytest.mark.parametrize("name", ["1706.03762.pdf", "1706.03762v7__AnswerDotAI_byaldi.pdf"])
def test_the_words_of_the_latex_stand_in_its_order(name: str) -> None:
    truth = _words(_strip_latex(_read_latex(SHARED / "latex" / "1706.03762", "main.tex")))
    assert _count_in_order(_read_body(SHARED / "pdfs" / "papers" / name), truth) >= 0.97 * len(truth)


def test_one_page_is_a_stretch_of_its_latex() -> None:
    truth = _words(_strip_latex(_read_latex(SHARED / "latex" / "2305.03393", "main.tex")))
    ours = _read_body(SHARED / "pdfs" / "nasty" / "docling__2305.03393v1-pg9.pdf")
    assert _count_in_order(ours, truth) >= 0.97 * len(ours)


@pytest.mark.parametrize("name", TWO_COLUMNS)
def test_no_sentence_mixes_the_columns(name: str) -> None:
    raw = extract_pdf((SHARED / "pdfs" / "papers" / f"{name}.pdf").read_bytes(), name)
    script = understand(raw)
    sheets = {page.number: order_lines(page) for page in raw.pages}
    count = 0
    for block in script.blocks:
        if block.kind in ("paragraph", "list"):
            for start, end in find_sentences(script.text, block):
                lines = [placed.line for placed in block.lines if placed.start < end and start < placed.end]
                assert all(_goes_down(sheets, above, line) for above, line in pairwise(lines)), script.text[start:end]
                count += 1
    assert count > 150


def _goes_down(sheets: Mapping[int, Sheet], above: Line, line: Line) -> bool:
    """Whether a line follows one as columns are read: below it, at the right column's top, or on the next page."""
    if above.page != line.page:
        return line.page == above.page + 1
    columns = [sheets[above.page].column(each) for each in (above, line)]
    if columns == [LEFT, RIGHT]:
        return line.rect[1] < above.rect[1]
    return columns != [RIGHT, LEFT] and line.rect[1] > above.rect[1] - 0.6 * above.size


def test_the_reference_list_is_divided_where_its_links_lead() -> None:
    path = SHARED / "pdfs" / "papers" / "2201.12086.pdf"
    targets = [place for name, place in pymupdf.open(path).resolve_names().items() if name.startswith("cite.")]
    script = understand(extract_pdf(path.read_bytes(), path.name))
    lines = [placed.line for block in script.blocks if block.kind == "reference" for placed in block.lines]
    references = read_references(lines)
    begun = [(lines[reference.first].page, *lines[reference.first].rect[:2]) for reference in references]
    height = 792
    met = [
        any(page == place["page"] + 1 and abs(height - place["to"][1] - y) < 12 and abs(place["to"][0] - x) < 30
            for page, x, y in begun)
        for place in targets
    ]  # fmt: skip
    assert len(references) == len(targets)
    assert sum(met) >= 0.95 * len(targets)
    printed = set(re.findall(r"arXiv:(\d{4}\.\d{4,5})", join_lines([line.text for line in lines])))
    assert {reference.arxiv for reference in references if reference.arxiv} >= printed > set()
