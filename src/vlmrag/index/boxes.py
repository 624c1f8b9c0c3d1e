"""The boxes of a page's words as bytes: a paper has ten thousand of them, and few are ever looked at."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from vlmrag.types import Box

_BOX = struct.Struct("<IIffff")


def pack_boxes(boxes: Sequence[Box]) -> bytes:
    """Return boxes as compressed bytes: two unsigned 32-bit integers and four 32-bit floats each, little-endian."""
    return zlib.compress(b"".join(_BOX.pack(*box) for box in boxes), 6)


def unpack_boxes(packed: bytes) -> tuple[Box, ...]:
    """Return the boxes that `pack_boxes` packed; their floats at the precision of 32 bits, rounded to 0.001 points."""
    return tuple(
        (start, end, round(x0, 3), round(y0, 3), round(x1, 3), round(y1, 3))
        for start, end, x0, y0, x1, y1 in _BOX.iter_unpack(zlib.decompress(packed))
    )
