"""Papers side by side: what each states in the chosen columns, each value with its proof; and all to take away."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from vlmrag.ui.html.paper import render_cells
from vlmrag.ui.proofs import Proofs
from vlmrag.ui.words import Words

if TYPE_CHECKING:
    from vlmrag.answer.table import Row

MOST = 40
"""Papers in one comparison: more are read as a file."""


def name_column(column: str, words: Words) -> str:
    """Return what a column is called: an attribute by its word, a question by itself."""
    return words.get(f"attr_{column}", column)


def render_table(rows: Sequence[Row], columns: Sequence[str], proofs: Proofs, words: Words) -> str:
    """Return the papers side by side, an attribute a row; each cell says its paper and column for narrow windows."""
    if not rows:
        return f'<div class="hint"><p>{escape(words["compare_hint"])}</p></div>'
    heads = "".join(
        f'<th scope="col"><button type="button" class="open" data-paper="{escape(row.paper.id)}">'
        f"{escape(row.paper.name)}</button>{_year(row)}</th>"
        for row in rows
    )
    lines = "".join(_render_line(column, rows, proofs, words) for column in columns)
    return (
        f'<div class="sideways" tabindex="0" role="region" aria-label="{escape(words["tab_compare"])}">'
        f'<table class="compare"><thead><tr><td></td>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'
        f"{_render_exports(rows, columns, words)}"
    )


def _year(row: Row) -> str:
    return f' <span class="year">{row.paper.year}</span>' if row.paper.year else ""


def _render_line(column: str, rows: Sequence[Row], proofs: Proofs, words: Words) -> str:
    cells = []
    for row in rows:
        found = row.cells[column]
        said = (
            render_cells(found, proofs, words) if found else f'<span class="none">{escape(words["not stated"])}</span>'
        )
        cells.append(f'<td data-of="{escape(row.paper.name)}">{said}</td>')
    return f'<tr><th scope="row">{escape(name_column(column, words))}</th>{"".join(cells)}</tr>'


def _render_exports(rows: Sequence[Row], columns: Sequence[str], words: Words) -> str:
    """Return the table as CSV and Markdown, unseen, and the buttons that save and copy them in the browser."""
    from vlmrag.answer.table import format_csv, format_markdown

    buttons, texts = [], []
    for form, text in (("csv", format_csv(rows, columns)), ("md", format_markdown(rows, columns))):
        label, name = words[f"save_{form}"], f"comparison.{form}"
        buttons.append(f'<button type="button" data-save="{name}">{escape(label)}</button>')
        texts.append(f'<pre hidden class="form-{form}" data-name="{name}">{escape(text)}</pre>')
    copy = (
        f'<button type="button" data-copy=".form-md" data-done="{escape(words["copied"])}">'
        f"{escape(words['copy_md'])}</button>"
    )
    return f'<p class="exports">{"".join(buttons)}{copy}</p>{"".join(texts)}'
