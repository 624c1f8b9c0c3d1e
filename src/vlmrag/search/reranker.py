"""The seam to what reads a question and a passage together: slower than either ranker, and a better judge of few.

    load_reranker("overlap")            here: the share of the question's words that a text has, the double for tests
    load_reranker(name or folder)       a cross-encoder of sentence-transformers that is on this machine

None by default: the model is not part of the install, and on two cores it takes a second for fifty passages. Where one
is configured (`VLMRAG_RERANKER`), `search` and the answers that look for a paper have it judge the best passages again.

Nogueira and Cho (2019), "Passage Re-ranking with BERT", https://arxiv.org/abs/1901.04085.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from vlmrag.errors import EncoderError
from vlmrag.language.words import split_words


class Reranker(Protocol):
    """Says how well each text answers a question."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a number per text, higher is better, on any scale; raises `EncoderError`."""


def load_reranker(name: str) -> Reranker:
    """Return the reranker called `name`: `overlap`, a folder, or a model's name in the hub's local cache.

    Raises `EncoderError` when there is no such model on this machine. Opens no network connection; weights are read
    when the first question comes.
    """
    return WordOverlap() if name == "overlap" else CrossEncoder(name)


class WordOverlap:
    """The double: the share of the question's words that a text has."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`."""
        asked = set(split_words(question))
        return [len(asked & set(split_words(text))) / max(1, len(asked)) for text in texts]


class CrossEncoder:
    """A cross-encoder of sentence-transformers, such as `cross-encoder/ms-marco-MiniLM-L6-v2`."""

    def __init__(self, name: str) -> None:
        """Find the model on this machine. Raises `EncoderError`."""
        self._folder = find_cross_encoder(name)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`. Each pair is cut to the model's length."""
        if not texts:
            return []
        scores = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        if scores.ndim != 1:
            raise EncoderError(f"{self._folder} gives {scores.shape[1]} numbers for a pair: it classifies, no ranking")
        return [float(score) for score in scores]

    @cached_property
    def _model(self) -> Any:
        from vlmrag.index.encoders.sentence_model import quiet_imports

        try:
            with quiet_imports():
                from sentence_transformers import CrossEncoder as Model
                from transformers.utils import logging

                logging.set_verbosity_error()
                logging.disable_progress_bar()
                return Model(str(self._folder), local_files_only=True)
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            raise EncoderError(f"{self._folder} cannot be loaded as a cross-encoder: {error}") from error


def find_cross_encoder(name: str) -> Path:
    """Return the folder of the model `name`; raises `EncoderError` when it is not on this machine."""
    from vlmrag.index.encoders.sentence_model import quiet_imports

    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return folder
    if not folder.is_dir():
        with contextlib.suppress(Exception), quiet_imports():
            from huggingface_hub import snapshot_download

            return Path(snapshot_download(name, local_files_only=True))
    raise EncoderError(
        f"The reranker {name} is not on this machine. Give a folder with its config.json, or get it where there is a "
        f"network: `hf download {name}`. Without one: unset VLMRAG_RERANKER"
    )
