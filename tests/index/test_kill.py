"""A writer is killed at fifty random moments: what is left is the old library or the new one, whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.index.made_library import SETTINGS, open_index, show, write
from vlmrag.errors import IndexMissing
from vlmrag.index import derived
from vlmrag.index.encoder import HashingEncoder
from vlmrag.index.index import IndexWriter
from vlmrag.index.rows import read_vectors

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from tests.index.made_library import write
from tests.index.test_kill import STATES
from tests.index.test_lists import write_in_lists
from vlmrag.index import ahead
ahead.BATCH = 60
print("ready", flush=True)
(write_in_lists if sys.argv[3] else write)(Path(sys.argv[1]), STATES[sys.argv[2]])
"""


def make_texts(seed: int) -> dict[str, str]:
    draw = random.Random(seed)
    words = ["freeze", "the", "LLM", "冻结", "語言", "train", "connector", "Alpha", "w7", "w8", "w9", "page"]
    paragraphs = [
        "\n".join(" ".join(draw.choices(words, k=draw.randint(1, 9))) for _ in range(draw.randint(1, 4)))
        for _ in range(90)
    ]
    return {f"notes/{n:02}.md": "\n\n".join(draw.choices(paragraphs, k=6)) for n in range(40)}


def make_states() -> dict[str, dict[str, str]]:
    """Two libraries that share some files and some passages."""
    one, two = make_texts(1), make_texts(2)
    shared = {path: text for path, text in one.items() if path < "notes/10.md"}
    two = {path: text for path, text in two.items() if path < "notes/35.md"} | {"new.md": one["notes/20.md"]}
    return {"one": one, "two": two | shared}


STATES = make_states()


def run_writer(folder: Path, state: str, kill_after: float | None = None, *, lists: bool = False) -> float:
    """Let another process write, the vectors in `lists`; kill it so many seconds after it began. Return the seconds."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    command = [sys.executable, "-c", PROGRAM, str(folder), state, "lists" if lists else ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        began = time.perf_counter()
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        process.wait()
        return time.perf_counter() - began


def show_twice(folder: Path) -> dict[str, object]:
    """What a reader sees beside a writer, which must be what it sees alone, with all parts repaired."""
    with IndexWriter(folder, HashingEncoder(), SETTINGS), open_index(folder) as index:
        beside = show(index)
    with open_index(folder) as index:
        alone = show(index)
    assert beside == alone
    return alone


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_kills_leave_the_old_library_or_the_new_one(tmp_path: Path) -> None:
    whole = {}
    for state, texts in STATES.items():
        write(tmp_path / state, texts)
        with open_index(tmp_path / state) as index:
            whole[state] = show(index)
    draw, folder, old, new = random.Random(0), tmp_path / "killed", "one", "two"
    write(folder, STATES[old])
    seconds = run_writer(folder, new)
    assert show_twice(folder) == whole[new]
    old, new, changed = new, old, 0
    for _ in range(40):
        run_writer(folder, new, kill_after=draw.uniform(0, 1.1 * seconds))
        found = show_twice(folder)
        assert found in (whole[old], whole[new])
        if found == whole[new]:
            old, new, changed = new, old, changed + 1
    assert 0 < changed < 40
    run_writer(folder, new)
    assert show_twice(folder) == whole[new]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_kills_of_a_first_run_leave_nothing_or_everything(tmp_path: Path) -> None:
    write(tmp_path / "whole", STATES["one"])
    with open_index(tmp_path / "whole") as index:
        whole = show(index)
    seconds = run_writer(tmp_path / "timed", "one")
    draw, missing = random.Random(1), 0
    for number in range(10):
        folder = tmp_path / str(number)
        run_writer(folder, "one", kill_after=draw.uniform(0, 1.1 * seconds))
        try:
            found = show_twice(folder)
        except IndexMissing:
            missing += 1
        else:
            assert found == whole
        run_writer(folder, "one")
        assert show_twice(folder) == whole
    assert missing < 10


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_twelve_kills_leave_lists_that_are_whole_or_known_to_lag(tmp_path: Path) -> None:
    seconds = run_writer(tmp_path, "one", lists=True)
    draw, lagging = random.Random(2), 0
    for number in range(12):
        run_writer(tmp_path, ("two", "one")[number % 2], kill_after=draw.uniform(0.3, 1.1) * seconds, lists=True)
        lagging += not has_true_vectors(tmp_path)
    run_writer(tmp_path, "two", lists=True)
    assert has_true_vectors(tmp_path)
    assert lagging < 12


def has_true_vectors(folder: Path) -> bool:
    """Whether the vectors on the disk are those of the library, False where they are known to lag; never others."""
    with open_index(folder) as index:
        found = derived.load_vectors(folder, index._meta)
        if found is None:
            return False
        rows, vectors = read_vectors(index._library)
        assert found.rows().tolist() == rows.tolist()
        np.testing.assert_allclose(found.read(rows), vectors, atol=1e-3)
        return True
