"""Answers and the rest of the page as HTML: pure functions of the nouns and the interface's words.

All that comes from notes, file names or questions goes through `escape` or `render_markup`, so that it is shown as the
text it is. The class names are the ones of style.css; the `data-` names are the ones that transcript.js reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vlmrag.reports import Status
from vlmrag.types import Answer, Citation, Coverage, Verdict
from vlmrag.ui.conversation import Conversation, Exchange, Opened
from vlmrag.ui.markup import drop_paragraph, find_marks, render_markup, take_lead
from vlmrag.ui.words import Words

_LONGEST_EVIDENCE = 280
"""Characters of a quote shown in a table; the side panel shows it whole."""

_STALE_NAMED = 3
"""How many changed files the masthead names."""


def render_masthead(status: Status, words: Words) -> str:
    """Return the page's top: its name, and what it answers from."""
    counts = words["library"].format(papers=status.papers, files=status.files)
    named = ", ".join(status.stale[:_STALE_NAMED])
    if len(status.stale) > _STALE_NAMED:
        named += f", … ({len(status.stale)})"
    stale = words["stale"].format(files=named)
    warning = f'<p class="stale">{escape(stale)}</p>' if status.stale else ""
    return (
        f'<h1>vlmrag <span class="subtitle">{escape(words["subtitle"])}</span></h1>'
        f'<p class="library">{escape(counts)}</p>{warning}'
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


def render_conversation(conversation: Conversation, opened: Opened, words: Words) -> str:
    """Return all exchanges, oldest first, the chip of the opened citation marked."""
    return "".join(
        _render_exchange(exchange, number, opened[1] if opened and opened[0] == number else None, words)
        for number, exchange in enumerate(conversation)
    )


def _render_exchange(exchange: Exchange, number: int, opened: int | None, words: Words) -> str:
    if exchange.answer is not None:
        reply = render_answer(exchange.answer, number, opened, words)
    elif exchange.problem is not None:
        reply = render_problem(exchange.problem, words)
    else:
        reply = f'<p class="waiting" role="status">{escape(words["waiting"])}<span aria-hidden="true"></span></p>'
    return (
        f'<section class="exchange{" pending" if exchange.pending else ""}">'
        f'<h2 class="asked"><span class="unseen">{escape(words["you"])}: </span>{escape(exchange.question)}</h2>'
        f"{reply}</section>"
    )


def render_answer(answer: Answer, number: int, opened: int | None, words: Words) -> str:
    """Return an answer: its coverage, its text with a chip for every mark, its papers, and those looked at.

    `number` is the place of its exchange in the conversation, `opened` the marker whose passage is being shown.
    """
    chips = {c.marker: render_chip(c, number, opened == c.marker, words) for c in answer.citations}
    quotes = {c.marker: c.quote for c in answer.citations}
    listed = answer.papers if answer.coverage else ()
    text, left_out = _choose_text(answer, listed)
    parts = [
        f'<p class="refused">{escape(words["refusal"])}</p>' if answer.abstained else "",
        _render_coverage(answer.coverage, words) if answer.coverage else "",
        f'<div class="text">{render_markup(text, chips.get)}</div>',
        _render_verdicts(listed, chips, quotes, words) if listed else "",
        _render_considered(answer, chips, quotes, words, titled=not left_out) if answer.considered else "",
        _render_maker(answer, words),
    ]
    kind = "refusal" if answer.abstained else "answer"
    return f'<article class="{kind}" lang="{escape(answer.lang)}">{"".join(parts)}</article>'


def _choose_text(answer: Answer, listed: Sequence[Verdict]) -> tuple[str, bool]:
    """Return what of the answer's text is shown, and whether its list of papers was left out.

    The page shows coverage and papers from the fields. The text's own list of them is left out where those below prove
    no less: every mark in it stands at one of them too.
    """
    text = answer.text
    if answer.coverage:
        c = answer.coverage
        text = drop_paragraph(text, (c.papers, c.examined, c.yes, c.no, c.depends, c.not_stated))
    below = {m for v in (*listed, *(answer.considered if answer.abstained else ())) for m in v.citations}
    lead = take_lead(text)
    rest = find_marks(text) - find_marks(lead)
    return (lead, True) if lead and rest and rest <= below else (text, False)


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


def _render_coverage(coverage: Coverage, words: Words) -> str:
    line = words["coverage"].format(
        papers=coverage.papers,
        examined=coverage.examined,
        yes=coverage.yes,
        no=coverage.no,
        depends=coverage.depends,
        not_stated=coverage.not_stated,
    )
    return f'<p class="coverage">{escape(line)}</p>'


def _render_verdicts(verdicts: Sequence[Verdict], chips: dict[int, str], quotes: dict[int, str], words: Words) -> str:
    heads = "".join(f'<th scope="col">{escape(words[key])}</th>' for key in ("paper", "year", "says", "evidence"))
    rows = "".join(_render_verdict(v, chips, quotes, words) for v in verdicts)
    return f'<table class="verdicts"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _render_verdict(verdict: Verdict, chips: dict[int, str], quotes: dict[int, str], words: Words) -> str:
    why = f'<p class="why">{escape(verdict.why)}</p>' if verdict.why else ""
    return (
        f'<tr><th scope="row">{escape(verdict.paper.name)}</th>'
        f'<td class="year">{verdict.paper.year or ""}</td>'
        f'<td><span class="says {verdict.says.replace(" ", "-")}">{escape(words[verdict.says])}</span></td>'
        f"<td>{_render_quotes(verdict, chips, quotes)}{why}</td></tr>"
    )


def _render_quotes(verdict: Verdict, chips: dict[int, str], quotes: dict[int, str]) -> str:
    """Return the quotes behind a verdict, each with its chip, which never stands alone on a line."""
    shown = [(_clip(quotes[m]), chips[m]) for m in verdict.citations if m in chips]
    return "".join(
        f'<p class="quote">{escape(quote[:-1])}<span class="tail">{escape(quote[-1:])} {chip}</span></p>'
        for quote, chip in shown
    )


def _render_considered(
    answer: Answer, chips: dict[int, str], quotes: dict[int, str], words: Words, *, titled: bool
) -> str:
    """Return the papers looked at: open in a refusal, titled where its text does not lead to them; else folded away."""
    if answer.abstained:
        nearest = "".join(
            f"<li><strong>{escape(v.paper.name)}</strong>{_render_quotes(v, chips, quotes)}</li>"
            for v in answer.considered
        )
        title = f"<h3>{escape(words['nearest'])}</h3>" if titled else ""
        return f'{title}<ul class="nearest">{nearest}</ul>'
    table = _render_verdicts(answer.considered, chips, quotes, words)
    summary = escape(words["considered"].format(count=len(answer.considered)))
    return f"<details><summary>{summary}</summary>{table}</details>"


def _render_maker(answer: Answer, words: Words) -> str:
    made = words["made_by"].format(generator=answer.generator, seconds=f"{answer.seconds:.2f}")
    return f'<p class="maker">{escape(made)}</p>'


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_EVIDENCE else text[: _LONGEST_EVIDENCE - 1].rstrip() + "…"
