"""The side panel as HTML: a quote marked where it stands, in the text of a note or on the page of a PDF.

The page of a PDF is a picture of it, and a mark is laid over each rectangle of the quote's words; the words themselves
follow below, to be copied and to be read out. Buttons turn the page, and a link opens the file itself.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from vlmrag.search.reading import Context, PageImage
from vlmrag.types import Citation, Rect
from vlmrag.ui.html.pieces import name_place
from vlmrag.ui.server.shelf import ADDRESS, address_note
from vlmrag.ui.words import Words

_WIDEST = 150.0
"""Per cent of the panel's width: more of it shows words larger than one reads."""
_FITTING = 94.0
"""Per cent of the panel that the marks may fill."""


def render_no_passage(words: Words) -> str:
    """Return the side panel before a citation was opened."""
    return f'<div class="hint"><h2>{escape(words["passages"])}</h2><p>{escape(words["passage_hint"])}</p></div>'


def render_passage(citation: Citation, context: Context, words: Words) -> str:
    """Return a quote marked among its neighbours, under its file, place and headings."""
    where = name_place(citation, words).removeprefix(f"{citation.source}, ")
    text = f"{escape(context.before)}<mark>{escape(context.quote)}</mark>{escape(context.after)}"
    address = address_note(context.sha256, context.start, context.start + len(context.quote))
    link = f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(words["open_note"])}</a>'
    foot = f'<div class="foot"><nav>{link}</nav></div>' if context.sha256 else ""
    return _frame(_head(citation, where, " › ".join(context.heading)), _scroll(text) + foot, citation, words)


def render_sheet(citation: Citation, image: PageImage, words: Words) -> str:
    """Return a page of a PDF, the quote marked where the page is its own, and the quote's words below."""
    rects = (citation.rects or ()) if image.number == citation.page else ()
    alt = escape(words["page_image"].format(page=image.number, pages=image.pages, file=image.source))
    picture = b64encode(image.png).decode()
    sheet = (
        f'<div class="passage-text paged" tabindex="0">'
        f'<div class="sheet" style="width: {_widen(rects, image):.1f}%; '
        f'aspect-ratio: {image.width:.2f} / {image.height:.2f}">'
        f'<img alt="{alt}" src="data:image/png;base64,{picture}">'
        f"{''.join(_mark(rect, image) for rect in rects)}</div></div>"
    )
    where = words["page_of"].format(page=image.number, pages=image.pages)
    foot = (
        f'<div class="foot"><blockquote class="said">{escape(citation.quote)}</blockquote><nav>'
        f"{_turn(image.number - 1, '‹', 'page_before', image, words)}"
        f"{_turn(image.number + 1, '›', 'page_after', image, words)}"
        f'<a href="{ADDRESS}{escape(image.sha256)}#page={image.number}" target="_blank" rel="noopener">'
        f"{escape(words['open_pdf'])}</a></nav></div>"
    )
    return _frame(_head(citation, where, citation.heading.replace(" > ", " › ")), sheet + foot, citation, words)


def render_lost_passage(citation: Citation, problem: str, words: Words) -> str:
    """Return what is known of a passage that can no longer be read, and why not."""
    head = (
        f'<p class="place"><span class="file">{escape(citation.source)}</span></p>'
        f'<p class="stale" role="alert">{escape(words["gone"])} {escape(problem)}</p>'
    )
    return _frame(head, _scroll(f"<mark>{escape(citation.quote)}</mark>"), citation, words)


def _widen(rects: Sequence[Rect], image: PageImage) -> float:
    """Return how wide the page is drawn, in per cent of the panel: as large as its marks still fit in."""
    if not rects:
        return _WIDEST
    share = (max(rect[2] for rect in rects) - min(rect[0] for rect in rects)) / image.width
    return min(_WIDEST, max(100.0, _FITTING / max(share, 0.01)))


def _mark(rect: Rect, image: PageImage) -> str:
    """Return a mark over a rectangle, placed in shares of the page so that it holds at any size."""
    x0, y0, x1, y1 = rect
    shares = (x0 / image.width, y0 / image.height, (x1 - x0) / image.width, (y1 - y0) / image.height)
    left, top, width, height = (f"{100 * share:.3f}%" for share in shares)
    return f'<span class="spot" style="left: {left}; top: {top}; width: {width}; height: {height}"></span>'


def _turn(number: int, sign: str, name: str, image: PageImage, words: Words) -> str:
    """Return the button that turns to a page; it stands still, and does nothing, where there is none."""
    label = escape(words[name])
    able = "" if 1 <= number <= image.pages else " disabled"
    return f'<button type="button" data-page="{number}" aria-label="{label}" title="{label}"{able}>{sign}</button>'


def _head(citation: Citation, where: str, path: str) -> str:
    name = f"<h2>{escape(citation.paper_name)}</h2>" if citation.paper_name else ""
    place = f'<p class="place"><span class="file">{escape(citation.source)}</span> {escape(where)}</p>'
    return name + place + (f'<p class="path">{escape(path)}</p>' if path else "")


def _scroll(text: str) -> str:
    return f'<div class="passage-text" tabindex="0">{text}</div>'


def _frame(head: str, body: str, citation: Citation, words: Words) -> str:
    close = escape(words["close"])
    marker = citation.marker
    return (
        f'<section class="passage" aria-label="{escape(words["passages"])} {marker}">'
        f'<header><span class="number" aria-hidden="true">{marker}</span><div>{head}</div>'
        f'<button type="button" class="close" aria-label="{close}" title="{close}">×</button></header>'
        f"{body}</section>"
    )
