"""The small library, as it is asked and as a question meets it."""

from __future__ import annotations

import pytest

from tests.search.small_library import NOTES, make_library, open_catalogue
from vlmrag.assistant import Assistant
from vlmrag.search.catalogue import Catalogue


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("small"), NOTES)


@pytest.fixture(scope="session")
def catalogue(library: Assistant) -> Catalogue:
    return open_catalogue(library)
