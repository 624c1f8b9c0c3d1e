"""What a person does with an answer: watches it come, stops it, asks again, copies it, sorts it, filters the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser import CHROMIUM, Tab, serve
from tests.ui.fake_library import FROZEN

HERE = Path(__file__).parent
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
LIST = "Which models freeze the language model?"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the fake library."""
    with serve(tmp_path_factory.mktemp("page") / "server.log", HERE / "fake_library.py") as url:
        yield url


def read_papers(answer: Any) -> list[str]:
    """The papers of a list, from top to bottom."""
    names: list[str] = answer.locator("table.verdicts").first.locator("tbody th").all_inner_texts()
    return names


def test_a_list_is_sorted_up_down_and_back_and_stays_so(open_tab: Any) -> None:
    tab = open_tab()
    answer = tab.ask(LIST)
    year = answer.locator("table.verdicts").first.get_by_role("button", name="Year")
    heads = answer.locator("table.verdicts").first.locator("thead th")
    seen = []
    for _ in range(3):
        year.click()
        seen.append((read_papers(answer), heads.nth(1).get_attribute("aria-sort")))
    assert seen == [
        (["Atlas", "Brook"], "ascending"),
        (["Brook", "Atlas"], "descending"),
        (["Atlas", "Brook"], None),
    ]
    answer.get_by_role("button", name="Paper").first.click()
    answer.get_by_role("button", name="Paper").first.click()
    assert read_papers(answer) == ["Brook", "Atlas"]
    answer.locator(".chip").first.click()
    tab.page.locator("#passage mark").wait_for()
    assert read_papers(answer) == ["Brook", "Atlas"]
    assert tab.page.locator("#passage h2").inner_text() == "Brook"


def test_an_answer_is_stopped_and_asked_again(open_tab: Any) -> None:
    tab = open_tab()
    tab.box.fill("slow Atlas")
    tab.box.press("Enter")
    stop = tab.page.get_by_role("button", name="Stop")
    stop.click()
    tab.page.locator(".stopped", has_text="Stopped.").wait_for()
    assert tab.page.locator(".exchange article").count() == 0
    tab.page.locator("#ask").wait_for()
    assert not stop.is_visible()
    tab.page.get_by_role("button", name="Ask again").click()
    tab.page.locator(".exchange article", has_text="frozen").wait_for()
    assert tab.page.locator(".exchange").count() == 1
    assert tab.page.locator(".stopped").count() == 0


def test_an_answer_is_copied_with_its_proof(open_tab: Any) -> None:
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    answer = tab.ask("Tell me of Atlas")
    answer.get_by_role("button", name="Copy as Markdown").click()
    answer.get_by_role("button", name="Copied").wait_for()
    assert tab.page.evaluate("navigator.clipboard.readText()") == (
        "### Tell me of Atlas\n\n**Atlas** keeps the language model frozen [1].\n\n"
        "> only a small bridge is trained [1]\n\n"
        f"[1] Atlas: “{FROZEN[0].quote}” (notes/atlas.md, line 5)  \n"
    )


def test_filters_hold_for_the_questions_that_follow(open_tab: Any) -> None:
    tab = open_tab()
    assert read_papers(tab.ask(LIST)) == ["Atlas", "Brook"]
    tab.page.locator(".filters summary").click()
    tab.page.locator(".filters select[name=first]").select_option("2023")
    named = tab.page.locator(".filters .named")
    named.get_by_text("2023–").wait_for()
    answer = tab.ask(LIST)
    assert answer.locator(".limits").inner_text() == "2023–"
    assert read_papers(answer) == ["Brook"]
    tab.page.get_by_role("radio", name="简体").check()
    tab.page.locator(".filters", has_text="筛选").wait_for()
    assert tab.page.locator(".filters select[name=first]").input_value() == "2023"
    tab.page.locator(".filters").get_by_role("button", name="清除").click()
    named.get_by_text("2023–").wait_for(state="detached")
    assert read_papers(tab.ask(LIST)) == ["Atlas", "Brook"]
    assert tab.page.locator(".exchange").nth(1).locator(".limits").inner_text() == "2023–"


def test_all_of_it_goes_by_the_keyboard(open_tab: Any) -> None:
    tab: Tab = open_tab()
    tab.page.wait_for_function("document.activeElement.placeholder === 'Ask about your papers'")
    tab.page.keyboard.type(LIST)
    tab.page.keyboard.press("Enter")
    tab.page.locator(".after").wait_for()
    walked = []
    for _ in range(14):
        tab.page.keyboard.press("Shift+Tab")
        walked.append(tab.page.evaluate("document.activeElement.textContent.trim()"))
        if walked[-1] == "Paper":
            break
    assert walked[::-1] == ["Paper", "Year", "Says", "Atlas", "1", "Brook", "2", "Also looked at (1)", *walked[1::-1]]
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Enter")
    assert read_papers(tab.page.locator(".exchange")) == ["Brook", "Atlas"]
    for _ in range(4):
        tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_function("document.activeElement.className === 'passage-text'")
    assert tab.page.locator("#passage h2").inner_text() == "Brook"
    tab.page.keyboard.press("Escape")
    tab.page.locator("#passage mark").wait_for(state="detached")
    assert tab.page.evaluate("document.activeElement.className") == "chip"


def test_a_note_opens_at_the_quote_in_a_window_of_its_own(open_tab: Any) -> None:
    tab = open_tab()
    tab.ask("Tell me of Atlas").locator(".chip").first.click()
    link = tab.page.get_by_role("link", name="Open the note there")
    with tab.page.context.expect_page() as opened:
        link.click()
    note = opened.value
    note.locator("mark", has_text=FROZEN[0].quote).wait_for()
    assert note.url.endswith("#quote")
    assert note.title() == "notes/atlas.md"
    note.close()


def test_a_refusal_offers_the_nearest_and_no_table(open_tab: Any) -> None:
    answer = open_tab().ask("something else")
    assert answer.locator(".refused").inner_text() == "Not in the library"
    assert answer.locator("table").count() == 0
    assert answer.locator(".nearest").inner_text().startswith("Atlas")


def test_while_an_answer_comes_what_stands_above_does_not_move(open_tab: Any) -> None:
    tab = open_tab(height=500)
    tab.ask(LIST)
    tab.page.evaluate(
        """() => {
          window.shifts = [];
          new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((e) => e.value)))
            .observe({ type: "layout-shift", buffered: false });
        }"""
    )
    tab.ask("Tell me of Atlas")
    tab.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert sum(tab.page.evaluate("window.shifts")) < 0.02
