"""Taking files in: what changed is read, what went leaves, and new rules read everything again without embedding it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vlmrag.index.encoder import HashingEncoder
from vlmrag.index.index import Index
from vlmrag.index.intake import Intake, find_stale
from vlmrag.ingest import workers
from vlmrag.ingest.reader import ReadingRules, read_file
from vlmrag.language.glossary import Glossary
from vlmrag.reports import Report, Skipped
from vlmrag.types import Reading


def make_intake(home: Path, glossary: Glossary | None = None) -> Intake:
    return Intake(home, home / "indexes" / "test", HashingEncoder(), glossary or Glossary.load(), limit=64, overlap=8)


def figures(report: Report) -> tuple[int, int, int, int, int]:
    return report.files, report.read, report.unchanged, report.gone, report.embedded


@pytest.fixture
def notes(home: Path) -> Path:
    folder = home / "elsewhere"
    folder.mkdir()
    (folder / "a.md").write_text("# Alpha: A Model\n- point: reads maps.\n", "utf-8")
    (folder / "b.md").write_text("# Beta: Another Model\n- point: reads charts.\n", "utf-8")
    return folder


def test_a_path_given_once_is_read_again_without_being_given(home: Path, notes: Path) -> None:
    assert figures(make_intake(home).take_in([notes]))[:4] == (2, 2, 0, 0)
    assert figures(make_intake(home).take_in([])) == (2, 0, 2, 0, 0)
    (notes / "a.md").unlink()
    (notes / "c.md").write_text("# Gamma: A Third\n- point: reads scores.\n", "utf-8")
    assert figures(make_intake(home).take_in([]))[:4] == (2, 1, 1, 1)


def test_a_touched_file_is_unchanged(home: Path, notes: Path) -> None:
    make_intake(home).take_in([notes])
    (notes / "a.md").write_text((notes / "a.md").read_text("utf-8"), "utf-8")
    assert figures(make_intake(home).take_in([notes])) == (2, 0, 2, 0, 0)


def test_one_file_of_a_library_is_taken_in_alone(home: Path, notes: Path) -> None:
    make_intake(home).take_in([notes])
    (notes / "b.md").write_text("# Beta: Another Model\n- point: reads graphs.\n", "utf-8")
    assert figures(make_intake(home).take_in([notes / "b.md"]))[:4] == (2, 1, 0, 0)


def test_new_rules_read_everything_again_and_embed_only_what_reads_otherwise(home: Path, notes: Path) -> None:
    (notes / "b.md").write_text("# Beta: Another Model\n- point: 读取星图谱。\n", "utf-8")
    make_intake(home).take_in([notes])
    words = home / "own.tsv"
    words.write_text("star atlas\t星图谱\tterm\town\n", "utf-8")
    report = make_intake(home, Glossary.load(words)).take_in([])
    assert figures(report)[:4] == (2, 2, 0, 0)
    assert report.embedded == 1


def test_what_is_stale_is_told(home: Path, notes: Path) -> None:
    intake = make_intake(home)
    intake.take_in([notes])
    (notes / "a.md").write_text("# Alpha\n", "utf-8")
    (notes / "b.md").unlink()
    with Index.open(intake.folder, HashingEncoder()) as index:
        assert find_stale(index, home) == ["elsewhere/a.md", "elsewhere/b.md"]


def test_what_of_a_file_cannot_be_read_is_told(home: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path, shown: str, rules: ReadingRules) -> Reading:
        reading = read_file(path, shown, rules)
        return replace(reading, problems=("page 3 has no text; skipped",)) if path.name == "b.md" else reading

    monkeypatch.setattr(workers, "read_file", read)
    report = make_intake(home).take_in([notes])
    assert report.remarks == (Skipped("elsewhere/b.md", "page 3 has no text; skipped"),)
    assert figures(report)[:2] == (2, 2)
    assert make_intake(home).take_in([notes]).remarks == ()
