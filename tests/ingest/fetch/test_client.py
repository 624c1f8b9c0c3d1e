"""The client: whom it asks, through what, and how long it waits."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.fetch.fake_arxiv import FakeArxiv, FakePaper
from vlmrag.errors import FetchError, UsageError
from vlmrag.ingest.connection import find_proxy
from vlmrag.ingest.download import Answer
from vlmrag.ingest.fetching import Client, Manners, read_base, read_wait

SOON = Manners(pause=0, backoff=0, tries=2)


@given(st.integers(0, 999_999), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_both_forms_of_retry_after_are_one(seconds: int, now: datetime) -> None:
    at = now.replace(microsecond=0, tzinfo=UTC)
    then = datetime.fromtimestamp(at.timestamp() + seconds, UTC)
    assert read_wait(str(seconds), at.timestamp()) == seconds
    assert read_wait(format_datetime(then, usegmt=True), at.timestamp()) == seconds


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "Sat, 01 Jan 1990 00:00:00 GMT", "٣", "99 red"])
def test_any_other_retry_after_is_none(value: str) -> None:
    assert read_wait(value, 946684800.0) == 0


@pytest.mark.parametrize(
    "base",
    ["", "arxiv.org", "ftp://arxiv.org", "http://", "http://a:b", "http://a:99999", "http://a/?q=1", "file:///etc"],
)
def test_what_is_no_address_is_refused(base: str) -> None:
    with pytest.raises(UsageError, match="no address to fetch from"):
        read_base(base)


def test_an_address_holds_no_password() -> None:
    with pytest.raises(UsageError, match="must not hold a user or a password"):
        read_base("https://ada:secret@arxiv.org")


@pytest.mark.parametrize("base", ["https://arxiv.org", "https://export.arxiv.org", "http://EXPORT.arxiv.org:80/x"])
def test_arxiv_is_never_asked_more_often_than_it_asks_for(base: str) -> None:
    with pytest.raises(UsageError, match="at least 3 s between requests"):
        Client(base, Manners(pause=2.9), agent="x")
    assert Client(base, Manners(pause=3), agent="x").manners.pause == 3


def test_a_path_in_the_address_goes_before(arxiv: FakeArxiv) -> None:
    client = Client(f"{arxiv.url}/mirror/", SOON, agent="x")
    with pytest.raises(FetchError, match="404"):
        client.get("/pdf/2301.00001v1", Answer(100))
    assert arxiv.paths() == ["/mirror/pdf/2301.00001v1"]


def test_an_answer_has_a_limit(arxiv: FakeArxiv) -> None:
    arxiv.add(FakePaper("2301.00001"))
    with pytest.raises(FetchError, match="larger than"):
        Client(arxiv.url, SOON, agent="x").get("/pdf/2301.00001v1", Answer(1000))


def test_a_proxy_is_asked_where_the_environment_names_one(
    arxiv: FakeArxiv, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("http_proxy", arxiv.url.replace("//", "//ada:my%20word@"))
    monkeypatch.delenv("no_proxy", raising=False)
    arxiv.add(FakePaper("2301.00001"))
    base = "http://arxiv.test:8080"
    answer = Answer(100_000)
    Client(base, SOON, agent="x", proxy=find_proxy(base)).get("/pdf/2301.00001v1", answer)
    assert answer.data == arxiv.papers["2301.00001"].pdf(1)
    assert arxiv.asked[0][1]["Host"] == "arxiv.test:8080"
    assert arxiv.asked[0][1]["Proxy-Authorization"] == "Basic YWRhOm15IHdvcmQ="


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "arxiv.localhost", "mirror.lan"])
def test_this_machine_and_exceptions_need_no_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "mirror.lan")
    assert find_proxy(f"http://{host}:8080") is None
    assert find_proxy("http://arxiv.test") == "http://proxy.test:3128"


def test_a_host_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def know_none(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", know_none)
    with pytest.raises(FetchError, match=r"^there is no host nowhere\.invalid, or no network; tried 2 times$"):
        Client("http://nowhere.invalid", SOON, agent="x").get("/", Answer(9))
