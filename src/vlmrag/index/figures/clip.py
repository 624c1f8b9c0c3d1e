"""Pictures and words about them through a sentence-transformers model of the CLIP kind that is on this machine.

Radford et al. (2021), https://arxiv.org/abs/2103.00020. A model is found by folder, or by name out of the model hub's
local cache; one that is not there is an `EncoderError` that says how to get it, and no network connection is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vlmrag.errors import EncoderError
from vlmrag.index.encoders.minilm import one_blas_thread
from vlmrag.index.encoders.sentence_model import (
    hash_model,
    load_sentence_transformer,
    look_up_model,
    name_on_hub,
    quiet_imports,
    read_dimension,
)
from vlmrag.index.figures.clip_text import ClipText, find_clip_text
from vlmrag.index.figures.model import Floats
from vlmrag.ingest.images import open_image
from vlmrag.language.fold import HAN_CHAR

if TYPE_CHECKING:
    from PIL.Image import Image

BATCH = 32
"""Pictures that go through the model at once."""
PIECES = 77
"""Word pieces that CLIP's text side reads, start and end included, where a model does not say."""
_ENGLISH = "CLIPTokenizer"
"""The tokenizer of models that were taught English captions only; what else there is reads more languages."""


class ClipModel:
    """A model of pictures and words by name or folder; the words may be read by another one, taught to agree."""

    def __init__(self, name: str, queries: str = "") -> None:
        """Find the models on this machine; nothing of their weights is read yet. Raises `EncoderError`."""
        self.name = name
        self._folder = _find(name)
        self._words = _find(queries) if queries else self._folder

    @cached_property
    def fingerprint(self) -> str:
        """Hash over all weights, vocabularies and settings of the model that reads the pictures."""
        return hash_model(self._folder)

    @cached_property
    def dimension(self) -> int:
        """Numbers in a vector, out of the model's settings."""
        return read_dimension(self._folder) or int(self._sight.get_embedding_dimension())

    def encode_pictures(self, pictures: Sequence[bytes]) -> Floats:
        """Return (n, dimension) unit rows; a picture is put on a white square, for CLIP would cut its longer sides."""
        if not pictures:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self._encode(self._sight, [_make_square(open_image(picture)) for picture in pictures])

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dimension) unit rows, without torch where that can be; what is too long for the model is cut."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        if self._quick is None:
            return self._encode(self._speech, list(texts))
        with one_blas_thread():
            return self._check(np.stack([self._quick.encode(text) for text in texts]))

    def read_share(self, text: str) -> float:
        """Share of the characters that are not Chinese, for a model of English captions; 1 for any other."""
        if self._quick is None and type(self._speech.tokenizer).__name__.removesuffix("Fast") != _ENGLISH:
            return 1.0
        return 1 - len(HAN_CHAR.findall(text)) / max(1, len(text))

    def _encode(self, model: Any, inputs: list[Any]) -> Floats:
        try:
            with quiet_imports():  # processors are imported when they are first used
                rows = model.encode(inputs, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        except (RuntimeError, ValueError, IndexError) as error:
            raise EncoderError(f"The model {self.name} cannot encode this: {error}") from error
        return self._check(np.asarray(rows, dtype=np.float32))

    def _check(self, rows: Floats) -> Floats:
        """Return the rows; two models need not agree, and broken weights give no numbers."""
        if rows.shape[1] != self.dimension or not np.isfinite(rows).all():
            raise EncoderError(
                f"The model {self.name} gives {self.dimension} numbers for a picture, and what reads the questions "
                f"{rows.shape[1]}, or some that are none. Use models that were made for each other."
            )
        return rows

    @cached_property
    def _quick(self) -> ClipText | None:
        return find_clip_text(self._words)

    @cached_property
    def _sight(self) -> Any:
        model = load_sentence_transformer(self._folder)
        if "image" not in model.modalities:
            raise EncoderError(f"The model {self.name} reads no pictures. Choose one of the CLIP kind: clip-ViT-B-32")
        _bound_text(model)
        return model

    @cached_property
    def _speech(self) -> Any:
        if self._words == self._folder:
            return self._sight
        model = load_sentence_transformer(self._words)
        _bound_text(model)
        return model


def _find(name: str) -> Path:
    folder = look_up_model(name)
    if folder is None:
        full = name_on_hub(name)
        raise EncoderError(
            f"The model of pictures {name} is not on this machine. Give a folder, or get it where there is a network: "
            f"`hf download {full}`. Without one: VLMRAG_PICTURE_ENCODER=none"
        )
    return folder


def _bound_text(model: Any) -> None:
    """Have texts cut at what the model has places for: a saved CLIP may not say, and would fail on a long text."""
    settings = getattr(getattr(model[0], "config", None), "text_config", None)
    most = getattr(settings, "max_position_embeddings", None) or PIECES
    if settings is not None:
        model.max_seq_length = min(model.max_seq_length or most, most)


def _make_square(picture: Image) -> Image:
    from PIL import Image

    side = max(picture.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square
