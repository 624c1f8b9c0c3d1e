"""The same answers, scored by us and by the independent script that came with the gold questions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vlmrag.assistant import Assistant
from vlmrag.evaluation.gold import Inventory, read_questions
from vlmrag.evaluation.harness import evaluate, read_sources
from vlmrag.evaluation.judging import MEASURES
from vlmrag.records import record_answer

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.slow
def test_every_figure_is_the_scripts(real: Assistant, tmp_path: Path) -> None:
    gold, papers = SHARED / "eval" / "dev.jsonl", SHARED / "eval" / "papers.json"
    if not gold.is_file():
        pytest.skip("../shared/eval is missing")
    questions = read_questions(gold)
    answers = {(q.question, q.history): real.ask(q.question, history=q.history) for q in questions}
    lines = [json.dumps(record_answer(answers[q.question, q.history], q.qid), ensure_ascii=False) for q in questions]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    script = [SHARED / "eval" / "score.py", gold, papers, tmp_path / "answers.jsonl", SHARED / "notes", "--json"]
    run = subprocess.run([sys.executable, *map(str, script)], capture_output=True, check=True, encoding="utf-8")
    theirs = json.loads(run.stdout)
    ours = evaluate(
        lambda question, *, history: answers[question, tuple(history)],
        questions,
        Inventory.read(papers),
        read_sources(real.config.home),
    )
    named = {
        (group, name): (figures[name], theirs[group][name])
        for group, figures in ours.groups().items()
        for name in ("n", *MEASURES)
    }
    assert len(named) == 14 * len(theirs)
    assert {key: pair for key, pair in named.items() if pair[0] != pytest.approx(pair[1], abs=1e-4)} == {}
