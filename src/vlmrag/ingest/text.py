"""Bytes become text: which encoding a notes file was written in, and whether it is text at all.

UTF-8 comes first; then UTF-16, by its mark or by where its NUL bytes stand; then the older encodings of Western and
Chinese files, by how plausible the text is that each gives. Newlines and a leading mark stay characters of the text,
so that every offset counts the characters of the file as it lies on disk.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.types import Source

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_USUAL = re.compile(r"[\t\n\r\x20-\x7e\xa0-\u024f\u2010-\u2027\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_USUAL_SHARE = 0.95
_CONTROL_SHARE = 0.001
"""More control characters than this, and a file is not text."""
_REPLACED_SHARE = 0.02
"""Fewer broken sequences than this among the non-ASCII characters, and a file is UTF-8 that was damaged."""
_SAMPLE = 1 << 18
"""Bytes that are looked at to weigh one encoding against another."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, shown: str) -> Source:
    """Read a text file; `shown` is the path that people see.

    Raises:
        SourceError: The file cannot be read, or is not text.
    """
    try:
        mtime_ns = path.stat().st_mtime_ns  # before the bytes: a change in between then shows the next time
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(shown, f"cannot be read: {error.strerror or error}") from error
    encoding, text = decode(data, shown)
    return Source(shown, "note", hashlib.sha256(data).hexdigest(), len(data), mtime_ns, encoding, text)


def decode(data: bytes, shown: str = "file") -> tuple[str, str]:
    """Return the encoding of `data` and its text; raise SourceError where it is no text."""
    encoding, text = _decode_unicode(data) or _decode_legacy(data) or ("", "")
    if data and not encoding:
        raise SourceError(shown, "is not text: its bytes are in no known encoding")
    controls = len(_CONTROL.findall(text))
    if "\0" in text or controls > max(2, _CONTROL_SHARE * len(text)):
        first = _CONTROL.search(text)
        line = text.count("\n", 0, first.start()) + 1 if first else 1
        raise SourceError(shown, f"is not text: control characters ({controls:,}), the first in line {line}")
    return encoding or "utf-8", text


def _decode_unicode(data: bytes) -> tuple[str, str] | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, data.decode(encoding, errors="replace")
    if b"\0" in data[:_SAMPLE] and (wide := _guess_utf16(data[:_SAMPLE])):
        return wide, data.decode(wide, errors="replace")
    try:
        return "utf-8", data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    foreign = broken + sum(1 for char in text if ord(char) > 127 and char != "\ufffd")
    return ("utf-8", text) if broken <= _REPLACED_SHARE * foreign else None


def _guess_utf16(sample: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark: the one that gives letters of scripts in use, if one does."""
    whole = sample[: len(sample) // 2 * 2]
    if whole.count(0) < 0.2 * len(whole) and sum(byte > 127 for byte in whole) < 0.1 * len(whole):
        return None  # bytes of ASCII, two by two, would pass for Han
    shares = {}
    for encoding in ("utf-16-le", "utf-16-be"):
        text = whole.decode(encoding, errors="replace")
        shares[encoding] = len(_USUAL.findall(text)) / len(text) if text else 0.0
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] > _USUAL_SHARE else None


def _decode_legacy(data: bytes) -> tuple[str, str] | None:
    """Return the text in the most plausible of the encodings that were in use before Unicode."""
    sample = data[:_SAMPLE]
    if _looks_western(sample):
        order = ["cp1252", "latin-1"]
    else:
        order = sorted(("gb18030", "big5"), key=lambda name: -_count_common_han(sample, name))
        order += ["cp1252"]
    for encoding in order:
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _looks_western(sample: bytes) -> bool:
    """Whether high bytes stand alone between ASCII letters, as accents do; Chinese has them in pairs."""
    runs = re.findall(rb"[\x80-\xff]+", sample)
    if not runs:
        return True
    return sum(map(len, runs)) / len(runs) < 1.7


def _count_common_han(sample: bytes, encoding: str) -> float:
    """Return the share of the characters that are everyday Chinese when read as `encoding`; -1 where it cannot be."""
    try:
        text = sample.decode(encoding, errors="ignore")
        broken = len(sample.decode(encoding, errors="replace").split("\ufffd")) - 1
    except LookupError:  # pragma: no cover
        return -1.0
    foreign = [char for char in text if ord(char) > 127]
    if not foreign or broken > 0.05 * len(foreign):
        return -1.0
    return sum(_is_everyday(char, encoding) for char in foreign) / len(foreign)


def _is_everyday(char: str, encoding: str) -> bool:
    """Whether a character lies in the first level of its character set: the few thousand in daily use."""
    code = char.encode(encoding)
    if len(code) != 2:
        return False
    if encoding == "big5":
        return 0xA1 <= code[0] <= 0xA3 or 0xA4 <= code[0] <= 0xC6
    return code[1] >= 0xA1 and (0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7)
