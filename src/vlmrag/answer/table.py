"""The table: papers as rows, attributes and questions as columns, a citation behind every cell.

A question as a column is put to every paper like a list question: the cell is its verdict with the proof.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vlmrag.answer.citations import Citations
from vlmrag.answer.listing import judge_papers
from vlmrag.errors import UsageError
from vlmrag.ingest.attributes import read_statements
from vlmrag.language.fold import HAN_CHAR
from vlmrag.search.attributes import COLUMNS, Attributes, quote_attribute
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question, read_question
from vlmrag.types import Attribute, Citation, Filters, Paper, Says, Sentence

OVERVIEW = ("vision_encoder", "llm", "connector", "frozen", "trained", "stages", "training_data", "date")
"""The columns of a table in Markdown where none are chosen: what fits on a screen."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a cell, with its proof."""

    value: str
    """Normalised; of a question the verdict."""
    text: str
    """The words as they stand."""
    stage: str | None
    verdict: Says
    confidence: float
    citation: Citation


@dataclass(frozen=True, slots=True)
class Row:
    """One paper and what it states; an empty cell is `not stated`."""

    paper: Paper
    cells: dict[str, tuple[Cell, ...]]
    """By column, in the order asked for."""


def read_columns(words: str) -> tuple[str, ...]:
    """Return the columns that are named, by commas; what has a blank or a question mark is a question.

    Raises UsageError for a word that is neither.
    """
    names = [name.strip() for name in next(csv.reader([words], skipinitialspace=True), []) if name.strip()]
    for name in names:
        if name not in COLUMNS and not re.search(r"[\s?？]", name) and not HAN_CHAR.search(name):
            raise UsageError(f"no column {name!r}; choose of {', '.join(COLUMNS)}, or give a question in quotes")
    return tuple(dict.fromkeys(names))


def build_table(
    papers: Sequence[Paper], columns: Sequence[str], catalogue: Catalogue, attributes: Attributes
) -> list[Row]:
    """Return the rows of `papers`, in their order, with the `columns`, each an attribute or a question."""
    citations = Citations(catalogue)
    asked = {name: _judge(name, papers, catalogue) for name in columns if name not in COLUMNS}
    rows = []
    for at, paper in enumerate(papers):
        cells: dict[str, tuple[Cell, ...]] = {}
        for name in columns:
            if name in asked:
                cells[name] = tuple(_cell_of_verdict(*asked[name][at], paper, citations))
            else:
                found = attributes.column(paper, name)
                cells[name] = tuple(_cell_of_attribute(a, paper, catalogue, citations) for a in found)
        rows.append(Row(paper, cells))
    return rows


_Judged = tuple[Says, tuple[Sentence, ...], float]


def _judge(words: str, papers: Sequence[Paper], catalogue: Catalogue) -> list[_Judged]:
    """Put a question to every paper, as a list question."""
    question = _ask_all(words, catalogue)
    return [(point.says, point.evidence, strength) for point, strength in judge_papers(papers, question, catalogue)]


def _ask_all(words: str, catalogue: Catalogue) -> Question:
    question = read_question(words, catalogue, (), Filters())
    relations = question.relations or tuple(read_statements(words, catalogue.vocabulary))
    return replace(question, kind="list", papers=(), filters=Filters(), relations=relations)


def _cell_of_verdict(
    says: Says, evidence: Sequence[Sentence], strength: float, paper: Paper, citations: Citations
) -> Iterator[Cell]:
    if says == "not stated":
        return
    for sentence in evidence:
        yield Cell(says, sentence.text, None, says, round(min(1.0, strength), 4), citations.cite(sentence, paper))


def _cell_of_attribute(one: Attribute, paper: Paper, catalogue: Catalogue, citations: Citations) -> Cell:
    parts = citations.cite_all(quote_attribute(one, catalogue), paper)
    citation = next((part for part in parts if one.text in part.quote), parts[0])  # a sentence may run over two pages
    return Cell(one.value, one.text, one.stage, one.says, one.confidence, citation)


def format_markdown(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return the table in Markdown, marks in its cells, and below it what each mark stands for."""
    lines = [_markdown_row(["paper", *columns]), _markdown_row(["---"] * (len(columns) + 1))]
    shown: dict[int, Citation] = {}
    for row in rows:
        line = [row.paper.name]
        for cells in row.cells.values():
            shown |= {c.citation.marker: c.citation for c in cells}
            line.append("; ".join(f"{_say(c)} [{c.citation.marker}]" for c in cells))
        lines.append(_markdown_row(line))
    places = [f"[{n}] {_place(c)}: “{_flatten(c.quote)}”" for n, c in sorted(shown.items())]
    return "\n".join([*lines, *([""] if places else []), *places]) + "\n"


def format_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return the table as CSV: beside each column the places where its values stand."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["paper", "id", *(head for name in columns for head in (name, f"{name} source"))])
    for row in rows:
        line = [row.paper.name, row.paper.id]
        for cells in row.cells.values():
            line += ["; ".join(map(_say, cells)), "; ".join(dict.fromkeys(_place(c.citation) for c in cells))]
        writer.writerow(line)
    return out.getvalue()


def _say(cell: Cell) -> str:
    """A value with the stage that it holds in, and whether it holds there only."""
    beside = ", ".join(word for word in (cell.stage, "depends" if cell.verdict == "depends" else None) if word)
    value = cell.value if cell.value not in ("yes", "no", "depends") else f"{cell.verdict}: “{cell.text}”"
    return f"{value} ({beside})" if beside and cell.value != "depends" else value


def _place(citation: Citation) -> str:
    place = f"p. {citation.page}" if citation.page is not None else str(citation.line)
    return f"{citation.source}{' ' if citation.page is not None else ':'}{place}"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_flatten(cell).replace("|", "\\|") for cell in cells) + " |"


def _flatten(words: str) -> str:
    return " ".join(words.split())
