"""`vlmrag fetch` as people and scripts meet it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.ingest.fetch.fake_arxiv import FakeArxiv, FakePaper
from tests.made_notes import NOTE, run
from vlmrag.index.lock import WriterLock

NAMED = ("2101.00001", "2202.00002")
"""The papers that the note names."""


@pytest.fixture
def library(home: Path, arxiv: FakeArxiv, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A home with a note on two papers, which the server has."""
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    monkeypatch.setenv("VLMRAG_ARXIV_URL", arxiv.url)
    (home / "data/notes/good.md").write_text(NOTE, "utf-8")
    assert run(capsys, "ingest")[0] == 0
    arxiv.add(FakePaper(NAMED[0], 3, "Alpha-1: A Frozen Reader"), FakePaper(NAMED[1], title="Beta Trains All"))
    return home


def fetch(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return run(capsys, "fetch", "--pause", "0", *arguments)


def test_all_papers_of_the_notes_are_fetched(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(capsys) == (
        0,
        "data/pdfs/2101.00001v3.pdf  0.0 MB, 1 page  Alpha-1: A Frozen Reader\n"
        "data/pdfs/2202.00002v1.pdf  0.0 MB, 1 page  Beta Trains All\n"
        "2 fetched, 0 there, 0 missed\n",
        "vlmrag ingest reads them\n",
    )
    assert sorted(path.name for path in (library / "data/pdfs").iterdir()) == [
        "2101.00001.arxiv.txt",
        "2101.00001v3.pdf",
        "2202.00002.arxiv.txt",
        "2202.00002v1.pdf",
        "writer.lock",
    ]
    assert fetch(capsys) == (0, "0 fetched, 2 there, 0 missed\n", "")


def test_json_tells_the_same(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = fetch(capsys, "--json", "alpha 1", "arXiv:2301.99999", "Gamma")
    report = json.loads(out)
    assert (status, report.pop("seconds") >= 0, report.pop("fetched")[0].pop("id")) == (1, True, "2101.00001v3")
    missed = [
        {"id": "Gamma", "why": "neither an arXiv id nor a paper of the library"},
        {"id": "2301.99999", "why": "arXiv knows no such paper"},
    ]
    assert report == {"present": [], "planned": [], "missed": missed, "folder": "data/pdfs"}
    assert err == "".join(f"vlmrag: not fetched: {m['id']}: {m['why']}\n" for m in missed) + ""


def test_filters_choose_among_the_papers(library: Path, arxiv: FakeArxiv, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(capsys, "--year", "2022")[1].endswith("1 fetched, 0 there, 0 missed\n")
    assert arxiv.paths()[-1] == "/pdf/2202.00002v1"
    status, _, err = fetch(capsys, "--year", "2022", "2101.00001")
    assert (status, err) == (2, "vlmrag: filters choose among all papers of the library: give either filters or ids\n")


def test_a_newer_version_is_looked_for_when_told_to(
    library: Path, arxiv: FakeArxiv, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(capsys)
    arxiv.papers[NAMED[0]].version = 4
    assert fetch(capsys)[1] == "0 fetched, 2 there, 0 missed\n"
    status, out, _ = fetch(capsys, "--update")
    assert (status, out.splitlines()[0][:26]) == (0, "data/pdfs/2101.00001v4.pdf")
    assert out.splitlines()[-1] == "1 fetched, 1 there, 0 missed"


def test_no_connection_is_opened_offline_or_on_a_dry_run(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it opened a socket")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    lines = "would fetch 2101.00001\nwould fetch 2202.00002\n2 to fetch, at least 0.1 min; 0 there\n"
    assert run(capsys, "fetch", "--dry-run") == (0, lines, "")
    assert run(capsys, "fetch", "--dry-run", "--offline") == (0, lines, "")
    why = "vlmrag: --offline refuses every network connection, and fetch needs one; --dry-run does without\n"
    assert run(capsys, "fetch", "--offline") == (1, "", why)
    assert not (library / "data/pdfs").exists()


def test_without_a_library_ids_are_enough(
    home: Path, arxiv: FakeArxiv, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    monkeypatch.setenv("VLMRAG_ARXIV_URL", arxiv.url)
    arxiv.add(FakePaper("cs/0112017", title="Old"))
    status, out, err = fetch(capsys, "cs/0112017", "Alpha-1")
    assert (status, out.splitlines()[0]) == (1, "data/pdfs/cs_0112017v1.pdf  0.0 MB, 1 page  Old")
    assert err.splitlines()[0] == "vlmrag ingest reads them"
    assert err.splitlines()[1] == "vlmrag: not fetched: Alpha-1: neither an arXiv id nor a paper of the library"
    status, _, err = fetch(capsys)
    assert (status, "vlmrag ingest" in err) == (1, True)


def test_two_at_a_time_are_one_too_many(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (library / "data/pdfs").mkdir()
    with WriterLock(library / "data/pdfs"):
        status, out, err = fetch(capsys)
    assert (status, out) == (1, "")
    assert "is being written by process" in err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--pause", "-1"), "--pause"),
        (("--max-size", "0"), "'0' is not a whole number of megabytes"),
        (("--pause", "x"), "'x' is not a number of seconds"),
    ],
)
def test_wrong_words_are_told(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], why: str) -> None:
    status, _, err = run(capsys, "fetch", *arguments)
    assert (status, why in err, err.count("\n")) == (2, True, 1)


def test_arxiv_itself_is_not_hurried(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VLMRAG_ARXIV_URL")
    assert fetch(capsys) == (
        2,
        "",
        "vlmrag: export.arxiv.org asks for at least 3 s between requests: choose a longer --pause\n",
    )
