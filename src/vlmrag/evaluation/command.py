"""What `vlmrag eval` does: reads the files it is given, evaluates, keeps and compares."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import UsageError
from vlmrag.evaluation import report
from vlmrag.evaluation.gold import Inventory, LibraryKeys, PaperKeys, read_questions
from vlmrag.evaluation.harness import FORMAT, compare_records, evaluate, read_sources
from vlmrag.types import Progress

if TYPE_CHECKING:
    from vlmrag.answer.generator import Generator
    from vlmrag.evaluation.calibration import Observation


@dataclass(frozen=True, slots=True)
class Outcome:
    """An evaluation for programs and for people."""

    record: dict[str, Any]
    tables: list[report.Table]
    remarks: list[str] = field(default_factory=list)
    """What a person should know beside the figures."""


def evaluate_answers(
    assistant: Assistant,
    questions: Path,
    *,
    papers: Path | None = None,
    against: Path | None = None,
    save: Path | None = None,
    plot: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Score the assistant's answers to a questions file.

    `papers` names the gold papers, by default the library does; `against` is an evaluation that `save` kept before.
    Raises UsageError for a file that is not what it should be, MissingExtra for a plot without matplotlib.
    """
    if plot:
        report.load_figure()  # what is missing is told before the work, not after it
    old = _read_evaluation(against) if against else None
    gold = read_questions(questions)
    keys: PaperKeys = Inventory.read(papers) if papers else LibraryKeys(assistant.papers())
    evaluation = evaluate(assistant.ask, gold, keys, read_sources(assistant.config.home), progress)
    record = evaluation.record()
    outcome = Outcome(record, [report.tabulate_languages(evaluation), report.tabulate_types(evaluation)])
    if evaluation.unknown:
        outcome.remarks.append(f"gold papers that are not known, counted as missed: {', '.join(evaluation.unknown)}")
    if save:
        save.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if plot:
        report.plot_evaluation(evaluation, plot)
    if old is not None:
        comparison = compare_records(old, record)
        record["against"] = report.record_comparison(comparison)
        outcome.remarks.append(f"against {against}: {report.sum_up_comparison(comparison)}")
        if len(comparison.better) + len(comparison.worse) + len(comparison.mixed):
            outcome.tables.append(report.tabulate_comparison(comparison))
    return outcome


def evaluate_wording(
    assistant: Assistant,
    questions: Path,
    generator: Generator,
    *,
    papers: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Score quoted answers, and those that a generator reads for and words, see `wording.py`; raises UsageError."""
    from vlmrag.evaluation.wording import compare_wording

    gold = read_questions(questions)
    keys: PaperKeys = Inventory.read(papers) if papers else LibraryKeys(assistant.papers())
    sources = read_sources(assistant.config.home)
    systems, wording, reading = compare_wording(assistant, generator, gold, keys, sources, progress)
    record = {
        "index": assistant.status().fingerprint,
        "systems": report.record_systems(systems, (*report.ABLATED, "latency_median", "latency_p95")),
        "wording": asdict(wording),
        "reading": asdict(reading),
    }
    told = [report.tabulate_wording(wording), *([report.tabulate_wording(reading)] if reading.questions else [])]
    return Outcome(record, [report.tabulate_systems(systems, (*report.ABLATED, "latency_median")), *told])


def ablate_answers(
    assistant: Assistant, questions: Path, *, papers: Path | None = None, progress: Progress | None = None
) -> Outcome:
    """Score simpler systems and ours on a questions file, see `ablation.py`; raises UsageError."""
    from vlmrag.evaluation.ablation import compare_systems

    gold = read_questions(questions)
    keys: PaperKeys = Inventory.read(papers) if papers else LibraryKeys(assistant.papers())
    config = assistant.config
    evaluations = compare_systems(config, gold, keys, read_sources(config.home), progress)
    record = {"index": assistant.status().fingerprint, "systems": report.record_systems(evaluations)}
    return Outcome(record, [report.tabulate_systems(evaluations)])


def calibrate_answers(
    assistant: Assistant,
    questions: Path,
    *,
    papers: Path | None = None,
    seen: Sequence[Path] = (),
    save: Path | None = None,
    model: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Fit the confidence of answers to a questions file, see `calibration.py`.

    `seen` are observations that `save` kept before, of other questions in other libraries: they are fitted too. `model`
    is where the models go. Raises UsageError.
    """
    from vlmrag.evaluation import calibration

    gold = read_questions(questions)
    keys: PaperKeys = Inventory.read(papers) if papers else LibraryKeys(assistant.papers())
    before = [o for path in seen for o in _read_observations(path)]
    config = assistant.config
    observed = calibration.observe(config, gold, keys, read_sources(config.home), progress)
    if save:
        records = [calibration.record_observation(o) for o in observed]
        save.write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n", "utf-8")
    found = calibration.calibrate([*before, *observed])
    if model:
        model.write_text(calibration.write_models(found.models), "utf-8")
    return Outcome(report.record_calibration(found), report.tabulate_calibration(found))


def _read_observations(path: Path) -> list[Observation]:
    """Return the observations that `--calibrate --save` kept; raises UsageError."""
    from vlmrag.evaluation.calibration import read_observation

    try:
        return [read_observation(record) for record in json.loads(path.read_text("utf-8"))]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path}: not what `vlmrag eval --calibrate --save` wrote") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None


def evaluate_table(assistant: Assistant, gold: Path) -> Outcome:
    """Score the table of attributes against a gold table, see `attributes.py`; raises UsageError."""
    from vlmrag.evaluation.attributes import evaluate_attributes

    record, table, remarks = evaluate_attributes(assistant, gold)
    return Outcome(record, [table], remarks)


def evaluate_retrieval(
    config: Config,
    folder: Path,
    *,
    k: int = 100,
    run: Path | None = None,
    csv: Path | None = None,
    against: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Score the retriever on a folder in BEIR's format; `against` is an earlier run, its TREC file or its CSV.

    Writes its rankings as a TREC `run` and the figures of each query as `csv`.
    Raises SourceError for a folder that is not in the format, UsageError for a file that is no run or cannot be there.
    """
    from vlmrag.evaluation.beir import read_collection, score_collection
    from vlmrag.evaluation.runs import compare_runs, format_csv, format_run, read_scores

    for path in (run, csv):
        if path and not path.parent.is_dir():
            raise UsageError(f"{path} cannot be written: there is no folder {path.parent}")
    collection = read_collection(folder)
    old = read_scores(against, collection.qrels) if against else None
    retrieved = score_collection(collection, config, k, progress)
    if run:
        run.write_text(format_run(retrieved.run), "utf-8")
    if csv:
        csv.write_text(format_csv(retrieved.scores), "utf-8")
    record: dict[str, Any] = {"collection": folder.resolve().name, **report.record_retrieved(retrieved)}
    outcome = Outcome(record, [(list(record), [[str(value) for value in record.values()]])])
    if old is not None:
        difference = compare_runs(retrieved.scores, old)
        record["against"] = report.record_difference(difference)
        outcome.remarks.append(f"against {against}: {report.sum_up_difference(difference)}")
    return outcome


def ablate_retrieval(config: Config, folder: Path, *, k: int = 100, progress: Progress | None = None) -> Outcome:
    """Score simpler ways to put the two rankings together on a folder in BEIR's format; raises SourceError."""
    from vlmrag.evaluation.beir import read_collection
    from vlmrag.evaluation.fusion_ablation import ablate_fusion, record_systems

    systems = record_systems(ablate_fusion(read_collection(folder), config, k, progress))
    rows = [[name, *(f"{value:.4f}" for value in figures.values())] for name, figures in systems.items()]
    head = ["system", *next(iter(systems.values()))]
    return Outcome({"collection": folder.resolve().name, "systems": systems}, [(head, rows)])


def _read_evaluation(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8"))
        if record["format"] == FORMAT and all("qid" in row and "figures" in row for row in record["questions"]):
            return dict(record)
    except (ValueError, KeyError, TypeError):
        pass
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    raise UsageError(f"{path}: not an evaluation that this version of `vlmrag eval --save` wrote")
