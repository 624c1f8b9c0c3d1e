"""Questions and answers as HTML: pure functions of the nouns and the interface's words.

All that comes from notes, file names or questions goes through `escape` or `render_markup`, so that it is shown as the
text it is. The class names are the ones of style.css; the `data-` names are the ones that transcript.js reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

from vlmrag.types import Answer, Coverage, Generated, Verdict, Worded
from vlmrag.ui.conversation import Conversation, Exchange, Opened
from vlmrag.ui.filters import name_filters
from vlmrag.ui.html.markup import render_markup
from vlmrag.ui.html.models import name_writer, render_struck, render_writing
from vlmrag.ui.html.pieces import render_chip, render_problem
from vlmrag.ui.lines import choose_text, list_papers
from vlmrag.ui.markdown import write_markdown
from vlmrag.ui.words import Words

_LONGEST_EVIDENCE = 280
"""Characters of a quote shown in a table; the side panel shows it whole."""
_RANKS = {"yes": 0, "depends": 1, "no": 2, "not stated": 3}

Chips = Mapping[int, str]
Quotes = Mapping[int, str]


def render_conversation(conversation: Conversation, opened: Opened, words: Words) -> str:
    """Return all exchanges, oldest first, the chip of the opened citation marked."""
    last = len(conversation) - 1
    return "".join(
        _render_exchange(exchange, number, opened, words, last=number == last)
        for number, exchange in enumerate(conversation)
    )


def _render_exchange(exchange: Exchange, number: int, opened: Opened, words: Words, *, last: bool) -> str:
    marker = opened[1] if opened and opened[0] == number else None
    if exchange.answer is not None:
        reply = render_writing(exchange, words) + render_answer(exchange.answer, number, marker, words, exchange.shown)
        reply += render_struck(exchange.answer.generated.struck, words) if exchange.answer.generated else ""
    elif exchange.problem is not None:
        reply = render_problem(exchange.problem, words)
    elif exchange.stopped:
        reply = ""
    else:
        reply = f'<p class="waiting" role="status">{escape(words["waiting"])}<span aria-hidden="true"></span></p>'
    if exchange.stopped and not exchange.whole:
        reply += f'<p class="stopped">{escape(words["stopped"])}</p>'
    state = ["exchange", *["pending"][: exchange.coming], *["writing"][: exchange.writing is not None]]
    named = name_filters(exchange.filters, words)
    limits = f'<p class="limits">{escape(named)}</p>' if named else ""
    return (
        f'<section class="{" ".join(state)}">'
        f'<h2 class="asked"><span class="unseen">{escape(words["you"])}: </span>{escape(exchange.question)}</h2>'
        f"{limits}{reply}{'' if exchange.coming else _render_foot(exchange, words, last=last)}</section>"
    )


def _render_foot(exchange: Exchange, words: Words, *, last: bool) -> str:
    """Return who made the answer, and what can be done with it."""
    parts = []
    if exchange.answer is not None:
        written = exchange.answer.generated
        maker = name_writer(exchange) if written and written.supported else exchange.answer.generator
        made = words["made_by"].format(generator=maker, seconds=f"{exchange.answer.seconds:.2f}")
        text, done = escape(write_markdown(exchange.answer)), escape(words["copied"])
        parts.append(f'<span class="maker">{escape(made)}</span>')
        parts.append(f'<button type="button" data-copy="{text}" data-done="{done}">{escape(words["copy_md"])}</button>')
    if last:
        parts.append(f'<button type="button" data-again>{escape(words["again"])}</button>')
    return f'<div class="after">{"".join(parts)}</div>' if parts else ""


def render_answer(answer: Answer, number: int, opened: int | None, words: Words, shown: int | None = None) -> str:
    """Return an answer: its coverage, its text with a chip for every mark, its papers, and those looked at.

    `number` is the place of its exchange in the conversation, `opened` the marker whose passage is being shown, `shown`
    how many lines of it are shown while it comes.
    """
    chips = {c.marker: render_chip(c, number, opened == c.marker, words) for c in answer.citations}
    quotes = {c.marker: c.quote for c in answer.citations}
    text, left_out = choose_text(answer)
    listed = list_papers(answer)
    if shown is not None:
        lines = text.split("\n")
        text, listed = "\n".join(lines[:shown]), listed[: max(0, shown - len(lines))]
    parts = [
        f'<p class="refused">{escape(words["refusal"])}</p>' if answer.abstained else "",
        _render_coverage(answer.coverage, words) if answer.coverage else "",
        f'<div class="text">{render_markup(text, chips.get)}</div>',
        _render_verdicts(listed, chips, quotes, words, answer.generated) if listed else "",
    ]
    if answer.considered and shown is None:
        parts.append(_render_considered(answer, chips, quotes, words, titled=not left_out))
    kind = "refusal" if answer.abstained else "answer"
    return f'<article class="{kind}" lang="{escape(answer.lang)}">{"".join(parts)}</article>'


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


def _render_verdicts(
    verdicts: Sequence[Verdict], chips: Chips, quotes: Quotes, words: Words, written: Generated | None = None
) -> str:
    """Return a table of papers; a head that is a button sorts it, first up, then down, then as it came.

    What a model wrote of a paper stands in the place of the quotes that it words.
    """
    heads = "".join(
        f'<th scope="col"><button type="button" data-sort="{at}">{escape(words[key])}</button></th>'
        for at, key in enumerate(("paper", "year", "says"))
    )
    heads += f'<th scope="col">{escape(words["evidence"])}</th>'
    worded = written.worded if written else ()
    rows = "".join(_render_verdict(v, chips, quotes, words, worded) for v in verdicts)
    return f'<table class="verdicts"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _render_verdict(verdict: Verdict, chips: Chips, quotes: Quotes, words: Words, worded: Sequence[Worded] = ()) -> str:
    paper, says = verdict.paper, verdict.says
    told = [sentence for sentence in worded if set(sentence.citations) <= set(verdict.citations)]
    quoted = replace(verdict, citations=_leave_out(verdict.citations, told))
    why = f'<p class="why">{escape(verdict.why)}</p>' if verdict.why else ""
    return (
        f'<tr><th scope="row"><button type="button" class="paper" data-paper="{escape(paper.id)}">'
        f"{escape(paper.name)}</button></th>"
        f'<td class="year">{paper.year or ""}</td>'
        f'<td data-rank="{_RANKS[says]}"><span class="says {says.replace(" ", "-")}">{escape(words[says])}</span></td>'
        f"<td>{_render_told(told, chips)}{_render_quotes(quoted, chips, quotes)}{why}</td></tr>"
    )


def _leave_out(markers: Sequence[int], told: Sequence[Worded]) -> tuple[int, ...]:
    cited = {marker for sentence in told for marker in sentence.citations}
    return tuple(marker for marker in markers if marker not in cited)


def _render_told(told: Sequence[Worded], chips: Chips) -> str:
    """Return a model's sentences, each with the chips of what proves it."""
    return "".join(
        f'<p class="quote">{escape(sentence.text)} <span class="tail">{"".join(chips[m] for m in sentence.citations)}'
        "</span></p>"
        for sentence in told
    )


def _render_quotes(verdict: Verdict, chips: Chips, quotes: Quotes) -> str:
    """Return the quotes behind a verdict, each with its chip, which never stands alone on a line."""
    shown = [(_clip(quotes[m]), chips[m]) for m in verdict.citations if m in chips]
    return "".join(
        f'<p class="quote">{escape(quote[:-1])}<span class="tail">{escape(quote[-1:])} {chip}</span></p>'
        for quote, chip in shown
    )


def _render_considered(answer: Answer, chips: Chips, quotes: Quotes, words: Words, *, titled: bool) -> str:
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


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_EVIDENCE else text[: _LONGEST_EVIDENCE - 1].rstrip() + "…"
