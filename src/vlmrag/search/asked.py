"""What a list question asks of the table of attributes: which values, in which columns.

A question is read with the same words as the notes. It is one to the table only where the table answers all of it:
"which models use a Q-Former?" is, "which use a Q-Former for speech?" is not, and is answered from sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

from vlmrag.ingest.attributes import Statement, Vocabulary
from vlmrag.ingest.attributes.figures import FigureReader
from vlmrag.ingest.attributes.statements import OPPOSITE, bind_states
from vlmrag.ingest.attributes.values import Value, ValueReader
from vlmrag.ingest.attributes.vocabulary import match_any
from vlmrag.language.fold import fold
from vlmrag.search.bounds import Bound, read_bounds
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.search.subject import ASIDE, read_alternatives
from vlmrag.types import Attribute

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*|[^\W\d_a-z]+")
_BEFORE = 8
"""Characters before a part and its state in which an "only" may stand."""
_Found = tuple["Ask", list[tuple[int, int]]]
"""What is asked, and the characters that ask it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a question asks of the table: a value in one of these columns."""

    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    """Any of them will do."""
    besides: tuple[str, ...] = ()
    """Values that hold the words of these and are another thing: `EVA-CLIP` for `CLIP`."""
    only: bool = False
    """Whether nothing else may stand there: "which train only a linear layer?"."""
    bound: Bound | None = None
    """What the count of a value must keep to: "fewer than 10B parameters"."""

    def is_met(self, one: Attribute) -> bool:
        """Whether an attribute is what is asked for, or a more exact one of its kind: "ViT-L/14" is a ViT-L."""
        if one.column not in self.columns:
            return False
        return self.bound.holds(one.value) if self.bound else self.is_named(one.value)

    def is_named(self, value: str) -> bool:
        """Whether a value, or a text, holds the words of what is asked for and not as part of another name."""
        words = _cut(value)
        return any(_holds(words, v) for v in self.values) and not any(_holds(words, v) for v in self.besides)


def read_asks(
    rest: str, stated: Sequence[Statement], negated: bool, catalogue: Catalogue, cues: Cues
) -> tuple[Ask, ...]:
    """Return what a list question asks of the table, all of which must hold; nothing where more is asked than that.

    `rest` is the question without what its filters say; `stated` are the relations that it states.
    """
    words = catalogue.vocabulary
    if any(one.stance == "others" for one in stated):
        return ()
    plain = rest.replace("、", ",")
    folded = fold(plain)
    bounds = [
        (Ask((column,), bound=bound), [span]) for column, bound, span in read_bounds(folded, _readers(words)[1], cues)
    ]
    folded = blank(folded, [span for _, spans in bounds for span in spans])
    denied = negated and not stated and words.negation.search(folded)
    if denied or cues.asks["elsewise"].search(folded):
        return ()
    if bounds or len(folded) != len(plain):
        plain = folded
    found = [
        *bounds,
        *_ask_states(folded, words),
        *_ask_parts(plain, folded, words, cues),
        *_ask_figures(folded, words, cues),
    ]
    left = blank(folded, [span for _, spans in found for span in spans])
    left = cues.asks["bound"].sub(" ", left) if bounds else left
    left = cues.asks["told"].sub(" ", words.negation.sub(" ", left) if negated else left)
    if not found or read_alternatives(ASIDE.sub(" ", left), catalogue, cues, limited=True):
        return ()
    return tuple(dict.fromkeys(ask for ask, _ in found))


def _ask_bounds(folded: str, words: Vocabulary, cues: Cues) -> Iterator[_Found]:
    """Counts that must keep to a bound."""
    for column, bound, span in read_bounds(folded, _readers(words)[1], cues):
        yield Ask((column,), bound=bound), [span]


def _ask_states(folded: str, words: Vocabulary) -> Iterator[_Found]:
    """What is to be frozen or trained; what shall not be the one shall be the other."""
    only = re.compile(match_any(words.merge("cues")["only"]))
    for said, start, end in bind_states(folded, words):
        state = OPPOSITE[said.state] if said.stance == "denies" else said.state
        alone = only.search(folded, max(0, start - _BEFORE), end)
        yield Ask((state,), (said.component,), only=bool(alone)), [(start, end)]


def _ask_parts(plain: str, folded: str, words: Vocabulary, cues: Cues) -> Iterator[_Found]:
    """Certain parts; "a Q-Former or a resampler" is one thing to ask for, "and" makes two of them."""
    used, stated = bool(cues.asks["uses"].search(folded)), any(True for _ in bind_states(folded, words))
    for columns, values in _join(_readers(words)[0].read_asked(plain, folded, used, stated), folded, cues):
        said = tuple(dict.fromkeys(value.value for value in values))
        besides = tuple(sorted(name for name in _canonical(words) if any(_is_joined(name, v) for v in said)))
        yield Ask(columns, said, besides), [(value.start, value.end) for value in values]


def _ask_figures(folded: str, words: Vocabulary, cues: Cues) -> Iterator[_Found]:
    """Stages, sizes, what is read and written, what is measured on: each where the question says that it is that."""
    told = _readers(words)[1].read_asked(folded)
    fit = (((v.column,), v) for v in told if v.column not in cues.asks or cues.asks[v.column].search(folded))
    for columns, values in _join(fit, folded, cues):
        yield Ask(columns, tuple(dict.fromkeys(v.value for v in values))), [(v.start, v.end) for v in values]


def _join(
    found: Iterable[tuple[tuple[str, ...], Value]], folded: str, cues: Cues
) -> Iterator[tuple[tuple[str, ...], list[Value]]]:
    """Values of the same columns as one thing that is asked for, unless an "and" and no "or" stands in the question."""
    either = bool(cues.either.search(folded)) or not cues.asks["both"].search(folded)
    held: dict[tuple[tuple[str, ...], str], list[Value]] = {}
    for columns, value in found:
        held.setdefault((columns, "" if either else fold(value.value)), []).append(value)
    for (columns, _), values in held.items():
        yield columns, values


_made: WeakKeyDictionary[Vocabulary, tuple[ValueReader, FigureReader]] = WeakKeyDictionary()


def _readers(words: Vocabulary) -> tuple[ValueReader, FigureReader]:
    if words not in _made:
        _made[words] = (ValueReader(words), FigureReader(words))
    return _made[words]


def _canonical(words: Vocabulary) -> Iterable[str]:
    return {canonical for _, canonical in words.names.values()}


def _is_joined(name: str, value: str) -> bool:
    """Whether a name ends with a value that a hyphen joins to what stands before it, and so is another thing."""
    return fold(name).endswith(f"-{fold(value)}")


def _holds(words: Sequence[str], wanted: str) -> bool:
    sought = _cut(wanted)
    return any(words[at : at + len(sought)] == sought for at in range(len(words) - len(sought) + 1))


@cache
def _cut(value: str) -> tuple[str, ...]:
    """The words and numbers of a value."""
    return tuple(_WORD.findall(fold(value)))
