"""Models on this machine: one in a folder, run in this process, and those that servers on this machine offer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from vlmrag.answer.writing.endpoint import Endpoint, Patience
from vlmrag.errors import GeneratorError, UsageError

PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8000: "vLLM or transformers serve"}
"""Where servers listen unless they are told otherwise."""
_SOON = Patience(reach=0.3, stall=1.0, whole=2.0)
_USUAL_CONTEXT = 2048
"""Tokens, where a model's configuration does not tell."""
_LOADING = threading.Lock()
_PLAIN = "{instructions}\n\n{request}\n\n"
"""The prompt of a model without a chat template."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that a server on this machine offers."""

    address: str
    """What `Assistant.open_generator` takes: `http://127.0.0.1:11434/v1#llama3.2`."""
    model: str
    server: str
    """What usually listens at that port."""


def list_local_models(ports: Sequence[int] = tuple(PORTS)) -> list[LocalModel]:
    """Ask the usual ports of this machine which models are there, all at once; one without a server has none."""

    def ask(port: int) -> list[LocalModel]:
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", patience=_SOON)
        try:
            names = sorted({str(m["id"]) for m in endpoint.list_models() if m.get("id")})
        except GeneratorError:
            return []
        url = endpoint.base.geturl()
        return [LocalModel(f"{url}#{name}", name, PORTS.get(port, f"port {port}")) for name in names]

    with ThreadPoolExecutor(max(1, len(ports))) as pool:
        return [model for found in pool.map(ask, ports) for model in found]


class FolderModel:
    """A transformers model in a folder, as `save_pretrained` wrote it; loaded when it is first needed."""

    spent: tuple[int, int] | None = None

    def __init__(self, folder: Path) -> None:
        """Raise UsageError where the folder holds no model."""
        if not (folder / "config.json").is_file():
            raise UsageError(f"{folder} holds no model: it has no config.json")
        self.name = folder.resolve().name
        self._folder = folder
        self._over = threading.Event()

    @cached_property
    def context(self) -> int:
        """What its configuration tells, else 2048 tokens."""
        known = getattr(self._parts[1].config, "max_position_embeddings", None)
        return known if isinstance(known, int) and known > 0 else _USUAL_CONTEXT

    def count_tokens(self, text: str) -> int:
        """Count with the model's own tokenizer."""
        return len(self._parts[0](text, add_special_tokens=False)["input_ids"])

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Yield what the model writes, greedily, see `Generator`; it runs in a thread that ends with the iterator."""
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        tokenizer, model = self._parts
        over = self._over = threading.Event()
        self.spent = None
        ids = self._encode(instructions, request)
        streamer: Any = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        failed: list[BaseException] = []
        written: list[int] = []

        def run() -> None:
            try:
                out = model.generate(
                    **ids,
                    max_new_tokens=most,
                    do_sample=False,
                    streamer=streamer,
                    stopping_criteria=StoppingCriteriaList([_stop_when(over)]),
                )
                written.append(out.shape[1] - ids["input_ids"].shape[1])
            except BaseException as error:
                failed.append(error)
                streamer.end()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield from streamer
        finally:
            stopped = over.is_set()
            over.set()
            thread.join()
        if failed or stopped:
            why = f"{type(failed[0]).__name__}: {failed[0]}" if failed else "the writing was stopped"
            raise GeneratorError(f"the model in {self._folder}: {why}")
        self.spent = (int(ids["input_ids"].shape[1]), written[0])

    def cancel(self) -> None:
        """End the writing with the next token."""
        self._over.set()

    def _encode(self, instructions: str, request: str) -> Any:
        tokenizer = self._parts[0]
        if tokenizer.chat_template is None:
            return tokenizer(_PLAIN.format(instructions=instructions, request=request), return_tensors="pt")
        turns = [{"role": "system", "content": instructions}, {"role": "user", "content": request}]
        return tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt", return_dict=True)

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        config = self._folder / "config.json"
        with _LOADING:  # of two who ask at once the second finds what the first has loaded
            return _load(self._folder.resolve(), config.stat().st_mtime_ns if config.is_file() else 0)


@lru_cache(maxsize=1)
def _load(folder: Path, written: int) -> tuple[Any, Any]:
    """Return tokenizer and model, those loaded last at once; raises GeneratorError where they cannot be loaded.

    `written` is when the folder was: what was written anew is loaded anew.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    quiet: Any = logging  # untyped
    quiet.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise GeneratorError(f"{folder} cannot be loaded as a model: {str(error).splitlines()[0]}") from error
    return tokenizer, model.eval()


def _stop_when(over: threading.Event) -> Any:
    from transformers import StoppingCriteria

    class Stop(StoppingCriteria):  # type: ignore[misc]  # of what mypy does not read
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            import torch

            return torch.full((input_ids.shape[0],), over.is_set(), dtype=torch.bool, device=input_ids.device)

    return Stop()
