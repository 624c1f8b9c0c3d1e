"""A server that plays models, and a small library that they word."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.answer.writing.fake_server import FakeServer, serve
from vlmrag.assistant import Assistant


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serve(FakeServer()) as fake:
        yield fake


@pytest.fixture
def small(library: Assistant) -> Assistant:
    """The small library, in which no model has written anything yet."""
    shutil.rmtree(library.config.home / "indexes" / ".written", ignore_errors=True)
    return library
