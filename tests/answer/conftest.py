"""The small library, as it is asked and as a question meets it, and a server that plays models."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.answer.made_papers import make_papers
from tests.answer.writing.fake_server import FakeServer, serve
from tests.search.small_library import NOTES, make_library, open_catalogue
from vlmrag.assistant import Assistant
from vlmrag.search.catalogue import Catalogue


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("small"), NOTES)


@pytest.fixture(scope="session")
def catalogue(library: Assistant) -> Catalogue:
    return open_catalogue(library)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serve(FakeServer()) as fake:
        yield fake


@pytest.fixture
def small(library: Assistant) -> Assistant:
    """The small library, in which no model has written anything yet."""
    shutil.rmtree(library.config.home / "indexes" / ".written", ignore_errors=True)
    return library


@pytest.fixture(scope="session")
def boats(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Two papers and a note on boats."""
    return make_papers(tmp_path_factory.mktemp("boats"))
