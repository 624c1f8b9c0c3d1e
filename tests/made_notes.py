"""One good note and the ways to ask for it, for the tests of bad input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vlmrag.cli import main

NOTE = """# Notes

## Alpha-1: A Frozen Reader
- paper: https://arxiv.org/abs/2101.00001
- point: keeps the language model frozen and trains a small bridge.

## Beta
- paper: https://arxiv.org/abs/2202.00002
- point: 视觉编码器与语言模型一起训练。
"""
QUESTION = "Which models freeze the language model?"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        status = main(list(arguments))
    except SystemExit as exit_:
        status = int(str(exit_.code))
    out, err = capsys.readouterr()
    return status, out, err


def take_in(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], list[str]]:
    status, out, err = run(capsys, "ingest", "--json", *arguments)
    return status, json.loads(out), err.splitlines()


def find_frozen(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, int, int]]:
    """Name of the paper, source and span of each proof that the library has of a frozen language model."""
    answer = json.loads(run(capsys, "ask", QUESTION, "--json")[1])
    names = {p["id"]: p["name"] for p in answer["papers"]}
    cited = [c for c in answer["citations"] if c["paper"] in names]
    return [(names[c["paper"]], c["source"], c["start"], c["end"]) for c in cited]
