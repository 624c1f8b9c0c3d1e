"""A model behind a server of the OpenAI protocol: Ollama, llama.cpp, LM Studio, vLLM, `transformers serve`.

One request for one text, streamed; nothing is followed and nothing is asked twice. No socket is opened before the
model is asked for its name, its limit or a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from vlmrag.answer.writing.stream import Stream, read_message
from vlmrag.errors import GeneratorError, UsageError
from vlmrag.ingest.connection import BrokenExchange, Exchanger, Reply, Stop, find_proxy, is_loopback

_USUAL_CONTEXT = 4096
"""Tokens, where a server does not tell: what Ollama gives a model unless it is told otherwise."""
_LIMITS = ("loaded_context_length", "max_model_len", "context_length", "context_window", "max_context_length")
"""What servers call the tokens that a model can hold."""
_LARGEST_LIST = 4_000_000
"""Bytes of a list of models that are read."""
_LIST_STALL = 10.0
"""Seconds without a byte in which a list of models must come: nothing has to be loaded for it."""
_PER_TOKEN = 16
"""Characters per token allowed, beyond which nothing more of a text is read."""
_NAMED = 8
"""Models that a message names."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, in seconds."""

    reach: float = 5.0
    """Until it is reached."""
    stall: float = 120.0
    """Without a byte: it may have to load the model and read the evidence first."""
    whole: float = 600.0
    """For one text by the clock."""


class Endpoint:
    """One model of one server."""

    spent: tuple[int, int] | None = None

    def __init__(
        self,
        address: str,
        *,
        allow_remote: bool = False,
        key: str | None = None,
        patience: Patience = Patience(),
    ) -> None:
        """Take `URL#model`; without a model the server's only one. Opens nothing yet.

        Raises UsageError for an address that is none, and for a host other than this machine without `allow_remote`.
        """
        self.base, self._model = read_address(address)
        self.host = self.base.hostname or ""
        if self.is_remote and not allow_remote:
            raise UsageError(
                f"{self.host} is not this machine: with --allow-remote your question and the passages that answer it "
                "are sent there"
            )
        self._key = key
        proxy = find_proxy(self.base.geturl())
        self._exchange = Exchanger(patience.stall, patience.whole, proxy, patience.reach)
        soon = min(_LIST_STALL, patience.stall)
        self._exchange_list = Exchanger(soon, min(2 * soon, patience.whole), proxy, patience.reach)
        self._stop = Stop()

    @property
    def is_remote(self) -> bool:
        """Whether what is asked leaves this machine."""
        return not is_loopback(self.host) or self.host.endswith(".localhost")

    @cached_property
    def name(self) -> str:
        """The model's name: the given one, else that of the server's only model."""
        if self._model:
            return self._model
        names = [str(m.get("id")) for m in self.list_models()]
        if len(names) != 1:
            raise GeneratorError(f"which model of {self.base.netloc}? {_name_all(names)}; name it: URL#MODEL")
        return names[0]

    @cached_property
    def context(self) -> int:
        """The model's limit in tokens as the server tells it, else 4096."""
        try:
            entry = next((m for m in self.list_models() if m.get("id") == self.name), {})
        except GeneratorError:
            return _USUAL_CONTEXT
        meta = entry.get("meta")
        known = [entry.get(name) for name in _LIMITS] + [meta.get("n_ctx") if isinstance(meta, dict) else None]
        return next((n for n in known if isinstance(n, int) and n > 0), _USUAL_CONTEXT)

    def count_tokens(self, text: str) -> int:
        """Guess: a token for three Latin characters, and two for each character of another script."""
        latin = len(re.findall(r"[\x00-\x7f]", text))
        return latin // 3 + 2 * (len(text) - latin) + 1

    def list_models(self) -> list[dict[str, Any]]:
        """Return the server's models as it describes them; raises GeneratorError."""
        with self._open("/models", None) as reply:
            self._check_status(reply, "")
            body = b""
            while len(body) < _LARGEST_LIST and (piece := reply.read()):
                body += piece
        try:
            listed = json.loads(body)["data"]
            return [m for m in listed if isinstance(m, dict)]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise GeneratorError(f"{self.base.netloc} is no server of the OpenAI protocol") from None

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Yield what the model writes, see `Generator`; greedy, so that a model writes the same again."""
        self.spent = None
        model = self.name
        turns = [{"role": "system", "content": instructions}, {"role": "user", "content": request}]
        wish = {"model": model, "messages": turns, "stream": True, "temperature": 0, "max_tokens": most}
        with self._open("/chat/completions", json.dumps(wish).encode()) as reply:
            self._check_status(reply, model)
            stream = Stream()
            chunks = iter(reply.read, b"")
            whole = reply.headers.get("Content-Type", "").startswith("application/json")
            left = most * _PER_TOKEN
            for piece in stream.read_record(chunks) if whole else stream.read_events(chunks):
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    break
            self.spent = stream.spent

    def cancel(self) -> None:
        """End the writing from another thread."""
        self._stop()

    @contextmanager
    def _open(self, path: str, body: bytes | None) -> Iterator[Reply]:
        """Open one exchange; what breaks it becomes a GeneratorError that names the server."""
        headers = {"User-Agent": "vlmrag", "Accept-Encoding": "identity", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        stop = self._stop = Stop()
        try:
            exchange = self._exchange_list if body is None else self._exchange
            with exchange(f"{self.base.geturl()}{path}", headers, body, stop) as reply:
                yield reply
        except BrokenExchange as problem:
            if stop.asked:
                raise GeneratorError("the writing was stopped") from problem
            hint = "" if problem.reached else "; is it running?"
            raise GeneratorError(f"the model's server {self.base.netloc}: {problem}{hint}") from problem

    def _check_status(self, reply: Reply, model: str) -> None:
        """Raise GeneratorError for every status but 200."""
        status, host = reply.status, self.base.netloc
        if status == 200:
            return
        if 300 <= status < 400:
            onward = reply.headers.get("Location", "")
            raise GeneratorError(f"{host} redirects to {urlsplit(onward).netloc or onward}, and only {host} is asked")
        if status in (401, 403):
            raise GeneratorError(f"{host} asks for a key ({status}): put it into VLMRAG_LLM_KEY")
        words = self._read_problem(reply)
        if status == 404 and model:
            raise GeneratorError(f"{host} has no model {model} ({words}); {self._name_models()}")
        raise GeneratorError(f"{host} answers {status}: {words}")

    def _read_problem(self, reply: Reply) -> str:
        body = reply.read()
        try:
            return read_message(json.loads(body))
        except (ValueError, RecursionError):
            return read_message(body[:1000].decode("utf-8", "replace")) or "no reason given"

    def _name_models(self) -> str:
        try:
            return _name_all([str(m.get("id")) for m in self.list_models()])
        except GeneratorError:
            return "and it does not tell which it has"


def read_address(address: str) -> tuple[SplitResult, str]:
    """Return a server's address without a slash at its end, `/v1` where it has no path, and the model behind `#`.

    Raises UsageError for what is no address.
    """
    split = urlsplit("")
    try:
        split = urlsplit(address.strip())
        good = split.scheme in ("http", "https") and bool(split.hostname) and (split.port is None or split.port > 0)
    except ValueError:
        good = False
    if not good or split.query or re.search(r"[\x00-\x20\x7f]", split.netloc + split.path):
        raise UsageError(f"{address} is no model: give a folder, or URL#MODEL as http://127.0.0.1:11434/v1#llama3.2")
    if split.username or split.password:
        raise UsageError("the address of a model must not hold a user or a password; a key goes into VLMRAG_LLM_KEY")
    path = split.path.rstrip("/") or "/v1"
    return urlsplit(urlunsplit((split.scheme, split.netloc, path, "", ""))), split.fragment


def _name_all(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"it has {', '.join(names[:_NAMED])}{more}" if names else "it has none"
