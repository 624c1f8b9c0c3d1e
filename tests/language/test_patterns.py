"""Patterns that wait to be compiled find what the same patterns find that were compiled at once."""

from __future__ import annotations

import re

import pytest

from vlmrag.language.patterns import Patterns, compile_later


def test_patterns_by_name_are_written_when_first_looked_up_and_once() -> None:
    written: list[str] = []

    def write(name: str) -> str:
        written.append(name)
        return f"{name}+"

    patterns = Patterns(["b", "a"], write)
    assert (list(patterns), len(patterns), written) == (["b", "a"], 2, [])
    assert ["a" in patterns, "c" in patterns, written] == [True, False, []]
    assert [patterns["a"].findall("aab"), patterns["a"].findall("ba")] == [["aa"], ["a"]]
    assert written == ["a"]
    assert [(name, pattern.pattern) for name, pattern in patterns.items()] == [("b", "b+"), ("a", "a+")]
    with pytest.raises(KeyError, match="c"):
        patterns["c"]


def test_a_pattern_compiled_later_is_the_one_compiled_at_once() -> None:
    text = "Blip, flip\nBLIP"
    later, now = (make(r"(?P<name>bl)ip", re.IGNORECASE) for make in (compile_later, re.compile))
    assert later.pattern == now.pattern
    assert [m.span("name") for m in later.finditer(text)] == [m.span("name") for m in now.finditer(text)]
    assert later.sub("x", text) == now.sub("x", text)
    assert (later.flags, later.groups, dict(later.groupindex)) == (now.flags, now.groups, dict(now.groupindex))
    assert later.search(text, 5, 9) is now.search(text, 5, 9) is None


def test_a_pattern_that_is_wrong_is_told_when_it_is_used() -> None:
    wrong = compile_later("(")
    with pytest.raises(re.error, match="unterminated"):
        wrong.search("x")
