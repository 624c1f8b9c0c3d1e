"""Pages whose text is missing or wrong: told, and never passed on as if it were the paper's."""

from __future__ import annotations

import re
from dataclasses import replace

from vlmrag.ingest.pages.nouns import RawPage, RawPdf

_STRANGE = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")
_CID = "(cid:"
"""What programs write for a character that its font gives no name to."""
_LATIN = re.compile(r"[A-Za-z]{4,}")
_VOWELS = frozenset("aeiouyAEIOUY")
_MANY = 30
"""Words or characters after which a page's text can be judged."""
_STRANGE_SHARE = 0.3
_VOWELLESS_SHARE = 0.5
_LONG_RUN = 30
"""Letters that words are long on average where a file holds no spaces."""
_DRAWN = 40
"""So many drawings on a page without a word may be its letters."""


def check_pages(raw: RawPdf) -> RawPdf:
    """Return the pages without the words of those that are garbled, and a line for people on each that is amiss."""
    pages, problems = [], list(raw.problems)
    for page in raw.pages:
        trouble, usable = _check(page)
        if trouble:
            problems.append(f"page {page.number} {trouble}")
        pages.append(page if usable else replace(page, lines=()))
    return replace(raw, pages=tuple(pages), problems=tuple(problems))


def _check(page: RawPage) -> tuple[str, bool]:
    """Return what is wrong with a page, and whether its words can be used all the same."""
    if not page.lines:
        drawn = bool(page.images) or len(page.drawings) > _DRAWN
        return ("has no text; skipped" if drawn else ""), True
    if why := _find_garbling(page):
        return f"is garbled ({why}); skipped", False
    if page.scanned and page.unseen > 0.5:
        return "is a scan; read by the words that lie unseen over it", True
    if page.unseen and not page.scanned:
        return "holds words that are not printed on it; they are read with the others", True
    return "", True


def _find_garbling(page: RawPage) -> str:
    """Return why the words of a page cannot be what is printed there, or nothing."""
    text = " ".join([line.text for line in page.lines])
    words = text.split(" ")
    length = len(text) - len(words) + 1  # without the spaces
    if length >= _MANY and not text.isascii() and len(_STRANGE.findall(text)) > _STRANGE_SHARE * length:
        return "its characters have no meaning outside its own fonts"
    if len(words) >= 4 and _CID in text and sum(_CID in word for word in words) > _STRANGE_SHARE * len(words):
        return "its fonts do not say what their characters are"
    latin = _LATIN.findall(text)
    if len(latin) >= _MANY and sum(map(_VOWELS.isdisjoint, latin)) > _VOWELLESS_SHARE * len(latin):
        return "its words have no vowels: the letters are shifted"
    if len(latin) >= _MANY and sum(map(len, latin)) > _LONG_RUN * len(latin):
        return "it has no spaces"
    return ""
