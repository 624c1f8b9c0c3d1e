"""The words by which a field tells what its works are made of: parts, states, names, and the cues around them.

The words are a data file, `parts.toml`; a user's own file of the same form adds to it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from vlmrag.ingest.attributes.wordfile import Table, read_built_in, read_table
from vlmrag.language.fold import fold
from vlmrag.language.patterns import Patterns

_LATIN = re.compile("[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A part or a state where a folded text names it."""

    kind: Literal["component", "state", "neutral"]
    value: str
    start: int
    end: int
    certain: bool = False
    """Whether it names a certain one of its kind."""


class Vocabulary:
    """The words for components and states, the names of certain ones, and the cues around them."""

    def __init__(self, tables: Iterable[Table]) -> None:
        """Merge `tables`, each of the form of `parts.toml`."""
        self._tables = tuple(tables)
        self._marks: dict[str, tuple[Literal["component", "state", "neutral"], str]] = {}
        self._certain: set[str] = set()
        self._endings: dict[tuple[str, str], re.Pattern[str]] = {}
        for table in self._tables:
            for name, lists in table.get("components", {}).items():
                self._certain |= {fold(word) for word in lists.get("values", [])}
                for word in [*lists.get("words", []), *lists.get("values", [])]:
                    self._marks.setdefault(fold(word), ("component", name))
            for name, lists in table.get("states", {}).items():
                for word in lists.get("words", []):
                    self._marks.setdefault(fold(word), ("state", name))
        self._marks |= {fold(word): ("neutral", "") for word in self.merge("cues")["neutral"]}

    @classmethod
    def load(cls, *extra: Path) -> Vocabulary:
        """Return the built-in vocabulary, with the words of the files in `extra` added.

        Raises SourceError, which names file and line, for what is not of the form of `parts.toml`.
        """
        return cls([read_built_in(), *map(read_table, extra)]) if extra else _built_in()

    def find_marks(self, text: str) -> list[Mark]:
        """Return the components and states that folded `text` names, in order, longest match first."""
        found = []
        for m in self.pattern.finditer(text):
            word = m.group() if m.group() in self._marks else m.group().removesuffix("s")
            kind, value = self._marks[word]
            if kind != "neutral":
                found.append(Mark(kind, value, m.start(), m.end(), word in self._certain))
        return found

    def speaks_of_others(self, text: str, at: int) -> bool:
        """Whether folded `text` has turned to other works before `at`, and not back to its own since."""
        turned = [m.end() for m in self.others.finditer(text, 0, at)]
        return bool(turned) and not self.cues["ourselves"].search(text, turned[-1], at)

    def ends_with(self, text: str, cue: str, gap: str) -> bool:
        """Whether folded `text` ends with a cue of `[reading]` and then with no more than the pattern `gap` allows."""
        if (cue, gap) not in self._endings:
            self._endings[cue, gap] = re.compile(rf"(?:{self.cues[cue].pattern})(?:{gap})\Z")
        return bool(self._endings[cue, gap].search(text))

    def merge(self, part: str) -> dict[str, list[str]]:
        """Return the lists of a part of all tables, those of one name joined."""
        lists: dict[str, list[str]] = {}
        for table in self._tables:
            for name, words in table.get(part, {}).items():
                lists.setdefault(name, []).extend(words)
        return lists

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All words for components and states."""
        return re.compile(match_any(self._marks, plural=True))

    @cached_property
    def others(self) -> re.Pattern[str]:
        """What turns to other works, but for "better than other works"."""
        return re.compile(rf"(?<!than )(?<!over )(?<!比)(?:{match_any(self.merge('cues')['others'])})")

    @cached_property
    def negation(self) -> re.Pattern[str]:
        """What denies."""
        return re.compile(match_any(self.merge("cues")["negation"]))

    @cached_property
    def clause(self) -> re.Pattern[str]:
        """What begins another clause."""
        return re.compile(match_any(self.merge("cues")["clause"]))

    @cached_property
    def breaks(self) -> re.Pattern[str]:
        """What parts a state from the component after it."""
        cues = self.merge("cues")
        return re.compile(match_any([*cues["breaks"], *cues["clause"]]))

    @cached_property
    def predicate(self) -> re.Pattern[str]:
        """What may stand between a clause's beginning and a state that the former clause's parts are in."""
        said = match_any(self.merge("cues")["predicate"])
        return re.compile(rf"[\s,]*(?:{said})(?:{said}|[\s,])*")

    @cached_property
    def joint(self) -> re.Pattern[str]:
        """What joins components that share a state."""
        return re.compile(rf"(?:{match_any(self.merge('cues')['joint'])}|[\s,、/])*\Z")

    @cached_property
    def fingerprint(self) -> str:
        """64 hex digits of all its words: other words, another fingerprint."""
        return hashlib.sha256(repr(self._tables).encode()).hexdigest()

    @cached_property
    def components(self) -> dict[str, list[str]]:
        """The words for each component, without the names of certain ones."""
        words: dict[str, list[str]] = {}
        for table in self._tables:
            for name, lists in table.get("components", {}).items():
                words.setdefault(name, []).extend(lists.get("words", []))
        return words

    @cached_property
    def state_words(self) -> dict[str, list[str]]:
        """The words for each state."""
        words: dict[str, list[str]] = {}
        for table in self._tables:
            for name, lists in table.get("states", {}).items():
                words.setdefault(name, []).extend(lists.get("words", []))
        return words

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """Component and canonical name of each certain one, by its folded spellings."""
        found: dict[str, tuple[str, str]] = {}
        for table in self._tables:
            for component, entries in table.get("names", {}).items():
                for canonical, spellings in entries.items():
                    for spelling in (canonical, *spellings):
                        found.setdefault(fold(spelling), (component, canonical))
        return found

    @cached_property
    def cues(self) -> Patterns[str]:
        """The cues of `[reading]`, each as one pattern over folded text."""
        words = self.merge("reading")
        return Patterns(words, lambda name: match_any(words[name]))


_Trie = dict[str, "_Trie"]
_END = ""
"""The key of a trie below which the pattern stands that closes a word."""


def match_any(words: Iterable[str], plural: bool = False) -> str:
    """A pattern for any of the words, longest first: whole words in Latin script, anywhere in Han.

    Words are folded into a tree by their letters: where the first letter is none of theirs, one look is enough.
    """
    latin: _Trie = {}
    other: _Trie = {}
    for word in {fold(w) for w in words}:
        node = latin if _LATIN.match(word) else other
        for char in word:
            node = node.setdefault(char, {})
        closing = ("s?" if plural else "") + "(?![a-z0-9])" if _LATIN.match(word[-1]) else ""
        node[_END] = {closing: {}}
    sides = [f"(?<![a-z0-9]){_render(latin)}"] if latin else []
    return "|".join([*sides, _render(other)] if other else sides) or "(?!)"


def _render(node: _Trie) -> str:
    """Write a tree of letters as a pattern; of two words that begin alike the longer one is tried first."""
    branches = [re.escape(char) + _render(node[char]) for char in sorted(node) if char != _END]
    branches += node.get(_END, {})
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


@cache
def _built_in() -> Vocabulary:
    return Vocabulary([read_built_in()])
