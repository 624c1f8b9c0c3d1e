"""Whatever is done to the notes: what is known after reading only the changes is what a fresh reading knows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.records import record_finding, record_paper

Notes = dict[str, list[str]]
"""The entries of each file."""
Edit = tuple[str, int, int, str]

NAMES = (
    "BLIP-2",
    "BLIP2",
    "AlphaNet",
    "alpha-net",
    "MiniReader v2",
    "minireaderv2",
    "Frozen",
    "Frozen CLIP",
    "VSE",
    "VSE++",
)
TITLES = ("A Vision Model That Reads", "Counting Birds From Satellites", "Prompts for Medical Scans")
IDS = ("2301.12597", "2305.00001", "2307.16449", "1412.2306")
POINTS = ("keeps the language model frozen.", "训练一个投影层，视觉编码器冻结。", "把語言模型凍結，只訓練前綴。", "TBD")


@st.composite
def entries(draw: st.DrawFn) -> str:
    """One entry, in one of the shapes that people use; several of one paper are likely, and ids that clash."""
    name, title = draw(st.sampled_from(NAMES)), draw(st.sampled_from(TITLES))
    ident, point = draw(st.sampled_from(IDS)), draw(st.sampled_from(POINTS))
    day = draw(st.sampled_from(("2023-05", "2023-08", "2021")))
    shape = draw(st.sampled_from(("heading", "bare", "list", "reference", "diary", "row", "free")))
    return {
        "heading": f"## {name}: {title}\n- paper: https://arxiv.org/abs/{ident}\n- date: {day}\n- point: {point}\n",
        "bare": f"## {name}\n- paper: [{title}](https://arxiv.org/abs/{ident})\n- point: {point}\n",
        "list": f"- [{name}](https://arxiv.org/pdf/{ident}.pdf) {point}\n",
        "reference": f"1. {name}: {title} (Salesforce, {day}). https://arxiv.org/abs/{ident}\n",
        "diary": f"## 2024.1.17\n\n《{name}: {title}》\n\n{day.replace('-', '.')} 加州大学的工作：\n\n1. {point}\n",
        "row": f"| Model | Idea |\n|---|---|\n| [{name}](https://arxiv.org/abs/{ident}) ({day}) | {point} |\n",
        "free": f"A thought on {name}: {point}\n",
    }[shape]


def rename(notes: Notes, a: int, b: int, entry: str) -> None:
    """Call a paper something else in one note, wherever that note speaks of it."""
    path, old, new = _pick(notes, a), NAMES[b % len(NAMES)], NAMES[(a + b + 1) % len(NAMES)]
    notes[path] = [text.replace(old, new) for text in notes[path]]


def split(notes: Notes, a: int, b: int, entry: str) -> None:
    path = _pick(notes, a)
    cut = b % (len(notes[path]) + 1)
    notes[path], notes[f"split{len(notes)}-{b}.md"] = notes[path][:cut], notes[path][cut:]


def merge(notes: Notes, a: int, b: int, entry: str) -> None:
    into, gone = _pick(notes, a), _pick(notes, b)
    if into != gone:
        notes[into] += notes.pop(gone)


def delete(notes: Notes, a: int, b: int, entry: str) -> None:
    if len(notes) > 1:
        del notes[_pick(notes, a)]


def move(notes: Notes, a: int, b: int, entry: str) -> None:
    """Move an entry to another place, of another note or of its own."""
    source, target = _pick(notes, a), _pick(notes, b)
    if notes[source]:
        text = notes[source].pop(b % len(notes[source]))
        notes[target].insert(a % (len(notes[target]) + 1), text)


def add(notes: Notes, a: int, b: int, entry: str) -> None:
    path = _pick(notes, a)
    notes[path].insert(b % (len(notes[path]) + 1), entry)


def remove(notes: Notes, a: int, b: int, entry: str) -> None:
    path = _pick(notes, a)
    if notes[path]:
        notes[path].pop(b % len(notes[path]))


def rename_file(notes: Notes, a: int, b: int, entry: str) -> None:
    notes[f"sub/renamed{b}.md"] = notes.pop(_pick(notes, a))


EDITS: dict[str, Callable[[Notes, int, int, str], None]] = {
    f.__name__: f for f in (rename, split, merge, delete, move, add, remove, rename_file)
}


def _pick(notes: Notes, number: int) -> str:
    return sorted(notes)[number % len(notes)]


def write(notes: Notes, folder: Path) -> None:
    """Make the folder hold these notes; a file that stays as it is is not touched."""
    for path in [p for p in folder.rglob("*.md") if p.relative_to(folder).as_posix() not in notes]:
        path.unlink()
    for name, texts in notes.items():
        path, text = folder / name, "# Notes\n\n" + "\n".join(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def describe(assistant: Assistant) -> dict[str, Any]:
    """Return all that a library knows, in plain records."""
    status = assistant.status()
    return {
        "papers": [record_paper(p) | {"documents": p.documents} for p in assistant.papers()],
        "findings": [record_finding(f) for f in assistant.check()],
        "counts": (status.files, status.documents, status.papers, status.sentences, status.chunks),
        "fingerprint": status.fingerprint,
        "stale": status.stale,
    }


def live_through(notes: Notes, edits: list[Edit]) -> None:
    """Ingest after every edit, and hold the library against one that is made from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "data" / "notes").mkdir(parents=True)
        step_by_step = Assistant(Config.load(home, index="steps", encoder="hashing"))
        at_once = Assistant(Config.load(home, index="fresh", encoder="hashing"))
        write(notes, home / "data" / "notes")
        step_by_step.ingest()
        for kind, a, b, entry in edits:
            EDITS[kind](notes, a, b, entry)
            write(notes, home / "data" / "notes")
            step_by_step.ingest()
        at_once.ingest(rebuild=True)
        try:
            assert describe(step_by_step) == describe(at_once)
        finally:
            step_by_step.close()
            at_once.close()


libraries = st.lists(st.lists(entries(), min_size=1, max_size=4), min_size=1, max_size=3).map(
    lambda files: {f"note{i}.md": texts for i, texts in enumerate(files)}
)
edits = st.lists(
    st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 9), st.integers(0, 9), entries()), min_size=1, max_size=4
)
quick = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(libraries, edits)
def test_reading_the_changes_is_reading_it_all(notes: Notes, edits: list[Edit]) -> None:
    live_through(notes, edits)


@pytest.mark.slow
@settings(quick, max_examples=100, derandomize=False)
@given(libraries, edits)
def test_reading_the_changes_is_reading_it_all_through_many_edits(notes: Notes, edits: list[Edit]) -> None:
    live_through(notes, edits)


def test_each_kind_of_edit_in_a_row() -> None:
    alpha = "## AlphaNet: A Vision Model That Reads\n- paper: https://arxiv.org/abs/2301.12597\n- date: 2023-01\n"
    beta = "## BLIP-2: Prompts for Medical Scans\n- paper: https://arxiv.org/abs/2305.00001\n- date: 2023-05\n"
    notes = {"a.md": [alpha, beta], "b.md": ["- [alpha-net](https://arxiv.org/abs/2301.12597)\n"], "c.md": [alpha]}
    live_through(notes, [(kind, number, 1, beta) for number, kind in enumerate(EDITS)])


def test_a_renamed_paper_is_a_new_one_and_the_old_one_goes(home: Path) -> None:
    note = home / "data" / "notes" / "a.md"
    text = "## AlphaNet: A Vision Model That Reads\n- paper: https://openreview.net/forum?id=a\n- date: 2023-01\n"
    assistant = Assistant(Config.load(home, encoder="hashing"))
    note.write_text(text, "utf-8")
    assistant.ingest()
    assert [p.name for p in assistant.papers()] == ["AlphaNet"]
    note.write_text(text.replace("AlphaNet", "BetaReader"), "utf-8")
    assert assistant.ingest().read == 1
    assert [(p.id, p.name) for p in assistant.papers()] == [("name:betareader", "BetaReader")]
    assistant.close()
