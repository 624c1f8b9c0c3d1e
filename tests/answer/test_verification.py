"""Quotes against their sources: a verdict that is right whatever was done to the words, and the place in the source."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.answer.alignment import Change
from vlmrag.answer.normal import normalise
from vlmrag.answer.occurrences import find_all, find_near
from vlmrag.answer.quotes import Quote, find_quotes, read_quotes
from vlmrag.answer.verification import Checked, Verifier
from vlmrag.errors import UsageError

ENGLISH = """# Readers

## Alpha-1
- point: keeps the **language model** frozen and trains a pre-
  training bridge of 32 queries; it reaches 65.2 on VQAv2.
- A second ﬁne point: the [vision encoder](https://example.org/v) has 1.3B parameters,
  and the learning rate is 1e-4.

| model | batch size |
|-------|------------|
| Alpha-1 | 4096 |
| Beta | 512 |
"""
SIMPLIFIED = (
    "# 日记\n\n- Beta 第一阶段冻结语言模型，只训练连接器，数据有 1.2 亿对。\n- 第二阶段放开语言模型，学习率 2e-5。\n"
)
TRADITIONAL = "# 筆記\n\n> Gamma 凍結視覺編碼器與語言模型，只訓練投影層；批次大小為 256。\n\n2023 年由清華大學提出。\n"
TEXTS = {"notes/readers.md": ENGLISH, "notes/diary.md": SIMPLIFIED, "notes/trad.txt": TRADITIONAL}
VERIFIER = Verifier(TEXTS)


def check(words: str, source: str | None = None) -> Checked:
    return VERIFIER.check([Quote(words, 1, source)])[0]


@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_any_substring_is_exact_unless_it_cuts_a_number(path: str, data: st.DataObject) -> None:
    text = TEXTS[path]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    words = text[start:end]
    placed = VERIFIER.check([Quote(words, 1, path, start, end)])[0]
    assert (placed.verdict, placed.source, placed.start, placed.end, placed.found) == ("exact", path, start, end, words)
    seams = {m.start() for m in re.finditer(r"(?:(?<=\d)|(?<=\d[.,]))(?=[.,]?\d)", text)}
    for source in (path, path.rsplit("/")[-1], None):
        found = check(words, source)
        assert found.source is not None
        if not {start, end} & seams:
            assert found.verdict == "exact"
        if found.verdict == "exact":
            assert TEXTS[found.source][found.start : found.end] == found.found == words
        elif found.verdict == "same after normalisation":  # "2 |" out of "512 |", where a whole 2 stands elsewhere
            assert TEXTS[found.source][found.start : found.end] == found.found != words
            assert re.findall(r"\w+", found.found) == re.findall(r"\w+", words)
        else:
            assert found.verdict == "altered"
            assert words in found.found


def respace(words: str, blank: str) -> str:
    return re.sub(r"(?<![\d.,])\s+|\s+(?!\d)", blank, words)


REWRITINGS: dict[str, Callable[[str], str]] = {
    "line breaks": lambda words: respace(words, "\n"),
    "white space": lambda words: respace(words, " \u3000 "),
    "a block quote": lambda words: "> " + respace(words, "\n> "),
    "full width": lambda words: words.translate({n: n + 0xFEE0 for n in range(0x30, 0x7B) if chr(n).isalnum()}),
    "ligatures": lambda words: words.replace("fi", "ﬁ"),
    "bold": lambda words: f"**{words}**",
    "code": lambda words: f"`{words}`",
    "capitals": str.upper,
    "a full stop": lambda words: words + ".",
    "quotation marks": lambda words: f"'{words}'",
    "an ellipsis": lambda words: words + " …",
}
PASSAGES = [
    ("notes/readers.md", "A second ﬁne point: the [vision encoder](https://example.org/v) has 1.3B parameters"),
    ("notes/readers.md", "keeps the **language model** frozen and trains a pre-\n  training bridge of 32 queries"),
    ("notes/diary.md", "Beta 第一阶段冻结语言模型，只训练连接器，数据有 1.2 亿对"),
    ("notes/trad.txt", "Gamma 凍結視覺編碼器與語言模型，只訓練投影層；批次大小為 256"),
]


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda p: p[1][:12])
@pytest.mark.parametrize("way", sorted(REWRITINGS))
def test_another_dress_is_the_same(way: str, passage: tuple[str, str]) -> None:
    path, words = passage
    if way == "full width" and "http" in words:
        words = "has 1.3B parameters"
    rewritten = REWRITINGS[way](words)
    found = check(rewritten)
    assert found.verdict == ("exact" if rewritten == words else "same after normalisation")
    assert found.source == path
    assert normalise(found.found).text == normalise(words).text


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("第一階段凍結語言模型，只訓練連接器", "notes/diary.md"),
        ("冻结视觉编码器与语言模型，只训练投影层；批次大小为 256", "notes/trad.txt"),
        ("the language model frozen and trains a pretraining bridge", "notes/readers.md"),
        ("the vision encoder has 1.3B parameters, and the learning rate", "notes/readers.md"),
        ("keeps the language model frozen [...] it reaches 65.2 on VQAv2.", "notes/readers.md"),
        ("Alpha-1 4096", "notes/readers.md"),
    ],
)
def test_scripts_hyphens_links_and_ellipses(words: str, path: str) -> None:
    found = check(words)
    assert (found.verdict, found.source) == ("same after normalisation", path)


NUMBERS = [
    (path, words, m.span())
    for path, words in [*PASSAGES, ("notes/readers.md", "training bridge of 32 queries; it reaches 65.2 on VQAv2")]
    for m in re.finditer(r"\d+(?:\.\d+)?", words)
]


@given(st.sampled_from(NUMBERS), st.integers(0, 99999), st.booleans())
def test_a_changed_number_is_altered_and_shown(case: tuple[str, str, tuple[int, int]], new: int, named: bool) -> None:
    path, words, (start, end) = case
    if str(new) == words[start:end]:
        return
    found = check(words[:start] + str(new) + words[end:], path if named else None)
    assert (found.verdict, found.source) == ("altered", path)
    assert [c for c in found.changes if str(new) in c.quote and words[start:end] in c.source] == list(found.changes)
    assert words[start:end] in found.found


def test_a_changed_word_is_shown_with_its_place() -> None:
    found = check("Beta 第一阶段训练语言模型，只训练连接器，数据有 1.2 亿对", "diary.md")
    start = SIMPLIFIED.index("Beta")
    assert found == Checked(
        quote=found.quote,
        verdict="altered",
        source="notes/diary.md",
        start=start,
        end=start + len("Beta 第一阶段冻结语言模型，只训练连接器，数据有 1.2 亿对"),
        line=3,
        found="Beta 第一阶段冻结语言模型，只训练连接器，数据有 1.2 亿对",
        changes=(Change("冻结", "训练"),),
    )


def test_words_that_were_added_or_dropped() -> None:
    assert check("keeps the language model mostly frozen and trains a pre-training bridge").changes == (
        Change("", "mostly"),
    )
    assert check("第二阶段放开模型，学习率 2e-5").changes == (Change("语言", ""),)


@pytest.mark.parametrize(
    "words", ["none of these words was ever written down in that library", "从未有人写过这样的一句话在这里", "zq"]
)
def test_what_nobody_wrote_is_absent(words: str) -> None:
    found = check(words)
    assert (found.verdict, found.source, found.start, found.found) == ("absent", None, None, "")


def test_a_quote_from_another_source_than_the_one_named() -> None:
    found = check("第二阶段放开语言模型，学习率 2e-5。", "trad.txt")
    assert (found.verdict, found.note) == ("absent", "stands exactly in notes/diary.md:4")
    found = check("第二阶段放开语言模型，学习率 2e-5。", "nowhere.md")
    assert (found.verdict, found.note) == ("exact", "the library has no source called nowhere.md")


def test_a_citation_with_wrong_offsets_is_told() -> None:
    start = ENGLISH.index("65.2")
    quotes = [Quote("65.2", 1, "notes/readers.md", start + moved, start + 4 + moved) for moved in (0, 3)]
    assert [(c.verdict, c.note) for c in VERIFIER.check(quotes)] == [
        ("exact", ""),
        ("exact", f"stands at {start}-{start + 4}, not at {start + 3}-{start + 7}"),
    ]


def test_a_number_is_never_cut() -> None:
    assert check("096 |\n| Beta").changes == (Change("4096", "096"),)
    assert check("096 |\n\n| Beta | 512").changes == (Change("4096", "096"),)
    assert check("5.2  on VQAv2. - A second fine").changes == (Change("65.2", "5.2"),)
    assert check("数据有 1").changes == (Change("1.2", "1"),)
    assert check("2 亿对").changes == (Change("1.2", "2"),)
    assert check("512").verdict == "exact"


def test_digits_keep_their_distance() -> None:
    forms = {normalise(words).text for words in ("1 2", "12", "1.2", "1. 2", "1-2", "-12", "1,2", "1*2", "1**2")}
    assert len(forms) == 9
    assert normalise("**1** | 2").text == normalise("1 2").text


@given(st.text(alphabet="ab冻凍ﬁ \n*-1.|>_`", max_size=60))
def test_offsets_of_the_normal_form_lead_back(text: str) -> None:
    normal = normalise(text)
    assert len(normal.offsets) == len(normal.text) + 1
    assert list(normal.offsets) == sorted(normal.offsets)
    for at in range(len(normal.text)):
        here, there = int(normal.offsets[at]), int(normal.offsets[at]) + 1
        folded = normalise(text[here:there]).text
        assert folded == "" or normal.text[at] in folded


@given(st.lists(st.text(alphabet="abc冻", max_size=90), max_size=5), st.lists(st.text(alphabet="abc冻", max_size=40)))
def test_many_strings_are_found_as_one_by_one(texts: list[str], strings: list[str]) -> None:
    strings += [text[3:70] for text in texts]
    expected = {s: {n: t.find(s) for n, t in enumerate(texts) if s in t} for s in strings if s}
    assert find_all(texts, strings) == expected


def test_the_rarest_stretches_say_where_a_string_comes_from() -> None:
    texts = [
        "the same words " * 40,
        "the same words " * 20 + "but one rare stretch stands here " + "the same words " * 20,
    ]
    ((number, start), *_) = find_near(texts, ["words but one rare stretsh stands here"], 8, [None])[0]
    assert number == 1
    assert abs(start - texts[1].index("words but")) <= 32


MARKDOWN = """# An answer

Alpha-1 “keeps the language model frozen” [1], and Beta 「第一阶段冻结语言模型，只训练连接器」（diary.md:3）.
It is called "frozen" by some; "it reaches 65.2 on VQAv2" (see notes/readers.md). `“not this one, it is code”`

> Gamma 凍結視覺編碼器與語言模型，
> 只訓練投影層。
> — trad.txt

> “keeps the language model frozen” [1]
>
> “the learning rate is 1e-4” [2]

```
"and nothing of what stands in here"
```

> A block quote — with a dash and no source.

[1] notes/readers.md:4  Readers
[2]: https://example.org
"""


def test_quotes_and_their_sources_in_markdown() -> None:
    assert find_quotes(MARKDOWN) == [
        Quote("keeps the language model frozen", 3, "notes/readers.md"),
        Quote("第一阶段冻结语言模型，只训练连接器", 3, "diary.md"),
        Quote("it reaches 65.2 on VQAv2", 4, "notes/readers.md"),
        Quote("Gamma 凍結視覺編碼器與語言模型，\n只訓練投影層。", 6, "trad.txt"),
        Quote("keeps the language model frozen", 10, "notes/readers.md"),
        Quote("the learning rate is 1e-4", 12, None),
        Quote("A block quote — with a dash and no source.", 18, None),
    ]


def test_quotes_of_our_own_answers() -> None:
    citation = {"marker": 1, "source": "notes/readers.md", "start": 5, "end": 12, "quote": "Readers"}
    answer = {"id": "q7", "answer": "“Readers” [1] and the term “frozen”", "citations": [citation]}
    expected = [
        Quote("Readers", 2, "notes/readers.md", 5, 12, "q7 [1]"),
        Quote("Readers", 2, "notes/readers.md", label="q7 [1] shown"),
    ]
    lines = json.dumps({**answer, "citations": [], "answer": "no quote"}) + "\n" + json.dumps(answer) + "\n"
    assert read_quotes(lines, "answers.jsonl") == expected
    assert [q.line for q in read_quotes(json.dumps(answer, indent=1), "answer.json")] == [1, 1]


@pytest.mark.parametrize(
    ("text", "said"), [("{", "a.json:1: is not JSON"), ('{"a": 1}\n{"b": 2}', "a.json:1: not an answer")]
)
def test_what_is_no_answer_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_quotes(text, "a.json")
