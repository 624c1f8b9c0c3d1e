"""What a query is searched by: the words that the keyword side looks up, and the English that the encoder reads.

Chinese is put into English by the glossary, for an encoder that reads no Chinese; how much of the query that leaves
says how far the encoder is to be believed. Words that only ask (`papers that discuss ...`) are not looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from vlmrag.index.encoder import Encoder
from vlmrag.language.fold import HAN_CHAR
from vlmrag.language.glossary import Glossary
from vlmrag.language.words import split_bilingual, stem

READABLE = 0.95
"""Share of a query's word pieces that an encoder has to know: of less, it is given the query in English."""
_ASKING = """anything article concern deal describe discuss exist find give include information interest know like list
literature look paper particular please publication relate specific specifically subject topic use want would"""
_LATIN = re.compile(r"[^\W\d_]|\d")


@dataclass(frozen=True, slots=True)
class Wording:
    """A query as the two sides read it."""

    words: tuple[str, ...]
    """As the keyword index holds them, one as often as it is said."""
    english: str
    """What the encoder reads; empty where it could read nothing."""
    trust: float
    """Share of the query's meaning that `english` holds, 0 to 1."""


def word_query(query: str, glossary: Glossary, encoder: Encoder) -> Wording:
    """Return how the two sides read a query."""
    english = glossary.put_into_english(query)
    words = split_bilingual(query, english)
    asked = [word for word in words if word not in _asking_words()]
    read, trust = query, encoder.read_share(query)
    if english != query and trust < READABLE:
        read, trust = english, _weigh_english(query, glossary) * encoder.read_share(english) if english else 0.0
    return Wording(tuple(asked or words), read, trust)


@cache
def _asking_words() -> frozenset[str]:
    return frozenset(map(stem, _ASKING.split()))


def _weigh_english(query: str, glossary: Glossary) -> float:
    """The share of a query that its English holds: two letters or digits weigh as one Han character."""
    han = len(HAN_CHAR.findall(query))
    rest = (len(_LATIN.findall(query)) - han) / 2
    return (glossary.share_in_english(query) * han + rest) / (han + rest)
