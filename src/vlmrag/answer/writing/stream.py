"""What a server of the OpenAI protocol sends back: events of a stream, or one record, read as pieces of text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vlmrag.errors import GeneratorError

_LONGEST_LINE = 1 << 20
"""Bytes of one event; a server that sends more at once sends no text."""
_SHOWN = 160
"""Characters of a server's own words that a message repeats."""


@dataclass(slots=True)
class Stream:
    """One reply, read piece by piece; how it ended is known behind its last piece."""

    finished: bool = False
    """Whether the server said that it is the end."""
    spent: tuple[int, int] | None = None

    def read_events(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Yield the pieces of a `text/event-stream`; raises GeneratorError for what is none, or breaks off."""
        for line in _split_lines(chunks):
            if not line.startswith(b"data:"):
                if line.startswith((b"{", b"<")):
                    raise GeneratorError(f"the server sends no events: {show_words(line.decode('utf-8', 'replace'))}")
                continue
            words = line[5:].strip()
            if words == b"[DONE]":
                self.finished = True
                return
            yield from self._take(_parse(words), lambda choice: choice.get("delta") or {})
        if not self.finished:
            raise GeneratorError("the model broke off in the middle")

    def read_record(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Yield the text of a reply that came whole; raises GeneratorError."""
        body = b""
        for chunk in chunks:
            body += chunk
            if len(body) > _LONGEST_LINE:
                raise GeneratorError("the server sends more than an answer could be")
        yield from self._take(_parse(body), lambda choice: choice.get("message") or {})
        self.finished = True

    def _take(self, record: dict[str, Any], find: Callable[[dict[str, Any]], Any]) -> Iterator[str]:
        if record.get("error"):
            raise GeneratorError(f"the server says: {read_message(record)}")
        try:
            usage = record.get("usage") or {}
            if usage:
                self.spent = (int(usage["prompt_tokens"]), int(usage["completion_tokens"]))
            for choice in (record.get("choices") or ())[:1]:
                text = find(choice).get("content")
                self.finished = self.finished or bool(choice.get("finish_reason"))
                if text:
                    yield str(text)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise GeneratorError("the server sends records that are not of the OpenAI protocol") from None


def read_message(record: Any) -> str:
    """Return what a server says in an error record, in one short line."""
    error = record.get("error", record.get("detail", record)) if isinstance(record, dict) else record
    words = error.get("message", error) if isinstance(error, dict) else error
    return show_words(words if isinstance(words, str) else json.dumps(words, ensure_ascii=False))


def show_words(words: str) -> str:
    """Return a server's words as one short line."""
    words = " ".join(words.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …"


def _parse(words: bytes) -> dict[str, Any]:
    try:
        record = json.loads(words)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise GeneratorError(f"the server sends what is no JSON: {show_words(words[:1000].decode('utf-8', 'replace'))}")
    return record


def _split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream, without their ends; raises GeneratorError for one that does not end."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            yield b"".join([*held, line]).strip(b"\r")
            held, size = [], 0
        held.append(rest)
        size += len(rest)
        if size > _LONGEST_LINE:
            raise GeneratorError("the server sends one line without end")
    if size:
        yield b"".join(held)
