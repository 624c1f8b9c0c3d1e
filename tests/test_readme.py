"""The README tells the truth: its commands run as written, its answer is the answer, its map is the code's words."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from vlmrag.arguments import build_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
BIN = Path(sys.executable).parent


def blocks(kind: str) -> list[str]:
    return [text for name, text in BLOCKS if name == kind]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person's home and vlmrag's: the shipped notes, and a folder of notes of their own."""
    home = tmp_path_factory.mktemp("person")
    (home / "data").symlink_to(ROOT / "data")
    (home / "my-notes").mkdir()
    (home / "my-notes" / "one.md").write_text("# Epsilon: A Model\n- point: reads maps.\n", "utf-8")
    return home


def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=home, env=environment, check=False
    )


def test_the_two_lines_are_whole() -> None:
    lines = [line for text in blocks("sh") for line in text.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert [line.split(" && ")[-1] for line in lines] == [
        '.venv/bin/vlmrag ask "Which models freeze the LLM?"',
        ".venv/bin/pytest",
    ]


def test_the_map_is_in_the_codes_own_words() -> None:
    lines = re.findall(r"^- `([\w/]+\.py)`: (.*)$", README, re.MULTILINE)
    assert len(lines) >= 10
    for path, text in lines:
        doc = ast.get_docstring(ast.parse((ROOT / "src" / "vlmrag" / path).read_text("utf-8"))) or ""
        first = re.split(r"\.(?:\s|$)|\n\n", " ".join(doc.split("\n\n")[0].split()))[0]
        assert text == first, path


@pytest.mark.readme
def test_the_answer_is_the_answer(home: Path) -> None:
    assert run("vlmrag ingest", home).returncode == 0
    answered = run('vlmrag ask "Which models freeze the LLM?"', home)
    assert answered.returncode == 0
    assert answered.stdout.strip() == blocks("text")[0].strip()


@pytest.mark.readme
def test_the_commands_run_as_written(home: Path) -> None:
    commands = [line for line in blocks("sh")[2].splitlines() if line]
    assert len(commands) == 12
    for command in commands:
        if "vlmrag chat" not in command:
            done = run(command, home)
            assert done.returncode == 0, command + done.stderr
            assert done.stderr in ("", "0 findings\n"), command
            assert done.stdout.strip() or "check" in command, command


def test_the_commands_on_papers_are_known() -> None:
    commands = [line for line in blocks("sh")[3].splitlines() if line]
    assert len(commands) == 6
    for command in commands:
        program, *arguments = shlex.split(command, comments=True)
        assert program == "vlmrag"
        assert callable(build_parser().parse_args(arguments).run)


@pytest.mark.readme
def test_the_figures_are_what_the_command_says(home: Path) -> None:
    assert run("vlmrag ingest data/notes", home).returncode == 0
    command = re.search(r"`(vlmrag eval data/eval/shipped[^`]*)`", README)
    assert command
    measured = json.loads(run(f"{command.group(1)} --json", home).stdout)["groups"]["all"]
    told = dict(re.findall(r"\(`(\w+)`[^)]*\) \| ([\d.]+) \|", README))
    assert len(told) == 7
    assert told == {name: f"{measured[name]:.2f}" for name in told}


@pytest.mark.readme
def test_the_python_runs_as_written(home: Path) -> None:
    assert run("vlmrag ingest", home).returncode == 0
    program = blocks("python")[0]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=home, check=False)
    assert done.returncode == 0, done.stderr
    assert "BLIP-2 yes" in done.stdout


@pytest.mark.readme
def test_the_page_starts(home: Path) -> None:
    assert run("vlmrag ingest", home).returncode == 0
    environment = {**os.environ, "HOME": str(home)}
    command = [str(BIN / "vlmrag"), "chat", "--port", "7897"]
    page = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                with urllib.request.urlopen("http://127.0.0.1:7897", timeout=5) as answer:
                    assert b"vlmrag" in answer.read()
                    return
            except OSError:
                assert page.poll() is None, page.stdout.read().decode() if page.stdout else ""
        pytest.fail("the page did not start within a minute")
    finally:
        page.send_signal(signal.SIGINT)
        page.wait(timeout=30)
        if page.stdout:
            page.stdout.close()
