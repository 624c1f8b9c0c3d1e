"""The papers on a map of two dimensions, those of which alike things are said lying near each other."""

from __future__ import annotations

import numpy as np

from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Paper


def project_papers(catalogue: Catalogue) -> list[tuple[Paper, float, float]]:
    """Return each paper with its place on a map of two dimensions, those said alike lying near.

    The two directions in which the papers' mean vectors differ most (principal components), each scaled to -1..1.
    """
    ids, vectors = catalogue.index.paper_vectors()
    if len(ids) < 3:
        return [(p, float(i), 0.0) for i, p in enumerate(catalogue.papers)]
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    # an axis has no sign of its own: its largest part is made positive, so that the map is the same each time
    axes = axes[:2] * np.sign(axes[:2][np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
    places = centred @ axes.T
    places = places / np.abs(places).max(axis=0)
    place_of = dict(zip(ids, places.round(6).tolist(), strict=True))
    return [(p, *place_of[p.id]) for p in catalogue.papers if p.id in place_of]
