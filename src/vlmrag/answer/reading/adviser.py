"""Short questions to a model: each asked once, and all of them together within bounds of calls and of time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from vlmrag.answer.generator import Generator
from vlmrag.answer.writing.memory import Memory
from vlmrag.errors import GeneratorError

_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_AGAIN = 0.1
"""Seconds between two calls to end a writing that is overdue: the first may come before the writing has begun."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a model may be asked for one answer."""

    calls: int = 9
    """Questions put to it; what it was asked before costs none."""
    seconds: float = 60.0
    """For all of them by the clock."""


class Adviser:
    """A model that is asked short questions for one answer; once it fails, it is asked nothing more."""

    def __init__(self, generator: Generator, memory: Memory | None = None, bounds: Bounds = Bounds()) -> None:
        """Keep what it says in `memory`, if any."""
        self._generator = generator
        self._memory = memory
        self._calls, self._seconds = bounds.calls, bounds.seconds
        self._heard = self._overdue = False
        self._spent: list[tuple[int, int]] = []
        self.name = ""
        """What the model is called, once it has been asked."""
        self.problem = ""
        """Why nothing, or nothing more, is asked."""

    @property
    def failed(self) -> bool:
        """Whether nothing comes from the model, so that it need not be asked for a text either."""
        return bool(self.problem) and not self._heard

    @property
    def spent(self) -> tuple[int, int] | None:
        """Tokens that it read and wrote for this answer; None where it does not tell."""
        return (sum(read for read, _ in self._spent), sum(wrote for _, wrote in self._spent)) if self._spent else None

    def ask(self, instructions: str, request: str, most: int) -> str | None:
        """Return what the model says in at most `most` tokens, its thoughts left out; None where nothing comes."""
        if self.problem:
            return None
        try:
            with self._watch():
                text = self._ask(instructions, request, most)
        except GeneratorError as error:
            self.problem = f"{self.name or 'the model'} took too long to read" if self._overdue else str(error)
            self._heard = self._heard and self._overdue
            return None
        return None if text is None else _THOUGHT.sub("", text, count=1).strip()

    def _ask(self, instructions: str, request: str, most: int) -> str | None:
        generator, memory = self._generator, self._memory
        self.name = generator.name
        asked = (self.name, instructions, request, most)
        if memory and (known := memory.recall(*asked)):
            text, spent = known
            self._count(spent)
            return text
        if self._calls <= 0 or self._seconds <= 0:
            self._leave(f"{self.name} was not asked all: that was too much for one answer")
            return None
        if generator.count_tokens(instructions + request) + most > generator.context:
            self._leave(f"{self.name} holds {generator.context} tokens, too few for what it was to read")
            return None
        self._calls -= 1
        text = self._read(generator.write(instructions, request, most))
        self._count(generator.spent)
        if memory:
            memory.keep(*asked, text, generator.spent)
        return text

    def _leave(self, why: str) -> None:
        """Ask nothing more; the model is well, and may write."""
        self.problem, self._heard = why, True

    def _read(self, pieces: Iterator[str]) -> str:
        text = ""
        with closing(pieces):  # type: ignore[type-var]  # an iterator of a generator function
            for piece in pieces:
                text += piece
                self._heard = True
                if self._overdue:
                    raise GeneratorError("overdue")
        return text

    def _count(self, spent: tuple[int, int] | None) -> None:
        self._spent += [spent] if spent else []

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Let what comes within be cancelled when the time is over."""
        begun, done = time.monotonic(), threading.Event()
        watch = threading.Thread(target=self._wait, args=(done, max(0.0, self._seconds)), daemon=True)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()
            self._seconds -= time.monotonic() - begun

    def _wait(self, done: threading.Event, seconds: float) -> None:
        while not done.wait(seconds):
            self._overdue = True
            self._generator.cancel()
            seconds = _AGAIN
