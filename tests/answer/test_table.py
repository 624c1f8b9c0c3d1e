"""The table: a citation behind every cell, questions as columns, the same bytes twice, agreement with answers."""

from __future__ import annotations

import csv
import io
import json

import pytest

from vlmrag.answer.table import Row, format_csv, format_markdown, read_columns
from vlmrag.assistant import Assistant
from vlmrag.errors import UsageError
from vlmrag.records import record_row
from vlmrag.search.attributes import COLUMNS
from vlmrag.types import Filters

FROZEN = "Which models freeze the language model?"


def cells(rows: list[Row], column: str) -> dict[str, list[tuple[str, str | None, str]]]:
    return {r.paper.name: [(c.value, c.stage, c.verdict) for c in r.cells[column]] for r in rows if r.cells[column]}


def test_attributes_by_paper(library: Assistant) -> None:
    rows = library.table(("frozen", "trained"))
    assert [row.paper for row in rows] == library.papers()
    assert cells(rows, "frozen") == {
        "Lumen-1": [("llm", None, "yes")],
        "Marten": [("llm", "stage 1", "depends")],
        "Ermine": [("llm", None, "yes")],
    }
    assert cells(rows, "trained") == {
        "Lumen-1": [("connector", None, "yes")],
        "Lumen-2": [("llm", None, "yes")],
        "Marten": [("connector", "stage 1", "yes"), ("llm", "stage 2", "depends")],
    }


def test_every_cell_is_proved_by_its_citation(library: Assistant) -> None:
    for row in library.table(COLUMNS):
        for cell in (c for found in row.cells.values() for c in found):
            text = library._index.source(cell.citation.source).text
            assert text[cell.citation.start : cell.citation.end] == cell.citation.quote
            assert cell.text in cell.citation.quote
            assert cell.citation.paper == row.paper.id


def test_a_question_as_a_column_agrees_with_the_list_answer(library: Assistant) -> None:
    for question in (FROZEN, "哪些模型支持语音？", "Which models handle long video?"):
        rows = library.table((question,))
        yes = {row.paper.name for row in rows if any(c.verdict == "yes" for c in row.cells[question])}
        assert yes == {v.paper.name for v in library.ask(question).papers}


def test_the_column_and_the_question_agree(library: Assistant) -> None:
    rows = library.table(("frozen",))
    by_column = {r.paper.name for r in rows if any(c.value == "llm" and c.verdict == "yes" for c in r.cells["frozen"])}
    assert by_column == {v.paper.name for v in library.ask(FROZEN).papers}


def test_rows_that_are_named_stand_in_their_order(library: Assistant) -> None:
    rows = library.table(("date",), papers=["ermine", "2101.00001"])
    assert [row.paper.name for row in rows] == ["Ermine", "Lumen-1"]
    assert library.table(("date",), papers=["Ermine"], filters=Filters(years=(2021, 2021))) == []
    with pytest.raises(UsageError, match="no paper called 'Zebrafish'; see: vlmrag papers"):
        library.table(("date",), papers=["Zebrafish"])


def test_markdown(library: Assistant) -> None:
    text = format_markdown(library.table(("frozen",), papers=["Marten", "Corvid"]), ("frozen",))
    assert text == (
        "| paper | frozen |\n| --- | --- |\n| Marten | llm (stage 1, depends) [1] |\n| Corvid |  |\n\n"
        "[1] data/notes/diary.md:6: “第一阶段冻结语言模型，只训练投影层。”\n"
    )
    assert format_markdown([], ("llm",)) == "| paper | llm |\n| --- | --- |\n"


def test_csv(library: Assistant) -> None:
    columns = ("frozen", "orgs")
    rows = list(csv.DictReader(io.StringIO(format_csv(library.table(columns, papers=["Lumen-2"]), columns))))
    assert rows == [
        {
            "paper": "Lumen-2",
            "id": "arxiv:2201.00002",
            "frozen": "",
            "frozen source": "",
            "orgs": "Google; Stanford University",
            "orgs source": "data/notes/readers.md:15",
        }
    ]


def test_json_is_as_the_contract_has_it(library: Assistant) -> None:
    [row] = library.table(("frozen", "llm"), papers=["Ermine"])
    record = record_row(row)
    assert record["paper"]["name"] == "Ermine"
    assert record["cells"]["llm"] == []
    [cell] = record["cells"]["frozen"]
    assert list(cell) == ["value", "text", "stage", "verdict", "confidence", "citation"]
    assert (cell["value"], cell["text"], cell["citation"]["quote"]) == (
        "llm",
        "凍結語言模型",
        "凍結語言模型，生成圖像。",
    )


def test_the_same_bytes_twice(library: Assistant) -> None:
    def write() -> list[str]:
        columns = (*COLUMNS, FROZEN)
        rows = library.table(columns)
        return [format_markdown(rows, columns), format_csv(rows, columns), json.dumps([record_row(r) for r in rows])]

    first = write()
    library.close()
    assert write() == first


def test_columns_as_they_are_typed() -> None:
    assert read_columns("") == ()
    assert read_columns('llm, frozen,llm,"which accept video, or audio?",会幻觉吗') == (
        "llm",
        "frozen",
        "which accept video, or audio?",
        "会幻觉吗",
    )
    with pytest.raises(UsageError, match="no column 'colour'; choose of contribution, vision_encoder"):
        read_columns("colour")
