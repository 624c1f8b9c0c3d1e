"""Files are read in processes of their own, several at a time: a file that hangs, crashes its reader or eats the
machine's memory costs itself and nothing else.

A process is this interpreter on this module; it is sent a recipe for the reading rules and then one file after the
other, and answers each with a `Reading`, or with the pictures that were ordered, or with what is wrong. One that dies
or runs over its time is replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from vlmrag.errors import SourceError
from vlmrag.ingest.reader import ReadingRules, read_file
from vlmrag.types import Reading, Rect

SECONDS = 120.0
"""A file may take as long; the longest real paper at hand, of 83 pages, takes two."""
MEGABYTES = 3000
"""And as much memory, where the system can hold a process to it."""

DPI = 96
"""Of pictures that are drawn to be looked at by a model, which makes them smaller still."""

MakeRules = Callable[[], ReadingRules]
_LENGTH = struct.Struct("<Q")
_CHILD = "import sys; sys.path[:] = {path!r}; from vlmrag.ingest.workers import serve; serve()"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be read, and why."""

    path: str
    why: str
    shut: bool = False
    """Whether the file itself may be well: the system did not let us at it."""


@dataclass(frozen=True, slots=True)
class Order:
    """Parts of the pages of one PDF that are to be drawn."""

    path: Path
    shown: str
    sha256: str
    """Of the file that was read: from another one nothing is drawn."""
    places: tuple[tuple[int, Rect], ...]
    """Page, from 1, and rectangle of each."""


class Readers:
    """Reads files in up to `count` processes; use it in a `with`, which ends them."""

    def __init__(self, make_rules: MakeRules, count: int, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        """Start nothing yet; `make_rules` goes to the processes by pickle."""
        self._start = (make_rules, megabytes)
        self._count = count
        self._seconds = seconds
        self._idle: list[_Process] = []
        self._all: list[_Process] = []
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End all processes, whatever they are doing."""
        self._ended = True
        for process in list(self._all):
            process.end()

    def read(self, files: Sequence[tuple[Path, str]]) -> Iterator[Reading | Unread]:
        """Yield what became of each file, given by its path and the path that people see, as they are done."""
        threads = ThreadPoolExecutor(min(self._count, max(1, len(files))))
        try:
            waiting = {threads.submit(self._ask, file, file[1]) for file in files}
            for done in as_completed(list(waiting)):
                waiting.discard(done)
                yield done.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def draw(self, orders: Sequence[Order]) -> Iterator[tuple[bytes | Unread, ...]]:
        """Yield the pictures of each order as PNG, in the order of the orders; what cannot be drawn says why."""
        threads = ThreadPoolExecutor(self._count)
        try:
            for start in range(0, len(orders), self._count):  # a few files ahead, not a library's pictures in memory
                group = orders[start : start + self._count]
                for order, drawn in zip(group, threads.map(lambda o: self._ask(o, o.shown), group), strict=True):
                    yield drawn if isinstance(drawn, tuple) else (drawn,) * len(order.places)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, job: tuple[Path, str] | Order, shown: str) -> Any:
        if self._ended:
            return Unread(shown, "is not read: interrupted", shut=True)
        try:
            process = self._idle.pop()
        except IndexError:
            process = self._make()
        result = process.ask(job, shown, self._seconds)
        if process.alive:
            self._idle.append(process)
        return result

    def _make(self) -> _Process:
        process = _Process(*self._start)
        self._all.append(process)
        return process


class _Process:
    """One reading process."""

    def __init__(self, make_rules: MakeRules, megabytes: int) -> None:
        code = _CHILD.format(path=sys.path)
        self._child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._late = False
        self._ready = False
        self.alive = True
        with contextlib.suppress(BrokenPipeError):  # told when the first file is read
            self._send((make_rules, megabytes))

    def ask(self, job: object, shown: str, seconds: float) -> Any:
        clock = threading.Timer(seconds, self._run_out)
        try:
            if not self._ready:  # how long it takes to start, on a busy machine, is no fault of the file
                self._ready = bool(_receive(self._to_us))
            clock.start()
            self._send(job)
            return _receive(self._to_us)
        except (EOFError, OSError, ValueError):  # it died, or was ended and its pipes are closed
            self.end()
            if self._late:
                return Unread(shown, f"is not read within {seconds:.0f} seconds; it may be broken")
            return Unread(shown, f"ends the process that reads it ({_name_end(self._child.returncode)}); it is broken")
        finally:
            clock.cancel()

    @property
    def _to_us(self) -> IO[bytes]:
        assert self._child.stdout is not None
        return self._child.stdout

    def _send(self, message: object) -> None:
        assert self._child.stdin is not None
        _send(self._child.stdin, message)

    def _run_out(self) -> None:
        self._late = True
        self._child.kill()

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self.alive = False
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


def _name_end(status: int) -> str:
    """How a process ended, for people."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def serve() -> None:
    """Read the files that the parent names, until it goes: the other end of `_Process`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    ours, theirs = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what libraries print has no place between the messages
        os.dup2(nothing, stream)
    with contextlib.suppress(EOFError, BrokenPipeError):
        make_rules, megabytes = _receive(ours)
        _limit_memory(megabytes)
        rules = make_rules()
        _send(theirs, True)
        while True:
            job = _receive(ours)
            if isinstance(job, Order):
                _send(theirs, _guard(job.shown, megabytes, _draw, job))
            else:
                _send(theirs, _guard(job[1], megabytes, read_safely, *job, rules))


def read_safely(path: Path, shown: str, rules: ReadingRules) -> Reading | Unread:
    """Read one file here and now; what is wrong with it is told, not raised."""
    try:
        return read_file(path, shown, rules)
    except SourceError as error:
        return Unread(error.path, error.why, isinstance(error.__cause__, OSError))
    except OSError as error:  # it went, or was shut, since its folder was listed
        return Unread(shown, f"cannot be read: {error.strerror or error}", shut=True)


def _draw(order: Order) -> tuple[bytes | Unread, ...] | Unread:
    from vlmrag.ingest.pdf import crop_page

    try:
        data = order.path.read_bytes()
    except OSError as error:
        return Unread(order.shown, f"cannot be read: {error.strerror or error}", shut=True)
    if hashlib.sha256(data).hexdigest() != order.sha256:
        return Unread(order.shown, "changed since it was read", shut=True)
    drawn: list[bytes | Unread] = []
    for page, rect in order.places:
        try:
            drawn.append(crop_page(order.path, page, rect, DPI))
        except SourceError as error:
            drawn.append(Unread(order.shown, error.why))
    return tuple(drawn)


def _guard(shown: str, megabytes: int, do: Callable[..., Any], *job: Any) -> Any:
    """Return what `do` makes of a file, or what is wrong with the file, whatever that is."""
    try:
        return do(*job)
    except MemoryError:
        return Unread(shown, f"needs more than {megabytes} MB of memory to be read")
    except Exception as error:  # whatever a broken file does to its reader, the other files go on
        return Unread(shown, f"cannot be read: {type(error).__name__}: {error}".rstrip(": "))


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))


def _send(pipe: IO[bytes], message: object) -> None:
    packed = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(packed)))
    pipe.write(packed)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    """Return the next message; raises EOFError where the other end has gone. Both ends are ours: pickle is safe."""
    length = pipe.read(_LENGTH.size)
    packed = pipe.read(_LENGTH.unpack(length)[0]) if len(length) == _LENGTH.size else b""
    if not packed:
        raise EOFError
    return pickle.loads(packed)
