"""A reader without a browser: asks the page's server as the page does, and tells when the first words came.

Run as a program it lets many ask at once: `python -m tests.ui.sessions ADDRESS QUESTIONS.jsonl [HOW_MANY]`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Reply:
    """What the page showed of a question."""

    html: str
    """The whole transcript, at the end."""
    first: float
    """Seconds until the first words of the answer."""
    whole: float
    """Seconds until all of it."""


class Session:
    """One reader's window."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=120, trust_env=False)
        self._hash = uuid.uuid4().hex
        config = self._client.get("config").raise_for_status().json()
        ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        self._transcript = ids["transcript"]
        events = config["dependencies"]
        self._pose = next(e for e in events if [ids["question"], "submit"] in [list(t) for t in e["targets"]])
        self._answer = next(e for e in events if e["trigger_after"] == self._pose["id"])

    def ask(self, question: str) -> Reply:
        """Put a question and wait for all of its answer; raises RuntimeError where the server tells of an error."""
        started = time.perf_counter()
        for _ in self._run(self._pose, ["en", question]):
            pass
        times, drawn = [], []
        for html in self._run(self._answer, ["en"]):
            times.append(time.perf_counter() - started)
            drawn.append(html)
        return Reply(drawn[-1], times[0], times[-1])

    def _run(self, event: dict[str, Any], typed: list[str]) -> Iterator[str]:
        """Run an event and yield the transcript each time that it is drawn; what lies in the session is not sent."""
        states = len(event["inputs"]) - len(typed)
        data = [None] * (2 if states > 1 else states) + typed[:1] + [None] * max(0, states - 2) + typed[1:]
        place = event["outputs"].index(self._transcript)
        body = {"data": data, "fn_index": event["id"], "session_hash": self._hash, "trigger_id": None}
        self._client.post("gradio_api/queue/join", json=body).raise_for_status()
        shown: Any = None
        with self._client.stream("GET", "gradio_api/queue/data", params={"session_hash": self._hash}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[6:]) if line.startswith("data: ") else {}
                if message.get("msg") == "process_generating":
                    shown = patch(shown, message["output"]["data"])
                    yield shown[place]
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(message["output"])
                    if shown is None:
                        yield message["output"]["data"][place]
                    return


def patch(shown: Any, changes: list[Any]) -> Any:
    """Return what is shown after changes: at first all of it, then only what differs."""
    if shown is None:
        return changes
    after = list(shown)
    for place, edits in enumerate(changes):
        for action, path, value in edits:
            if path or action not in ("replace", "append"):
                raise RuntimeError(f"no change of a text: {action} {path}")
            after[place] = value if action == "replace" else after[place] + value
    return after


def ask_at_once(address: str, questions: list[str]) -> list[Reply]:
    """Let each question be asked by a reader of its own, all at the same moment."""
    gate = Barrier(len(questions))

    def ask(question: str) -> Reply:
        session = Session(address)
        gate.wait(60)
        return session.ask(question)

    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(ask, questions))


if __name__ == "__main__":
    asked = [json.loads(line)["question"] for line in Path(sys.argv[2]).read_text("utf-8").splitlines()]
    many = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    for attempt in range(3):
        replies = ask_at_once(sys.argv[1], asked[attempt * many :][:many])
        for name, times in (("first words", [r.first for r in replies]), ("all", [r.whole for r in replies])):
            late = statistics.quantiles(times, n=20)[-1] if many > 1 else times[0]
            print(f"{many} at once, {name}: median {statistics.median(times):.2f} s, p95 {late:.2f} s")
