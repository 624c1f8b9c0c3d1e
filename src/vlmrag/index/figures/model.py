"""The seam to what turns pictures, and words about them, into vectors of one space.

    load_picture_encoder("clip-ViT-B-32")   clip.py   any sentence-transformers model that reads pictures and is on
                                                      this machine
    load_picture_encoder("colours")         here      a double for tests: no model, no files

Making an encoder costs nothing: weights are read when the first picture or question comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vlmrag.config import CLIP
from vlmrag.ingest.images import open_image
from vlmrag.language.fold import HAN_CHAR

Floats = NDArray[np.float32]
NONE = "none"
"""Configures that pictures are not looked at."""


class PictureEncoder(Protocol):
    """Turns pictures and words into unit vectors whose inner product says how well the words tell what is shown."""

    @property
    def name(self) -> str:
        """What `load_picture_encoder` takes."""

    @property
    def fingerprint(self) -> str:
        """Hash of the weights that read pictures: only where this is the same can vectors be compared."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    def encode_pictures(self, pictures: Sequence[bytes]) -> Floats:
        """Return (n, dimension) unit rows, one per image file; raises `SourceError` for what is none, `EncoderError`.

        A picture has the same row whatever is encoded beside it, but for the last digits.
        """

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dimension) unit rows; what is too long is cut. Raises `EncoderError`."""

    def read_share(self, text: str) -> float:
        """Share of a text's characters in scripts that it was taught, 0 to 1."""


def find_picture_encoder(name: str, queries: str = "") -> PictureEncoder | None:
    """Return the encoder of pictures that `name` and `queries` configure; None for `none`.

    None as well for `CLIP` where it is not on this machine: nobody need ask for it. Raises `EncoderError` where any
    other is not.
    """
    if name == NONE or (name == CLIP and not _is_here(name)):
        return None
    return load_picture_encoder(name, queries)


def _is_here(name: str) -> bool:
    """Whether a model is on this machine, its weights too: a download may have been broken off."""
    from vlmrag.index.encoders.sentence_model import look_up_model

    folder = look_up_model(name)
    return folder is not None and any(path.suffix in (".safetensors", ".bin") for path in folder.rglob("*"))


def load_picture_encoder(name: str, queries: str = "") -> PictureEncoder:
    """Return the encoder of pictures called `name`: `colours`, a sentence-transformers name, or a folder.

    `queries` names another model that reads the words, taught to give the vectors of the first: such as
    `clip-ViT-B-32-multilingual-v1` beside `clip-ViT-B-32`. Raises `EncoderError` when one of them is not on this
    machine. Opens no network connection.
    """
    if name == ColourEncoder.name:
        return ColourEncoder()
    from vlmrag.index.figures.clip import ClipModel

    return ClipModel(name, queries)


class ColourEncoder:
    """Sees how red, green and blue a picture is on the whole, and of words only the names of these colours.

    Words that name none of them are grey: all three alike. For tests.
    """

    name = "colours"
    fingerprint = "colours:1"
    dimension = 3

    def encode_pictures(self, pictures: Sequence[bytes]) -> Floats:
        """Return (n, 3) unit rows: the mean colour; black is as grey as white."""
        means = [np.asarray(open_image(picture), np.float32).mean(axis=(0, 1)) for picture in pictures]
        return _scale(means)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, 3) unit rows: how often each colour is named."""
        return _scale([[text.lower().split().count(name) for name in ("red", "green", "blue")] for text in texts])

    def read_share(self, text: str) -> float:
        """Share of the characters that are not Chinese."""
        return 1 - len(HAN_CHAR.findall(text)) / max(1, len(text))


def _scale(rows: Sequence[Sequence[float] | Floats]) -> Floats:
    """Scale rows of three to length 1; a row of zeros is grey."""
    found = np.asarray(rows, dtype=np.float32).reshape(-1, 3)
    found[~found.any(axis=1)] = 1
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found
