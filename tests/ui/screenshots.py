"""The README's pictures, made anew from the notes that ship with vlmrag: `python -m tests.ui.screenshots FOLDER`.

The pictures are of the page as it is: a library is read into a folder of its own, the page is served over it, and
Chromium looks at it. The same notes and the same fonts give the same pictures.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.ui.browser import CHROMIUM, FLAGS, Tab, serve
from vlmrag.assistant import Assistant
from vlmrag.config import Config

ROOT = Path(__file__).parents[2]
QUESTION = "Which models freeze the language model?"
COMPARED = ("BLIP-2", "Flamingo", "LLaVA", "MiniGPT-4")


def show_answer(tab: Tab) -> None:
    """A list answer, and the passage behind its first number."""
    answer = tab.ask(QUESTION)
    answer.locator(".verdicts .chip").first.click()
    tab.page.locator("#passage mark").wait_for()
    answer.scroll_into_view_if_needed()


def show_paper(tab: Tab) -> None:
    """A paper's own page, and the place where one of its facts stands."""
    page = tab.open("papers")
    page.locator("#papers").get_by_role("button", name="BLIP-2", exact=True).click()
    page.locator("section.alike").wait_for()
    page.locator("section.attributes .chip").first.click()
    page.locator("#papers-passage mark").wait_for()


def show_comparison(tab: Tab) -> None:
    """Papers side by side, and the place of a value."""
    page = tab.open("compare")
    box = page.get_by_role("combobox")
    for name in COMPARED:
        box.fill(name)
        page.get_by_role("option", name=f"{name} (").first.click()
        page.locator("#compare thead th", has_text=name).wait_for()
    page.keyboard.press("Escape")
    page.locator("#compare .chip").first.click()
    page.locator("#compare-passage mark").wait_for()


def show_map(tab: Tab) -> None:
    """The papers on their map, by topic."""
    page = tab.open("map")
    page.locator("#map .label").first.wait_for()
    page.locator('[data-choose="topic"]').click()
    page.locator('#map .point[data-name="BLIP-2"]').hover()
    page.locator("#map .tip").wait_for()


PICTURES: dict[str, tuple[Callable[[Tab], None], dict[str, Any]]] = {
    "ask": (show_answer, {}),
    "papers": (show_paper, {}),
    "compare": (show_comparison, {}),
    "map": (show_map, {}),
    "map-dark": (show_map, {"color_scheme": "dark"}),
    "phone": (show_answer, {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}),
}
"""By the name of the file, what is shown and how the browser is set."""


def make_pictures(folder: Path) -> list[Path]:
    """Write all pictures into a folder, and return where they lie."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch) / "home"
        shutil.copytree(ROOT / "data" / "notes", home / "data" / "notes")
        Assistant(Config(home)).ingest()
        command = ("-m", "vlmrag.cli", "chat", "--home", str(home), "--port")
        with serve(Path(scratch) / "server.log", *command) as url:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, (show, options) in PICTURES.items():
                usual = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce"}
                context = browser.new_context(**(usual | options), device_scale_factor=1.5)
                tab = Tab(context, url)
                show(tab)
                tab.page.wait_for_function("document.fonts.status === 'loaded'")
                made.append(folder / f"{name}.png")
                tab.page.screenshot(path=made[-1], animations="disabled", caret="hide")
                context.close()
            browser.close()
    return made


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for picture in make_pictures(Path(sys.argv[1])):
        print(picture)
