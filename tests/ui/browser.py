"""Chromium as a person uses it: tabs that keep what they asked for and complained about; and a server to open."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def serve(log: Path, *command: str | Path, **env: str) -> Iterator[str]:
    """Run a server in a process of its own, the port its last argument; its address, once `log` tells it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")} | env
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, *command, str(port)], stdout=out, stderr=out, env=environment)
    try:
        for _ in range(1000):  # a busy machine takes its time
            if url in log.read_text() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert url in log.read_text(), log.read_text()
        yield url
    finally:
        process.terminate()
        process.wait(10)


class Tab:
    """One browser tab, and what it asked for and complained about."""

    def __init__(self, context: Any, url: str) -> None:
        self.page = context.new_page()
        self.abroad: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda r: self._note(self.abroad, r.url, not r.url.startswith((url, "data:", "blob:"))))
        self.page.on("console", lambda m: self._note(self.complaints, m.text, m.type == "error"))
        self.page.on("pageerror", lambda e: self._note(self.complaints, str(e), True))
        self.page.on("dialog", self._dismiss)
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Wait until the page speaks its reader's language, as a person does who reads before typing."""
        self.page.locator("html[data-speaks]").wait_for(state="attached")
        self.box.wait_for()
        self.page.locator(".examples button").first.wait_for()

    def _note(self, notes: list[str], text: str, wanted: bool) -> None:
        if wanted:
            notes.append(text)

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    @property
    def box(self) -> Any:
        return self.page.locator("#question textarea")

    def open(self, name: str) -> Any:
        """Open a tab of the page by the name of its file, whatever it is called in the reader's language."""
        self.page.locator(f"#tab-{name}-button").click()
        return self.page

    def ask(self, question: str) -> Any:
        """Ask, wait for the answer, and return its element."""
        count = self.page.locator(".exchange").count()
        self.box.fill(question)
        self.box.press("Enter")
        exchange = self.page.locator(".exchange").nth(count)
        exchange.locator(".maker, .problem").wait_for()
        return exchange
