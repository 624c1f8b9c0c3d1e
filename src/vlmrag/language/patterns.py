"""Patterns that are compiled when they are first used: a question needs some dozens of several hundred."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

Name = TypeVar("Name")


class Patterns(Mapping[Name, re.Pattern[str]]):
    """Compiled patterns by name."""

    def __init__(self, names: Iterable[Name], write: Callable[[Name], str]) -> None:
        """Compile nothing yet; `write` writes the regular expression that goes by a name."""
        self._compiled: dict[Name, re.Pattern[str] | None] = dict.fromkeys(names)
        self._write = write

    def __getitem__(self, name: Name) -> re.Pattern[str]:
        found = self._compiled[name]
        if found is None:
            found = self._compiled[name] = re.compile(self._write(name))
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._compiled

    def __iter__(self) -> Iterator[Name]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def compile_later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled when it is first used; a module has many, and a question few of them."""
    return cast("re.Pattern[str]", _Later(pattern, flags))


class _Later:
    """Looks like a compiled pattern, and becomes one."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self.pattern, self._flags)
        self.__dict__.update((known, getattr(compiled, known)) for known in dir(compiled) if not known.startswith("_"))
        return getattr(compiled, name)
