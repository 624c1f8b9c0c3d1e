"""Ctrl-C at random moments: status 130 and one line; the old library answers, and nothing is embedded twice."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTE = "## Model{n}: The {n}th Reader of Words\n- paper: https://arxiv.org/abs/21{m:02}.{n:05}\n- point: {words}.\n"
PROGRAM = """
import sys, time
from vlmrag.index import ahead, encoder
from vlmrag.cli import main
ahead.BATCH = 50
encode = encoder.HashingEncoder.encode_passages
encoder.HashingEncoder.encode_passages = lambda self, *rest: time.sleep(0.03) or encode(self, *rest)  # as a real one
print("ready", flush=True)
sys.exit(main(["ingest", "--json"]))
"""


def write_notes(home: Path, seed: int) -> None:
    """Some hundred notes, a third of them the same for every seed."""
    for n in range(300):
        draw = random.Random(n if n % 3 == 0 else n + 1000 * seed)
        words = " ".join(draw.choices(["freezes", "the", "LLM", "冻结", "語言", "trains", "adapter", "w1", "w2"], k=30))
        note = home / "data/notes" / f"{n:03}.md"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(NOTE.format(n=n, m=n % 12 + 1, words=words), "utf-8")


def ingest(home: Path, interrupt_after: float | None = None) -> tuple[int, str, str, float]:
    """Run an ingest, with Ctrl-C so many seconds after it began; return status, output, errors and seconds."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "VLMRAG_HOME": str(home),
        "VLMRAG_ENCODER": "hashing",
    }
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        began = time.perf_counter()
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        return process.returncode, out, err, time.perf_counter() - began


def count_vectors(home: Path) -> int:
    with sqlite3.connect(home / "indexes/default/library.sqlite") as library:
        return int(library.execute("SELECT count(*) FROM vectors").fetchone()[0])


def list_papers(home: Path) -> list[str]:
    command = [sys.executable, "-m", "vlmrag.cli", "papers", "--json", "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "VLMRAG_ENCODER": "hashing"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_ingest_loses_nothing_and_embeds_nothing_twice(tmp_path: Path) -> None:
    write_notes(tmp_path, seed=0)
    assert ingest(tmp_path)[0] == 0
    old = list_papers(tmp_path)
    vectors = count_vectors(tmp_path)
    write_notes(tmp_path, seed=1)
    seconds = 2.5
    draw, interrupted = random.Random(0), 0
    for round_ in range(12):
        status, out, err, took = ingest(tmp_path, interrupt_after=draw.uniform(0.05, seconds))
        assert status in (0, 130, -signal.SIGINT), err
        if status != 130:  # it was quicker, and Ctrl-C came when Python was closing, if at all: go on with other notes
            assert json.loads(out)["files"] == 300
            old, vectors = list_papers(tmp_path), count_vectors(tmp_path)
            write_notes(tmp_path, seed=round_ + 2)
            seconds = 0.9 * took
            continue
        interrupted += 1
        line = "vlmrag: interrupted; the library is as it was, and the next run goes on from what was done\n"
        assert (out, err) == ("", line)
        assert list_papers(tmp_path) == old
    assert interrupted >= 3
    kept = count_vectors(tmp_path) - vectors
    status, out, err, _ = ingest(tmp_path)
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert report["files"] == 300
    assert report["embedded"] + kept == 200, "each of the 200 notes that changed is embedded once"
