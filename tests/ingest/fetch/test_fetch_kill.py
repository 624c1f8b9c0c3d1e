"""Sixty papers from a server of which every fifth answer is a fault, killed twice on the way: all are right."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ingest.fetch.fake_arxiv import FakeArxiv, FakePaper, Fault, wait_until

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, sys
from dataclasses import asdict
from vlmrag.assistant import Assistant
from vlmrag.ingest.fetching import Manners
report = Assistant().fetch(sys.argv[1:], manners=Manners(pause=0, backoff=0.01, stall=0.3))
print(json.dumps(asdict(report)))
"""
FAULTS = ("500", "429", "hang_up", "cut", "stall", "other_part", "chunked")
IN_A_ROW = 3
"""Faults that one thing meets at most, so that five tries are enough."""


def make_papers() -> dict[str, FakePaper]:
    draw = random.Random(1)
    papers = [FakePaper(f"2301.{n:05}", draw.randint(1, 4), size=draw.randint(20_000, 200_000)) for n in range(60)]
    papers[7].more = '<arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">withdrawn</arxiv:comment>'
    return {paper.number: paper for paper in papers if paper.number != "2301.00011"}


class Chance:
    """Of every five answers one, by chance, is a fault."""

    def __init__(self) -> None:
        self._draw = random.Random(2)
        self._row: dict[str, int] = {}
        self._next: list[bool] = []
        self.count = 0

    def __call__(self, path: str) -> Fault | None:
        if path == "/pdf/2301.00023v1":
            return "html"
        if not self._next:
            self._next = self._draw.sample([True, False, False, False, False], 5)
        if not self._next.pop() or self._row.get(path, 0) >= IN_A_ROW:
            self._row[path] = 0
            return None
        self._row[path] = self._row.get(path, 0) + 1
        self.count += 1
        return self._draw.choice(FAULTS if path.startswith("/pdf") else ("500", "429", "hang_up", "malformed"))


def start(home: Path, arxiv: FakeArxiv, *arguments: str, code: str = PROGRAM) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = os.environ | {"PYTHONPATH": paths, "VLMRAG_HOME": str(home), "VLMRAG_ARXIV_URL": arxiv.url}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def check_between(folder: Path, bodies: dict[str, bytes]) -> None:
    """What has its name is whole; what is coming is the beginning of it."""
    for path in folder.glob("*.pdf"):
        assert path.read_bytes() == bodies[path.name]
    for path in folder.glob(".*.part"):
        assert bodies[path.name[1:-5]].startswith(path.read_bytes())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_sixty_papers_are_right_after_faults_and_kills(arxiv: FakeArxiv, home: Path) -> None:
    chance = Chance()
    arxiv.papers, arxiv.choose_fault, arxiv.retry_after = make_papers(), chance, "0"
    arxiv.papers["2301.00023"].version = 1
    missing = {"2301.00007", "2301.00011", "2301.00023"}
    bodies = {f"{p.number}v{p.version}.pdf": p.pdf(p.version) for p in arxiv.papers.values() if p.number not in missing}
    whole, folder = sum(map(len, bodies.values())), home / "data" / "pdfs"
    ids = [f"2301.{n:05}" for n in range(60)]
    for share in (0.3, 0.7):
        with start(home, arxiv, *ids) as process:
            wait_until(lambda so_far=whole * share: arxiv.sent >= so_far)  # type: ignore[misc]
            process.kill()
        assert process.returncode == -signal.SIGKILL
        check_between(folder, bodies)
    with start(home, arxiv, *ids) as process:
        out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    report = json.loads(out)
    assert {path.name: path.read_bytes() for path in folder.glob("*.pdf")} == bodies
    assert not list(folder.glob(".*"))
    assert {missed["id"][:10]: missed["why"].split(";")[0] for missed in report["missed"]} == {
        "2301.00007": "withdrawn by its authors",
        "2301.00011": "arXiv knows no such paper",
        "2301.00023": "the server sends a web page instead of a PDF",
    }
    assert len(report["fetched"]) + len(report["present"]) == 57
    assert len(report["present"]) > 10
    assert chance.count >= 0.18 * len(arxiv.asked)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_loses_nothing(arxiv: FakeArxiv, home: Path) -> None:
    paper = FakePaper("2301.00001", size=400_000)
    arxiv.add(paper)
    arxiv.faults["/pdf"] = ["stall"]
    command = "import sys; from vlmrag.cli import main; sys.exit(main(sys.argv[1:]))"
    part = home / "data/pdfs/.2301.00001v1.pdf.part"
    with start(home, arxiv, "fetch", "--pause", "0", paper.number, code=command) as process:
        wait_until(lambda: part.exists() and part.stat().st_size > 100_000)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=100)
    line = "vlmrag: interrupted; the library is as it was, and the next run goes on from what was done\n"
    assert (process.returncode, out, err) == (130, "", line)
    held = part.stat().st_size
    with start(home, arxiv, "fetch", "--pause", "0", paper.number, code=command) as process:
        out, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (0, "vlmrag ingest reads them\n")
    assert arxiv.asked[-1][1]["Range"] == f"bytes={held}-"
    assert (home / "data/pdfs/2301.00001v1.pdf").read_bytes() == paper.pdf(1)
