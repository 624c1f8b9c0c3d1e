"""Work on the library: one at a time, told step by step, stopped without a trace; readers keep the state they have."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.search.small_library import NOTES, make_library
from tests.ui.fake_library import FakeLibrary
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import IndexBusy, SourceError
from vlmrag.reports import Fetched, FetchReport, Missed, Report, Skipped
from vlmrag.types import Progress
from vlmrag.ui.jobs import fetch_papers, split_ids, take_changes, take_paths, take_uploads
from vlmrag.ui.library import Library
from vlmrag.ui.live import keep_live
from vlmrag.ui.work import Outcome, State, Workshop

NOTE = "# More\n\n## Wolverine-9: A Reader\n- paper: https://arxiv.org/abs/2305.00099\n- It reads snow.\n"


def finish(workshop: Workshop) -> State:
    """Wait until the work is done."""
    state = workshop.state
    while state.running:
        state = workshop.wait_for_change(state, 60)
    return state


def test_one_work_at_a_time_and_its_steps_are_told() -> None:
    workshop, told, go = Workshop(), threading.Event(), threading.Event()

    def work(progress: Progress) -> Outcome:
        progress("reading", 1, 2)
        told.set()
        go.wait(60)
        return Outcome(saved=("a.md",))

    workshop.begin(work)
    assert told.wait(60)
    assert workshop.state == State(serial=1, running=True, stage="reading", done=1, total=2)
    with pytest.raises(IndexBusy, match="is being written to at this page"):
        workshop.begin(work)
    go.set()
    assert finish(workshop).outcome == Outcome(saved=("a.md",))
    workshop.begin(work)
    assert finish(workshop).serial == 2


def test_work_is_stopped_at_its_next_step() -> None:
    workshop, told, go = Workshop(), threading.Event(), threading.Event()

    def work(progress: Progress) -> Outcome:
        told.set()
        go.wait(60)
        progress("reading", 1, 2)
        raise AssertionError("it went on")

    workshop.begin(work)
    assert told.wait(60)
    workshop.stop()
    assert workshop.state.stopping
    go.set()
    assert finish(workshop) == State(serial=1, stopped=True)
    workshop.stop()
    assert not workshop.state.stopping


def test_what_fails_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    workshop = Workshop()

    def refuse(progress: Progress) -> Outcome:
        raise SourceError("a.md", "is gone")

    def break_down(progress: Progress) -> Outcome:
        raise RuntimeError("a defect")

    workshop.begin(refuse)
    assert finish(workshop).problem == "a.md: is gone"
    workshop.begin(break_down)
    assert finish(workshop).problem == ""
    assert "RuntimeError: a defect" in capsys.readouterr().err


@pytest.fixture
def small(tmp_path: Path) -> Path:
    make_library(tmp_path, NOTES).close()
    return tmp_path


def open_live(home: Path) -> Library:
    return keep_live(lambda: Assistant(Config(home, encoder="hashing")))


def test_readers_keep_the_state_that_they_began_with(small: Path) -> None:
    live = open_live(small)
    (small / "data" / "notes" / "more.md").write_text(NOTE, "utf-8")
    before = live.papers
    asked: list[int] = []
    report = live.ingest(progress=lambda stage, done, total: asked.append(len(live.papers())))
    assert set(asked) == {7}
    assert (report.papers, len(live.papers()), len(before())) == (8, 8, 7)


def test_a_stopped_ingest_leaves_the_library_as_it_was(small: Path) -> None:
    live, workshop = open_live(small), Workshop()
    before = live.status().fingerprint
    (small / "data" / "notes" / "more.md").write_text(NOTE, "utf-8")

    class Stopping(FakeLibrary):
        def ingest(self, paths: Iterable[str | Path] = (), *, progress: Progress | None = None) -> Report:
            def stop_first(stage: str, done: int, total: int) -> None:
                workshop.stop()
                assert progress is not None
                progress(stage, done, total)

            return live.ingest(paths, progress=stop_first)

    workshop.begin(take_changes(Stopping()))
    assert finish(workshop).stopped
    assert live.status().fingerprint == before
    workshop.begin(take_changes(live))
    outcome = finish(workshop).outcome
    assert outcome is not None
    assert outcome.report is not None
    assert (outcome.report.read, outcome.report.papers) == (1, 8)


def test_a_bad_file_is_told_and_not_kept(small: Path, tmp_path: Path) -> None:
    live = open_live(small)
    good, bad, odd = tmp_path / "more.md", tmp_path / "broken.pdf", tmp_path / "x.exe"
    for file, data in ((good, NOTE.encode()), (bad, b"%PDF-1.4 nothing more"), (odd, b"MZ")):
        file.write_bytes(data)
    job = take_uploads(live, [str(good), str(bad), str(odd)], False)
    assert job is not None
    outcome = job(lambda stage, done, total: None)
    assert outcome.saved == ("data/notes/more.md", "data/pdfs/broken.pdf")
    assert [s.path for s in outcome.refused] == ["x.exe"]
    assert outcome.report is not None
    assert [s.path for s in outcome.report.skipped] == ["data/pdfs/broken.pdf"]
    assert not (small / "data" / "pdfs" / "broken.pdf").exists()
    assert len(live.papers()) == 8


def test_nothing_given_is_no_work() -> None:
    library = FakeLibrary()
    assert (take_uploads(library, None, False), take_paths(library, " \n"), fetch_papers(library, " , ")) == (None,) * 3


def test_what_was_fetched_is_read() -> None:
    calls: list[object] = []

    class Fetching(FakeLibrary):
        def fetch(self, ids: Iterable[str] = (), *, progress: Progress | None = None) -> FetchReport:
            wanted = list(ids)
            calls.append(wanted)
            got = () if "nothing" in wanted else (Fetched("2301.12597v3", "BLIP-2", "data/pdfs/x.pdf", 9, 1),)
            return FetchReport(got, (), (), (Missed("nothing", "no such paper"),), "data/pdfs", 0.1)

        def ingest(self, paths: Iterable[str | Path] = (), *, progress: Progress | None = None) -> Report:
            calls.append("ingest")
            return Report(1, 1, 0, 0, 1, 1, 1, 1, 1, (Skipped("a", "b"),), "sha256:0", 0.1)

    for text in ("2301.12597", "nothing"):
        job = fetch_papers(Fetching(), text)
        assert job is not None
        job(lambda stage, done, total: None)
    assert calls == [["2301.12597"], "ingest", ["nothing"]]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("2301.12597 arXiv:2103.00020v2", ["2301.12597", "arXiv:2103.00020v2"]),
        ("LLaVA 1.5, BLIP-2；2301.12597\n", ["LLaVA 1.5", "BLIP-2", "2301.12597"]),
        ("", []),
    ],
)
def test_ids_and_names_as_they_are_typed(text: str, ids: list[str]) -> None:
    assert split_ids(text) == ids
