"""Words and sentences: what the keyword index reads of a text, and where its sentences lie.

English words are folded, brought to their base form and stemmed (Porter's Snowball stemmer for English); Han runs are
read as single characters and pairs, which needs no dictionary and loses nothing. Everything here takes time in
proportion to the text.
"""

from __future__ import annotations

import re
import threading
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from vlmrag.language.fold import HAN, fold
from vlmrag.language.patterns import compile_later

_HERE = Path(__file__).parent

_UNSPACED = rf"{HAN}\u3041-\u309f\u30a1-\u30fa\u30fc"
HAN_RUN = compile_later(f"[{_UNSPACED}]+")
"""A run of characters written without spaces: Han and kana."""

WORD = compile_later(rf"[^\W_{_UNSPACED}]+(?:\+\+?)?")
"""One word of a folded text: letters and digits of any script written with spaces, and a closing plus sign."""

_JOINED = compile_later(rf"{WORD.pattern}(?:[-_.']{WORD.pattern})*|{HAN_RUN.pattern}")
_PLURAL_ACRONYM = compile_later(r"[^aeiouy]{2,}[^aeiouys]s\Z")
"""`llms`, `vlms`: a stemmer takes no `s` off where it sees no vowel."""
_LONGEST_STEMMED = 40
"""Longer runs of letters are no English word: they are kept as they are."""


@cache
def stop_words() -> frozenset[str]:
    """Return the English words that say nothing about a passage's subject."""
    lines = (_HERE / "stopwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _irregular_forms() -> dict[str, str]:
    lines = (_HERE / "irregular.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def base_form(word: str) -> str:
    """Return the base form of a folded word that a stemmer would leave apart (`frozen`: `freeze`), else the word."""
    return _irregular_forms().get(word, word)


_ONE_WORD_AT_A_TIME = threading.Lock()
"""The stemmer keeps its word in itself: two threads at once would mix theirs."""


@cache
def _stemmer() -> object:
    from Stemmer import Stemmer

    return Stemmer("english")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a folded word: `freeze`, `frozen` and `freezing` have one; what is not English stays."""
    if len(word) < 3 or len(word) > _LONGEST_STEMMED or not (word.isascii() and word.isalpha()):
        return word
    if _PLURAL_ACRONYM.match(word):
        return word[:-1]
    with _ONE_WORD_AT_A_TIME:
        return str(_stemmer().stemWord(base_form(word)))  # type: ignore[attr-defined]


def split_words(text: str) -> list[str]:
    """Return the words that the keyword index holds of `text`, in order.

    A compound (`fine-tuning`, `blip-2`, `2301.12597`) gives its joined form, where it meets `finetuning` and `blip2`,
    and then its parts. A Han run gives every character and every pair. Stop words are left out, long words are not.
    """
    words: list[str] = []
    for match in _JOINED.finditer(fold(text)):
        run = match[0]
        if HAN_RUN.match(run):
            words.append(run[0])
            for left, right in pairwise(run):
                words += (left + right, right)
        else:
            words += _split_compound(run)
    return words


@lru_cache(maxsize=50_000)
def _split_compound(run: str) -> tuple[str, ...]:
    """What `split_words` makes of a word that may be joined of several; kept, for a library has few different ones."""
    parts = WORD.findall(run)
    words = [stem(part) for part in parts if part not in stop_words()]
    if len(parts) > 1 and not (parts[-1] in {"s", "t"} and len(parts) == 2):
        words.insert(0, stem("".join(parts)))
    return tuple(words)


def split_bilingual(text: str, english: str) -> list[str]:
    """Return the words of a text and then, each once, those that only its English (`Glossary.put_into_english`) has."""
    words = split_words(text)
    if english == text:
        return words
    there = set(words)
    return words + [word for word in dict.fromkeys(split_words(english)) if word not in there]


_MARKER = compile_later(
    rf"""(?: \s+ | > | [-*+•·▪‣◦●○■□◆◇※➢➤✓✔★☆–—](?=\s) | \#{{1,6}}(?=\s) | \[[ xX✓]\](?=\s)
          | \(?\d{{1,3}}[.)](?=[\s{HAN}]) | \d{{1,3}}、 | [①-⑳] | （\d{{1,3}}）
          | [一二三四五六七八九十]{{1,3}}、 | [•●▪■◆➢➤] )+""",
    re.VERBOSE,
)
"""What a line of notes begins with before its words: quote marks, bullets, heading signs, check boxes, numbers."""

_RULE = compile_later(r"[\s\-*_=#>]*\Z")
_CLOSERS = r"[\"'”’」』）)\]】》〉*_`]*+"
_END = compile_later(
    rf"""[。！？；…]++{_CLOSERS}
       | (?<![!?;]) (?<!&amp)(?<!&lt)(?<!&gt)(?<!&quot)(?<!&nbsp) [!?;]++{_CLOSERS}(?=[\s{HAN}]|\Z)
       | (?<!\.) \.++{_CLOSERS}(?=[\s{HAN}]|\Z)""",
    re.VERBOSE,
)
_LAST_WORD = compile_later(r"[^\s(\[（,;:\"'“‘/：，、；。]+\Z")
_ABBREVIATED = """al approx arxiv assoc a.k.a ca cf ch co conf corp dec dept dr eds ed eg eq eqs e.g feb fig figs
ie inc i.e i.i.d jan jr jul jun apr aug ltd mar mr mrs ms nos nov oct pp proc prof ref refs resp sec secs sep sept sr st
s.t tab tabs trans univ viz vol vs w.r.t"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_INITIALS = compile_later(r"(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z])\Z")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences of `text`, in order.

    A line's end ends a sentence. The spans do not overlap, hold no white space at either end, and cover every other
    character except the markers that lines begin with and lines that are nothing but a rule (`---`).
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.splitlines(keepends=True):
        _split_line(line, start, spans)
        start += len(line)
    return spans


def _split_line(line: str, offset: int, spans: list[tuple[int, int]]) -> None:
    if _RULE.match(line):
        return
    marker = _MARKER.match(line)
    start = marker.end() if marker else 0
    for match in _END.finditer(line, start):
        if match[0][0] == "." and not _ends_sentence(line, start, match):
            continue
        _add(line, start, match.end(), offset, spans)
        start = match.end()
    _add(line, start, len(line), offset, spans)


def _add(line: str, start: int, end: int, offset: int, spans: list[tuple[int, int]]) -> None:
    piece = line[start:end]
    words = piece.strip()
    if words:
        start += len(piece) - len(piece.lstrip())
        spans.append((offset + start, offset + start + len(words)))


def _ends_sentence(line: str, start: int, stop: re.Match[str]) -> bool:
    """Whether a full stop ends a sentence, rather than an abbreviation or an initial."""
    if stop[0].startswith(".."):
        return True
    before = _LAST_WORD.search(line[max(start, stop.start() - 24) : stop.start()])
    word = before[0] if before else ""
    if word.isdigit() and len(word) < 3 and not line[stop.end() : stop.end() + 1].isspace():
        return stop.end() == len(line)  # 1.冻结 2.训练: a number that counts
    return not (word.lower().lstrip("*_") in _ABBREVIATIONS or _INITIALS.match(word))
