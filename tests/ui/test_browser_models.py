"""A model chosen at the page: its words are shown once they are proven, and whatever it does the page goes on.

The server is a real one on this machine and plays models, see `tests/answer/writing/fake_server.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.answer.writing.fake_server import FakeServer
from tests.answer.writing.fake_server import serve as serve_models
from tests.search.small_library import NOTES, make_library
from tests.ui.browser import CHROMIUM, CONTRAST, Tab, serve

HERE = Path(__file__).parent
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
FACT = "What does Lumen-1 do?"
READS = "It reads 4 million image-text pairs"
FREEZES = "Lumen-1 keeps the language model frozen"
NAMES = ("bad_json", "dies", "drips", "good", "liar", "silent", "step_by_step")


@pytest.fixture(scope="module")
def models() -> Iterator[FakeServer]:
    with serve_models(FakeServer(models=[{"id": name} for name in NAMES])) as fake:
        yield fake


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, models: FakeServer) -> Iterator[str]:
    """The page over the small library; this machine has one server of models."""
    home = tmp_path_factory.mktemp("home")
    make_library(home, NOTES).close()
    port = models.host.rpartition(":")[2]
    env = {"VLMRAG_HOME": str(home), "VLMRAG_ENCODER": "hashing"}
    with serve(home / "server.log", HERE / "worded_page.py", port, **env) as url:
        yield url


def choose(tab: Tab, model: str) -> None:
    """Choose a model with the pointer; the empty name is none."""
    tab.page.locator("#models summary").click()
    tab.page.locator(f'#models input[value$="#{model}"]' if model else '#models input[value=""]').click()
    tab.page.wait_for_function("(name) => document.querySelector('#models .named').textContent === name", arg=model)


def read_text(exchange: Any) -> str:
    """What an answer says as proven: its article, without the line of its model and without what was struck."""
    text: str = exchange.locator("article .text").inner_text()
    return text


def test_nobody_is_asked_before_the_choice_is_opened(open_tab: Any, models: FakeServer) -> None:
    models.paths.clear()
    tab = open_tab()
    tab.ask(FACT)
    assert models.paths == []
    assert not tab.page.locator("#models .menu").is_visible()
    summary = tab.page.locator("#models summary")
    assert summary.inner_text() == "Model"
    summary.focus()
    tab.page.keyboard.press("Enter")
    tab.page.locator('#models input[value$="#good"]').wait_for()
    assert models.paths == ["/v1/models"]
    tab.page.keyboard.press("Tab")
    for _ in range(4):
        tab.page.keyboard.press("ArrowDown")
    tab.page.locator("#models .named", has_text="good").wait_for()
    tab.page.keyboard.press("Escape")
    assert not tab.page.locator("#models .menu").is_visible()
    assert tab.page.evaluate("document.activeElement.localName") == "summary"
    models.models.append({"id": "new"})
    tab.page.keyboard.press("Enter")
    tab.page.locator('#models input[value$="#new"]').wait_for()
    del models.models[-1]
    tab.page.get_by_role("button", name="Look again").click()
    tab.page.locator('#models input[value$="#new"]').wait_for(state="detached")


def test_a_sentence_is_shown_once_it_is_proven(open_tab: Any, models: FakeServer) -> None:
    tab = open_tab()
    choose(tab, "step_by_step")
    steps = models.steps = threading.Semaphore(0)
    models.text = f"{READS} [1]. It is loved by all [2]. {FREEZES} [2]. "
    tab.box.fill(FACT)
    tab.box.press("Enter")
    exchange = tab.page.locator(".exchange.writing")
    exchange.locator(".waiting", has_text="step_by_step is reading the passages").wait_for()
    assert f"“{READS} [3].”" in read_text(exchange)
    steps.release()
    exchange.locator(".waiting", has_text="1 of 1 sentences proven").wait_for()
    assert f"{READS}. 1" in " ".join(read_text(exchange).split())
    exchange.locator(".chip", has_text="1").click()
    tab.page.locator("#passage mark", has_text=READS).wait_for()
    steps.release()
    exchange.locator(".waiting", has_text="1 of 2 sentences proven, 1 not supported and left out").wait_for()
    exchange.locator(".chip[aria-current]", has_text="1").wait_for()
    assert "loved" not in read_text(exchange)
    steps.release()
    steps.release()
    done = tab.page.locator(".exchange:not(.pending)")
    done.locator(".written", has_text="2 of 3 sentences proven, 1 not supported and left out").wait_for()
    assert done.locator(".struck del").all_inner_texts() == ["It is loved by all."]
    assert done.locator(".struck .says").all_inner_texts() == ["not supported"]
    assert "loved" not in read_text(done)
    assert done.locator(".chip[aria-current]").inner_text() == "1"


def test_whatever_a_model_does_the_page_goes_on(open_tab: Any, models: FakeServer) -> None:
    tab = open_tab()
    quoted = read_text(tab.ask(FACT))
    models.text = f"{FREEZES} [1]. " * 3
    for model, told in {
        "liar": "0 of 9 sentences proven, 9 not supported and left out",
        "bad_json": "the server sends what is no JSON",
        "silent": "not a byte for 0.5 s",
        "dies": "the connection broke off",
    }.items():
        choose(tab, model)
        answer = tab.ask(FACT)
        assert told in answer.locator(".written").inner_text()
        assert "The answer is quotes alone" in answer.locator(".written").inner_text()
        assert read_text(answer) == quoted
    choose(tab, "")
    assert read_text(tab.ask(FACT)) == quoted
    assert tab.page.locator(".written").count() == 4
    assert tab.page.evaluate(CONTRAST) == []


def test_models_that_write_on_hold_up_nobody_until_they_are_stopped_or_left(open_tab: Any, models: FakeServer) -> None:
    tabs = [open_tab() for _ in range(4)]  # as many as there are places for calls of the library
    for tab in tabs:
        choose(tab, "drips")
        tab.box.fill(FACT)
        tab.box.press("Enter")
        tab.page.locator(".exchange.writing").wait_for()
    other = open_tab()
    assert other.ask(FACT).locator(".written").count() == 0
    assert other.page.locator("#models .named").inner_text() == ""
    first, second, *_ = tabs
    for tab in (first, second):
        models.gone.clear()
        if tab is first:
            tab.page.get_by_role("button", name="Stop", exact=True).click()
        else:
            tab.page.goto("about:blank")
        assert models.gone.wait(60)
    second.complaints.clear()  # gradio's, of a connection that was cut
    first.page.locator(".written", has_text="Stopped.").wait_for()
    choose(first, "good")
    models.text = f"{READS} [1]."
    assert "1 of 1 sentences proven" in first.ask(FACT).locator(".written").inner_text()
    assert first.page.locator(".exchange").count() == 2


def test_a_list_keeps_its_verdicts_in_a_models_words(open_tab: Any, models: FakeServer) -> None:
    tab = open_tab(width=390, height=844, locale="zh-TW", color_scheme="dark")
    choose(tab, "good")
    models.text = f"{FREEZES} [1]. Corvid freezes the language model [2]."
    answer = tab.ask("Which models freeze the language model?")
    rows = answer.locator("table.verdicts").first.locator("tbody tr")
    assert rows.locator("th").all_inner_texts() == ["Lumen-1", "Ermine"]
    assert rows.locator(".quote").all_inner_texts() == [f"{FREEZES}. 1", "凍結語言模型，生成圖像。 2"]
    assert answer.locator(".written").inner_text() == "good: 2 句中 1 句有據，1 句沒有依據，未採用"
    assert answer.locator(".struck del").all_inner_texts() == ["Corvid freezes the language model."]
    tab.page.locator("#models summary").click()
    tab.page.locator("#models .menu").wait_for()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.page.evaluate(CONTRAST) == []
