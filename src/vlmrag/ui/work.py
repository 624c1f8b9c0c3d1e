"""What takes long, done beside those who read: one ingest or fetch at a time, watched by all and stopped by a click.

A page has one `Workshop`. Whoever opens the page sees how far the work is; it goes on when the window that began it
is closed.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from vlmrag.errors import IndexBusy, VlmragError
from vlmrag.reports import FetchReport, Report, Skipped
from vlmrag.types import Progress


class Stopped(VlmragError):
    """Someone stopped the work."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work did."""

    report: Report | None = None
    fetched: FetchReport | None = None
    saved: tuple[str, ...] = ()
    """Files that came through the browser, as shown to people."""
    refused: tuple[Skipped, ...] = ()
    """Files that came through the browser and were not kept."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the work is that is under way, or was last."""

    serial: int = 0
    """The number of the work, from 1; 0 before the first."""
    running: bool = False
    stage: str = ""
    """As `Progress` has it; empty before the first step is told."""
    done: int = 0
    total: int = 0
    stopping: bool = False
    outcome: Outcome | None = None
    """Once it is done."""
    problem: str | None = None
    """A plain sentence, where it failed; empty where that was a defect, whose traceback is in the terminal."""
    stopped: bool = False


class Workshop:
    """Does one piece of work at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state = State()

    @property
    def state(self) -> State:
        """How far the work is."""
        return self._state

    def begin(self, work: Callable[[Progress], Outcome]) -> None:
        """Begin a piece of work, which is called with a progress; raises IndexBusy while another is under way."""
        with self._changed:
            if self._state.running:
                raise IndexBusy("The library is being written to at this page. Wait until it is done, then try again.")
            self._state = State(serial=self._state.serial + 1, running=True)
            self._changed.notify_all()
        threading.Thread(target=self._do, args=(work,), name="vlmrag-work", daemon=True).start()

    def stop(self) -> None:
        """Ask the work that is under way to end at its next step; the library stays as it was."""
        with self._changed:
            if self._state.running:
                self._set(stopping=True)

    def wait_for_change(self, since: State, seconds: float) -> State:
        """Return the state once it is another than `since`, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._state is not since, seconds)
            return self._state

    def _do(self, work: Callable[[Progress], Outcome]) -> None:
        try:
            outcome = work(self._tell)
        except Stopped:
            self._end(stopped=True)
        except VlmragError as error:
            self._end(problem=str(error))
        except Exception:
            traceback.print_exc()
            self._end(problem="")
        else:
            self._end(outcome=outcome)

    def _tell(self, stage: str, done: int, total: int) -> None:
        with self._changed:
            if self._state.stopping:
                raise Stopped("stopped")
            self._set(stage=stage, done=done, total=total)

    def _end(self, outcome: Outcome | None = None, problem: str | None = None, stopped: bool = False) -> None:
        with self._changed:
            self._set(running=False, stopping=False, outcome=outcome, problem=problem, stopped=stopped)

    def _set(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._changed.notify_all()
