"""A model that writes beside those who ask: its last words are shown, and who leaves ends it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from vlmrag.answer.generator import ScriptedGenerator
from vlmrag.errors import GeneratorError
from vlmrag.ui.writing import Pen, follow


async def take_all(states: Iterator[int], stopped: threading.Event) -> list[int]:
    return [state async for state in follow(states, stopped.set) if state is not None]


def test_the_last_state_is_shown_whatever_was_passed_over() -> None:
    stopped = threading.Event()
    shown = asyncio.run(take_all(iter(range(1, 2001)), stopped))
    assert shown[-1] == 2000
    assert shown == sorted(set(shown))
    assert stopped.is_set()
    assert asyncio.run(take_all(iter(()), stopped)) == []


def test_each_state_is_shown_where_there_is_time() -> None:
    gate = threading.Semaphore(0)

    def write() -> Iterator[int]:
        for state in (1, 2, 3):
            yield state
            assert gate.acquire(timeout=60)

    async def watch() -> list[int]:
        seen = []
        async for state in follow(write(), lambda: None):
            if state is not None:
                seen.append(state)
                gate.release()
        return seen

    assert asyncio.run(watch()) == [1, 2, 3]


def test_an_error_comes_after_what_was_written() -> None:
    def write() -> Iterator[int]:
        yield 1
        raise RuntimeError("a defect")

    async def watch() -> None:
        async for state in follow(write(), stopped.set):
            seen.append(state)

    seen, stopped = list[int | None](), threading.Event()
    with pytest.raises(RuntimeError, match="a defect"):
        asyncio.run(watch())
    assert 1 in seen
    assert stopped.is_set()


def test_who_leaves_stops_a_model_that_says_nothing() -> None:
    stopped = threading.Event()

    def write() -> Iterator[int]:
        stopped.wait(60)
        yield 1

    async def leave() -> None:
        task = asyncio.ensure_future(take_all(write(), stopped))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert stopped.is_set()


def test_a_pen_writes_what_its_generator_writes() -> None:
    pen = Pen(lambda: ScriptedGenerator(["a", "b"], "tiny", 7))
    assert (pen.name, pen.context, pen.count_tokens("abc"), pen.spent) == ("tiny", 7, 3, None)
    assert list(pen.write("", "", 9)) == ["a", "b"]


def test_a_pen_that_was_stopped_writes_nothing_more() -> None:
    pen = Pen(lambda: ScriptedGenerator(["a", "b"]))
    pieces = pen.write("", "", 9)
    assert next(pieces) == "a"
    pen.cancel()
    asks: list[Callable[[], str]] = [lambda: next(pieces), lambda: pen.name, lambda: next(pen.write("", "", 9))]
    for ask in asks:
        with pytest.raises(GeneratorError, match=r"^the writing was stopped$"):
            ask()


def test_a_pen_that_is_stopped_before_it_begins_asks_nothing() -> None:
    generator = ScriptedGenerator(["a"])
    pen = Pen(lambda: generator)
    pen.cancel()
    with pytest.raises(GeneratorError, match=r"^the writing was stopped$"):
        list(pen.write("", "question", 9))
    assert generator.asked == []
