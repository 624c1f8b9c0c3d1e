"""One test per thing that goes wrong between here and arXiv: told by its id, bounded, and the rest goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.fetch.conftest import Fetch
from tests.ingest.fetch.fake_arxiv import FakeArxiv, FakeClock, FakePaper
from vlmrag.ingest.acquire import Acquisition
from vlmrag.ingest.fetching import Manners

ONE, TWO = FakePaper("2301.00001", 2), FakePaper("2301.00002")


@pytest.fixture(autouse=True)
def two_papers(arxiv: FakeArxiv) -> None:
    arxiv.add(ONE, TWO)


def outcome(run: Acquisition) -> tuple[list[str], list[tuple[str, str]]]:
    """The ids that came, and those that did not, with the reason."""
    return [paper.id for paper in run.fetched], [(missed.id, missed.why) for missed in run.missed]


def check_files(folder: Path, *names: str) -> None:
    """Nothing lies there but the PDFs of these names, byte by byte as they were sent, and the two records."""
    papers = {f"{p.number}v{v}": p.pdf(v) for p in (ONE, TWO) for v in range(1, p.version + 1)}
    assert {path.stem: path.read_bytes() for path in folder.glob("*.pdf")} == {name: papers[name] for name in names}
    assert not list(folder.glob(".*"))


def test_all_is_well(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    assert outcome(fetch("2301.00001", "2301.00002")) == (["2301.00001v2", "2301.00002v1"], [])
    assert arxiv.paths() == [
        "/api/query?id_list=2301.00001,2301.00002&max_results=2",
        "/pdf/2301.00001v2",
        "/pdf/2301.00002v1",
    ]
    assert {headers["User-Agent"] for _, headers in arxiv.asked} == {"vlmrag/test"}
    check_files(tmp_path, "2301.00001v2", "2301.00002v1")


def test_what_is_there_is_not_asked_for_again(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    fetch("2301.00001")
    annotated = tmp_path / "2301.00001v2.pdf"
    annotated.write_bytes(annotated.read_bytes() + b"% a reader's marks\n%%EOF\n")
    arxiv.asked.clear()
    again = fetch("2301.00001")
    assert (outcome(again), list(map(str, again.present)), arxiv.asked) == (([], []), ["2301.00001v2"], [])
    assert b"marks" in annotated.read_bytes()


def test_a_file_that_was_cut_on_the_disk_is_fetched_again(fetch: Fetch, tmp_path: Path) -> None:
    fetch("2301.00001")
    (tmp_path / "2301.00001v2.pdf").write_bytes(ONE.pdf(2)[:9000])
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    check_files(tmp_path, "2301.00001v2")


def test_an_older_version_lies_beside_the_newest(fetch: Fetch, tmp_path: Path) -> None:
    fetch("2301.00001")
    assert outcome(fetch("2301.00001v1")) == (["2301.00001v1"], [])
    check_files(tmp_path, "2301.00001v1", "2301.00001v2")
    assert "arXiv: 2301.00001v2\n" in (tmp_path / "2301.00001.arxiv.txt").read_text("utf-8")
    assert list(map(str, fetch("2301.00001").present)) == ["2301.00001v2"]


@pytest.mark.parametrize("left", ["mark", "part"])
def test_what_a_killed_run_left_beside_a_whole_paper_goes(fetch: Fetch, tmp_path: Path, left: str) -> None:
    fetch("2301.00001")
    (tmp_path / f".2301.00001v2.pdf.{left}").write_bytes(b"left")
    assert outcome(fetch("2301.00002")) == (["2301.00002v1"], [])
    check_files(tmp_path, "2301.00001v2", "2301.00002v1")


AGAIN = ["500", "429", "hang_up", "cut", "other_part"]


@pytest.mark.parametrize("fault", AGAIN)
def test_what_may_pass_is_tried_again(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path, fault: str) -> None:
    arxiv.faults["/pdf/2301.00001"] = [fault, fault]
    assert outcome(fetch("2301.00001", "2301.00002")) == (["2301.00001v2", "2301.00002v1"], [])
    assert arxiv.paths().count("/pdf/2301.00001v2") == 3
    check_files(tmp_path, "2301.00001v2", "2301.00002v1")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("500", "the server answers 500; tried 5 times"),
        ("429", "the server answers 429 and asks to wait 7 s; tried 5 times"),
        ("hang_up", "the connection broke off; tried 5 times"),
        ("other_part", "the server sent another part than was asked for; tried 5 times"),
        ("onward", "the server redirects more than 5 times"),
    ],
)
def test_what_does_not_pass_is_given_up(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path, fault: str, why: str) -> None:
    arxiv.faults["/pdf/2301.00001"] = [fault] * 99
    assert outcome(fetch("2301.00001", "2301.00002")) == (["2301.00002v1"], [("2301.00001v2", why)])
    check_files(tmp_path, "2301.00002v1")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("404", "the server has no such thing (404)"),
        ("403", "the server refuses it (403)"),
        ("html", "the server sends a web page instead of a PDF"),
        ("html_as_pdf", "what came is a web page"),
        ("no_end", "what came is a PDF without its end"),
        ("empty", "what came is empty"),
        ("gzip", "the server sends it compressed, which was not asked for"),
        ("elsewhere", "the server redirects to mirror.example.org, and only {host} is asked"),
        ("no_location", "the server redirects to nowhere, and only {host} is asked"),
    ],
)
def test_what_cannot_pass_is_tried_once(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path, fault: str, why: str) -> None:
    arxiv.faults["/pdf/2301.00001"] = [fault, fault]
    why = why.format(host=arxiv.url.removeprefix("http://"))
    assert outcome(fetch("2301.00001", "2301.00002")) == (["2301.00002v1"], [("2301.00001v2", why)])
    assert arxiv.paths().count("/pdf/2301.00001v2") == 1
    check_files(tmp_path, "2301.00002v1")


def test_a_redirect_on_the_host_is_followed(fetch: Fetch, arxiv: FakeArxiv, clock: FakeClock) -> None:
    arxiv.faults["/pdf/2301.00001"] = ["onward"]
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    assert clock.slept == [3.0, 3.0], "a redirect is a request like any other"


def test_a_file_without_a_length_is_fetched_whole(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    arxiv.faults["/pdf/2301.00001"] = ["chunked"]
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    check_files(tmp_path, "2301.00001v2")


def test_a_broken_file_goes_on_where_it_broke(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    arxiv.faults["/pdf/2301.00001"] = ["cut", "cut", "cut"]
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    assert arxiv.sent == len(ONE.pdf(2)), "no byte is sent twice"
    assert [headers.get("Range", "")[:6] for path, headers in arxiv.asked if path.startswith("/pdf")] == [
        "",
        *["bytes="] * 3,
    ]
    check_files(tmp_path, "2301.00001v2")


def test_without_a_mark_of_its_state_a_file_starts_over(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    arxiv.etags = False
    arxiv.faults["/pdf/2301.00001"] = ["cut"]
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    assert not any("Range" in headers for _, headers in arxiv.asked)
    check_files(tmp_path, "2301.00001v2")


def test_a_file_that_changed_on_the_server_starts_over(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    (tmp_path / ".2301.00001v2.pdf.part").write_bytes(b"%PDF-1.4 another state of it")
    (tmp_path / ".2301.00001v2.pdf.mark").write_text('"another"')
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    assert arxiv.asked[-1][1]["If-Range"] == '"another"'
    check_files(tmp_path, "2301.00001v2")


def test_a_part_that_has_all_bytes_takes_its_place(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    arxiv.faults["/pdf/2301.00001"] = ["cut"]
    once = Manners(tries=1)
    fetch("2301.00001", manners=once)
    (tmp_path / ".2301.00001v2.pdf.part").write_bytes(ONE.pdf(2))  # as a kill before the renaming leaves it
    arxiv.sent = 0
    assert outcome(fetch("2301.00001", manners=once)) == (["2301.00001v2"], [])
    assert arxiv.sent == 0
    check_files(tmp_path, "2301.00001v2")


@pytest.mark.parametrize("fault", ["stall", "drip", "drip_headers"])
def test_a_server_that_stalls_is_left(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path, fault: str) -> None:
    arxiv.faults["/pdf/2301.00001"] = [fault]
    manners = Manners(stall=0.3, patience=0.6, tries=1)
    why = {"stall": "not a byte for 0.3 s"}.get(fault, "it took longer than 0.6 s")
    run = fetch("2301.00001", "2301.00002", manners=manners)
    assert outcome(run) == (["2301.00002v1"], [("2301.00001v2", why)])
    assert outcome(fetch("2301.00001"))[1] == []


@pytest.mark.parametrize("fault", ["huge", "endless"])
def test_a_file_of_ten_gigabytes_is_left(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path, fault: str) -> None:
    arxiv.faults["/pdf/2301.00001"] = [fault]
    run = fetch("2301.00001", "2301.00002", limit=2_000_000)
    why = "it is larger than 2 MB; --max-size allows more"
    assert outcome(run) == (["2301.00002v1"], [("2301.00001v2", why)])
    check_files(tmp_path, "2301.00002v1")


def test_nobody_is_there(fetch: Fetch, clock: FakeClock) -> None:
    ids = [f"2301.{number:05}" for number in range(1, 102)]
    run = fetch(*ids, base="http://127.0.0.1:1")
    whys = [missed.why for missed in run.missed]
    why = "its metadata cannot be had: 127.0.0.1:1 cannot be reached: Connection refused"
    assert [missed.id for missed in run.missed] == ids
    assert whys == [f"{why}; tried 5 times"] * 50 + [why] * 51
    assert clock.slept == [3.0, 6.0, 12.0, 24.0, 3.0, 3.0], (
        "once nobody is there, one try for each further batch is enough"
    )


# -- the API ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "malformed", "no_feed", "laughs", "hang_up", "429"])
def test_a_bad_answer_of_the_api_is_asked_for_again(fetch: Fetch, arxiv: FakeArxiv, fault: str) -> None:
    arxiv.faults["/api"] = [fault, fault]
    assert outcome(fetch("2301.00001", "2301.00002")) == (["2301.00001v2", "2301.00002v1"], [])


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("malformed", "the API's answer is not well-formed; tried 5 times"),
        ("no_feed", "the API's answer is no Atom feed; tried 5 times"),
        ("laughs", "the API's answer is no Atom feed; tried 5 times"),
        ("403", "the server refuses it (403)"),
    ],
)
def test_an_api_that_answers_nothing_good_is_given_up(fetch: Fetch, arxiv: FakeArxiv, fault: str, why: str) -> None:
    arxiv.faults["/api"] = [fault] * 99
    why = f"its metadata cannot be had: {why}"
    assert outcome(fetch("2301.00001", "2301.00002")) == ([], [("2301.00001", why), ("2301.00002", why)])


@pytest.mark.parametrize(
    ("fault", "why"),
    [("400", "the server refuses it (400)"), ("error_entry", "the API says: incorrect id format for x")],
)
def test_an_id_that_spoils_the_question_is_found(fetch: Fetch, arxiv: FakeArxiv, fault: str, why: str) -> None:
    arxiv.add(FakePaper("2301.00003"))
    arxiv.faults["2301.00666"] = [fault] * 99
    run = fetch("2301.00001", "2301.00666", "2301.00002", "2301.00003")
    assert outcome(run) == (
        ["2301.00001v2", "2301.00002v1", "2301.00003v1"],
        [("2301.00666", f"its metadata cannot be had: {why}")],
    )


def test_a_missing_id_is_told(fetch: Fetch, arxiv: FakeArxiv) -> None:
    hollow = FakePaper("2301.00004", title="", published="")
    arxiv.add(hollow)
    assert outcome(fetch("2301.99999", "2301.00004", "2301.00001v7", "2301.00002")) == (
        ["2301.00002v1"],
        [
            ("2301.99999", "arXiv knows no such paper"),
            ("2301.00004", "arXiv knows no such paper"),
            ("2301.00001v7", "the server has no such thing (404)"),
        ],
    )


def test_a_withdrawn_paper_is_told_and_its_record_kept(fetch: Fetch, arxiv: FakeArxiv, tmp_path: Path) -> None:
    comment = "<arxiv:comment>This paper has been withdrawn by the author due to an error</arxiv:comment>"
    arxiv.add(FakePaper("2301.00005", 2, more=comment))
    why = "withdrawn by its authors; an earlier version may still be had: vlmrag fetch 2301.00005v1"
    assert outcome(fetch("2301.00005", "2301.00002")) == (["2301.00002v1"], [("2301.00005v2", why)])
    assert "Status: withdrawn\n" in (tmp_path / "2301.00005.arxiv.txt").read_text("utf-8")
    assert "/pdf/2301.00005v2" not in arxiv.paths()


# -- waiting ---------------------------------------------------------------------------------------------------------


def test_requests_are_three_seconds_apart(fetch: Fetch, clock: FakeClock) -> None:
    fetch("2301.00001", "2301.00002")
    assert clock.slept == [3.0, 3.0]


def test_waiting_doubles_before_each_try(fetch: Fetch, arxiv: FakeArxiv, clock: FakeClock) -> None:
    arxiv.faults["/api"] = ["500"] * 99
    fetch("2301.00001", manners=Manners(tries=7))
    assert clock.slept == [3.0, 6.0, 12.0, 24.0, 48.0, 60.0]


@pytest.mark.parametrize(("fault", "seconds"), [("429", 7.0), ("429_date", 90.0)])
def test_retry_after_is_obeyed(
    fetch: Fetch, arxiv: FakeArxiv, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, fault: str, seconds: float
) -> None:
    handler = "tests.ingest.fetch.fake_arxiv._Handler.date_time_string"
    monkeypatch.setattr(handler, lambda *_: "Sat, 01 Jan 2000 00:00:00 GMT")
    arxiv.faults["/api"] = [fault]
    assert outcome(fetch("2301.00001")) == (["2301.00001v2"], [])
    assert clock.slept == [seconds, 3.0]


def test_nobody_asks_before_the_time_that_the_server_named(fetch: Fetch, arxiv: FakeArxiv, clock: FakeClock) -> None:
    arxiv.faults["/pdf/2301.00001"] = ["503_hour"]
    host = arxiv.url.removeprefix("http://")
    why = f"{host} asks to wait 3600 s, and 300 s is the longest wait; fetch it later"
    run = fetch("2301.00001", "2301.00002")
    assert outcome(run) == ([], [("2301.00001v2", why), ("2301.00002v1", why)])
    assert len(arxiv.asked) == 2
    assert max(clock.slept) == 3.0
