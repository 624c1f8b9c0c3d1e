"""A browser for the tests that need one; each module says by a fixture `address` what it opens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser import CHROMIUM, FLAGS, Tab


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(address: str, chromium: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Opens tabs; afterwards nothing was asked of another host, nothing complained, and a picture is left."""
    tabs: list[Tab] = []

    def open_one(width: int = 1280, height: int = 800, script: str = "", **options: Any) -> Tab:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.add_init_script(script)
        context.set_default_timeout(60_000)  # a busy machine takes its time
        tabs.append(Tab(context, address))
        return tabs[-1]

    yield open_one
    folder = Path(os.environ.get("VLMRAG_SCREENSHOTS", tmp_path))
    for number, tab in enumerate(tabs):
        folder.mkdir(parents=True, exist_ok=True)
        tab.page.screenshot(path=folder / f"{request.node.name}-{number}.png")
        tab.page.context.close()
    assert [tab.abroad for tab in tabs] == [[]] * len(tabs)
    assert [tab.complaints for tab in tabs] == [[]] * len(tabs)
