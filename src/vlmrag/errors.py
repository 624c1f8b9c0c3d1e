"""What can go wrong, as a map.

VlmragError                 every error of ours: one plain line that says what to do next
 ├─ UsageError              the words of the call are off (exit status 2)
 ├─ SourceError             a file cannot be read: names file, and line or page
 ├─ IndexMissing            there is no index yet
 ├─ IndexMismatch           the index was built by another encoder, chunking or version
 ├─ IndexBusy               another process is writing
 ├─ IndexDamaged            what lies on disk is not what was written
 ├─ EncoderError            a model is missing, or its weights are not the ones expected
 ├─ FetchError              a paper cannot be fetched; the others can
 ├─ GeneratorError          a model that was to write does not answer, or is not there
 └─ MissingExtra            an optional part is not installed: the text is the install line

The library raises these; `cli.py` prints `str(error)` and sets the exit status. Nothing else is caught on the way.
"""

from __future__ import annotations


class VlmragError(Exception):
    """Every error that vlmrag raises on purpose; its text says what to do next."""


class UsageError(VlmragError):
    """The words of the call are off."""


class SourceError(VlmragError):
    """A file cannot be read; the others can."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class IndexMissing(VlmragError):
    """There is no index yet."""


class IndexMismatch(VlmragError):
    """The index was built by another encoder, chunking or version of the format."""


class IndexBusy(VlmragError):
    """Another process is writing to the index."""


class IndexDamaged(VlmragError):
    """What lies on disk is not what was written."""


class EncoderError(VlmragError):
    """A model is missing, or its weights are not the ones expected."""


class FetchError(VlmragError):
    """A paper cannot be fetched; the others can."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        """What the server answered, where that is the reason."""


class GeneratorError(VlmragError):
    """A model that was to write does not answer, or is not there; an answer without it still stands."""


class MissingExtra(VlmragError):
    """An optional part is not installed; the text is the install line."""
