"""Evaluations for people: tables as rows of words, and a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlmrag.errors import MissingExtra, UsageError
from vlmrag.evaluation.harness import CONFIDENCE, TIMES, Change, Comparison, Evaluation
from vlmrag.evaluation.judging import MEASURES

if TYPE_CHECKING:
    from vlmrag.evaluation.beir import Retrieved
    from vlmrag.evaluation.calibration import Calibration, Refusals

Table = tuple[list[str], list[list[str]]]
"""The head and the rows."""

_HEADLINES = (
    "list_f1", "fact_hit", "first_paper", "evidence_hit", "abstain_recall", "false_abstain", "latency_median",
)  # fmt: skip
"""What is shown of each type of question, for which most of the other figures say nothing."""
ABLATED = tuple(name for name in _HEADLINES if name not in TIMES)
"""The figures by which systems are compared."""
_DRAWN = ("list_f1", "fact_hit", "first_paper", "evidence_hit", "abstain_recall", "quote_exact")


def tabulate_languages(evaluation: Evaluation) -> Table:
    """Return a row per figure, a column for all questions, for the cross-lingual ones, and per language."""
    groups = {name.removeprefix("lang="): g for name, g in evaluation.groups().items() if not name.startswith("type=")}
    rows = [["questions", *(str(figures["n"]) for figures in groups.values())]]
    for name in (*MEASURES, *CONFIDENCE, *TIMES):
        rows.append([name, *(_show(name, figures[name]) for figures in groups.values())])
    return ["", *groups], rows


def tabulate_types(evaluation: Evaluation) -> Table:
    """Return a row per type of question, a column per figure."""
    groups = {n.removeprefix("type="): g for n, g in evaluation.groups().items() if n.startswith("type=")}
    rows = [[name, str(g["n"]), *(_show(figure, g[figure]) for figure in _HEADLINES)] for name, g in groups.items()]
    return ["", "n", *_HEADLINES], rows


def tabulate_comparison(comparison: Comparison) -> Table:
    """Return one row per question that changed, what got worse first."""
    rows = []
    for verdict in ("worse", "mixed", "better"):
        changes: tuple[Change, ...] = getattr(comparison, verdict)
        for change in changes:
            moves = ", ".join(f"{name} {a:.2f} → {b:.2f}" for name, (a, b) in change.figures.items())
            rows.append([verdict, change.qid, moves, change.question])
    return ["", "qid", "figures", "question"], rows


def tabulate_systems(evaluations: Mapping[str, Evaluation]) -> Table:
    """Return a row per system, a column per figure."""
    groups = {name: evaluation.groups()["all"] for name, evaluation in evaluations.items()}
    return ["", *ABLATED], [[name, *(_show(f, group[f]) for f in ABLATED)] for name, group in groups.items()]


def record_systems(evaluations: Mapping[str, Evaluation]) -> dict[str, object]:
    """Return the figures of each system as JSON has them."""
    return {name: {f: e.groups()["all"][f] for f in ("n", *ABLATED)} for name, e in evaluations.items()}


def tabulate_calibration(calibration: Calibration) -> Table:
    """Return a row for the present thresholds, those chosen on all questions, the held-out figures, and per fold."""

    def show(name: str, found: Refusals) -> list[str]:
        shares = (found.thresholds.mentioned, found.thresholds.found) if found.thresholds else None
        shown = [f"{share / 100:.2f}" for share in shares] if shares else ["", ""]
        return [name, *shown, f"{found.abstain_recall:.3f}", f"{found.false_abstain:.3f}"]

    rows = [
        show("present", calibration.present),
        show("chosen on all", calibration.chosen),
        show(f"held out, {len(calibration.folds)} folds", calibration.held_out),
    ]
    for number, fold in enumerate(calibration.folds, start=1):
        rows.append([f"without fold {number}", f"{fold.mentioned / 100:.2f}", f"{fold.found / 100:.2f}", "", ""])
    return ["", "mentioned", "found", "abstain_recall", "false_abstain"], rows


def record_calibration(calibration: Calibration) -> dict[str, object]:
    """Return the calibration as JSON has it; thresholds as shares, 0..1."""

    def record(found: Refusals) -> dict[str, float]:
        figures = {"abstain_recall": round(found.abstain_recall, 4), "false_abstain": round(found.false_abstain, 4)}
        if not found.thresholds:
            return figures
        return {"mentioned": found.thresholds.mentioned / 100, "found": found.thresholds.found / 100, **figures}

    return {
        "present": record(calibration.present),
        "chosen": record(calibration.chosen),
        "held_out": record(calibration.held_out),
        "folds": [{"mentioned": fold.mentioned / 100, "found": fold.found / 100} for fold in calibration.folds],
    }


def sum_up_comparison(comparison: Comparison) -> str:
    """Return the comparison in a line."""
    line = f"{len(comparison.better)} better, {len(comparison.worse)} worse, {comparison.same} the same"
    if comparison.mixed:
        line += f", {len(comparison.mixed)} better in one figure and worse in another"
    for words, qids in (("only in the new one", comparison.added), ("only in the old one", comparison.dropped)):
        if qids:
            line += f"; {words}: {', '.join(qids)}"
    return line


def record_comparison(comparison: Comparison) -> dict[str, object]:
    """Return the comparison as JSON has it."""
    changed = {
        verdict: [
            {"qid": c.qid, "question": c.question, "figures": {n: list(p) for n, p in c.figures.items()}}
            for c in changes
        ]
        for verdict, changes in (
            ("better", comparison.better),
            ("worse", comparison.worse),
            ("mixed", comparison.mixed),
        )
    }
    return {**changed, "same": comparison.same, "added": list(comparison.added), "dropped": list(comparison.dropped)}


def record_retrieved(retrieved: Retrieved) -> dict[str, float]:
    """Return the figures of a retrieval as JSON has them."""
    return {
        "documents": retrieved.documents,
        "chunks": retrieved.chunks,
        "queries": retrieved.queries,
        "ndcg@10": round(retrieved.ndcg_at_10, 4),
        "recall@100": round(retrieved.recall_at_100, 4),
        "mrr@10": round(retrieved.mrr_at_10, 4),
        "seconds_a_query": round(retrieved.seconds_a_query, 4),
    }


def plot_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Draw the figures by language and the risk-coverage curves into `path` (.png, .svg, .pdf).

    Raises MissingExtra without matplotlib, UsageError for an ending it cannot write.
    """
    groups, curves = evaluation.groups(), evaluation.curves()
    figure = load_figure()(figsize=(11, 4.2), layout="constrained")
    bars, lines = figure.subplots(1, 2)
    width = 0.8 / len(curves)
    for number, name in enumerate(curves):
        places = [at + number * width for at in range(len(_DRAWN))]
        bars.bar(places, [groups[name][measure] or 0.0 for measure in _DRAWN], width, label=_name(name, groups))
        coverage, risk = [p.coverage for p in curves[name]], [p.risk for p in curves[name]]
        area = groups[name]["aurc"]
        lines.plot(coverage, risk, label=f"{_name(name, groups)}  AURC {area:.3f}" if area is not None else name)
    middle = 0.4 - width / 2
    bars.set_xticks([at + middle for at in range(len(_DRAWN))], _DRAWN, rotation=20)
    bars.set(ylim=(0, 1.02), title="Answers")
    lines.set(xlim=(0, 1), ylim=(0, 1), xlabel="share of questions answered, the surest first", ylabel="risk")
    lines.set_title("Risk and coverage")
    figure.legend(*bars.get_legend_handles_labels(), loc="outside lower center", ncols=len(curves))
    lines.legend(loc="upper left")
    try:
        figure.savefig(path, dpi=150)
    except ValueError:
        raise UsageError(f"{path}: a plot is written as .png, .svg or .pdf") from None


def load_figure() -> Callable[..., Any]:
    """Return matplotlib's Figure, which draws without a screen; raises MissingExtra."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("A plot needs matplotlib: pip install 'vlmrag[plot]'") from None
    return Figure


def _name(group: str, groups: Mapping[str, Mapping[str, float | None]]) -> str:
    return f"{group.removeprefix('lang=')} ({groups[group]['n']})"


def _show(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{1000 * value:.0f} ms" if name in TIMES else f"{value:.3f}"
