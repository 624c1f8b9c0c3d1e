"""How well a query tells what a figure shows, by a model that looked at the figures and reads the query.

CLIP's own way to classify without examples (Radford et al. (2021), https://arxiv.org/abs/2103.00020, section 3.1.2):
the picture is put before the choice whether the query describes it, or "a figure" does, which is true of them all. So
a query that has nothing to do with the library finds nothing, whatever the cosines of a model are like.
"""

from __future__ import annotations

import numpy as np

from vlmrag.index.figures.model import PictureEncoder
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.wording import READABLE
from vlmrag.types import Figure

PLAIN = "a figure"
"""What is true of every picture that is looked at."""
SHARPNESS = 100.0
"""What CLIP multiplies its cosines by before it weighs one text against another."""
_DIGITS = 4
"""Decimals that are told: beyond them lies what the order of a sum does to 32-bit floats."""


def score_pictures(query: str, catalogue: Catalogue, encoder: PictureEncoder) -> dict[Figure, float]:
    """Return how much better the query describes each figure than `PLAIN` does: 0..1, those with 0 left out.

    That is tanh of half the sharpened difference of the cosines: the chance that it is the query, from an even one on.
    A query in a script that the model was not taught is put to it in English, as far as the glossary knows.
    """
    figures, vectors = catalogue.index.picture_vectors(encoder.fingerprint)
    words = query if encoder.read_share(query) >= READABLE else catalogue.glossary.put_into_english(query)
    if not figures or not words.strip():
        return {}
    asked, plain = encoder.encode_queries([words])[0], encoder.encode_queries([PLAIN])[0]
    better = vectors.astype(np.float64) @ (asked.astype(np.float64) - plain)
    sight = np.round(np.tanh(SHARPNESS * better / 2), _DIGITS).tolist()
    return {figure: score for figure, score in zip(figures, sight, strict=True) if score > 0}
