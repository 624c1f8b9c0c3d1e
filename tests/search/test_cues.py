"""The cues as a data file: every pattern compiles by itself, says nothing twice, and reads folded text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from vlmrag.language.fold import fold
from vlmrag.search.cues import Cues, blank

TABLE: dict[str, Any] = tomllib.loads(resources.files("vlmrag.search").joinpath("questions.toml").read_text("utf-8"))


def find_lists(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every list of patterns with the path of its keys."""
    for key, value in table.items():
        if isinstance(value, list):
            yield f"{path}{key}", value
        elif isinstance(value, dict):
            yield from find_lists(value, f"{path}{key}.")


@pytest.mark.parametrize(("path", "patterns"), list(find_lists(TABLE)), ids=lambda x: x if isinstance(x, str) else "")
def test_patterns_are_whole_single_and_folded(path: str, patterns: list[str]) -> None:
    assert len(patterns) == len(set(patterns))
    for pattern in patterns:
        names = set(re.findall(r"(?<!\?P)<(\w+)>", pattern))
        assert names <= set(TABLE["parts"])
        re.compile(re.sub(r"(?<!\?P)<\w+>", "x", pattern))
        plain = re.sub(r"\\[A-Z]|\(\?P", "", pattern)
        assert fold(plain) == plain


def test_words_of_asking_are_said_once() -> None:
    words = TABLE["frame"]["words"].split()
    assert len(words) == len(set(words))
    assert [fold(word) for word in words] == words


def test_what_stands_for_a_pattern_is_put_in() -> None:
    table = {
        **TABLE,
        "parts": {"paper": "(?:memo)"},
        "kinds": {"find": [r"\bwhich <paper>\b", "(?P<twice>.)不(?P=twice)"]},
    }
    find = Cues(table).kinds["find"]
    assert find.search("which memo is it")
    assert find.search("是不是")
    assert not find.search("which paper is it")


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ("is it frozen or not", "is it frozen  "),
        ("是不是冻结", "是冻结"),
        ("支持不支持音频", "支持音频"),
        ("能不能处理", "能处理"),
        ("有没有音频", " 音频"),
        ("不支持音频", "不支持音频"),
        ("不是不冻结", "不是不冻结"),
    ],
)
def test_undecided_words_deny_nothing(text: str, decided: str) -> None:
    assert Cues.load().decide(text) == decided


def test_blank_keeps_every_other_character_in_its_place() -> None:
    assert blank("abcdef", [(1, 3), (5, 6)]) == "a  de "
    assert blank("abc", []) == "abc"
