"""The seam to what writes: instructions and a request in, pieces of text out, nothing else.

What is written is no answer yet. It is held against its evidence first, see `writing/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol


class Generator(Protocol):
    """A model that writes text."""

    @property
    def name(self) -> str:
        """What the model is called; raises GeneratorError where its server must be asked and is not there."""
        ...

    @property
    def context(self) -> int:
        """Tokens that it can hold, those it reads and those it writes together; raises GeneratorError."""
        ...

    @property
    def spent(self) -> tuple[int, int] | None:
        """Tokens read and written the last time; None where the model does not tell."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text is, or a few more where that can only be guessed."""
        ...

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Yield what the model writes, at most `most` tokens, as it comes; closing the iterator ends the writing.

        Raises GeneratorError that says why nothing, or nothing more, comes.
        """
        ...

    def cancel(self) -> None:
        """End the writing from another thread: `write` then raises GeneratorError."""
        ...


class ScriptedGenerator:
    """A double: it writes the same pieces whatever it is asked."""

    def __init__(self, pieces: Iterable[str], name: str = "scripted", context: int = 100_000) -> None:
        self.name, self.context, self.spent = name, context, None
        self.pieces, self.asked = list(pieces), list[str]()

    def count_tokens(self, text: str) -> int:
        """A token is a character."""
        return len(text)

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Yield the pieces, and remember the request."""
        self.asked.append(request)
        yield from self.pieces

    def cancel(self) -> None:
        """There is nothing to wait for."""
