"""`--llm` on the command line: what is printed, what is told of a model that fails, and what is refused."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.answer.writing.fake_server import FakeServer, serve
from tests.made_notes import NOTE, QUESTION, run
from vlmrag.ui.models import Models

TOLD = "Alpha-1 keeps the language model frozen [1]. Alpha-1 is the best [1]."


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serve(FakeServer(text=TOLD)) as fake:
        yield fake


@pytest.fixture(autouse=True)
def library(ingest_note: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two papers, read with the double of the encoder; no model is named."""
    monkeypatch.delenv("VLMRAG_LLM", raising=False)
    return ingest_note(NOTE)


def test_a_model_words_the_answer(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ask", QUESTION, "--llm", f"{server.url}#good")
    assert (status, err) == (0, "")
    assert "• Alpha-1 (2021): Alpha-1 keeps the language model frozen. [1]\n" in out
    assert out.endswith("\nworded by good: 1 of 2 sentences; 1 left out, not supported\n")
    out = run(capsys, "ask", QUESTION, "--llm", f"{server.url}#good", "--explain")[1]
    assert "\n  not supported: Alpha-1 is the best. (the passages do not say “alpha-1 is the best.”)\n" in out


def test_json_tells_what_was_written(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(run(capsys, "ask", QUESTION, "--llm", f"{server.url}#good", "--json")[1])
    assert answer["generator"] == "good"
    assert {k: answer["generated"][k] for k in ("model", "sentences", "supported", "spent")} == {
        "model": "good", "sentences": 2, "supported": 1, "spent": [11, 7],
    }  # fmt: skip
    assert answer["generated"]["struck"][0]["text"] == "Alpha-1 is the best."
    plain = json.loads(run(capsys, "ask", QUESTION, "--json")[1])
    assert plain["generator"] == "extractive"
    assert "generated" not in plain


@pytest.mark.parametrize("model", ["broken", "nobody"])
def test_a_model_that_fails_costs_no_answer(server: FakeServer, capsys: pytest.CaptureFixture[str], model: str) -> None:
    plain = run(capsys, "ask", QUESTION)[1]
    status, out, err = run(capsys, "ask", QUESTION, "--llm", f"{server.url}#{model}")
    assert (status, out) == (0, plain)
    assert err.startswith(f"vlmrag: {server.host} ")
    assert err.endswith(" (the answer is quotes alone)\n")
    assert err.count("\n") == 1


def test_a_server_that_is_down_costs_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    plain = run(capsys, "ask", QUESTION)[1]
    status, out, err = run(capsys, "ask", QUESTION, "--llm", f"http://127.0.0.1:{port}#good")
    assert (status, out) == (0, plain)
    assert err.endswith("; is it running? (the answer is quotes alone)\n")


def test_the_environment_names_a_model(
    server: FakeServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_LLM", f"{server.url}#good")
    monkeypatch.setenv("VLMRAG_LLM_KEY", "secret")
    assert "worded by good" in run(capsys, "ask", QUESTION)[1]
    assert server.asked[0]["headers"]["Authorization"] == "Bearer secret"
    for way in (["--llm", "none"], ["--offline"]):
        assert "worded by" not in run(capsys, "ask", QUESTION, *way)[1]
    assert "worded by" not in run(capsys, "ask", "What is the price of tea?")[1]


def test_what_is_refused(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ask", QUESTION, "--llm", f"{server.url}#good", "--offline")
    assert (status, out) == (1, "")
    assert err == "vlmrag: --offline refuses every network connection, and --llm with an address needs one\n"
    status, out, err = run(capsys, "ask", QUESTION, "--llm", "http://models.example/v1#m")
    assert (status, out) == (2, "")
    assert err.startswith("vlmrag: models.example is not this machine: with --allow-remote your question")
    status, out, err = run(capsys, "ask", QUESTION, "--llm", "llama3")
    assert (status, out) == (2, "")
    assert err.startswith("vlmrag: llama3 is no model: give a folder, or URL#MODEL")
    assert server.paths == []


def test_a_batch_is_worded_line_by_line(server: FakeServer, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = home / "questions.jsonl"
    lines.write_text("".join(json.dumps({"qid": n, "question": QUESTION}) + "\n" for n in (1, 2)), "utf-8")
    out = run(capsys, "ask", "--batch", str(lines), "--llm", f"{server.url}#good")[1]
    assert [json.loads(line)["generated"]["supported"] for line in out.splitlines()] == [1, 1]
    assert len(server.asked) == 1


STAGED = "Which models freeze the language model in the first stage?"


def test_a_model_reads_what_the_rules_leave_open(
    ingest_note: Callable[..., Path], server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest_note(
        "# More\n\n## Gamma-1: A Model\n- paper: https://arxiv.org/abs/2401.00001\n"
        "- The language model is frozen in the first stage.\n- The language model is trained in the second stage.\n",
        "more.md",
    )
    capsys.readouterr()
    server.points_at = "frozen in the first stage"
    llm = ["--llm", f"{server.url}#judge"]
    status, out, err = run(capsys, "ask", STAGED, *llm)
    assert (status, err) == (0, "vlmrag: judge wrote no sentence (the answer is quotes alone)\n")
    assert "• Gamma-1 (2024), as a model reads it: “The language model is frozen in the first stage.” [" in out
    assert "\nread by judge: 1 of 1 verdicts borne out\n" in out


def test_a_damaged_file_of_what_was_read_is_told(
    server: FakeServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(capsys, "ask", QUESTION, "--llm", f"{server.url}#good")
    [kept] = (home / "indexes" / ".written").rglob("*.json")
    kept.write_text("[]", "utf-8")
    status, out, err = run(capsys, "ask", QUESTION, "--llm", f"{server.url}#good")
    assert (status, out) == first[:2]
    assert err == f"vlmrag: {kept} is damaged: the model is asked again\n"
    assert len(server.asked) == 2


def test_a_follow_up_is_read_and_explained(server: FakeServer, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "Does Beta freeze the language model?"
    server.text = said
    history = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "- **Alpha-1** [1]\n- **Beta** [2]"},
    ]
    lines = home / "questions.jsonl"
    lines.write_text(json.dumps({"qid": 1, "question": "And the second one?", "history": history}) + "\n", "utf-8")
    out = run(capsys, "ask", "--batch", str(lines), "--llm", f"{server.url}#good", "--explain")[1]
    answer = json.loads(out)
    assert answer["question"] == "And the second one?"
    assert answer["consulted"]["read_as"] == said
    assert answer["answer"].startswith(f"Read as: “{said}” ")
    assert next(iter(answer["explanation"]["understood"].items())) == ("read as", said)


def test_the_page_opens_with_the_named_model_chosen(
    server: FakeServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Models] = []
    monkeypatch.setattr("vlmrag.ui.page.serve_page", lambda library, models, **_: opened.append(models))
    address = f"{server.url}#good"
    assert run(capsys, "chat", "--llm", address)[0] == 0
    assert run(capsys, "chat")[0] == 0
    assert run(capsys, "chat", "--offline")[0] == 0
    assert run(capsys, "chat", "--llm", "http://models.example/v1#m")[0] == 2
    assert [(m.given.address if m.given else None, m.looks) for m in opened] == [
        (address, True), (None, True), (None, False),
    ]  # fmt: skip
    assert server.paths == []
    model = opened[0].given
    assert model is not None
    assert "".join(opened[0].open(model).write("", "", 100)) == TOLD
