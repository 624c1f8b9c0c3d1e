"""How vlmrag grows: time, memory and disk at 1,000, 10,000, 100,000 and 1,000,000 chunks, and the exponent of each.

    python -m tests.benchmarks.scale                              up to 100,000 chunks
    python -m tests.benchmarks.scale --up-to 1000000 --plot scale.png

Texts and vectors are made up: papers of 100 passages, words by Zipf's law, vectors around 2,000 centres. So what is
measured is the index, not the encoder, whose time is the same for each passage; a question goes through the real one.
Each size is measured in processes of their own, so that no memory is left from another. Memory counts the pages of
files that are mapped, which the system takes back when it wants them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from vlmrag.index.encoder import Done, Floats
from vlmrag.index.encoders.minilm import MiniLM
from vlmrag.index.index import Index, IndexWriter
from vlmrag.language.glossary import Glossary
from vlmrag.types import Chunk, Document, Field, Paper, Reading, Sentence, Source, Work

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CHUNKS_A_PAPER, WORDS_A_CHUNK = 100, 60
CENTRES, VOCABULARY = 2_000, 50_000
QUERIES = 40
SETTINGS = {"made": "up"}
MEASURES = {
    "ingest_s": "Ingest, s",
    "ingest_cpu_s": "- of CPU",
    "add_s": "One note more, s",
    "add_cpu_s": "- of CPU",
    "cold_s": "First search, s",
    "cold_cpu_s": "- of CPU",
    "p50_ms": "Search, ms",
    "p50_cpu_ms": "- of CPU",
    "ingest_rss_mb": "Memory of an ingest, MB",
    "add_rss_mb": "Memory of a note more, MB",
    "rss_mb": "Memory of a search, MB",
    "disk_mb": "Disk, MB",
}


class GivenVectors(MiniLM):
    """The bundled encoder for questions; of a passage the vector follows from its hash, near one of the centres."""

    name = "given"

    def encode_passages(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, 384) unit rows."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        centres = make_centres(self.dimension)
        for row, text in zip(rows, texts, strict=True):
            draw = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))
            row[:] = centres[draw.integers(CENTRES)] + draw.standard_normal(self.dimension, dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


@cache
def make_centres(dimension: int) -> Floats:
    """Return what vectors lie around, (CENTRES, dimension)."""
    return np.random.default_rng(0).standard_normal((CENTRES, dimension), dtype=np.float32)


def make_readings(chunks: int) -> Iterator[Reading]:
    """Yield papers of `CHUNKS_A_PAPER` passages, as many as make `chunks`."""
    words = np.array([f"w{number}" for number in range(VOCABULARY)])
    for number in range(max(1, chunks // CHUNKS_A_PAPER)):
        draw = np.random.default_rng(number)
        ranks = draw.zipf(1.2, (CHUNKS_A_PAPER, WORDS_A_CHUNK)) % VOCABULARY
        lengths = draw.integers(20, WORDS_A_CHUNK, CHUNKS_A_PAPER)
        passages = [" ".join(words[row[:length]]) for row, length in zip(ranks, lengths, strict=True)]
        yield make_reading(f"paper{number:06}.txt", passages)


def make_reading(path: str, passages: Sequence[str]) -> Reading:
    """Make a paper out of its passages, a sentence each."""
    text = "\n".join(passages)
    source = Source(path, "note", hashlib.sha256(text.encode()).hexdigest(), len(text), 1, "utf-8", text)
    ident = hashlib.sha256(path.encode()).hexdigest()[:16]
    work = Work((Field("name", path, 0, 0),))
    document = Document(ident, path, "note", 0, len(text), 1, (path,), (work,))
    sentences, chunks, start = [], [], 0
    for number, passage in enumerate(passages):
        end = start + len(passage)
        sentences.append(Sentence(ident, start, end, passage, tuple(passage.split()[:8])))
        chunks.append(Chunk(f"{ident}{number:04}", ident, path, start, end, number + 1, (path,), passage, passage))
        start = end + 1
    return Reading(source, (document,), tuple(sentences), tuple(chunks))


def merge_papers(documents: list[Document]) -> list[Paper]:
    """Return a paper for each document."""
    return [Paper(f"name:{d.source}", d.source, documents=(d.id,)) for d in documents]


class Clock:
    """Runs from when it is made: by the wall and, on a busy machine nearer the truth, by what the processor did."""

    def __init__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return the seconds since then, and those of CPU."""
        return time.perf_counter() - self._started[0], time.process_time() - self._started[1]


def put(folder: Path, readings: Iterator[Reading]) -> tuple[float, float]:
    """Put readings into the index in `folder`; return the seconds it took, and those of CPU."""
    clock = Clock()
    with IndexWriter(folder, GivenVectors(), SETTINGS) as writer:
        for reading in readings:
            writer.put(reading)
        writer.commit(merge_papers)
    return clock.read()


def measure_ingest(folder: Path, chunks: int) -> dict[str, float]:
    """Make the index."""
    seconds, cpu = put(folder, make_readings(chunks))
    return {"ingest_s": seconds, "ingest_cpu_s": cpu, "ingest_rss_mb": peak_memory()}


def measure_add(folder: Path, chunks: int) -> dict[str, float]:
    """Put one note of three passages into the index."""
    now = time.time_ns()  # a kept index has the notes of former runs
    note = make_reading(f"note{now}.txt", [f"one note more about freezing, {n} of {now}" for n in range(3)])
    seconds, cpu = put(folder, iter([note]))
    return {"add_s": seconds, "add_cpu_s": cpu, "add_rss_mb": peak_memory()}


def measure_search(folder: Path, chunks: int) -> dict[str, float]:
    """Ask for the first time, then again and again, with other words."""
    from vlmrag.search.retriever import Retriever

    clock = Clock()
    index = Index.open(folder, GivenVectors())
    retriever = Retriever(index, Glossary.load())
    retriever.search("w17 w220 w3001 visual encoder")
    (cold, cold_cpu), times = clock.read(), []
    draw = np.random.default_rng(5)
    for _ in range(QUERIES):
        query = " ".join(f"w{number}" for number in draw.zipf(1.2, 6) % VOCABULARY)
        clock = Clock()
        retriever.search(query)
        times.append(clock.read())
    p50, p50_cpu = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    found = {"cold_s": cold, "cold_cpu_s": cold_cpu, "p50_ms": p50, "p50_cpu_ms": p50_cpu}
    return found | {"rss_mb": peak_memory(), "disk_mb": disk}


STEPS: dict[str, Callable[[Path, int], dict[str, float]]] = {
    "ingest": measure_ingest,
    "add": measure_add,
    "search": measure_search,
}


def peak_memory() -> float:
    """Return the most memory that this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure(folder: Path, chunks: int) -> dict[str, float]:
    """Take all steps at one size, each in a process of its own."""
    found: dict[str, float] = {"chunks": chunks}
    kept = folder / "ingest.json"
    if kept.exists():
        found |= json.loads(kept.read_text("utf-8"))
    for step in STEPS:
        if step == "ingest" and kept.exists():
            continue
        command = [sys.executable, "-m", "tests.benchmarks.scale", "--step", step, str(folder), str(chunks)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        found |= json.loads(run.stdout.splitlines()[-1])
        if step == "ingest":
            kept.write_text(run.stdout.splitlines()[-1], "utf-8")
    return found


def fit_exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the exponent b of values ~ sizes ** b, by least squares between logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def print_table(rows: Sequence[dict[str, float]]) -> None:
    """Print a Markdown table: a line per measure, a column per size, the exponent last."""
    sizes = [row["chunks"] for row in rows]
    print("| | " + " | ".join(f"{size:,.0f}" for size in sizes) + " | exponent |")
    print("|---|" + "---:|" * (len(sizes) + 1))
    for key, title in MEASURES.items():
        values = [row[key] for row in rows]
        cells = " | ".join(f"{value:.3g}" if value < 1000 else f"{value:,.0f}" for value in values)
        print(f"| {title} | {cells} | {fit_exponent(sizes, values):.2f} |")
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def plot(rows: Sequence[dict[str, float]], path: str) -> None:
    """Draw every measure over the size, both on logarithmic scales."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(14, 6), layout="constrained")
    drawn = {key: title for key, title in MEASURES.items() if "_cpu_" not in key}
    for axis, (key, title) in zip(axes.flat, drawn.items(), strict=True):
        for column, style in ((key, "-"), (key.replace("_", "_cpu_"), ":")):  # dotted: of CPU
            if column in rows[0]:
                axis.loglog([row["chunks"] for row in rows], [row[column] for row in rows], style, marker="o")
        axis.set(title=title, xlabel="chunks")
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--up-to", type=int, default=100_000, metavar="N", help="the largest size")
    parser.add_argument("--plot", metavar="FILE", help="draw the curves")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the indexes here, and use those that are there")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step, folder, chunks = arguments.step
        print(json.dumps(STEPS[step](Path(folder), int(chunks))))
        return
    rows = []
    for size in (size for size in SIZES if size <= arguments.up_to):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(arguments.keep / str(size) if arguments.keep else Path(folder), size))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print_table(rows)
    if arguments.plot:
        plot(rows, arguments.plot)


if __name__ == "__main__":
    main()
