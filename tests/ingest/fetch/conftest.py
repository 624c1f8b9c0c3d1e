"""A server that plays arXiv, and a run against it in which no time passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ingest.fetch.fake_arxiv import FakeArxiv, FakeClock, serve
from vlmrag.ingest.acquire import Acquisition, split_present
from vlmrag.ingest.arxiv import ArxivId
from vlmrag.ingest.fetching import Client, Manners

Fetch = Callable[..., Acquisition]


@pytest.fixture
def arxiv() -> Iterator[FakeArxiv]:
    with serve(FakeArxiv()) as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fetch(arxiv: FakeArxiv, clock: FakeClock, tmp_path: Path) -> Fetch:
    """Fetch ids from the server into `tmp_path`, unless they are there, and return what became of them."""

    def run(*ids: str, limit: int = 200_000_000, manners: Manners | None = None, base: str = "") -> Acquisition:
        client = Client(
            base or arxiv.url,
            manners or Manners(),
            agent="vlmrag/test",
            clock=clock.now,
            sleep=clock.sleep,
            now=lambda: 946684800.0,  # 2000-01-01
        )
        wanted = [ident for each in ids if (ident := ArxivId.parse(each))]
        acquisition = Acquisition(tmp_path, "data/pdfs", client, limit)
        present, missing = split_present(tmp_path, wanted)
        acquisition.present += present
        if missing:
            acquisition.run(missing)
        return acquisition

    return run
