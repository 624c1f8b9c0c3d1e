"""The library as a table of papers: it is searched and sorted in the browser, by papers.js."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vlmrag.types import Paper
from vlmrag.ui.sift import list_variants, make_key
from vlmrag.ui.words import Words

_COLUMNS = ("name", "title", "year", "org", "venue", "stands")
"""What the table shows; each is the word `col_...`."""
_ORGS = 3
"""Organisations named in a row; the paper's page has all."""


def render_papers(papers: Sequence[Paper], words: Words) -> str:
    """Return the table of all papers under a box to search in."""
    if not papers:
        return f'<div class="hint"><p>{escape(words["empty"])}</p></div>'
    keys = [make_key(paper) for paper in papers]
    rows = "".join(_render_row(paper, key, words) for paper, key in zip(papers, keys, strict=True))
    heads = "".join(
        f'<th scope="col" class="{name}" aria-sort="none"><button type="button" data-sort>'
        f"{escape(words[f'col_{name}'])}</button></th>"
        for name in _COLUMNS
    )
    return (
        f'<div class="finder"><label><span class="unseen">{escape(words["find"])}</span>'
        f'<input type="search" placeholder="{escape(words["find_hint"])}" autocomplete="off" spellcheck="false">'
        f'</label><p class="count" role="status" data-template="{escape(words["found"])}">'
        f"{escape(words['found'].format(shown=len(papers), papers=len(papers)))}</p></div>"
        f'<table class="papers" data-variants="{list_variants(keys)}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="hint none" hidden>{escape(words["none_found"])}</p>'
    )


def _render_row(paper: Paper, key: str, words: Words) -> str:
    title = paper.title if paper.title and paper.title != paper.name else ""
    return (
        f'<tr data-key="{escape(key)}"><th scope="row">'
        f'<button type="button" class="open" data-paper="{escape(paper.id)}">{escape(paper.name)}</button></th>'
        f'<td class="title">{escape(title)}</td><td class="year">{paper.year or ""}</td>'
        f'<td class="org">{escape(_join(paper.orgs))}</td><td class="venue">{escape(paper.venue or "")}</td>'
        f'<td class="stands">{_render_stands(paper, words)}</td></tr>'
    )


def _join(names: Sequence[str]) -> str:
    return ", ".join(names[:_ORGS]) + (f" +{len(names) - _ORGS}" if len(names) > _ORGS else "")


def _render_stands(paper: Paper, words: Words) -> str:
    """Return where a paper stands: its first file, how many more, and whether its PDF is there."""
    files = list(dict.fromkeys(place.source for place in paper.sources))
    first = files[0].rpartition("/")[2] if files else ""
    more = f" +{len(files) - 1}" if len(files) > 1 else ""
    pdf = '<span class="badge">PDF</span>' if paper.pdf else ""
    named = escape("\n".join(f"{p.source}, {words['line'].format(line=p.line)}" for p in paper.sources))
    return f'<span title="{named}">{escape(first)}{more}</span> {pdf}'.strip()
