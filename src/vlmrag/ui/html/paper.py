"""One paper's own page: what is stated of it and where, its entries, PDFs and figures, papers like it, its BibTeX.

It is drawn in two parts: the first at once, and then what takes longer, the papers like it and the pictures.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from vlmrag.export import write_bibtex
from vlmrag.ingest.pages.unbroken import undo_hyphens
from vlmrag.ui.proofs import Proofs
from vlmrag.ui.server.shelf import ADDRESS
from vlmrag.ui.words import Words

if TYPE_CHECKING:
    from vlmrag.answer.profile import PaperFile, Profile
    from vlmrag.answer.similar import SimilarPaper
    from vlmrag.answer.table import Cell, Row
    from vlmrag.search.figures import FoundFigure
    from vlmrag.types import Citation, Paper

_ARXIV = re.compile(r"[\w.\-/]{4,40}")
_LONGEST_ENTRY = 1_500
"""Characters of an entry shown; the side panel shows it whole."""
_LONGEST_CAPTION = 400


def render_paper(profile: Profile, row: Row, proofs: Proofs, words: Words) -> str:
    """Return the first part of a paper's page; `row` holds its attributes."""
    paper = profile.paper
    parts = [
        _render_top(paper, profile.files, words),
        _section("stated", _render_facts(profile, proofs, words), words),
        _section("attributes", _render_attributes(row, proofs, words), words),
        _section("entries", "".join(_render_entry(entry, proofs) for entry in profile.entries), words),
        _section("pdfs", "".join(_render_file(file, proofs, words) for file in profile.files), words),
        _section("bibtex", _render_bibtex(paper, words), words),
    ]
    return (
        f'<article class="paper" tabindex="-1" data-id="{escape(paper.id)}" aria-label="{escape(paper.name)}">'
        f"{''.join(parts)}</article>"
    )


def render_near(
    similar: Sequence[SimilarPaper], figures: Iterable[tuple[FoundFigure, bytes | None]], proofs: Proofs, words: Words
) -> str:
    """Return the second part of a paper's page: papers like it, and its figures with their pictures, where had."""
    like = "".join(_render_similar(one, proofs, words) for one in similar)
    shown = "".join(_render_figure(figure, png, words) for figure, png in figures)
    return _section("alike", f'<ol class="alike">{like}</ol>' if like else "", words) + _section(
        "figures", f'<div class="pictures">{shown}</div>' if shown else "", words
    )


def _section(name: str, body: str, words: Words) -> str:
    """Return a part of the page under its heading; nothing where it is empty."""
    return f'<section class="{name}"><h3>{escape(words[f"paper_{name}"])}</h3>{body}</section>' if body else ""


def _render_top(paper: Paper, files: Sequence[PaperFile], words: Words) -> str:
    title = f'<p class="full">{escape(paper.title)}</p>' if paper.title and paper.title != paper.name else ""
    facts = [", ".join(paper.authors), ", ".join(paper.orgs), paper.venue or "", str(paper.year or "")]
    byline = " · ".join(fact for fact in facts if fact)
    links = [_link(f"{ADDRESS}{file.sha256}", words["open_file"].format(file=_name(file.path))) for file in files]
    if paper.arxiv and _ARXIV.fullmatch(paper.arxiv):
        links.append(_link(f"https://arxiv.org/abs/{paper.arxiv}", f"arXiv {paper.arxiv} ↗"))
    return (
        f'<p class="back"><button type="button" data-back>‹ {escape(words["all_papers"])}</button></p>'
        f'<h2>{escape(paper.name)}</h2>{title}<p class="byline">{escape(byline)}</p>'
        f'<p class="links">{" ".join(links)}'
        f'<button type="button" data-ask="{escape(paper.name)}">{escape(words["ask_paper"])}</button></p>'
    )


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _render_facts(profile: Profile, proofs: Proofs, words: Words) -> str:
    items = []
    for name, facts in groupby(profile.facts, key=lambda fact: fact.name):
        values = "".join(f"<li>{escape(fact.value)} {proofs.chips(fact.citations)}</li>" for fact in facts)
        items.append(f"<dt>{escape(words[f'field_{name}'])}</dt><dd><ul>{values}</ul></dd>")
    return f"<dl>{''.join(items)}</dl>" if items else ""


def _render_attributes(row: Row, proofs: Proofs, words: Words) -> str:
    items = [
        f"<dt>{escape(words[f'attr_{name}'])}</dt><dd>{render_cells(cells, proofs, words)}</dd>"
        for name, cells in row.cells.items()
        if cells
    ]
    return f"<dl>{''.join(items)}</dl>" if items else ""


def render_cells(cells: Sequence[Cell], proofs: Proofs, words: Words) -> str:
    """Return the values of one cell of the table, each once, with its proofs."""
    values: dict[str, list[Citation]] = {}
    for cell in cells:
        values.setdefault(_render_value(cell, words), []).append(cell.citation)
    items = "".join(f"<li>{value} {proofs.chips(list(dict.fromkeys(cs)))}</li>" for value, cs in values.items())
    return f"<ul>{items}</ul>"


def _render_value(cell: Cell, words: Words) -> str:
    """Return a value with the stage that it holds in; of a question the verdict with the words that say so."""
    if cell.value in ("yes", "no", "depends"):
        said = f'<span class="says {cell.value}">{escape(words[cell.value])}</span>'
        return f"{said} <q>{escape(_clip(cell.text, _LONGEST_CAPTION))}</q>"
    beside = [cell.stage or "", words["depends"] if cell.verdict == "depends" else ""]
    stage = ", ".join(filter(None, beside))
    value = words[key].lower() if (key := f"attr_{cell.value}") in words else _plain(cell.value)
    return escape(_clip(value, _LONGEST_CAPTION)) + (f' <span class="stage">{escape(stage)}</span>' if stage else "")


def _plain(value: str) -> str:
    """Return a value as one reads it: `image_encoder` is a key, `Q-Former` a name."""
    return value.replace("_", " ") if re.fullmatch(r"[a-z]+(?:_[a-z]+)+", value) else value


def _render_entry(entry: Citation, proofs: Proofs) -> str:
    where = f"{entry.source}:{entry.line}" if entry.line else entry.source
    return (
        f'<div class="entry"><p class="place">{escape(where)} {proofs.chip(entry)}</p>'
        f"<pre>{escape(_clip(entry.quote, _LONGEST_ENTRY))}</pre></div>"
    )


def _render_file(file: PaperFile, proofs: Proofs, words: Words) -> str:
    rows = "".join(
        f'<li style="--deep: {min(3, max(0, len(section.heading) - 1))}">'
        f"{escape(section.heading[-1] if section.heading else words['untitled'])} {proofs.chip(section.citation)}</li>"
        for section in file.sections
    )
    return f'<p class="place">{escape(file.path)}</p><ul class="contents">{rows}</ul>'


def _render_bibtex(paper: Paper, words: Words) -> str:
    return (
        f'<pre class="bibtex" tabindex="0">{escape(write_bibtex([paper]))}</pre><button type="button" '
        f'data-copy=".bibtex" data-done="{escape(words["copied"])}">{escape(words["copy"])}</button>'
    )


def _render_similar(similar: SimilarPaper, proofs: Proofs, words: Words) -> str:
    paper = similar.paper
    reasons = "".join(
        f"<li>{escape(reason.text)} {proofs.chips(reason.citations[:4])}</li>" for reason in similar.reasons
    )
    year = f' <span class="year">{paper.year}</span>' if paper.year else ""
    return (
        f'<li><button type="button" class="open" data-paper="{escape(paper.id)}">{escape(paper.name)}</button>{year}'
        f"<ul>{reasons}</ul></li>"
    )


def _render_figure(found: FoundFigure, png: bytes | None, words: Words) -> str:
    figure = found.figure
    alt = escape(words["figure_alt"].format(label=figure.label, page=figure.page))
    image = f'<img alt="{alt}" src="data:image/png;base64,{b64encode(png).decode()}">' if png else ""
    page = escape(words["page"].format(page=figure.page))
    caption = escape(_clip(" ".join(undo_hyphens(found.caption).split()), _LONGEST_CAPTION))
    return f'<figure>{image}<figcaption>{caption} <span class="place">{page}</span></figcaption></figure>'


def _clip(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
