"""One stage of one system in a process of its own: `python -m tests.benchmarks.worker SYSTEM STAGE FOLDER`.

FOLDER holds job.json (`model`, `k`), passages.jsonl and queries.jsonl; the index goes to FOLDER/SYSTEM. What was
measured is the last line on standard output, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.systems import SYSTEMS, System, read_passages

STARTED = "BENCHMARK_STARTED"
"""The variable that holds when the process was started, in seconds of the clock."""
WARM_UP = 3
"""Queries before the clock starts."""


def run_stage(system: System, stage: str, job: Path, place: Path) -> dict[str, Any]:
    """Run `ingest`, `cold` or `warm`, and return its figures."""
    settings = json.loads((job / "job.json").read_text("utf-8"))
    model, k = settings["model"], settings["k"]
    if stage == "ingest":
        place.mkdir()
        passages = read_passages(job / "passages.jsonl")
        started = time.perf_counter()
        system.build(passages, model, place)
        return {"seconds": time.perf_counter() - started}
    queries = [json.loads(line) for line in (job / "queries.jsonl").read_text("utf-8").splitlines()]
    system.open(model, place)
    if stage == "cold":
        found = system.search(queries[0], k)
        return {"seconds": time.time() - float(os.environ[STARTED]), "found": found[:1]}
    for query in queries[:WARM_UP]:
        system.search(query, k)
    seconds, rankings = [], []
    for query in queries:
        started = time.perf_counter()
        rankings.append(system.search(query, k))
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, "found": rankings}


def read_peak() -> float:
    """Return the most memory that this process has held, in MiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * (1024 if sys.platform == "darwin" else 1))


if __name__ == "__main__":
    name, stage, folder = sys.argv[1:]
    figures = run_stage(SYSTEMS[name][0](), stage, Path(folder), Path(folder) / name)
    print(json.dumps({**figures, "peak": read_peak()}), flush=True)
