"""Filters beside the question: which part of the library it is put to. What the browser sends is not trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from vlmrag.search.periods import EARLIEST, LATEST
from vlmrag.types import Filters, Kind, Paper
from vlmrag.ui.words import Words

_LONGEST = 200
"""Characters of a word that the browser may send."""
_KINDS: Sequence[Kind] = ("note", "pdf")


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from in a library."""

    years: tuple[int, ...] = ()
    orgs: tuple[str, ...] = ()
    """Those of the most papers first."""
    sources: tuple[str, ...] = ()


def list_choices(papers: Iterable[Paper]) -> Choices:
    """Return the years, organisations and files of papers."""
    known = list(papers)
    orgs = Counter(org for paper in known for org in paper.orgs)
    sources = {place.source for paper in known for place in paper.sources} | {p.pdf for p in known if p.pdf}
    return Choices(
        years=tuple(sorted({p.year for p in known if p.year is not None}, reverse=True)),
        orgs=tuple(sorted(orgs, key=lambda org: (-orgs[org], org))),
        sources=tuple(sorted(sources)),
    )


def read_filters(data: object) -> Filters:
    """Return the filters that the browser sent; what is none of them is left out."""
    if not isinstance(data, dict):
        return Filters()
    first, last = _read_year(data.get("first")), _read_year(data.get("last"))
    if first and last and first > last:
        first, last = last, first
    kind = next((kind for kind in _KINDS if data.get("kind") == kind), None)
    return Filters(
        years=(first or EARLIEST, last or LATEST) if first or last else None,
        org=_read_words(data.get("org")),
        source=_read_words(data.get("source")),
        kind=kind,
    )


def _read_year(value: object) -> int | None:
    text = str(value).strip() if isinstance(value, str | int) else ""
    return int(text) if len(text) == 4 and text.isascii() and text.isdigit() else None


def _read_words(value: object) -> str | None:
    return (value.strip()[:_LONGEST] or None) if isinstance(value, str) else None


def show_filters(filters: Filters) -> dict[str, str]:
    """Return the filters as the browser holds and sends them; those that are empty are left out."""
    first, last = filters.years or (EARLIEST, LATEST)
    shown = {
        "first": str(first) if first != EARLIEST else "",
        "last": str(last) if last != LATEST else "",
        "org": filters.org or "",
        "source": filters.source or "",
        "kind": filters.kind or "",
    }
    return {name: value for name, value in shown.items() if value}


def name_filters(filters: Filters, words: Words) -> str:
    """Return the filters as a short line, empty where there are none."""
    shown = show_filters(filters)
    first, last = shown.pop("first", ""), shown.pop("last", "")
    years = first if first == last else f"{first}–{last}"
    kind = shown.pop("kind", "")
    return " · ".join(filter(None, (years, *shown.values(), words[f"kind_{kind}"] if kind else "")))


def render_filters(filters: Filters, choices: Choices, words: Words) -> str:
    """Return the filters as a fold whose head names those that are set."""
    shown = show_filters(filters)
    years = [(str(year), str(year)) for year in choices.years]
    kinds = [(kind, words[f"kind_{kind}"]) for kind in _KINDS]
    fields = (
        _render_choice("first", words["year_from"], years, shown, words),
        _render_choice("last", words["year_to"], years, shown, words),
        _render_entry("org", words["col_org"], choices.orgs, shown),
        _render_entry("source", words["source"], choices.sources, shown),
        _render_choice("kind", words["kind"], kinds, shown, words),
    )
    named = name_filters(filters, words)
    clear = f'<button type="button" data-clear>{escape(words["clear"])}</button>' if named else ""
    return (
        f'<details class="filters"><summary>{escape(words["filters"])}'
        f'<span class="named">{escape(named)}</span></summary>'
        f'<div class="fields">{"".join(fields)}{clear}</div></details>'
    )


def _render_choice(
    name: str, label: str, options: Sequence[tuple[str, str]], shown: dict[str, str], words: Words
) -> str:
    value = shown.get(name, "")
    listed = "".join(
        f'<option value="{escape(key)}">{escape(text)}</option>' for key, text in (("", words["any"]), *options)
    )
    return (
        f"<label><span>{escape(label)}</span>"
        f'<select name="{name}" data-value="{escape(value)}">{listed}</select></label>'
    )


def _render_entry(name: str, label: str, options: Sequence[str], shown: dict[str, str]) -> str:
    value = escape(shown.get(name, ""))
    listed = "".join(f'<option value="{escape(option)}"></option>' for option in options)
    return (
        f'<label><span>{escape(label)}</span><input name="{name}" data-value="{value}" value="{value}"'
        f' maxlength="{_LONGEST}" autocomplete="off" list="choices-{name}">'
        f'<datalist id="choices-{name}">{listed}</datalist></label>'
    )
