"""A person at the page, in Chromium: asks in three languages, opens citations, follows up; nothing goes abroad."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser import CHROMIUM, CONTRAST, serve

HERE = Path(__file__).parent
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server says, its network calls among it."""
    return tmp_path_factory.mktemp("page") / "server.log"


@pytest.fixture(scope="module")
def address(log: Path) -> Iterator[str]:
    """The page over the fake library."""
    with serve(log, HERE / "fake_library.py") as url:
        yield url


@pytest.mark.parametrize(
    ("locale", "question", "placeholder", "coverage"),
    [
        ("en-GB", "Which models freeze the language model?", "Ask about your papers", "3 of 3 papers examined"),
        ("zh-CN", "哪些模型冻结了语言模型？", "询问你的论文", "共 3 篇论文，已查 3 篇"),
        ("zh-TW", "哪些模型凍結了語言模型？", "詢問你的論文", "共 3 篇論文，已查 3 篇"),
    ],
    ids=["en", "zh-Hans", "zh-Hant"],
)
def test_one_asks_in_three_languages(
    open_tab: Any, locale: str, question: str, placeholder: str, coverage: str
) -> None:
    tab = open_tab(locale=locale)
    tab.page.wait_for_function("text => document.activeElement.placeholder === text", arg=placeholder)
    answer = tab.ask(question)
    assert answer.locator(".asked").inner_text().endswith(question)
    assert answer.locator(".coverage").inner_text().startswith(coverage)
    assert answer.locator(".verdicts").first.locator("tbody th").all_inner_texts() == ["Atlas", "Brook"]
    assert tab.box.input_value() == ""


WATCH = """
  window.seen = new Set();
  const look = () => {
    for (const e of document.querySelectorAll("h1, .welcome p, #ask, [role=tab]")) {
      if (e.checkVisibility({ opacityProperty: true })) window.seen.add(e.innerText.trim());
    }
    requestAnimationFrame(look);
  };
  look();
"""


@pytest.mark.parametrize(
    ("locale", "shown"), [("zh-CN", "提问"), ("zh-TW", "提問"), ("en-GB", "Ask"), ("fr-FR", "Ask")]
)
def test_no_one_sees_another_language_flash_by(open_tab: Any, locale: str, shown: str) -> None:
    tab = open_tab(locale=locale, script=WATCH)
    tab.page.locator("#ask", has_text=shown).wait_for()
    tab.page.wait_for_function("shown => window.seen.has(shown)", arg=shown)
    seen = set(tab.page.evaluate("[...window.seen]"))
    assert shown in seen
    assert not seen & ({"Ask", "提问", "提問"} - {shown})


def test_a_chip_opens_its_passage_and_the_keyboard_finds_back(open_tab: Any) -> None:
    tab = open_tab(height=500)
    answer = tab.ask("Which models freeze the language model?")
    chip = answer.locator(".chip").first
    chip.focus()
    tab.page.keyboard.press("Enter")
    mark = tab.page.locator("#passage mark")
    mark.wait_for()
    assert mark.inner_text() == "The language model is kept frozen; only a small bridge is trained."
    assert tab.page.locator("#passage .place").inner_text() == "notes/atlas.md line 5"
    assert tab.page.locator("#passage .path").inner_text() == "Bridges › Atlas (2021)"
    tab.page.wait_for_function("document.activeElement.className === 'passage-text'")
    panel, box = tab.page.locator(".passage-text").bounding_box(), mark.bounding_box()
    assert panel["y"] <= box["y"]
    assert box["y"] + box["height"] <= panel["y"] + panel["height"]
    assert tab.page.locator(".passage-text").evaluate("e => e.scrollTop") > 0
    assert tab.page.locator(".chip[aria-current]").all_inner_texts() == ["1"]
    tab.page.keyboard.press("Escape")
    mark.wait_for(state="detached")
    assert chip.evaluate("e => e === document.activeElement")
    assert tab.page.locator(".chip[aria-current]").count() == 0


def test_opening_a_passage_moves_nothing_else(open_tab: Any) -> None:
    tab = open_tab()
    answer = tab.ask("Which models freeze the language model?")
    tab.page.wait_for_timeout(600)
    before = answer.bounding_box()
    answer.locator(".chip").nth(1).click()
    tab.page.locator("#passage mark", has_text="它冻结了语言模型").wait_for()
    assert answer.bounding_box() == before


def test_what_was_unfolded_stays_unfolded(open_tab: Any) -> None:
    tab = open_tab()
    answer = tab.ask("Which models freeze the language model?")
    answer.locator("summary").click()
    chip = answer.locator("details .chip")
    chip.click()
    tab.page.locator("#passage mark", has_text="Lantern").wait_for()
    assert chip.is_visible()
    tab.page.keyboard.press("Escape")
    tab.page.locator("#passage mark").wait_for(state="detached")
    assert chip.evaluate("e => e === document.activeElement")
    tab.ask("Tell me of Atlas")
    assert chip.is_visible()
    answer.locator("summary").click()
    tab.ask("Tell me of Atlas")
    assert not chip.is_visible()


def test_one_follows_up_and_starts_afresh(open_tab: Any) -> None:
    tab = open_tab()
    tab.page.locator(".examples button").first.click()
    tab.page.locator(".maker").wait_for()
    assert "You asked 1 before, first: What is Atlas?" in tab.ask("what is it ?").inner_text()
    tab.page.get_by_role("button", name="New conversation").click()
    tab.page.locator(".welcome").wait_for()
    assert tab.page.locator(".exchange").count() == 0
    assert "Not in the library" in tab.ask("what is it ?").inner_text()


def test_two_tabs_share_nothing_and_a_reload_starts_clean(open_tab: Any) -> None:
    first, second = open_tab(), open_tab()
    first.ask("Tell me of Atlas")
    assert "Not in the library" in second.ask("what is it ?").inner_text()
    assert first.page.locator(".exchange").count() == 1
    first.page.reload()
    first.settle()
    assert first.page.locator(".exchange").count() == 0
    first.ask("Tell me of Atlas")


def test_hostile_notes_are_shown_and_never_run(open_tab: Any) -> None:
    tab = open_tab()
    answer = tab.ask("hostile <img src=x onerror=alert(1)> ${alert(2)}")
    assert "<script>document.title=" in answer.inner_text()
    assert "![pixel](http://tracker.example/p.png)" in answer.inner_text()
    answer.locator(".chip").click()
    tab.page.locator("#passage mark", has_text="{{value}}").wait_for()
    assert tab.page.locator("#passage .file").inner_text() == "notes/lantern <b>.md"
    assert tab.page.locator(":is(#transcript, .passage-text) :is(img, a, script, iframe)").count() == 0
    assert tab.page.title() == "vlmrag"


def test_what_goes_wrong_is_told_in_plain_words(open_tab: Any) -> None:
    tab = open_tab()
    assert "The question is too long" in tab.ask("x" * 1001).inner_text()
    broken = tab.ask("broken").inner_text()
    assert "Something went wrong that should not have." in broken
    assert "Traceback" not in tab.page.inner_text("body")
    assert "frozen" in tab.ask("Tell me of Atlas").inner_text()


def test_a_second_question_waits_in_the_box(open_tab: Any) -> None:
    tab = open_tab()
    tab.box.fill("slow Atlas")
    tab.box.press("Enter")
    tab.page.locator(".waiting").wait_for()
    tab.box.fill("and then?")
    tab.box.press("Enter")
    tab.page.locator(".maker").wait_for()
    assert tab.page.locator(".exchange").count() == 1
    assert tab.box.input_value() == "and then?"


def test_the_language_is_switched_and_remembered(open_tab: Any) -> None:
    tab = open_tab()
    tab.ask("Which models freeze the language model?")
    tab.page.get_by_role("radio", name="繁體").check()
    tab.page.locator(".coverage", has_text="共 3 篇論文").wait_for()
    assert tab.page.locator("#ask").inner_text() == "提問"
    tab.page.reload()
    tab.page.locator(".examples button", has_text="Atlas 是什麼？").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(open_tab: Any, scheme: str) -> None:
    tab = open_tab(390, 800, color_scheme=scheme, has_touch=True)
    answer = tab.ask("Which models freeze the language model?")
    chip = answer.locator(".chip").first
    chip.tap()
    tab.page.locator("#passage mark").wait_for()
    tab.page.wait_for_timeout(600)
    sheet = tab.page.locator(".passage").bounding_box()
    assert (sheet["x"], sheet["width"]) == (0, 390)
    assert chip.bounding_box()["y"] + chip.bounding_box()["height"] <= sheet["y"]
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 390
    tab.page.locator(".close").tap()
    tab.page.locator("#passage mark").wait_for(state="detached")
    assert not tab.page.locator("#passage").is_visible()
    assert tab.page.locator("#ask").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_aa_contrast(open_tab: Any, scheme: str) -> None:
    tab = open_tab(color_scheme=scheme)
    assert tab.page.evaluate(CONTRAST) == []
    tab.ask("something else")
    tab.ask("x" * 1001)
    answer = tab.ask("Which models freeze the language model?")
    answer.locator("summary").click()
    answer.locator(".chip").nth(2).click()
    tab.page.locator("#passage mark").wait_for()
    assert tab.page.evaluate(CONTRAST) == []


def test_the_server_asks_no_other_machine(log: Path, open_tab: Any) -> None:
    open_tab().ask("Tell me of Atlas")
    asked = set(re.findall(r"^net (.*)$", log.read_text(), re.MULTILINE))
    assert asked <= {"127.0.0.1", "localhost", "None"}
