"""What a model writes, read sentence by sentence as it comes: words without markup, and the marks behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vlmrag.language.words import split_sentences

LONGEST = 1000
"""Characters of a sentence; a longer one is none."""
_MARKS = re.compile(r"[\[［【]\s*\^?\d{1,4}(?:\s*[,，、;；–-]\s*\^?\d{1,4})*\s*(?:†[^\[\]【】［］]*)?[\]］】]")
_NUMBER = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_LONGEST_RANGE = 20
_LONGEST_LINE = 4000
_MAY_END = re.compile(r"[\n.。!！?？;；…\]］】]")
_LED = re.compile(rf"(?:\s|{_MARKS.pattern})+")
_STUCK = re.compile(r"(?<=[.。!！?？])(?=[\[［【]\s*\^?\d)")
_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_THOUGHT_OPEN = re.compile(r"\s*<(think|thinking|reasoning)>(?!.*</\1>)|\s*<[a-z]{0,9}\Z|\s*\Z", re.DOTALL)
_MARKUP = re.compile(r"\*+|`+|(?<!\w)_+|_+(?!\w)|^#+\s*|~~+")
_VERDICT = re.compile(r"(?i)^(?:yes|no|是的?|不是|对|對|否|没有|沒有)[,，.。:：!！—-]+\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence of a model."""

    text: str
    """Without marks and markup, on one line."""
    marks: tuple[int, ...]
    """Each once, in order."""


class SentenceReader:
    """Takes pieces of text and gives sentences as soon as they are whole."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._given = 0
        """Sentences of the held line that were given."""

    def feed(self, piece: str) -> list[Written]:
        """Take a piece; return the sentences that are whole now."""
        self._held += _CONTROL.sub("", piece.replace("\r", "\n"))
        if not self._begun:
            if _THOUGHT_OPEN.match(self._held):
                return []
            self._held = _THOUGHT.sub("", self._held, count=1)
            self._begun = bool(self._held.strip())
        if len(self._held) > _LONGEST_LINE:
            self._held += "\n"
        ends = _MAY_END.search(self._held, max(0, len(self._held) - len(piece) - 2))
        return self._take(closing=False) if ends else []

    def close(self) -> list[Written]:
        """Return what is left, whole or not."""
        if not self._begun:
            self._held = _THOUGHT.sub("", self._held, count=1)
        return self._take(closing=True)

    def _take(self, closing: bool) -> list[Written]:
        *lines, rest = self._held.split("\n")
        found: list[Written] = []
        for line in [*lines, rest] if closing else lines:
            found += _read_line(line)[0][self._given :]
            self._given = 0
        self._held = "" if closing else rest
        if not closing:
            sentences, open_ended = _read_line(rest)
            whole = max(self._given, len(sentences) - 1 - open_ended)
            found += sentences[self._given : whole]
            self._given = whole
        return found


def _read_line(line: str) -> tuple[list[Written], bool]:
    """Return the sentences of a line, and whether what its last one begins with may be marks of the one before."""
    line = _STUCK.sub(" ", line)
    found: list[Written] = []
    bracketed = False
    for start, end in split_sentences(line):
        led = _LED.match(line, start, end)
        if led and found and not found[-1].marks:
            found[-1] = Written(found[-1].text, _read_marks(led[0]))
            start = led.end()
        bracketed = line.startswith(("[", "［", "【"), start)
        written = _read(line[start:end])
        if written.text:
            found.append(written)
    return found, bracketed


def _read(words: str) -> Written:
    text = _MARKUP.sub("", _MARKS.sub(" ", words))
    text = re.sub(r"\s+([.,;:!?。，；：！？、)）])", r"\1", " ".join(text.split()))
    return Written(_VERDICT.sub("", text), _read_marks(words))


def _read_marks(words: str) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for marks in _MARKS.finditer(words):
        for first, last in _NUMBER.findall(marks[0].split("†")[0]):
            until = min(int(last or first), int(first) + _LONGEST_RANGE)
            found |= dict.fromkeys(range(int(first), max(until, int(first)) + 1))
    return tuple(found)
