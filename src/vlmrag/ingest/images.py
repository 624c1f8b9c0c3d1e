"""Image files, opened within bounds: nothing larger than a note needs, and nothing that is an image by name only.

The header tells how large a picture is before any of it is unpacked, so a small file cannot fill the memory. What is
broken further in shows only when the whole is unpacked, which is why a picture is read to its end once.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.errors import SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What a web page, and so a note, can show as a picture of dots."""
MOST_BYTES = 32 << 20
MOST_PIXELS = 40_000_000
"""160 MB unpacked."""


def read_image(path: Path, shown: str) -> bytes:
    """Return the bytes of an image file; `shown` is the path that people see.

    Raises:
        SourceError: There is no such file, or it is too large.
    """
    try:
        if not path.is_file():
            raise SourceError(shown, "is a folder or a device, not an image" if path.exists() else "does not exist")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SourceError(shown, f"has {size >> 20} MB; images of up to {MOST_BYTES >> 20} MB are read")
        return path.read_bytes()
    except OSError as error:
        raise SourceError(shown, f"cannot be read: {error.strerror or error}") from error


def open_image(data: bytes, shown: str = "picture") -> Image:
    """Return a picture in red, green and blue, upright, what is transparent in it white; of a moving one the first.

    Raises:
        SourceError: The bytes are no image of a known format, are broken, or hold more than `MOST_PIXELS`.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd but can be shown
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
            if opened.width * opened.height > MOST_PIXELS:
                raise SourceError(shown, f"has {opened.width} x {opened.height} pixels, too many to be unpacked")
            upright = ImageOps.exif_transpose(opened)
            whole = upright.convert("RGBA")
    except SourceError:
        raise
    except UnidentifiedImageError:
        raise SourceError(shown, f"is no image that is read ({', '.join(FORMATS)})") from None
    except Image.DecompressionBombError:
        raise SourceError(shown, "has too many pixels to be unpacked") from None
    except Exception as error:  # decoders raise what they like at a broken file
        raise SourceError(shown, f"is a broken image: {str(error) or type(error).__name__}") from None
    white = Image.new("RGB", whole.size, "white")
    white.paste(whole, mask=whole.getchannel("A"))
    return white
