"""What a sentence says of a paper's parts: which component is in which state, and who is meant.

A relation is decided on the clause, not on two words standing in one passage: "frozen" belongs to the component that
it stands right before ("a frozen image encoder and LLM"), else to those that stand before it in its clause ("the ViT
and Vicuna are locked, only the MLP is tuned"). A sentence about previous work says nothing of the paper itself.

The vocabulary is a data file, `parts.toml`; a question is read with the same code as the notes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Literal

from vlmrag.errors import SourceError
from vlmrag.language.fold import fold

Stance = Literal["says", "denies", "others"]
_MARKUP = re.compile(r"[*`~]+|(?<!\w)_+|_+(?!\w)")
_STRONG = re.compile(r"[。；;!?！？,，:：()（）\n]")
_BRACKET = re.compile(r"[(（][^()（）]{1,40}[)）]")
_HAN = re.compile(r"[㐀-鿿]")
_LISTS = {"components": ("words", "values"), "states": ("words",)}
"""The lists that an entry of each part of a vocabulary may have."""
_CUES = ("neutral", "others", "negation", "only", "clause", "breaks", "predicate", "joint")
_Table = dict[str, dict[str, dict[str, list[str]]]]
_REACH_BEFORE = 60
"""Characters that may stand between a state and the component before it."""
_REACH_AFTER = 32
"""Characters that may stand between a state and the component after it: adjectives, articles."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One component in one state, as a sentence has it."""

    component: str
    """`llm`, `image_encoder`, `connector`, ...: a key of `[components]`."""
    state: str
    """`frozen`, `trained`: a key of `[states]`."""
    stance: Stance
    """Whether the paper itself says so, denies it, or speaks of other works."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts and states a text speaks of, bound to each other or not."""

    components: frozenset[str]
    states: frozenset[str]
    values: frozenset[str]
    """The components of which it names a certain one: `llm` for "Vicuna"."""


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: Literal["component", "state", "neutral"]
    value: str
    start: int
    end: int
    certain: bool = False
    """Whether it names a certain one of its kind."""


class Vocabulary:
    """The words for components and states, and the cues around them."""

    def __init__(self, tables: Iterable[_Table]) -> None:
        """Merge `tables`, each of the form of `parts.toml`."""
        self._marks: dict[str, tuple[Literal["component", "state", "neutral"], str]] = {}
        self._certain: set[str] = set()
        cues: dict[str, list[str]] = {}
        for table in tables:
            for name, lists in table.get("components", {}).items():
                self._certain |= {fold(word) for word in lists.get("values", [])}
                for word in [*lists.get("words", []), *lists.get("values", [])]:
                    self._marks.setdefault(fold(word), ("component", name))
            for name, lists in table.get("states", {}).items():
                for word in lists.get("words", []):
                    self._marks.setdefault(fold(word), ("state", name))
            for name, words in table.get("cues", {}).items():
                cues.setdefault(name, []).extend(words)
        self._marks |= {fold(word): ("neutral", "") for word in cues["neutral"]}
        self.pattern = re.compile(_alternatives(self._marks, plural=True))
        self.others = re.compile(rf"(?<!than )(?<!over )(?<!比)(?:{_alternatives(cues['others'])})")
        self.negation = re.compile(_alternatives(cues["negation"]))
        self.clause = re.compile(_alternatives(cues["clause"]))
        self.breaks = re.compile(_alternatives([*cues["breaks"], *cues["clause"]]))
        predicate = _alternatives(cues["predicate"])
        self.predicate = re.compile(rf"[\s,]*(?:{predicate})(?:{predicate}|[\s,])*")
        self.joint = re.compile(rf"(?:{_alternatives(cues['joint'])}|[\s,、/])*\Z")

    @classmethod
    def load(cls, *extra: Path) -> Vocabulary:
        """Return the built-in vocabulary, with the words of the files in `extra` added.

        Raises SourceError, which names file and line, for what is not of the form of `parts.toml`.
        """
        return cls([_read_built_in(), *map(_read_table, extra)]) if extra else _built_in()

    def find_marks(self, text: str) -> list[_Mark]:
        """Return the components and states that folded `text` names, in order, longest match first."""
        found = []
        for m in self.pattern.finditer(text):
            word = m.group() if m.group() in self._marks else m.group().removesuffix("s")
            kind, value = self._marks[word]
            if kind != "neutral":
                found.append(_Mark(kind, value, m.start(), m.end(), word in self._certain))
        return found


def read_statements(text: str, vocabulary: Vocabulary | None = None) -> list[Statement]:
    """Return what a sentence (or a question) says of components, in order, each once."""
    words = vocabulary or Vocabulary.load()
    folded = _blank_appositions(_fold_prose(text), words)
    found: dict[Statement, None] = {}
    others = words.others.search(folded)
    subject: list[str] = []
    for start, end in _clauses(folded, words):
        clause = folded[start:end]
        marks = words.find_marks(clause)
        states = [i for i, mark in enumerate(marks) if mark.kind == "state"]
        if marks and not states:
            subject = [mark.value for mark in marks]
        for i in states:
            mark = marks[i]
            bound = _following(clause, marks, i, words) or _preceding(clause, marks, i)
            if not bound and words.predicate.fullmatch(clause[: mark.start]):
                bound = subject
            denied = words.negation.search(clause[max(0, mark.start - 14) : mark.start])
            stance: Stance = "others" if others and others.start() < start + mark.end else "says"
            if denied and stance == "says":
                stance = "denies"
            for component in bound:
                found.setdefault(Statement(component, mark.value, stance))
        if states:
            subject = []
    return list(found)


def _fold_prose(text: str, comma: str = ",") -> str:
    """Fold without markup; the Chinese comma of enumerations becomes `comma`."""
    return _MARKUP.sub(" ", fold(text.replace("、", comma)))


def read_parts(text: str, vocabulary: Vocabulary | None = None) -> Parts:
    """Return the parts and states that a text speaks of."""
    marks = (vocabulary or Vocabulary.load()).find_marks(_fold_prose(text))
    return Parts(
        components=frozenset(m.value for m in marks if m.kind == "component"),
        states=frozenset(m.value for m in marks if m.kind == "state"),
        values=frozenset(m.value for m in marks if m.certain),
    )


def _blank_appositions(text: str, words: Vocabulary) -> str:
    """Overwrite brackets that say no state: "the LLM (Vicuna) is frozen" has its verb after the bracket."""

    def blank(m: re.Match[str]) -> str:
        stated = any(mark.kind == "state" for mark in words.find_marks(m.group()))
        return m.group() if stated else " " * len(m.group())

    return _BRACKET.sub(blank, text)


def read_stance(text: str, weigh: Callable[[str], float], vocabulary: Vocabulary | None = None) -> Stance:
    """Tell whether a sentence says of its own paper what it is found for.

    `weigh` tells of a clause (folded) how much of what is looked for it holds. The clauses that hold most decide:
    `denies` where all of them deny it, `others` where the sentence has turned to other works before they end.
    """
    words = vocabulary or Vocabulary.load()
    folded = _fold_prose(text, " & ")  # "no audio、3D、video" denies all three
    others = words.others.search(folded)
    if not others and not words.negation.search(folded):
        return "says"
    clauses = [(weigh(folded[start:end]), start, end) for start, end in _clauses(folded, words)]
    most = max((weight for weight, _, _ in clauses), default=0.0)
    stances: set[Stance] = set()
    for weight, start, end in clauses:
        if weight < most or not weight:
            continue
        if others and others.start() < end:
            stances.add("others")
        else:
            denial = words.negation.search(folded, start, end)
            stances.add("denies" if denial and weigh(folded[denial.end() : end]) > weight / 2 else "says")
    order: tuple[Stance, ...] = ("says", "others", "denies")
    return next((s for s in order if s in stances), "says")


def _following(clause: str, marks: list[_Mark], i: int, words: Vocabulary) -> list[str]:
    """The components that the state stands right before: "frozen image encoder and LLM"."""
    bound: list[str] = []
    at = marks[i].end
    for mark in marks[i + 1 :]:
        gap = clause[at : mark.start]
        if not bound and words.breaks.search(gap):
            break
        reach = _REACH_AFTER // 2 if _HAN.search(gap) else _REACH_AFTER
        if mark.kind == "state" or (bound and not words.joint.match(gap)) or (not bound and len(gap) > reach):
            break
        bound.append(mark.value)
        at = mark.end
    return bound


def _preceding(clause: str, marks: list[_Mark], i: int) -> list[str]:
    """The components that stand before the state in its clause: "the ViT and the LLM are kept frozen"."""
    bound: list[str] = []
    for mark in reversed(marks[:i]):
        if mark.kind == "state" or marks[i].start - mark.end > _REACH_BEFORE:
            break
        bound.insert(0, mark.value)
    return bound


def _clauses(text: str, words: Vocabulary) -> list[tuple[int, int]]:
    """Spans of the clauses of folded `text`."""
    cuts = sorted({m.start() for m in _STRONG.finditer(text)} | {m.start() for m in words.clause.finditer(text)})
    return [(a, b) for a, b in pairwise([0, *cuts, len(text)]) if b > a]


def _alternatives(words: Iterable[str], plural: bool = False) -> str:
    """A pattern for any of the words, longest first: whole words in Latin script, anywhere in Han."""
    parts = []
    for word in sorted({fold(w) for w in words}, key=lambda w: (-len(w), w)):
        before = r"(?<![a-z0-9])" if re.match("[a-z0-9]", word) else ""
        after = ("s?" if plural else "") + "(?![a-z0-9])" if re.search("[a-z0-9]$", word) else ""
        parts.append(f"{before}{re.escape(word)}{after}")
    return "|".join(parts)


def _read_built_in() -> _Table:
    return tomllib.loads(resources.files("vlmrag.ingest").joinpath("parts.toml").read_text("utf-8"))


@cache
def _built_in() -> Vocabulary:
    return Vocabulary([_read_built_in()])


def _read_table(path: Path) -> _Table:
    """Read a vocabulary; raise SourceError where it is not of the form."""
    try:
        text = path.read_text("utf-8-sig")
        table: _Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why, _, place = str(error).rpartition(" (at ")  # "line 3, column 7)" or "end of document)"
        line = re.match(r"line (\d+)", place)
        raise SourceError(f"{path}, line {line[1] if line else text.count(chr(10)) + 1}", why) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read as a vocabulary: {error}") from error
    for where, why in _find_faults(table):
        at = 0
        for name in map(re.escape, where):  # the head of the part, then that of its entry, then the list
            key = re.compile(rf"^[ \t]*(?:\[.*\b{name}\b.*\]|[\"']?{name}[\"']?\s*=)", re.MULTILINE)
            at = found.start() if (found := key.search(text, at)) else at
        raise SourceError(f"{path}, line {text.count(chr(10), 0, at) + 1}", f"{'.'.join(where)}: {why}")
    return table


def _find_faults(table: _Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each place of a table that is not of the form of `parts.toml`, and why."""
    for part, entries in table.items():
        known = {**_LISTS, "cues": _CUES}
        if part not in known or not isinstance(entries, dict):
            yield (part,), f"is no part of a vocabulary; choose one of {', '.join(known)}"
        elif part == "cues":
            yield from _find_list_faults((part,), entries, _CUES)
        else:
            for name, lists in entries.items():
                if isinstance(lists, dict):
                    yield from _find_list_faults((part, name), lists, _LISTS[part])
                else:
                    yield (part, name), f"needs a table: [{part}.{name}] and a line words = [...] below it"


def _find_list_faults(
    where: tuple[str, ...], lists: Mapping[str, object], known: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, words in lists.items():
        if name not in known:
            yield (*where, name), f"is not known here; choose one of {', '.join(known)}"
        elif not isinstance(words, list) or not all(isinstance(word, str) and fold(word).strip() for word in words):
            yield (*where, name), "must be a list of words in quotes"
