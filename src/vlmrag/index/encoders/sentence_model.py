"""Any sentence-transformers model that is on this machine: by folder, or by name out of the model hub's local cache.

No network connection is opened: a model that is not on the machine is an `EncoderError` that says how to get it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vlmrag.errors import EncoderError
from vlmrag.index.encoder import Done, Floats
from vlmrag.index.encoders.weights import read_sha256

BATCH = 32
"""Texts that go through the model at once."""
DIMENSION_KEYS = ("out_features", "projection_dim", "word_embedding_dimension", "embedding_dimension", "hidden_size")
"""Where a model's settings state the dimension, the last step first: dense layer, CLIP, pooling, transformer."""
GROUP = 4 * BATCH
"""Texts between two calls of `done`."""


class SentenceModel:
    """A sentence-transformers model by name or folder."""

    def __init__(self, name: str) -> None:
        """Find the model on this machine; nothing of its weights is read yet. Raises `EncoderError`."""
        self.name = name
        self._folder = find_model(name)

    @cached_property
    def fingerprint(self) -> str:
        """Hash over all weights, vocabularies and settings in the model's folder."""
        return hash_model(self._folder)

    @cached_property
    def dimension(self) -> int:
        """Numbers in a vector, out of the model's settings."""
        return read_dimension(self._folder) or int(self._model.get_embedding_dimension())

    @cached_property
    def max_pieces(self) -> int:
        """Word pieces that are read, special ones included."""
        for path in sorted(self._folder.rglob("sentence_bert_config.json")):
            length = json.loads(path.read_text(encoding="utf-8")).get("max_seq_length")
            if length:
                return int(length)
        return int(self._model.max_seq_length or 256)

    def encode_passages(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, dimension) unit rows; the prompt that the model wants before a passage is put there."""
        return encode_in_groups(self._model, texts, self.dimension, done)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dimension) unit rows; the prompt that the model wants before a question is put there."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        rows = self._model.encode_query(list(texts), show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(rows, dtype=np.float32)

    def count_pieces(self, text: str) -> int:
        """Count the word pieces of the whole text, special ones included."""
        return len(self._tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def read_share(self, text: str) -> float:
        """Share of the word pieces that the vocabulary knows."""
        pieces = self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
        unknown = self._tokenizer.unk_token_id
        return 1 - pieces.count(unknown) / len(pieces) if pieces else 1.0

    @cached_property
    def _model(self) -> Any:
        return load_sentence_transformer(self._folder)

    @cached_property
    def _tokenizer(self) -> Any:
        return self._model.tokenizer


def find_model(name: str) -> Path:
    """Return the folder of the model `name`; raises `EncoderError` when it is not on this machine."""
    folder = look_up_model(name)
    if folder is None:
        raise EncoderError(
            f"The encoder {name} is not on this machine. Give a folder, or get it where there is a network: "
            f"`hf download {name_on_hub(name)}`. The bundled one needs nothing: --encoder all-MiniLM-L6-v2"
        )
    return folder


def look_up_model(name: str) -> Path | None:
    """Return the folder of the model `name`, None where it is not on this machine.

    Raises `EncoderError` for a folder that holds no model.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if any((folder / file).is_file() for file in ("modules.json", "config.json")):
            return folder
        raise EncoderError(f"{folder} is no model: neither modules.json nor config.json lies in it.")
    with contextlib.suppress(Exception), quiet_imports():
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name_on_hub(name), local_files_only=True))
    return None


def name_on_hub(name: str) -> str:
    """Return the whole name that a model goes by on the hub."""
    return name if "/" in name else f"sentence-transformers/{name}"


def hash_model(folder: Path) -> str:
    """Return a hash over all weights, vocabularies and settings in a model's folder."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".safetensors", ".bin", ".json", ".txt", ".model")):
        total.update(f"{path.relative_to(folder).as_posix()} {read_sha256(path)}\n".encode())
    return f"sha256:{total.hexdigest()}"


def read_dimension(folder: Path) -> int | None:
    """Return the dimension that a model's settings state: of the last dense layer, the pooling, or the transformer."""
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("config.json")):
        settings = json.loads(path.read_text(encoding="utf-8"))
        found |= {key: settings[key] for key in DIMENSION_KEYS if isinstance(settings.get(key), int)}
    return next((found[key] for key in DIMENSION_KEYS if key in found), None)


def load_sentence_transformer(folder: Path) -> Any:
    """Load the model in a folder, silently and without a look at the network; raises `EncoderError`."""
    try:
        with quiet_imports():
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

            logging.set_verbosity_error()
            logging.disable_progress_bar()
            model = SentenceTransformer(str(folder), local_files_only=True)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise EncoderError(f"{folder} cannot be loaded by sentence-transformers: {error}") from error
    return model


def encode_in_groups(model: Any, texts: Sequence[str], dimension: int, done: Done | None) -> Floats:
    """Return (n, dimension) unit rows: each different text once, longest first, so that batches are of one length."""
    order = sorted(dict.fromkeys(texts), key=lambda text: (-len(text), text))
    found: dict[str, Floats] = {}
    times = Counter(texts)
    count = 0
    for start in range(0, len(order), GROUP):
        group = order[start : start + GROUP]
        rows = model.encode_document(group, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        found.update(zip(group, np.asarray(rows, dtype=np.float32), strict=True))
        count += sum(times[text] for text in group)
        if done:
            done(count)
    return np.stack([found[text] for text in texts]) if texts else np.empty((0, dimension), dtype=np.float32)


@contextlib.contextmanager
def quiet_imports() -> Iterator[None]:
    """Keep to ourselves what foreign libraries warn about while they are imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
