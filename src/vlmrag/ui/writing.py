"""A model that writes while others ask: in a thread of its own, ended at once by whoever stops it.

A model may take minutes. So nothing of the page waits for it but the window that it writes for: neither one of the
threads that answer the browser nor one of the few places for calls of the library is held.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Generic, TypeVar

from vlmrag.answer.generator import Generator
from vlmrag.errors import GeneratorError

Drawn = TypeVar("Drawn")
_TICK = 2.0
"""Seconds after which it is looked again whether the window is still there, where nothing was written."""


class Pen:
    """A generator for one answer: stopped once, it writes nothing more, whatever it was about to do."""

    def __init__(self, open_generator: Callable[[], Generator]) -> None:
        """`open_generator` is called when the writing begins."""
        self._open = open_generator
        self._inner: Generator | None = None
        self._stopped = threading.Event()

    @property
    def name(self) -> str:
        """See `Generator`; so are all that follow."""
        return self._go_on(self._generator.name)

    @property
    def context(self) -> int:
        """The model's limit in tokens."""
        return self._go_on(self._generator.context)

    @property
    def spent(self) -> tuple[int, int] | None:
        """Tokens read and written."""
        return self._generator.spent

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text is."""
        return self._go_on(self._generator.count_tokens(text))

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Yield what the model writes."""
        pieces = self._generator.write(instructions, request, most)
        with contextlib.closing(pieces):  # type: ignore[type-var]  # an iterator of a generator function
            for piece in pieces:
                yield self._go_on(piece)

    def cancel(self) -> None:
        """End the writing, or what comes before it, from another thread."""
        self._stopped.set()
        if self._inner is not None:
            self._inner.cancel()

    @property
    def _generator(self) -> Generator:
        if self._inner is None:
            self._inner = self._open()
        return self._go_on(self._inner)

    def _go_on(self, value: Drawn) -> Drawn:
        """Return a value, unless the writing was stopped meanwhile."""
        if self._stopped.is_set():
            raise GeneratorError("the writing was stopped")
        return value


class _Desktop(Generic[Drawn]):
    """Where the thread lays what it made last."""

    latest: Drawn | None = None
    over: bool = False
    failure: Exception | None = None


async def follow(states: Iterator[Drawn], stop: Callable[[], None]) -> AsyncIterator[Drawn | None]:
    """Yield what an iterator gives, run in a thread of its own: the latest where several came, None while none comes.

    However it ends, by its last state, an error of the iterator, or because nobody waits any longer, `stop` is called
    at the end.
    """
    loop, news, desktop = asyncio.get_running_loop(), asyncio.Event(), _Desktop[Drawn]()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the page was closed meanwhile
            loop.call_soon_threadsafe(news.set)

    def run() -> None:
        try:
            for desktop.latest in states:
                tell()
        except Exception as error:  # told to who follows
            desktop.failure = error
        desktop.over = True
        tell()

    threading.Thread(target=run, name="vlmrag-writing", daemon=True).start()
    shown: Drawn | None = None
    try:
        while not (desktop.over and desktop.latest is shown):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _TICK)
            news.clear()
            latest = desktop.latest
            yield None if latest is shown else latest
            shown = latest
        if desktop.failure is not None:
            raise desktop.failure
    finally:
        stop()
