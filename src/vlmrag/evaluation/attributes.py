"""Attributes against a gold table: which stated values are read, and which that are read are stated.

A gold file has one paper a line, with the values of some columns as the library's notes state them:

    {"paper": "BLIP-2", "values": {"frozen": ["image_encoder", "llm"], "llm": []},
     "acceptable": {"trained": ["connector"]}}

An empty list says that nothing is stated, so that every value read there is wrong. `acceptable` values count neither
for nor against. Values are compared by their folded keys: `Q-Former` is `qformer`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vlmrag.answer.table import Row
from vlmrag.assistant import Assistant
from vlmrag.errors import UsageError
from vlmrag.evaluation.report import Table
from vlmrag.language.fold import name_key


@dataclass(frozen=True, slots=True)
class GoldRow:
    """What the notes state of one paper."""

    paper: str
    values: Mapping[str, tuple[str, ...]]
    acceptable: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Tally:
    """Counts of one column."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    """`paper: value` for each value read that is not stated."""
    missed: list[str] = field(default_factory=list)
    """`paper: value` for each stated value that was not read."""

    @property
    def precision(self) -> float | None:
        """Share of the values read that are stated; None where none was read."""
        return self.right / read if (read := self.right + len(self.wrong)) else None

    @property
    def recall(self) -> float | None:
        """Share of the stated values that were read; None where none is stated."""
        return self.right / stated if (stated := self.right + len(self.missed)) else None


def is_attribute_gold(path: Path) -> bool:
    """Whether the first line of a file is a row of a gold table rather than a question."""
    try:
        with path.open(encoding="utf-8") as lines:
            first = json.loads(next(lines, "{}"))
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and "values" in first and "question" not in first


def read_gold_rows(path: Path) -> list[GoldRow]:
    """Read a gold table; raises UsageError, which names the line, for what is not of the form."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            values = {name: tuple(map(str, held)) for name, held in record["values"].items()}
            extra = {name: tuple(map(str, held)) for name, held in record.get("acceptable", {}).items()}
            rows.append(GoldRow(str(record["paper"]), values, extra))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"{path}:{number}: needs a JSON object with 'paper' and 'values'") from None
    return rows


def score_rows(gold: GoldRow, row: Row, tallies: dict[str, Tally]) -> None:
    """Count into `tallies`, by column, how a row of the table meets its gold."""
    for column, stated in gold.values.items():
        tally = tallies.setdefault(column, Tally())
        wanted = {name_key(value): value for value in stated}
        allowed = {name_key(value) for value in gold.acceptable.get(column, ())}
        read = {name_key(cell.value): cell.value for cell in row.cells[column]}
        tally.right += len(read.keys() & wanted.keys())
        tally.wrong += [f"{gold.paper}: {v}" for key, v in read.items() if key not in wanted.keys() | allowed]
        tally.missed += [f"{gold.paper}: {v}" for key, v in wanted.items() if key not in read]


def evaluate_attributes(assistant: Assistant, path: Path) -> tuple[dict[str, Any], Table, list[str]]:
    """Score the assistant's table against a gold table: a record, a table for people, and remarks.

    Raises UsageError for a file that is not of the form, and for a paper that the library does not have.
    """
    tallies: dict[str, Tally] = {}
    gold = read_gold_rows(path)
    for one in gold:
        [row] = assistant.table(tuple(one.values), papers=[one.paper])
        score_rows(one, row, tallies)
    total = Tally(sum(t.right for t in tallies.values()))
    for tally in tallies.values():
        total.wrong += tally.wrong
        total.missed += tally.missed
    record = {"papers": len(gold), "columns": {name: _record(t) for name, t in tallies.items()}, "all": _record(total)}
    lines = [[name, *_figures(tally)] for name, tally in [*tallies.items(), ("all", total)]]
    remarks = [
        f"{what}: {', '.join(held)}" for what, held in (("wrong", total.wrong), ("missed", total.missed)) if held
    ]
    return record, (["column", "right", "wrong", "missed", "precision", "recall"], lines), remarks


def _record(tally: Tally) -> dict[str, Any]:
    return {
        "right": tally.right,
        "wrong": tally.wrong,
        "missed": tally.missed,
        "precision": tally.precision,
        "recall": tally.recall,
    }


def _figures(tally: Tally) -> list[str]:
    shares = ("" if share is None else f"{share:.3f}" for share in (tally.precision, tally.recall))
    return [str(tally.right), str(len(tally.wrong)), str(len(tally.missed)), *shares]
