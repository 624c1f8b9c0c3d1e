"""Entries that tell another paper's story: a text that nearly repeats another entry's, or that has another subject.

Repetition is found through shingles, runs of characters that two texts share (A. Broder, "On the resemblance and
containment of documents", 1997), so that the time grows with the text and not with the pairs of entries.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from vlmrag.ingest.fields import find_links
from vlmrag.ingest.mentions import Finding, Mention, Shelf, check_words
from vlmrag.language.fold import HAN_CHAR, fold, name_key
from vlmrag.language.words import split_sentences
from vlmrag.types import Paper

_SHINGLE = 6
"""Characters, white space and punctuation left out."""
_SHORTEST = 60
"""Letters of the shortest piece that is compared; a Han character counts as three."""
_PART_OF_ENTRY = 0.12
"""Share of its entry that a piece must be, so that a common phrase in a long note is no story."""
_REPEATED = 0.6
"""Share of the shorter piece's shingles from which on it repeats the longer one."""
_MOST_HOLDERS = 4
"""A shingle in more pieces than this is a common phrase."""
_PIECE = re.compile(r"[^|\r\n]+")
_SHOWN = 60
"""Characters of another entry that are shown as proof."""
_LONGEST_ENTRY = 3000
"""Characters; in a longer note many papers are presented beside its own."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line or a table cell of an entry."""

    mention: Mention
    start: int
    end: int
    shingles: frozenset[str]


def check_stories(shelf: Shelf) -> Iterator[Finding]:
    """Yield texts that belong to another paper's entry, each entry once."""
    told: set[str] = set()
    for piece, other in _find_repeats(shelf):
        teller, source, sure = _tell_apart(shelf, piece, other)
        if teller.mention.document.id in told:
            continue
        told.add(teller.mention.document.id)
        where = shelf.place(source.mention.document, source.start, teller.mention.document)
        names = teller.mention.name, source.mention.name
        what = "the entry of {} tells what is said of {}" if sure else "the entries of {} and {} say nearly the same"
        words = " ".join(shelf.texts[source.mention.document.source][source.start : source.end].split())
        why = f"nearly the same words stand at {where}: {words[:_SHOWN]}{'…' if len(words) > _SHOWN else ''}"
        span = (teller.start, teller.end)
        papers = (teller.mention.paper, source.mention.paper)
        yield shelf.report(teller.mention.document, span, "story", what.format(*names), why, *papers)
    for mention in shelf.mentions:
        if mention.document.id not in told and (found := _find_other_subject(shelf, mention)):
            told.add(mention.document.id)
            paper, span = found
            what = f"the entry of {mention.name} speaks of {paper.name} as its own paper"
            why = f"it says so in these words, and never says {mention.name}"
            yield shelf.report(mention.document, span, "story", what, why, mention.paper, paper)


def _find_repeats(shelf: Shelf) -> Iterator[tuple[_Piece, _Piece]]:
    """Yield the pairs of pieces of two papers that repeat each other, in the order of the library."""
    pieces = [piece for mention in shelf.mentions for piece in _cut(shelf, mention)]
    holders: dict[str, list[int]] = {}
    for number, piece in enumerate(pieces):
        for shingle in piece.shingles:
            holders.setdefault(shingle, []).append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in holders.values():
        if 1 < len(numbers) <= _MOST_HOLDERS:
            shared.update((a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :])
    for (a, b), count in sorted(shared.items()):
        first, second = pieces[a], pieces[b]
        least = min(len(first.shingles), len(second.shingles))
        if first.mention.paper.id != second.mention.paper.id and count >= _REPEATED * least:
            yield first, second


def _cut(shelf: Shelf, mention: Mention) -> Iterator[_Piece]:
    document = mention.document
    text, size = shelf.texts[document.source], document.end - document.start
    if len(document.works) > 1:
        return
    fields = [(f.start, f.end) for f in mention.work.fields]
    for match in _PIECE.finditer(text, document.start, document.end):
        if match.end() - match.start() < max(_SHORTEST // 3, _PART_OF_ENTRY * size):
            continue
        links = [(link.start, link.end) for link in find_links(text, *match.span())]
        letters = "".join(c for c in fold(_leave_out(text, match.span(), fields + links)) if c.isalnum())
        if len(letters) + 2 * len(HAN_CHAR.findall(letters)) >= _SHORTEST:
            shingles = frozenset(letters[i : i + _SHINGLE] for i in range(len(letters) - _SHINGLE + 1))
            yield _Piece(mention, *match.span(), shingles)


def _leave_out(text: str, span: tuple[int, int], parts: list[tuple[int, int]]) -> str:
    """Return the text of a span without some parts of it: what fields state says nothing of the story."""
    kept, at = "", span[0]
    for start, end in sorted(parts):
        if start < span[1] and end > at:
            kept += text[at : max(at, start)]
            at = end
    return kept + text[at : span[1]]


def _tell_apart(shelf: Shelf, first: _Piece, second: _Piece) -> tuple[_Piece, _Piece, bool]:
    """Return the piece that stands in the wrong entry, then the one it belongs to, by whom the words name.

    Where they do not tell, the later one comes first, and the last value is False.
    """

    def names_the_other(piece: _Piece, other: _Piece) -> bool:
        words = shelf.texts[piece.mention.document.source][piece.start : piece.end]
        named = {paper.id for paper, _, _ in shelf.names.find(words)}
        return other.mention.paper.id in named and piece.mention.paper.id not in named

    if names_the_other(first, second):
        return first, second, True
    return second, first, names_the_other(second, first)


def _find_other_subject(shelf: Shelf, mention: Mention) -> tuple[Paper, tuple[int, int]] | None:
    """Return the paper that a short entry presents as its own, and the sentence, where it never says its own name."""
    document = mention.document
    size = document.end - document.start
    if size > _LONGEST_ENTRY or len(document.works) > 1:
        return None
    text = shelf.text(document)
    for start, end in split_sentences(text):
        match = _presents().search(text, start, end)
        if match is None:
            continue
        named = next(((p, a) for p, a, _ in shelf.names.find(text[match.end() : end]) if a <= 3), None)
        if named is None or named[0].id == mention.paper.id or named[0].id not in shelf.by_paper:
            continue
        if not _says_own_name(text, mention, named[0]):
            return named[0], (document.start + start, document.start + end)
    return None


def _says_own_name(text: str, mention: Mention, other: Paper) -> bool:
    """Whether an entry names its paper outside its title, or the two names are spellings of one family."""
    base = mention.document.start
    fields = [(f.start - base, f.end - base) for f in mention.fields("name", "title", "alias", "url")]
    bare = "".join(c for i, c in enumerate(text) if not any(a <= i < b for a, b in fields))
    keys = [key for key in mention.keys if len(key) >= 2]
    said = name_key(bare)
    theirs = name_key(other.name)
    return any(key in said or key in theirs or theirs in key for key in keys)


@cache
def _presents() -> re.Pattern[str]:
    """What presents a paper as one's own: "this paper proposes", "本文提出"; its name follows."""
    own, verbs = (
        "|".join(sorted(map(re.escape, check_words(name)), key=len, reverse=True))
        for name in ("own_paper_words", "subject_verbs")
    )
    return re.compile(rf"(?:\b|(?<=[^\x00-\x7f]))(?:{own})[^.。；;!?\n|]{{0,16}}?(?:{verbs})\s*(?:了|\*|_|\s)*", re.I)
