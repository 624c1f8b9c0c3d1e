"""How large a line's words are, where a PDF tells no more than the size of its first character."""

from __future__ import annotations

from collections.abc import Sequence


def measure_sizes(heights: Sequence[Sequence[float]], firsts: Sequence[float]) -> list[float]:
    """Return the size in points that most words of each line of a page have.

    `heights` are those of the words, line by line, `firsts` the sizes of the lines' first characters. Such a character
    may be a footnote's mark or a sign of a formula: then the usual height of the words decides, at the rate of points
    to height that most lines of the page have.
    """
    usual = [sorted(line)[(len(line) - 1) // 2] or 1.0 for line in heights]
    rates = [first / height for first, height in zip(firsts, usual, strict=True)]
    long = sorted([rate for rate, line in zip(rates, heights, strict=True) if len(line) > 4]) or sorted(rates)
    middle = long[len(long) // 2] or 1.0
    return [
        first if len(line) == 1 or abs(rate / middle - 1) < 0.15 else height * middle
        for first, rate, height, line in zip(firsts, rates, usual, heights, strict=True)
    ]
