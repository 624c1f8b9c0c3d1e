"""vlmrag beside what people use today, on the same passages with the same MiniLM weights, in one run.

    python -m tests.benchmarks.peers DIR                  DIR in BEIR's format; 600 documents and 100 queries of it
    python -m tests.benchmarks.peers DIR --plot FILE.png

Documents are cut once, to passages that the model reads whole, and every system is given these. Each stage runs in a
process of its own, and the systems take turns stage by stage, so that a busy machine is busy for all. A peer is
installed into a virtual environment of its own that sees the PyTorch and sentence-transformers that we run on; one that
cannot be installed or fails is named with the reason. Ratios are what to read: the times are this machine's.

    ingest        passages a second from nothing to an index on disk, start of the model included
    cold          seconds from the start of a process to its first hit, the median of three
    warm          milliseconds a query in a process that has answered before, p50 and p95
    memory        most MiB that the warm process has held; disk: MiB of the index
    ndcg          nDCG@10 of documents by their best passage; only the queries and documents of this run
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.systems import SYSTEMS, Passages
from tests.benchmarks.worker import STARTED
from vlmrag.evaluation.beir import Collection, Query, make_rules, read_collection, read_document
from vlmrag.evaluation.metrics import mean, ndcg, percentile
from vlmrag.index.encoder import load_encoder
from vlmrag.index.encoders.minilm import find_bundled
from vlmrag.language.glossary import Glossary

ROOT = Path(__file__).parents[2]
K = 50
"""Passages that each system gives, of which the documents are ranked."""
COLD_RUNS = 3
LIMIT = 3600
"""Seconds that a stage may take."""
FIGURES = {
    "ingest": "passages/s",
    "cold": "s",
    "warm_p50": "ms",
    "warm_p95": "ms",
    "memory": "MiB",
    "disk": "MiB",
    "ndcg": "nDCG@10",
}
"""What is measured, and its unit."""
QUIET = {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "TOKENIZERS_PARALLELISM": "false"}
"""No peer looks for a network, or reports."""

Figures = dict[str, float]


def choose_part(collection: Collection, documents: int, queries: int) -> Collection:
    """Return the first `queries` with the documents judged relevant for them, and others up to `documents`."""
    asked = collection.queries[:queries]
    wanted = {d for q in asked for d, grade in collection.qrels[q.id].items() if grade > 0}
    judged = [record for record in collection.corpus if record[0] in wanted]
    others = [record for record in collection.corpus if record[0] not in wanted]
    kept = {name for name, _, _ in [*judged, *others[: max(0, documents - len(judged))]]}
    return Collection(tuple(r for r in collection.corpus if r[0] in kept), asked, collection.qrels)


def cut_passages(collection: Collection) -> Passages:
    """Return the documents as passages that the encoder reads whole: `document#number` and text."""
    from vlmrag.config import Config

    rules = make_rules(load_encoder("all-MiniLM-L6-v2"), Glossary.load(), Config.load())
    return [
        (f"{name}#{number}", chunk.indexed)
        for name, title, text in collection.corpus
        for number, chunk in enumerate(read_document(name, title, text, rules).chunks)
    ]


def score_found(found: Iterable[Sequence[str]], queries: Sequence[Query], collection: Collection) -> float:
    """Return the mean nDCG@10 of documents, each at its best passage."""
    figures = []
    for passages, query in zip(found, queries, strict=True):
        documents = [d for d in dict.fromkeys(p.rpartition("#")[0] for p in passages) if d not in query.exclude]
        figures.append(ndcg(documents, collection.qrels[query.id]))
    return mean(figures) or 0.0


def compare(figures: Mapping[str, Figures], ours: str = "vlmrag") -> list[list[str]]:
    """Return a row per system: each figure, and in brackets how many times ours it is."""
    rows = []
    for name, own in figures.items():
        cells = [
            f"{own[key]:.3g}" if name == ours else f"{own[key]:.3g} ({own[key] / figures[ours][key]:.2f}×)"
            for key in FIGURES
        ]
        rows.append([name, *cells])
    return rows


def make_environment(name: str, folder: Path) -> Path:
    """Return the Python that runs a system: ours, or one with the peer installed. Raises CalledProcessError."""
    needs = SYSTEMS[name][1]
    if not needs:
        return Path(sys.executable)
    python = folder / name / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder / name, with_pip=True)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        own = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
        (Path(own) / "zz_shared.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")  # ours come second
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *needs]
    subprocess.run(pip, capture_output=True, text=True, check=True)
    return python


def run_stage(python: Path, name: str, stage: str, job: Path) -> dict[str, Any]:
    """Run one stage in a process, and return what it measured. Raises CalledProcessError."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [str(python), "-m", "tests.benchmarks.worker", name, stage, str(job)],
        env={**os.environ, **QUIET, "PYTHONPATH": path, STARTED: str(time.time())},
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(pythons: Mapping[str, Path], collection: Collection, passages: Passages, model: str, job: Path) -> Any:
    """Return the figures of each system that runs through, and why the others do not."""
    (job / "job.json").write_text(json.dumps({"model": model, "k": K}), "utf-8")
    for file, lines in (("passages", passages), ("queries", [q.text for q in collection.queries])):
        (job / f"{file}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    skipped: dict[str, str] = {}
    seen: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in pythons}
    for stage in ("ingest", *["cold"] * COLD_RUNS, "warm"):
        for name, python in pythons.items():
            if name not in skipped:
                print(f"{stage:7} {name}  load {os.getloadavg()[0]:.1f}", file=sys.stderr)
                try:
                    seen[name].setdefault(stage, []).append(run_stage(python, name, stage, job))
                except (subprocess.SubprocessError, ValueError, IndexError) as error:
                    skipped[name] = f"{stage}: {tell_failure(error)}"
    figures = {
        name: gather(stages, len(passages), collection, job / name)
        for name, stages in seen.items()
        if name not in skipped
    }
    return figures, skipped


def gather(stages: Mapping[str, list[dict[str, Any]]], passages: int, collection: Collection, folder: Path) -> Figures:
    """Return the figures of one system out of what its stages measured."""
    warm = stages["warm"][0]
    return {
        "ingest": passages / stages["ingest"][0]["seconds"],
        "cold": statistics.median(run["seconds"] for run in stages["cold"]),
        "warm_p50": 1000 * (percentile(warm["seconds"], 0.5) or 0.0),
        "warm_p95": 1000 * (percentile(warm["seconds"], 0.95) or 0.0),
        "memory": warm["peak"],
        "disk": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20,
        "ndcg": score_found(warm["found"], collection.queries, collection),
    }


def tell_failure(error: Exception) -> str:
    """Return the last line that a failed process said, or what kind of failure it was."""
    said = (getattr(error, "stderr", None) or "").strip().splitlines()
    return said[-1][:200] if said else f"{type(error).__name__}: {error}"[:200]


def plot_figures(figures: Mapping[str, Figures], path: Path) -> None:
    """Draw a bar per system for each figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 3), layout="constrained")
    for place, (key, unit) in enumerate(FIGURES.items(), start=1):
        axes = figure.add_subplot(1, len(FIGURES), place)
        axes.barh(list(figures), [own[key] for own in figures.values()], color=["C1", *["C0"] * len(figures)])
        axes.set_title(f"{key.replace('_', ' ')}, {unit}", fontsize=9)
        axes.invert_yaxis()
        axes.tick_params(labelsize=8, labelleft=place == 1)
    figure.savefig(path, dpi=150)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description="vlmrag beside its peers")
    parser.add_argument("collection", type=Path, help="a folder in BEIR's format")
    parser.add_argument("--documents", type=int, default=600, help="of it at most, those judged first (default: 600)")
    parser.add_argument("--queries", type=int, default=100, help="at most (default: 100)")
    parser.add_argument("--only", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS), help="systems beside ours")
    parser.add_argument("--venvs", type=Path, help="where peers are installed and kept (default: a folder that goes)")
    parser.add_argument("--plot", type=Path, help="draw a picture")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    part = choose_part(read_collection(arguments.collection), arguments.documents, arguments.queries)
    passages = cut_passages(part)
    with tempfile.TemporaryDirectory() as folder:
        pythons, skipped = {}, {}
        for name in ["vlmrag", *(name for name in arguments.only if name != "vlmrag")]:
            try:
                pythons[name] = make_environment(name, arguments.venvs or Path(folder) / "venvs")
            except (subprocess.SubprocessError, OSError) as error:
                skipped[name] = f"install: {tell_failure(error)}"
        job = Path(folder) / "job"
        job.mkdir()
        figures, failed = measure(pythons, part, passages, str(find_bundled()), job)
    skipped |= failed
    if arguments.json:
        print(json.dumps({"passages": len(passages), "figures": figures, "skipped": skipped}))
    elif "vlmrag" in figures:
        head = ["system", *(f"{key.replace('_', ' ')}, {unit}" for key, unit in FIGURES.items())]
        rows = [head, ["---", *["---:"] * len(FIGURES)], *compare(figures)]
        print(f"{len(passages)} passages of {len(part.corpus)} documents, {len(part.queries)} queries\n")
        print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    for name, why in skipped.items():
        print(f"skipped {name}: {why}", file=sys.stderr)
    if arguments.plot and figures:
        plot_figures(figures, arguments.plot)
    return 0 if "vlmrag" in figures else 1


if __name__ == "__main__":
    sys.exit(main())
