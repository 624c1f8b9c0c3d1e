"""Finding many strings in many texts at once, in time linear in both.

Every stretch of 8, 16, 32 and 64 characters of a text gets a number by doubling (Karp, Miller and Rosenberg, 1972, with
the polynomial of Karp and Rabin, 1987, as number). A string is looked for where the number of its longest such
beginning stands, and compared there. For what is in no text, `find_near` lets its rarest stretches vote for the place
from which it comes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vlmrag.answer.normal import to_codes

Numbers = NDArray[np.uint64]

_SHORTEST, _LONGEST = 8, 64
_BASE = 0x9E3779B97F4A7C15
_BITS = 22
_SAMPLE, _VOTERS, _MOST = 64, 32, 400
"""Stretches of a string that are looked for, those that vote, and the most places that one may stand at."""


def find_all(texts: Sequence[str], strings: Iterable[str]) -> dict[str, dict[int, int]]:
    """Return, for each string, the numbers of the texts that hold it and where it stands there first."""
    found: dict[str, dict[int, int]] = {string: {} for string in strings if string}
    levels: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for string in found:
        if len(string) < _SHORTEST:
            found[string] = {n: at for n, text in enumerate(texts) if (at := text.find(string)) >= 0}
            continue
        size = min(_LONGEST, 1 << (len(string).bit_length() - 1))
        levels[size][int(number_stretches(string[:size], size)[0])].append(string)
    sieves = {size: _Sieve(names) for size, names in levels.items()}
    for number, text in enumerate(texts):
        for size, stretches in _double(text, sieves):
            for at, name in sieves[size].meet(stretches):
                for string in levels[size][name]:
                    if number not in found[string] and text.startswith(string, at):
                        found[string][number] = at
    return found


def find_near(
    texts: Sequence[str], strings: Sequence[str], size: int, among: Sequence[frozenset[int] | None]
) -> list[list[tuple[int, int]]]:
    """Return, for each string, up to two places from which it may come: the text's number and about where it begins.

    `size` is the length of the stretches compared, a power of two; `among` limits each string to some texts.
    """
    grams = [_sample(number_stretches(string, size).tolist()) for string in strings]
    sieve = _Sieve({name for names in grams for name in names})
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, text in enumerate(texts):
        for at, name in sieve.meet(number_stretches(text, size)):
            if len(places[name]) <= _MOST:
                places[name].append((number, at))
    return [_vote(string, names, places, allowed) for string, names, allowed in zip(strings, grams, among, strict=True)]


def number_stretches(text: str, size: int) -> Numbers:
    """Return a number for each stretch of `size` (a power of two) characters, equal for equal stretches."""
    numbers = to_codes(text).astype(np.uint64)
    reach = 1
    while reach < size:
        numbers = _join(numbers, reach)
        reach *= 2
    return numbers


def _double(text: str, sizes: Iterable[int]) -> Iterator[tuple[int, Numbers]]:
    """Yield the numbers of the stretches of each of the sizes, shortest first."""
    numbers, reach = to_codes(text).astype(np.uint64), 1
    for size in sorted(sizes):
        while reach < size:
            numbers = _join(numbers, reach)
            reach *= 2
        yield size, numbers


def _join(numbers: Numbers, reach: int) -> Numbers:
    """The numbers of stretches of twice `reach`; arithmetic modulo 2 to the 64."""
    if len(numbers) <= reach:
        return np.empty(0, dtype=np.uint64)
    factor = np.uint64(pow(_BASE, reach, 1 << 64))
    joined: Numbers = numbers[:-reach] * factor + numbers[reach:]
    return joined


class _Sieve:
    """Numbers that are wanted, made ready to be met in many texts: a table of bits passes most others by."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self._names = np.unique(np.fromiter(wanted, dtype=np.uint64))
        self._bits = np.zeros(1 << _BITS, dtype=np.bool_)
        self._bits[_place(self._names)] = True

    def meet(self, stretches: Numbers) -> Iterator[tuple[int, int]]:
        """Yield place and number of each stretch that is wanted, in order."""
        likely = np.flatnonzero(self._bits[_place(stretches)])
        there = np.minimum(np.searchsorted(self._names, stretches[likely]), len(self._names) - 1)
        sure = likely[self._names[there] == stretches[likely]] if len(self._names) else likely[:0]
        yield from zip(sure.tolist(), stretches[sure].tolist(), strict=True)


def _place(names: Numbers) -> Numbers:
    """Where in the table of bits a number has its own: its highest bits, once they are mixed."""
    places: Numbers = names * np.uint64(_BASE) >> np.uint64(64 - _BITS)
    return places


def _sample(names: list[int]) -> dict[int, int]:
    """Stretches that are spread over a string, each with the place where it stands first."""
    step = max(1, len(names) // _SAMPLE)
    return {name: offset for offset, name in reversed([*enumerate(names)][::step])}


def _vote(
    string: str, names: dict[int, int], places: dict[int, list[tuple[int, int]]], allowed: frozenset[int] | None
) -> list[tuple[int, int]]:
    """Let the rarest stretches say where the string begins; two neighbouring bins are one candidate."""
    width = max(32, len(string) // 2)
    voters = sorted((len(places[name]), offset, name) for name, offset in names.items() if name in places)[:_VOTERS]
    votes: Counter[tuple[int, int]] = Counter()
    for count, offset, name in voters:
        if count > _MOST and votes:
            break
        for number, at in places[name][:_MOST]:
            if allowed is None or number in allowed:
                votes[number, (at - offset) // width] += 1
    pairs = {(n, bin_): count + votes.get((n, bin_ + 1), 0) for (n, bin_), count in votes.items()}
    best = sorted(pairs, key=lambda place: (-pairs[place], place))[:2]
    return [(number, bin_ * width) for number, bin_ in best]
