"""The laws of the product, on the notes that ship with it (and on the real ones, where they lie beside it)."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vlmrag.answer.proof import MARK
from vlmrag.assistant import Assistant
from vlmrag.records import record_answer
from vlmrag.types import Answer, Filters

ROOT = Path(__file__).parents[1]
QUESTIONS = [
    "Which models freeze the LLM?",
    "哪些模型冻结了语言模型？",
    "哪些模型凍結了語言模型？",
    "Which papers are about video?",
    "Which papers came from Microsoft?",
    "What does MiniGPT-4 train?",
    "BLIP-2 是什么？",
    "Compare ALBEF and BLIP.",
    "Which papers are similar to CLIP?",
    "What is the price of tea in the canteen?",
    "How many parameters does CogAgent have?",
    "[1] [2] “quote” [3]",
    "?",
]


def read(assistant: Assistant, source: str) -> str:
    """The file as it lies on disk: UTF-8, newlines untouched."""
    path = Path(source) if Path(source).is_absolute() else assistant.config.home / source
    return path.read_bytes().decode("utf-8")


def assert_proven(assistant: Assistant, answer: Answer) -> None:
    for c in answer.citations:
        assert c.quote
        assert read(assistant, c.source)[c.start : c.end] == c.quote
        assert c.line == read(assistant, c.source)[: c.start].count("\n") + 1
    marks = [int(n) for n in MARK.findall(answer.text)]
    assert {c.marker for c in answer.citations} >= set(marks)
    cited = {m for v in (*answer.papers, *answer.considered) for m in v.citations}
    assert {c.marker for c in answer.citations} == set(marks) | cited


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_at_its_place_and_every_mark_has_one(shipped: Assistant, question: str) -> None:
    assert_proven(shipped, shipped.ask(question))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_to_one_file_is_answered_from_it(shipped: Assistant, question: str) -> None:
    for source in ("diary", "table.md"):
        answer = shipped.ask(question, filters=Filters(source=source))
        assert_proven(shipped, answer)
        assert {c.source for c in answer.citations if source not in c.source} == set()


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_holds_on_real_notes(real: Assistant, question: str) -> None:
    assert_proven(real, real.ask(question))


def test_hits_are_cut_from_their_source(shipped: Assistant) -> None:
    for query in QUESTIONS:
        for hit in shipped.search(query, 20):
            assert read(shipped, hit.chunk.source)[hit.chunk.start : hit.chunk.end] == hit.chunk.text


def run_cli(home: Path, *arguments: str, code: str = "pass") -> subprocess.CompletedProcess[str]:
    program = f"import sys; from vlmrag.cli import main; status = main({list(arguments)!r}); {code}; sys.exit(status)"
    environment = {**os.environ, "VLMRAG_HOME": str(home), "PYTHONHASHSEED": "random"}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)


def test_the_same_question_gives_the_same_bytes(shipped: Assistant) -> None:
    home = shipped.config.home
    lines = {
        re.sub(r'"seconds": [\d.]+', "", run_cli(home, "ask", "哪些模型冻结了 LLM?", "--json").stdout) for _ in range(2)
    }
    own = record_answer(shipped.ask("哪些模型冻结了 LLM?"))
    assert len(lines) == 1
    assert {**json.loads(lines.pop().replace(", }", "}")), "seconds": own["seconds"]} == own


def test_reading_opens_no_socket(shipped: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a reading command opened a socket")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    fresh = Assistant(shipped.config)
    fresh.ask("Which models freeze the LLM?")
    fresh.search("long video")
    fresh.papers()
    fresh.status()


def test_asking_loads_no_torch(shipped: Assistant) -> None:
    show = "print(' '.join(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    for question in ("Which models freeze the LLM?", "What does CogVLM add?", "What is zero-shot transfer?"):
        run = run_cli(shipped.config.home, "ask", question, "--json", code=show)
        loaded = set(run.stderr.split())
        heavy = {"torch", "transformers", "sentence_transformers", "gradio", "pymupdf", "langchain_text_splitters"}
        assert "vlmrag" in loaded
        assert loaded & heavy == set()


@pytest.mark.parametrize("question", QUESTIONS[:3])
def test_who_freezes_the_language_model(shipped: Assistant, question: str) -> None:
    answer = shipped.ask(question)
    names = {v.paper.name for v in answer.papers}
    assert names >= {"BLIP-2", "Frozen", "MiniGPT-4", "CogVLM"}
    assert names & {"LaVIT", "LiT", "VPT", "CoOp", "AnyGPT"} == set()
    assert answer.coverage is not None
    assert answer.coverage.examined == answer.coverage.papers == len(shipped.papers())


def test_what_is_not_there_is_refused(shipped: Assistant) -> None:
    for question in ("How many parameters does CogAgent have?", "What is the price of tea in the canteen?"):
        answer = shipped.ask(question)
        assert (answer.abstained, answer.papers) == (True, ())
