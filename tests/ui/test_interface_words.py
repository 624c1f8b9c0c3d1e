"""The interface's words: complete in three languages, chosen by the browser, examples made of the library."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from tests.ui.fake_library import ATLAS, BROOK, FakeLibrary
from vlmrag.types import Paper
from vlmrag.ui.words import LANGUAGES, choose_language, load_words, make_examples

TABLES: dict[str, Any] = tomllib.loads(files("vlmrag.ui").joinpath("words.toml").read_text("utf-8"))


def places_of(table: dict[str, Any]) -> dict[str, list[str]]:
    flat = {k: v for k, v in table.items() if isinstance(v, str)} | {f"asked.{k}": v for k, v in table["asked"].items()}
    return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in flat.items()}


def test_every_language_has_the_same_keys_and_places() -> None:
    assert tuple(TABLES) == LANGUAGES
    assert places_of(TABLES["zh-Hans"]) == places_of(TABLES["zh-Hant"]) == places_of(TABLES["en"])


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-GB", "en"), ("de", "en"), ("", "en"), ("zho", "en"), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh-hk", "zh-Hant"), ("zh-Hant-TW", "zh-Hant"),
    ],
)  # fmt: skip
def test_the_browser_chooses_the_language(tag: str, language: str) -> None:
    assert choose_language(tag) == language


def test_an_unknown_language_is_answered_in_english() -> None:
    assert load_words("tlh") == load_words("en")


def test_examples_name_what_the_library_has() -> None:
    papers = FakeLibrary().papers()
    assert make_examples(papers, "en") == [
        "What is Atlas?",
        "How does Brook differ from Lantern?",
        "Which papers are about bridges?",
        "Which papers come from North Lab?",
        "Which papers are from 2023?",
    ]
    assert make_examples(papers, "zh-Hant")[0] == "Atlas 是什麼？"


def test_examples_ask_for_what_the_papers_state() -> None:
    papers = FakeLibrary().papers()
    stated = {"frozen": ["whole_model", "llm"], "llm": [], "connector": ["Q-Former", "MLP"]}
    assert make_examples(papers, "en", stated) == [
        "What is Atlas?",
        "Which models keep the language model frozen?",
        "How does Brook differ from Lantern?",
        "Which papers use Q-Former?",
        "Which papers are about bridges?",
    ]
    assert make_examples(papers, "zh-Hans", stated)[1] == "哪些模型冻结了语言模型？"


def test_examples_make_do_with_little() -> None:
    assert make_examples([], "en") == []
    assert make_examples([Paper("name:x", "X" * 100, year=2020)], "en") == ["Which papers are from 2020?"]
    assert make_examples([ATLAS, BROOK][:1], "en")[:1] == ["What is Atlas?"]
