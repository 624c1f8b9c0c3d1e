"""Hostile notes, questions and names in the browser: all of it is seen as the text it is, none of it runs or loads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser import CHROMIUM, Tab, serve
from tests.ui.hostile import LINES

HERE = Path(__file__).parent
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

# Our own HTML, and what is neither a tag nor an attribute nor an address of it.
_FOREIGN = """() => {
  const ours = new Set(("article aside blockquote br button datalist details div em footer h1 h2 h3 h4 header input "
    + "label li mark nav ol option p section select span strong summary table tbody td th thead tr ul a").split(" "));
  const found = [];
  for (const root of document.querySelectorAll("#transcript .html-container, #passage .html-container, #filters")) {
    for (const e of root.querySelectorAll("*")) {
      if (!ours.has(e.localName)) found.push(e.outerHTML.slice(0, 80));
      for (const { name, value } of e.attributes) {
        if (name.startsWith("on")) found.push(name);
        if (["href", "src", "action", "formaction"].includes(name) && !value.startsWith("/note/")) found.push(value);
      }
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the hostile library."""
    with serve(tmp_path_factory.mktemp("page") / "server.log", "-m", "tests.ui.hostile") as url:
        yield url


@pytest.fixture
def tab(open_tab: Any) -> Iterator[Tab]:
    """A window in which nothing ran and nothing was loaded, when the test is done with it."""
    tab: Tab = open_tab()
    loaded: list[str] = []
    tab.page.on("request", lambda request: loaded.append(request.url))
    yield tab
    assert tab.page.evaluate("[window.hit, document.title]") == [None, "vlmrag"]
    assert [url for url in loaded if "canary" in url or url.startswith("data:text")] == []
    assert tab.page.evaluate(_FOREIGN) == []


def clean(text: str) -> str:
    """The words as a browser shows them in running text: control characters and runs of space are one space."""
    return " ".join("".join(c if c >= " " and c != "\u202e" else " " for c in text).split())


def test_there_are_enough_of_them() -> None:
    assert len(set(LINES)) == len(LINES) >= 40


def test_an_answer_of_hostile_papers_is_text(tab: Tab) -> None:
    answer = tab.ask(" ".join(LINES))
    assert clean(answer.locator(".asked").inner_text()).endswith(clean(" ".join(LINES)))
    names = answer.locator("table.verdicts").first.locator("tbody th").all_inner_texts()
    assert [clean(name) for name in names] == [clean(line) for line in LINES]
    reasons = answer.locator("table.verdicts").first.locator(".why").all_inner_texts()
    assert [clean(reason) for reason in reasons] == [clean(line) for line in LINES]
    answer.locator("summary").click()
    answer.locator("[data-sort]").first.click()


def test_every_hostile_passage_is_text_and_opens_as_text(tab: Tab) -> None:
    answer = tab.ask("all")
    wrong = []
    for number, line in enumerate(LINES, start=1):
        answer.locator(f'.text .chip[data-marker="{number}"]').first.click()
        panel = tab.page.locator("#passage .passage", has=tab.page.locator(f'.number:text-is("{number}")'))
        panel.wait_for()
        if clean(panel.locator("mark").inner_text()) != clean(line):
            wrong.append(line)
        if number % 2 == 0:
            link = panel.locator(".foot a").get_attribute("href")
            reply = tab.page.request.get(f"{tab.page.url.rstrip('/')}{link.partition('#')[0]}")
            if reply.status != 200 or "sandbox" not in reply.headers["content-security-policy"]:
                wrong.append(link)
    assert wrong == []


def test_a_hostile_note_in_a_window_of_its_own_runs_nothing(tab: Tab) -> None:
    answer = tab.ask("all")
    answer.locator('.text .chip[data-marker="2"]').first.click()
    link = tab.page.locator("#passage .foot a")
    with tab.page.context.expect_page() as opened:
        link.click()
    note = opened.value
    note.wait_for_load_state()
    assert clean(note.locator("mark").inner_text()) == clean(LINES[1])
    assert note.locator(":is(script, img, link, iframe)").count() == 0
    note.close()


@pytest.mark.parametrize("line", [LINES[0], LINES[10], LINES[45], LINES[50]])
def test_a_hostile_question_and_filter_are_text(tab: Tab, line: str) -> None:
    tab.page.locator(".filters summary").click()
    field = tab.page.locator('.filters input[name="org"]')
    field.fill(line)
    field.press("Enter")
    field.blur()
    tab.page.locator(".filters .named:not(:empty)").wait_for()
    answer = tab.ask(line)
    assert clean(answer.locator(".asked").inner_text()).endswith(clean(line))
    assert clean(answer.locator(".limits").inner_text()) == clean(line)


def test_what_is_copied_of_a_hostile_answer_is_its_words(tab: Tab) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = tab.ask("all")
    answer.get_by_role("button", name="Copy as Markdown").click()
    answer.get_by_role("button", name="Copied").wait_for()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert LINES[0] in copied
    assert LINES[-1] in copied


def test_a_table_of_hostile_papers_is_text(tab: Tab) -> None:
    tab.page.locator("#tab-papers-button").click()
    tab.page.locator("#tab-papers", has_text=LINES[0]).wait_for()
    live = tab.page.locator("gradio-app :is(script, iframe, object, embed, base, meta, form, [onerror], [onload])")
    assert live.count() == 0
