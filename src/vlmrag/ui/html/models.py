"""The choice of a model, and what became of a model's words, as HTML. What models and servers say is only ever text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vlmrag.types import Generated, Struck
from vlmrag.ui.conversation import Exchange
from vlmrag.ui.models import Model, Models
from vlmrag.ui.words import Words

_STRUCK_SHOWN = 3
"""Sentences left out that are shown; the others are folded away."""


def render_models(models: Models, chosen: Model | None, words: Words, *, looking: bool = False) -> str:
    """Return the choice as a fold whose head names the chosen model; `looking` while this machine is asked."""
    known = list(models.list())
    if chosen and chosen not in known:
        known.append(chosen)  # its server may be down
    options = [_render_option("", words["model_none"], "", checked=chosen is None)]
    options += [_render_option(m.address, m.name, _place(m, words), checked=m == chosen) for m in known]
    found = "" if known else words["model_nothing"]
    told = words["model_looking"] if looking else found
    named = f"{chosen.name} → {chosen.remote}" if chosen and chosen.remote else chosen.name if chosen else ""
    again = f'<button type="button" data-look>{escape(words["model_look"])}</button>' if models.looks else ""
    return (
        f'<details class="models"><summary>{escape(words["model"])}'
        f'<span class="named">{escape(named)}</span></summary>'
        f'<fieldset class="menu"><legend class="unseen">{escape(words["model"])}</legend>{"".join(options)}'
        f'<p class="told" role="status">{escape(told) if models.looks else ""}</p>'
        f'<p class="note">{escape(words["model_note"])}</p>{again}</fieldset></details>'
    )


def _render_option(address: str, name: str, place: str, *, checked: bool) -> str:
    where = f"<small>{escape(place)}</small>" if place else ""
    return (
        f'<label><input type="radio" name="model" value="{escape(address)}"{" checked" if checked else ""}>'
        f"<span>{escape(name)}{where}</span></label>"
    )


def _place(model: Model, words: Words) -> str:
    return words["model_remote"].format(host=model.remote) if model.remote else model.place


def render_writing(exchange: Exchange, words: Words) -> str:
    """Return the line above an answer that tells of its model: what it does, or what became of it; empty for none."""
    answer = exchange.answer
    written = answer.generated if answer else None
    name = name_writer(exchange)
    if exchange.writing is not None:
        doing = words["model_writes" if written else "model_reads"].format(model=name)
        so_far = f" · {_count(written, words)}" if written else ""
        return f'<p class="waiting" role="status">{escape(doing + so_far)}<span aria-hidden="true"></span></p>'
    if exchange.stopped and exchange.whole:
        count = f"{_count(written, words)} · " if written else ""
        return f'<p class="written">{escape(count + words["model_stopped"])}</p>'
    return f'<p class="written">{_tell(written, name, words)}</p>' if written else ""


def name_writer(exchange: Exchange) -> str:
    """Return the name of the model that was to word an answer, as the reader chose it; empty for none."""
    written = exchange.answer.generated if exchange.answer else None
    return exchange.model.name if exchange.model else written.model if written else ""


def _tell(written: Generated, name: str, words: Words) -> str:
    """Return what became of a model's words: how much of them is proven, and why the rest is quoted."""
    if not written.problem:
        quoted = "" if written.supported else f"<strong>{escape(words['model_quotes'])}</strong>"
        return f"{escape(name)}: {escape(_count(written, words))}{quoted}"
    count = f"{escape(_count(written, words))} · " if written.sentences else ""
    ended = escape(words["model_broke_off" if written.supported else "model_failed"])
    return f'{escape(name)}: {count}<strong>{ended}</strong> <bdi lang="en">{escape(written.problem)}</bdi>'


def _count(written: Generated, words: Words) -> str:
    count = words["proven"].format(supported=written.supported, sentences=written.sentences)
    return count + (words["left_out"].format(struck=len(written.struck)) if written.struck else "")


def render_struck(struck: Sequence[Struck], words: Words) -> str:
    """Return the sentences that were left out, struck through, each with the reason; empty for none."""
    if not struck:
        return ""
    items = [
        f'<li><span class="says no">{escape(words["not_supported"])}</span> <del>{escape(sentence.text)}</del>'
        f' <small lang="en">{escape(sentence.why)}</small></li>'
        for sentence in struck
    ]
    first, rest = items[:_STRUCK_SHOWN], items[_STRUCK_SHOWN:]
    summary = escape(words["more"].format(count=len(rest)))
    more = f"<details><summary>{summary}</summary><ul>{''.join(rest)}</ul></details>" if rest else ""
    return f'<div class="struck"><ul>{"".join(first)}</ul>{more}</div>'
