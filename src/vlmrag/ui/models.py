"""Which models may word answers at the page: the one that it was started with, and those that run on this machine.

What the browser sends is not trusted: only a model that was listed here is ever asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vlmrag.answer.generator import Generator
from vlmrag.errors import GeneratorError
from vlmrag.ingest.connection import is_loopback
from vlmrag.ui.library import Library


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a reader may choose."""

    address: str
    """What `Assistant.open_generator` takes."""
    name: str
    place: str
    """Where it runs: the server and its port, or a folder."""
    remote: str = ""
    """The host, where that is not this machine."""


class Models:
    """The models of one page, common to its readers; which of them one has chosen lies in the own window."""

    def __init__(
        self, library: Library, given: str | None = None, *, allow_remote: bool = False, look: bool = True
    ) -> None:
        """`given` is the address of the model that the page was started with; without `look` no other is looked for."""
        self._library = library
        self._allow_remote = allow_remote
        self.looks = look
        """Whether there may be others than the given one."""
        self.given = describe(given) if given else None
        """What a reader who has chosen nothing has chosen."""
        self._found: dict[str, Model] = {}

    def list(self) -> Sequence[Model]:
        """Return those that are known: the given one, then what was found last."""
        given = {self.given.address: self.given} if self.given else {}
        return list((given | self._found | given).values())

    def look(self) -> None:
        """Ask the servers of this machine which models they offer; nothing but loopback is asked."""
        if self.looks:
            found = self._library.list_local_models()
            self._found = {
                m.address: Model(m.address, _shorten(m.model), f"{m.server}, {_netloc(m.address)}") for m in found
            }

    def find(self, address: object) -> Model | None:
        """Return the known model with this address; None for anything else."""
        return next((model for model in self.list() if model.address == address), None)

    def open(self, model: Model) -> Generator:
        """Return a generator for one answer; raises VlmragError."""
        generator = self._library.open_generator(model.address, allow_remote=self._allow_remote)
        if generator is None:
            raise GeneratorError(f"{model.address} names no model")
        return generator


def describe(address: str) -> Model:
    """Return the model at an address that was checked before: `URL#MODEL`, or a folder."""
    if "://" not in address:
        folder = Path(address).expanduser()
        return Model(address, folder.resolve().name, str(folder))
    split = urlsplit(address)
    host = split.hostname or ""
    here = is_loopback(host) and not host.endswith(".localhost")
    return Model(address, _shorten(split.fragment) or split.netloc, split.netloc, "" if here else host)


def _shorten(name: str) -> str:
    """Return a model's name; of one that its server calls by a folder the last part."""
    return name.rstrip("/").rpartition("/")[2] if name.startswith("/") else name


def _netloc(address: str) -> str:
    return urlsplit(address).netloc
