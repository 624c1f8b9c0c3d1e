"""The page's small pieces as HTML: pure functions of the nouns and the interface's words. Answers: answer.py.

All that comes from notes, file names or questions goes through `escape` or `render_markup`, so that it is shown as the
text it is. The class names are the ones of style.css; the `data-` names are the ones that transcript.js reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vlmrag.reports import Status
from vlmrag.types import Citation
from vlmrag.ui.words import Words

_STALE_NAMED = 3
"""How many changed files the masthead names."""


def render_masthead(status: Status, words: Words, host: str = "") -> str:
    """Return the page's top: its name, and what it answers from; `host` is one that is sent questions."""
    counts = words["library"].format(papers=status.papers, files=status.files)
    stays = words["leaves"].format(host=host) if host else words["stays"]
    named = ", ".join(status.stale[:_STALE_NAMED])
    if len(status.stale) > _STALE_NAMED:
        named += f", … ({len(status.stale)})"
    stale = words["stale"].format(files=named)
    warning = f'<p class="stale">{escape(stale)}</p>' if status.stale else ""
    return (
        f'<h1>vlmrag <span class="subtitle">{escape(words["subtitle"])}</span></h1>'
        f'<p class="library">{escape(counts + stays)}</p>{warning}'
    )


def render_welcome(examples: Sequence[str], words: Words, *, empty: bool) -> str:
    """Return what stands in place of a conversation before the first question."""
    if empty:
        return f'<div class="welcome"><p>{escape(words["empty"])}</p></div>'
    buttons = "".join(f'<li><button type="button" data-example>{escape(q)}</button></li>' for q in examples)
    return (
        f'<div class="welcome"><p>{escape(words["welcome"])}</p>'
        f'<h2>{escape(words["examples"])}</h2><ul class="examples">{buttons}</ul></div>'
    )


def render_problem(problem: str, words: Words) -> str:
    """Return a plain sentence about what went wrong."""
    return (
        f'<div class="problem" role="alert"><strong>{escape(words["problem"])}</strong><p>{escape(problem)}</p></div>'
    )


def render_chip(citation: Citation, number: int, opened: bool, words: Words) -> str:
    """Return the small numbered button that opens a citation's passage."""
    label = escape(words["chip"].format(marker=citation.marker, place=name_place(citation, words)))
    current = ' aria-current="true"' if opened else ""
    return (
        f'<button type="button" class="chip" data-exchange="{number}" data-marker="{citation.marker}"'
        f' aria-label="{label}" title="{label}"{current}>{citation.marker}</button>'
    )


def name_place(citation: Citation, words: Words) -> str:
    """Return where a citation stands, in words: file, then page or line."""
    if citation.page is not None:
        return f"{citation.source}, {words['page'].format(page=citation.page)}"
    if citation.line is not None:
        return f"{citation.source}, {words['line'].format(line=citation.line)}"
    return citation.source
