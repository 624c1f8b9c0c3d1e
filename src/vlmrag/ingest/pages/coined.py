"""What a paper calls its own work: "we introduce Reptile, an algorithm ...", "we call the resulting models ...".

A title often holds no name. The abstract says it once, with words of coining, and readers ask by that name ever after.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from vlmrag.ingest.pages.byline import Spot
from vlmrag.ingest.pages.nouns import Line
from vlmrag.ingest.titles import is_coined
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold
from vlmrag.language.words import split_sentences

_NAME = r"(?P<name>[A-Z][\w+]*(?:-[A-Z0-9][\w+]*)*)(?=\d?[,.:;]| ?[(\[]| (?:an?|the|which|that|and|for|to|is)\b|$)"
_OWN = re.compile(r"\b(?:we|our|this (?:paper|work))\b", re.IGNORECASE)
_COINING = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b[Ww]e (?:[a-z]+ )?(?:propose|present|introduce|develop|release|describe) (?:the )?{_NAME}",
        rf"\b(?:call|calls|called|named|dubbed|termed) (?:[a-z]+ ){{0,4}}{_NAME}",
        rf"\b{_NAME}, an? (?:new|novel) [^.]{{0,40}}\b(?:we|our)\b",
    )
)
"""How a work is given its name, in a sentence in which the paper speaks of itself."""


def find_coined(lines: Sequence[Line], abstract: Sequence[Line]) -> Iterator[tuple[str, Spot]]:
    """Yield the names that the abstract gives to the paper's own work, each once, and the word of `lines` that is it.

    A name has a capital and is no word of the field: "the Transformer" would be found in every other paper.
    """
    numbers = {id(line): i for i, line in enumerate(lines)}
    spots = [(numbers[id(line)], at) for line in abstract if id(line) in numbers for at in range(len(line.words))]
    words = [lines[line].words[at].text for line, at in spots]
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    text = " ".join(words)
    seen: set[str] = set()
    for start, end in split_sentences(text):
        if not _OWN.search(text, start, end):
            continue
        for pattern in _COINING:
            for match in pattern.finditer(text, start, end):
                name = match["name"]
                if _is_own(name) and name not in seen:
                    seen.add(name)
                    yield name, spots[bisect_right(starts, match.start("name")) - 1]


def _is_own(name: str) -> bool:
    folded = fold(name)
    if len(name) < 3 or folded in word_set("not_names") | word_set("topic_words") | word_set("common_words"):
        return False
    return is_coined(name) or name.isalpha()
