"""Attributes are stored at ingest, with the rules that read them: never stale, never other than read anew."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.search.small_library import NOTES, make_library
from vlmrag.assistant import Assistant
from vlmrag.index.attribute_rows import AttributeRows
from vlmrag.index.store import Library
from vlmrag.records import record_row
from vlmrag.search.attributes import COLUMNS, Attributes


def write_table(assistant: Assistant) -> list[str]:
    return [json.dumps(record_row(row), ensure_ascii=False) for row in assistant.table(COLUMNS)]


def read_anew(assistant: Assistant) -> dict[str, object]:
    """What papers state, read out of their sentences."""
    catalogue = assistant._catalogue
    attributes = Attributes(catalogue, stored=False)
    return {paper.id: attributes.of(paper) for paper in catalogue.papers}


def read_stored(assistant: Assistant) -> dict[str, object]:
    stored = assistant._index.attributes(assistant._attributes.key)
    assert stored is not None
    return {paper.id: stored.get(paper.id, ()) for paper in assistant.papers()}


def list_read(home: Path) -> dict[str, str]:
    """What each paper's attributes were read from."""
    with sqlite3.connect(home / "indexes" / "default" / "library.sqlite") as db:
        return dict(db.execute("SELECT paper, content FROM attribute_readings ORDER BY paper"))


def list_read_alone(home: Path) -> dict[str, list[str]]:
    """The same without what stands for the names of all papers, which tells nothing of one."""
    return {paper: content.split()[:2] for paper, content in list_read(home).items()}


def test_what_is_stored_is_what_is_read(tmp_path: Path) -> None:
    library = make_library(tmp_path, NOTES)
    assert read_stored(library) == read_anew(library)
    assert sum(map(len, read_stored(library).values())) > 20  # type: ignore[arg-type]
    assert library.status().attributes_stored


def test_an_edit_is_read_and_the_rest_is_left(tmp_path: Path) -> None:
    library = make_library(tmp_path, NOTES)
    before = list_read(tmp_path)
    diary = tmp_path / "data" / "notes" / "diary.md"
    diary.write_text(NOTES["diary.md"].replace("冻结语言模型", "冻结视觉编码器"), "utf-8", newline="")
    library.ingest()
    after = list_read(tmp_path)
    assert {paper for paper in before if before[paper] != after[paper]} == {"arxiv:2303.00004", "arxiv:2304.00005"}
    assert read_stored(library) == read_anew(library)
    assert [c.value for row in library.table(("frozen",), papers=["Marten"]) for c in row.cells["frozen"]] == [
        "image_encoder"
    ]


def test_another_paper_has_only_those_read_anew_that_may_speak_of_it(tmp_path: Path) -> None:
    told = "# More\n\n## {name}: Another Reader\n- paper: https://arxiv.org/abs/2402.00009\n- It reads long text.\n"
    spoken = NOTES["readers.md"].replace("- It handles speech and music.", "- Walrus freezes the language model.")
    library = make_library(tmp_path, {**NOTES, "readers.md": spoken})
    frozen = [c.value for row in library.table(("frozen",), papers=["Corvid"]) for c in row.cells["frozen"]]
    assert frozen == ["llm"]
    before = list_read_alone(tmp_path)
    more = tmp_path / "data" / "notes" / "more.md"
    more.write_text(told.format(name="Zander"), "utf-8")
    library.ingest()
    after = list_read_alone(tmp_path)
    assert {paper for paper in after if before.get(paper) != after[paper]} == {"arxiv:2402.00009"}
    assert read_stored(library) == read_anew(library)
    more.write_text(told.format(name="Walrus"), "utf-8")
    library.ingest()
    now = list_read_alone(tmp_path)
    assert {paper for paper in now if now[paper] != after[paper]} == {"arxiv:2402.00009", "arxiv:2202.00003"}
    assert read_stored(library) == read_anew(library)
    assert [c.value for row in library.table(("frozen",), papers=["Corvid"]) for c in row.cells["frozen"]] == []


def test_what_is_gone_leaves_the_rows(tmp_path: Path) -> None:
    library = make_library(tmp_path, NOTES)
    (tmp_path / "data" / "notes" / "readers.md").unlink()
    library.ingest()
    assert sorted(list_read(tmp_path)) == sorted(paper.id for paper in library.papers())
    assert read_stored(library) == read_anew(library)


def test_other_words_are_never_stale(tmp_path: Path) -> None:
    """With a new parts file the table is right at once; the next ingest stores it, though no note changed."""
    library = make_library(tmp_path, NOTES)
    generation = library.status().generation
    (tmp_path / "data" / "parts.toml").write_text('[components.connector]\nwords = ["bridge of 32 queries"]\n', "utf-8")
    library.close()
    assert not library.status().attributes_stored
    lazily = write_table(library)
    assert lazily == write_table(library)
    assert library.ingest().read == 0
    assert library.status().attributes_stored
    assert library.status().generation == generation
    assert write_table(library) == lazily
    assert read_stored(library) == read_anew(library)


def test_a_writer_without_rules_leaves_none(tmp_path: Path) -> None:
    make_library(tmp_path, NOTES).close()
    folder = tmp_path / "indexes" / "default"
    library = Library(folder, create=True)
    rows = AttributeRows(library)
    [(key,)] = library.query("SELECT DISTINCT rules FROM attribute_readings")
    assert rows.is_current(key)
    rows.forget()
    assert not rows.is_current(key)
    assert rows.read(key) is None
    library.close()


def test_the_rows_are_the_same_bytes(tmp_path: Path) -> None:
    homes = [tmp_path / str(n) for n in range(2)]
    tables = []
    for home in homes:
        home.mkdir()
        make_library(home, NOTES).close()
        with sqlite3.connect(home / "indexes" / "default" / "library.sqlite") as db:
            tables.append(db.execute("SELECT * FROM attributes ORDER BY rowid").fetchall())
    assert tables[0] == tables[1]
