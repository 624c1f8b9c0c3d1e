"""Evaluations for people: tables as rows of words, and a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlmrag.errors import MissingExtra, UsageError
from vlmrag.evaluation.harness import CONFIDENCE, TIMES, Change, Comparison, Evaluation
from vlmrag.evaluation.judging import MEASURES

if TYPE_CHECKING:
    from vlmrag.evaluation.beir import Retrieved
    from vlmrag.evaluation.calibration import Calibration, Quality
    from vlmrag.evaluation.runs import Difference
    from vlmrag.evaluation.wording import Reading, Wording

Table = tuple[list[str], list[list[str]]]
"""The head and the rows."""

_HEADLINES = (
    "list_f1", "fact_hit", "first_paper", "evidence_hit", "abstain_recall", "false_abstain", "latency_median",
)  # fmt: skip
"""What is shown of each type of question, for which most of the other figures say nothing."""
ABLATED = tuple(name for name in _HEADLINES if name not in TIMES)
"""The figures by which systems are compared."""
_OF_CONFIDENCE = ("ece", "brier", "aurc", "abstain_recall", "false_abstain")
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


def tabulate_systems(evaluations: Mapping[str, Evaluation], figures: Sequence[str] = ABLATED) -> Table:
    """Return a row per system, a column per figure."""
    groups = {name: evaluation.groups()["all"] for name, evaluation in evaluations.items()}
    return ["", *figures], [[name, *(_show(f, group[f]) for f in figures)] for name, group in groups.items()]


def record_systems(evaluations: Mapping[str, Evaluation], figures: Sequence[str] = ABLATED) -> dict[str, object]:
    """Return the figures of each system as JSON has them."""
    return {name: {f: e.groups()["all"][f] for f in ("n", *figures)} for name, e in evaluations.items()}


def tabulate_wording(wording: Wording | Reading) -> Table:
    """Return what a model wrote, or what it read, a row."""
    record = asdict(wording)
    return [name.replace("_", " ") for name in record], [[str(value) for value in record.values()]]


def tabulate_calibration(calibration: Calibration) -> list[Table]:
    """Return the figures before and after, of which the held-out ones are honest, and the held-out reliability."""
    found = {"before": calibration.before, "held out": calibration.held_out, "on what it saw": calibration.seen}
    figures = [[name, *(_show(figure, getattr(q, figure)) for figure in _OF_CONFIDENCE)] for name, q in found.items()]
    bins = [[f"{b.told:.2f}", f"{b.held:.2f}", str(b.answers)] for b in calibration.held_out.bins]
    return [(["", *_OF_CONFIDENCE], figures), (["confidence", "worth", "answers"], bins)]


def record_calibration(calibration: Calibration) -> dict[str, object]:
    """Return the calibration as JSON has it."""

    def record(found: Quality) -> dict[str, object]:
        figures = {name: round(getattr(found, name), 4) for name in _OF_CONFIDENCE}
        bins = [{"told": round(b.told, 4), "held": round(b.held, 4), "answers": b.answers} for b in found.bins]
        return {**figures, "bins": bins}

    return {
        "before": record(calibration.before),
        "held_out": record(calibration.held_out),
        "seen": record(calibration.seen),
        "models": {name: asdict(model) for name, model in calibration.models.items()},
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


def record_difference(difference: Difference) -> dict[str, float]:
    """Return how two runs differ in nDCG@10 as JSON has it."""
    return {name: round(value, 4) for name, value in asdict(difference).items()}


def sum_up_difference(difference: Difference) -> str:
    """Say in a line how much better a run is than another."""
    d = difference
    chance = "hardly chance" if d.p < 0.05 else "may be chance"
    return (
        f"nDCG@10 {d.mean:+.4f} (95 % of the draws {d.low:+.4f} to {d.high:+.4f}, p = {d.p:.3f}: {chance}); "
        f"{d.better} of {d.queries} queries better, {d.worse} worse"
    )


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
