"""An evaluation worked out by hand: three questions, three answers, every figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from vlmrag.errors import MissingExtra, UsageError
from vlmrag.evaluation import report
from vlmrag.evaluation.gold import GoldQuestion, Inventory, LibraryKeys, read_question, read_questions
from vlmrag.evaluation.harness import Change, Comparison, Evaluation, compare_records, evaluate
from vlmrag.types import Answer, Citation, Paper, Turn, Verdict

ALPHA = Paper("arxiv:2101.00001", "Alpha-1", title="A Frozen Reader of Pictures and Words", arxiv="2101.00001")
BETA = Paper("name:beta", "Beta", aliases=("BetaVLM",))
GAMMA = Paper("name:gamma", "Gamma")
TEXT = "Alpha-1 keeps the LLM **frozen**.\nBeta 训练 512 个词。\n"


def cite(marker: int, paper: Paper, quote: str, moved: int = 0) -> Citation:
    start = TEXT.index(quote) + moved
    return Citation(marker, paper.id, paper.name, "notes.md", start, start + len(quote), 1, "", quote)


def answer(question: str, text: str, papers: Sequence[Paper], citations: Sequence[Citation], sure: float) -> Answer:
    return Answer(
        question=question,
        lang="en",
        kind="fact",
        abstained=not papers,
        text=text,
        papers=tuple(Verdict(p, "yes", ()) for p in papers),
        considered=(),
        citations=tuple(citations),
        coverage=None,
        generator="extractive",
        index="sha256:0",
        seconds=0.25,
        confidence=sure,
    )


ANSWERS = {
    "Which freeze?": answer(
        "Which freeze?", "", [ALPHA, GAMMA], [cite(1, ALPHA, "frozen"), cite(2, GAMMA, "Beta", moved=1)], 0.5
    ),
    "How many?": answer("How many?", "Beta 訓練 **5 12** 個詞", [BETA], [cite(1, BETA, "Beta 训练 512 个词")], 0.9),
    "Who knows?": answer("Who knows?", "Nobody.", [], [], 0.1),
}
GOLD: list[dict[str, object]] = [
    {"question": "Which freeze?", "gold_papers": ["alpha 1", "BetaVLM"], "distractor_papers": ["Gamma"], "lang": "en"},
    {
        "question": "How many?",
        "gold_papers": ["Beta"],
        "gold_facts": ["512", ["nowhere", "no where"]],
        "evidence": [{"quote": "Beta 训练 512 个词。"}],
        "lang": "zh-Hans",
        "cross_lingual": True,
    },
    {"question": "Who knows?", "answerable": False},
]


def ask(question: str, *, history: Sequence[Turn]) -> Answer:
    assert history == ()
    return ANSWERS[question]


def run(gold: Sequence[dict[str, object]] = GOLD) -> Evaluation:
    questions = [read_question(record, f"q{n}") for n, record in enumerate(gold, 1)]
    return evaluate(ask, questions, LibraryKeys([ALPHA, BETA, GAMMA]), {"notes.md": TEXT}.get)


def test_every_figure_by_hand() -> None:
    evaluation = run()
    assert [row.figures for row in evaluation.rows] == [
        {
            "quote_exact": 0.5, "false_abstain": 0.0, "list_p": 0.5, "list_r": 0.5, "list_f1": 0.5,
            "distractor_free": 0.0, "cited_paper": 0.5,
        },
        {
            "quote_exact": 1.0, "false_abstain": 0.0, "fact_hit": 0.0, "fact_part": 0.5, "paper_hit": 1.0,
            "first_paper": 1.0, "evidence_hit": 1.0,
        },
        {"abstain_recall": 1.0},
    ]  # fmt: skip
    assert [(r.qid, r.type, r.lang, r.loss, r.missed, r.extra) for r in evaluation.rows] == [
        ("q1", "list", "en", 0.5, ("name:beta",), ("name:gamma",)),
        ("q2", "fact", "zh-Hans", 1.0, ("nowhere",), ()),
        ("q3", "unanswerable", "en", 1.0, (), ()),
    ]
    groups = evaluation.groups()
    assert list(groups) == [
        "all", "cross_lingual", "lang=en", "lang=zh-Hans", "type=fact", "type=list", "type=unanswerable"
    ]  # fmt: skip
    everything = groups["all"]
    assert (everything["n"], everything["quote_exact"], everything["false_abstain"]) == (3, 0.75, 0.0)
    assert (everything["latency_median"], everything["latency_p95"]) == (0.25, 0.25)
    # surest first: losses 1, 0.5, 1, and at best 0.5, 1, 1
    assert everything["aurc"] == pytest.approx((1 + 0.75 + 2.5 / 3) / 3, abs=1e-4)
    assert everything["aurc_best"] == pytest.approx((0.5 + 0.75 + 2.5 / 3) / 3, abs=1e-4)
    assert groups["lang=zh-Hans"] == groups["cross_lingual"] == groups["type=fact"]


def test_a_refusal_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for question in ("Which freeze?", "How many?"):
        monkeypatch.setitem(ANSWERS, question, replace(ANSWERS[question], abstained=True))
    rows = run().rows
    assert [row.figures["false_abstain"] for row in rows[:2]] == [1.0, 1.0]
    assert [row.figures.get("list_f1", row.figures.get("fact_part")) for row in rows[:2]] == [0.0, 0.0]
    assert [rows[1].figures[name] for name in ("fact_hit", "paper_hit", "first_paper")] == [0.0, 0.0, 0.0]
    assert [row.loss for row in rows] == [1.0, 1.0, 1.0]


def test_names_are_understood_as_the_library_does() -> None:
    keys = LibraryKeys([ALPHA, BETA, GAMMA])
    written = [
        "Alpha-1",
        "alpha1",
        "2101.00001",
        "arxiv:2101.00001v3",
        "A Frozen Reader of Pictures and Words",
        "Delta",
    ]
    assert [keys.of_name(name) for name in written] == [ALPHA.id] * 5 + ["?Delta"]
    assert run([{"question": "How many?", "gold_papers": ["Delta"]}]).unknown == ("Delta",)


def test_names_of_a_papers_file() -> None:
    records: list[dict[str, object]] = [
        {"id": "beta", "name": "Beta", "aliases": ["Alpha-1"], "arxiv": "2202.00002v2"},
        {"id": "alpha", "name": "Alpha 1", "title": None, "aliases_outside_notes": ["First"]},
    ]
    keys = Inventory(records)
    assert [keys.of_name(name) for name in ("alpha", "ALPHA-1", "first", "Delta")] == [
        "alpha",
        "alpha",
        "alpha",
        "?Delta",
    ]
    assert keys.of_paper(ALPHA) == "alpha"
    assert keys.of_paper(Paper("x", "Other", arxiv="2202.00002")) == "beta"
    assert keys.of_paper(GAMMA) == "?Gamma"


def test_a_question_needs_little() -> None:
    assert read_question({"question": "哪些模型凍結了？", "gold_papers": ["A", "B"]}, "q9") == GoldQuestion(
        "q9", "哪些模型凍結了？", "list", "zh-Hant", is_list=True, papers=("A", "B")
    )
    assert read_question({"id": 3, "question": "How big?", "gold_facts": ["7B"]}, "q9") == GoldQuestion(
        "3", "How big?", "fact", "en", facts=(("7B",),)
    )


@pytest.mark.parametrize("line", ["{", "[]", '{"question": "What is right?"}', '{"gold_papers": ["A"]}'])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(GOLD[2]) + "\n\n" + line + "\n", "utf-8")
    with pytest.raises(UsageError, match=r"gold.jsonl:3: not a gold question"):
        read_questions(path)


def test_what_changed_question_by_question(monkeypatch: pytest.MonkeyPatch) -> None:
    old = run().record()
    monkeypatch.setitem(
        ANSWERS, "Which freeze?", replace(ANSWERS["Which freeze?"], papers=(Verdict(ALPHA, "yes", ()),))
    )
    monkeypatch.setitem(ANSWERS, "Who knows?", replace(ANSWERS["Who knows?"], abstained=False))
    comparison = compare_records(old, run().record())
    assert comparison == Comparison(
        better=(Change("q1", "Which freeze?", {"list_f1": (0.5, 0.6667), "distractor_free": (0.0, 1.0)}),),
        worse=(Change("q3", "Who knows?", {"abstain_recall": (1.0, 0.0)}),),
        mixed=(),
        same=1,
        added=(),
        dropped=(),
    )
    assert report.sum_up_comparison(comparison) == "1 better, 1 worse, 1 the same"
    assert [row[:3] for row in report.tabulate_comparison(comparison)[1]] == [
        ["worse", "q3", "abstain_recall 1.00 → 0.00"],
        ["better", "q1", "list_f1 0.50 → 0.67, distractor_free 0.00 → 1.00"],
    ]


def test_a_refusal_that_ends_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    new = run().record()
    monkeypatch.setitem(ANSWERS, "How many?", replace(ANSWERS["How many?"], abstained=True))
    comparison = compare_records(run().record(), new)
    assert [c.qid for c in comparison.better] == ["q2"]
    assert comparison.better[0].figures["false_abstain"] == (1.0, 0.0)


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    report.plot_evaluation(run(), tmp_path / "figures.png")
    assert (tmp_path / "figures.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match=r"\.png, \.svg or \.pdf"):
        report.plot_evaluation(run(), tmp_path / "figures.doc")


def test_without_matplotlib_the_install_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vlmrag\[plot\]'"):
        report.load_figure()
