"""What the tests share: a small library in three languages, and the real notes where they lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config

# a busy machine is no fault of the code: how long an example takes is not tested
settings.register_profile("vlmrag", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("vlmrag")
ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    (tmp_path / "data" / "notes").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def ingest_note(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a note the library of a home that commands then read, with the double of the encoder; returns the home."""

    def ingest(text: str, name: str = "two.md") -> Path:
        monkeypatch.setenv("VLMRAG_HOME", str(home))
        monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
        (home / "data/notes" / name).write_text(text, "utf-8")
        assert main(["ingest"]) == 0
        return home

    return ingest


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The notes that ship with vlmrag, read with the real encoder."""
    home = tmp_path_factory.mktemp("shipped")
    (home / "data").symlink_to(ROOT / "data")
    assistant = Assistant(Config.load(home))
    report = assistant.ingest()
    assert report.skipped == ()
    return assistant


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The five real notes, read with the real encoder; skips where they are missing."""
    notes = SHARED / "notes"
    if not notes.is_dir():
        pytest.skip("../shared/notes is missing")
    assistant = Assistant(Config.load(tmp_path_factory.mktemp("real")))
    report = assistant.ingest([notes])
    assert report.skipped == ()
    return assistant
