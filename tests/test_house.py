"""The house: stages import from their left only, files and functions stay short, nothing heavy loads unasked."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "vlmrag"
STAGES = [
    {"types", "reports", "errors", "config", "language"},
    {"ingest"},
    {"index"},
    {"search"},
    {"answer"},
    {"parts", "asking", "assistant", "records", "export"},
    {"ui", "evaluation", "columns", "terminal"},
    {"arguments", "commands", "cli"},
]
RANK = {name: rank for rank, names in enumerate(STAGES) for name in names}
FILES = sorted(SRC.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for item in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [item.module or ""] if isinstance(item, ast.ImportFrom) else []
        names += [a.name for a in item.names] if isinstance(item, ast.Import) else []
        rooms |= {n.split(".")[1] for n in names if n.startswith("vlmrag.")}
    return rooms


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SRC).as_posix())
def test_a_stage_imports_only_from_its_left(path: Path) -> None:
    if room_of(path) == "__init__":
        return
    right = {room for room in imported_rooms(path) if RANK[room] > RANK[room_of(path)]}
    assert right == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SRC).as_posix())
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 350
    long = []
    for item in ast.walk(ast.parse(text)):
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(item)
            lines = (item.end_lineno or 0) - item.lineno - (len(doc.splitlines()) if doc else 0)
            if lines > 40:
                long.append(f"{item.name}: {lines} lines")
    assert long == []


def test_the_product_never_reads_shared() -> None:
    assert [p for p in FILES if "shared/" in p.read_text("utf-8")] == []


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after `code`."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(' '.join(m for m in sys.modules if '.' not in m))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(run.stdout.splitlines()[-1].split())


HEAVY = {"torch", "faiss", "pymupdf", "gradio", "sentence_transformers", "transformers", "langchain_text_splitters"}


def test_importing_vlmrag_loads_nothing_heavy() -> None:
    assert loaded_after("import vlmrag") & (HEAVY | {"numpy", "tantivy", "opencc", "rich"}) == set()


def test_help_loads_nothing_heavy() -> None:
    code = "from vlmrag.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded_after(code) & (HEAVY | {"numpy", "tantivy", "opencc", "rich"}) == set()


def test_ruff_is_content() -> None:
    for command in (["check"], ["format", "--check"]):
        run = subprocess.run([sys.executable, "-m", "ruff", *command, "."], capture_output=True, text=True, cwd=ROOT)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.timeout(400)  # nothing of it is there yet on a fresh checkout
def test_mypy_is_content() -> None:
    run = subprocess.run([sys.executable, "-m", "mypy"], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
