"""Asks the gold questions, judges the answers, and sums up: overall, by language and by type.

    evaluation = evaluate(assistant.ask, read_questions(path), keys, read_source)
    evaluation.groups()["lang=en"]["fact_hit"]

An evaluation can be written as JSON and compared, question by question, with an older one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from vlmrag.errors import SourceError
from vlmrag.evaluation.gold import GoldQuestion, PaperKeys
from vlmrag.evaluation.judging import LOWER_IS_BETTER, MEASURES, ReadSource, judge_answer
from vlmrag.evaluation.metrics import Risk, area_under, calibration_error, mean, percentile, trace_risk
from vlmrag.index.intake import locate
from vlmrag.ingest.text import read_text
from vlmrag.types import Answer, Progress, Turn

FORMAT = 1
"""Of the JSON of an evaluation."""
TIMES = ("latency_median", "latency_p95")
CONFIDENCE = ("aurc", "aurc_best", "ece")
COMPARED = (
    "list_f1", "distractor_free", "fact_hit", "fact_part", "first_paper", "evidence_hit", "abstain_recall",
    "false_abstain", "quote_exact", "cited_paper",
)  # fmt: skip


class Ask(Protocol):
    """What answers: `Assistant.ask`."""

    def __call__(self, question: str, *, history: Sequence[Turn]) -> Answer:
        """Answer a question that follows a conversation."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question and how it was answered."""

    qid: str
    question: str
    type: str
    lang: str
    cross_lingual: bool
    figures: dict[str, float]
    abstained: bool
    confidence: float
    loss: float | None
    seconds: float
    missed: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All questions, in the order of their file."""

    index: str
    """Fingerprint of the index that answered."""
    rows: tuple[Row, ...]
    unknown: tuple[str, ...]
    """Gold papers of which the library knows nothing: they count as missed."""

    def groups(self) -> dict[str, dict[str, float | None]]:
        """Return the means over all questions, over the cross-lingual ones, by language and by type."""
        return {name: _sum_up(rows) for name, rows in self._grouped().items()}

    def curves(self) -> dict[str, list[Risk]]:
        """Return the risk-coverage curve over all questions and by language."""
        return {n: _trace(rows) for n, rows in self._grouped().items() if n == "all" or n.startswith("lang=")}

    def record(self) -> dict[str, Any]:
        """Return the evaluation as JSON has it."""
        return {
            "format": FORMAT,
            "index": self.index,
            "groups": self.groups(),
            "risk_coverage": {
                name: [[round(p.coverage, 4), round(p.risk, 4)] for p in curve] for name, curve in self.curves().items()
            },
            "unknown_papers": list(self.unknown),
            "questions": [
                {
                    "qid": row.qid,
                    "question": row.question,
                    "type": row.type,
                    "lang": row.lang,
                    "cross_lingual": row.cross_lingual,
                    "abstained": row.abstained,
                    "confidence": round(row.confidence, 4),
                    "figures": {name: round(value, 4) for name, value in row.figures.items()},
                    "missed": list(row.missed),
                    "extra": list(row.extra),
                    "seconds": round(row.seconds, 4),
                }
                for row in self.rows
            ],
        }

    def _grouped(self) -> dict[str, list[Row]]:
        groups = {"all": list(self.rows)}
        crossing = [row for row in self.rows if row.cross_lingual]
        if crossing:
            groups["cross_lingual"] = crossing
        for lang in sorted({row.lang for row in self.rows}):
            groups[f"lang={lang}"] = [row for row in self.rows if row.lang == lang]
        for kind in sorted({row.type for row in self.rows}):
            groups[f"type={kind}"] = [row for row in self.rows if row.type == kind]
        return groups


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose figures are not what they were."""

    qid: str
    question: str
    figures: dict[str, tuple[float, float]]
    """Before and after, for each figure that changed."""

    @property
    def gain(self) -> int:
        """How many figures got better, less how many got worse."""
        return sum(_sign(name, *pair) for name, pair in self.figures.items())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What got better and worse since an older evaluation; questions in the order of the new one."""

    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    mixed: tuple[Change, ...]
    same: int
    added: tuple[str, ...]
    """Questions that the older one did not ask."""
    dropped: tuple[str, ...]


def evaluate(
    ask: Ask,
    questions: Iterable[GoldQuestion],
    keys: PaperKeys,
    read_source: ReadSource,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask every question and judge the answers."""
    asked = list(questions)
    rows, index = [], ""
    for done, gold in enumerate(asked):
        if progress:
            progress("asking", done, len(asked))
        answer = ask(gold.question, history=gold.history)
        index = answer.index
        rows.append(make_row(gold, answer, keys, read_source))
    unknown = {name for gold in asked for name in gold.papers if keys.of_name(name).startswith("?")}
    return Evaluation(index, tuple(rows), tuple(sorted(unknown)))


def make_row(gold: GoldQuestion, answer: Answer, keys: PaperKeys, read_source: ReadSource) -> Row:
    """Judge one answer."""
    judged = judge_answer(gold, answer, keys, read_source)
    return Row(
        qid=gold.qid,
        question=gold.question,
        type=gold.type,
        lang=gold.lang,
        cross_lingual=gold.cross_lingual,
        figures=judged.figures,
        abstained=answer.abstained,
        confidence=answer.confidence,
        loss=judged.loss,
        seconds=answer.seconds,
        missed=judged.missed,
        extra=judged.extra,
    )


def read_sources(home: Path) -> Callable[[str], str | None]:
    """Return what reads a source's text from the disk, each once; None for a PDF or a file that is not there."""

    @cache
    def read(source: str) -> str | None:
        path = locate(source, home)
        if path.suffix.lower() == ".pdf":
            return None
        try:
            return read_text(path, source).text
        except SourceError:
            return None

    return read


def compare_records(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Compare two evaluations as `Evaluation.record` has them, question by question; raises KeyError, TypeError."""
    before = {row["qid"]: row for row in old["questions"]}
    changes, same = [], 0
    for row in new["questions"]:
        if row["qid"] not in before:
            continue
        was = before[row["qid"]]["figures"]
        pairs = {name: (was[name], row["figures"][name]) for name in COMPARED if name in was and name in row["figures"]}
        moved = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        if moved:
            changes.append(Change(row["qid"], row["question"], moved))
        else:
            same += 1
    asked = {row["qid"] for row in new["questions"]}
    return Comparison(
        better=tuple(c for c in changes if c.gain > 0),
        worse=tuple(c for c in changes if c.gain < 0),
        mixed=tuple(c for c in changes if c.gain == 0),
        same=same,
        added=tuple(row["qid"] for row in new["questions"] if row["qid"] not in before),
        dropped=tuple(qid for qid in before if qid not in asked),
    )


def _sign(name: str, before: float, after: float) -> int:
    up = (after > before) - (after < before)
    return -up if name in LOWER_IS_BETTER else up


def _sum_up(rows: Sequence[Row]) -> dict[str, float | None]:
    figures: dict[str, float | None] = {"n": len(rows)}
    for name in MEASURES:
        figures[name] = _round(mean(row.figures[name] for row in rows if name in row.figures))
    seconds = [row.seconds for row in rows]
    figures["latency_median"] = _round(percentile(seconds, 0.5))
    figures["latency_p95"] = _round(percentile(seconds, 0.95))
    figures["aurc"] = _round(area_under(_trace(rows)))
    figures["aurc_best"] = _round(area_under(trace_risk(((-r.loss,), r.loss) for r in rows if r.loss is not None)))
    answered = [(r.confidence, 1 - r.loss) for r in rows if r.loss is not None and not r.abstained]
    figures["ece"] = _round(calibration_error(answered))
    return figures


def _trace(rows: Sequence[Row]) -> list[Risk]:
    """The curve: refusals come last, and among each other, as among answers, the surest first."""
    return trace_risk(((float(not r.abstained), r.confidence), r.loss) for r in rows if r.loss is not None)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
