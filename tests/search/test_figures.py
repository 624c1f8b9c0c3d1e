"""Figures found by words and by what they show: by the double that sees colours, and by a small CLIP."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.index.made_clip import make_clip
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.errors import EncoderError, SourceError
from vlmrag.index.figures import gallery
from vlmrag.index.figures.model import ColourEncoder
from vlmrag.reports import FigureCount, Skipped

NOTE = """# Harbours

## KiwiVL: A Reader of Harbours
- Paper: https://arxiv.org/abs/2402.00001
- Point: It freezes the language model.

The connector stands in the middle.
![An old pier](img/pier.png)

## Notes on boats
![](img/boat.png)
Sails are drawn last.
"""
PIER, BOAT = "data/notes/img/pier.png", "data/notes/img/boat.png"


def draw(path: Path, colour: str, size: tuple[int, int] = (64, 64)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def take_in(home: Path, encoder: str = "colours", **more: Any) -> Assistant:
    """An assistant whose library is up to date; `more` are arguments of `ingest`."""
    assistant = Assistant(Config(home, encoder="hashing", picture_encoder=encoder))
    assistant.ingest(**more)
    return assistant


def found(assistant: Assistant, query: str) -> list[tuple[str | None, dict[str, float]]]:
    return [(each.figure.image, dict(each.via)) for each in assistant.figures(query)]


def count_vectors(home: Path) -> dict[str, int]:
    """How many vectors are kept of each model, by its weights."""
    with sqlite3.connect(home / "indexes" / "default" / "library.sqlite") as library:
        return dict(library.execute("SELECT weights, count(vector) FROM pictures GROUP BY weights"))


@pytest.fixture
def notes(home: Path) -> Path:
    """A home with a note of two images, a red one and a blue one."""
    draw(home / PIER, "red")
    draw(home / BOAT, "blue")
    (home / "data" / "notes" / "a.md").write_text(NOTE, "utf-8")
    return home


@pytest.mark.parametrize(
    ("query", "image", "words"),
    [
        ("old pier", PIER, 1.0),  # the caption
        ("connector", PIER, 0.6),  # the sentence before it
        ("KiwiVL", PIER, 0.4),  # the paper whose entry it is
        ("boats", BOAT, 0.6),  # the heading, which is a sentence too, and the file
        ("冻结语言模型", None, 0.0),
    ],
)
def test_images_of_notes_are_found_by_words(notes: Path, query: str, image: str | None, words: float) -> None:
    assistant = take_in(notes, "none")
    assert found(assistant, query)[:1] == ([(image, {"words": words})] if image else [])
    assert assistant.count_figures() == FigureCount(2)
    assert assistant.profile("KiwiVL").figures == ()  # those of its PDFs


def test_a_picture_is_a_second_witness(notes: Path) -> None:
    assistant = take_in(notes)
    assert assistant.count_figures() == FigureCount(2, 2, "colours")
    assert found(assistant, "blue") == [(BOAT, {"picture": 1.0})]
    (alone,) = assistant.figures("red")
    both, other = assistant.figures("old pier, red or blue")
    assert (alone.score, alone.via) == (0.5, {"picture": 1.0})
    assert both.figure == alone.figure
    assert set(both.via) == {"words", "picture"}
    assert both.score == 1 - (1 - both.via["words"]) * (1 - both.via["picture"] / 2)
    assert set(other.via) == {"picture"}
    assert found(assistant, "green") == []  # described worse than by "a figure", which sees all colours alike
    assert assistant.figures("red") == take_in(notes, rebuild=True).figures("red")


def test_a_query_in_chinese_goes_by_its_english(notes: Path) -> None:
    (notes / "data" / "glossary.tsv").write_text("blue\t蓝色\tterm\town\n", "utf-8")
    assert found(take_in(notes), "藍色") == [(BOAT, {"picture": 1.0})]
    assert found(take_in(notes), "㐀㐁") == []


def test_each_picture_is_looked_at_once(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    look = ColourEncoder.encode_pictures

    def count(self: ColourEncoder, pictures: list[bytes]) -> Any:
        looked.append(len(pictures))
        return look(self, pictures)

    monkeypatch.setattr(ColourEncoder, "encode_pictures", count)
    draw(notes / "data/notes/img/copy.png", "red")  # the same bytes under another name
    (notes / "data/notes/b.md").write_text("![Again](img/pier.png)\n![A copy](img/copy.png)\n", "utf-8")
    told: list[tuple[str, int, int]] = []
    take_in(notes, progress=lambda *call: told.append(call))
    assert [call for call in told if call[0] == "looking"] == [("looking", 1, 2), ("looking", 2, 2)]
    take_in(notes)
    (notes / "data/notes/b.md").write_text("![Renamed](img/copy.png)\n", "utf-8")
    take_in(notes)
    assert looked == [2]
    draw(notes / PIER, "green")
    assistant = take_in(notes)
    assert looked == [2, 1]
    assert found(assistant, "green") == [(PIER, {"picture": 1.0})]
    assert count_vectors(notes) == {"colours:1": 3}


def test_another_model_looks_anew_and_what_the_first_saw_is_not_used(
    notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(notes, "none")
    assert count_vectors(notes) == {}
    take_in(notes)
    monkeypatch.setattr(ColourEncoder, "fingerprint", "colours:2")
    assistant = Assistant(Config(notes, encoder="hashing", picture_encoder="colours"))
    assert found(assistant, "red") == []
    assert assistant.ingest().pictures == 2
    assert found(assistant, "red") == [(PIER, {"picture": 1.0})]
    assert count_vectors(notes) == {"colours:2": 2}
    take_in(notes, "none")  # without a model what was seen stays
    assert count_vectors(notes) == {"colours:2": 2}


def test_an_interrupted_look_goes_on_where_it_was(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = ColourEncoder.encode_pictures
    calls: list[int] = []

    def interrupt(self: ColourEncoder, pictures: list[bytes]) -> Any:
        calls.append(len(pictures))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return look(self, pictures)

    monkeypatch.setattr(gallery, "BATCH", 1)
    monkeypatch.setattr(ColourEncoder, "encode_pictures", interrupt)
    with pytest.raises(KeyboardInterrupt):
        take_in(notes)
    assert count_vectors(notes) == {"colours:1": 1}
    assert found(Assistant(Config(notes, encoder="hashing")), "old pier") == [(PIER, {"words": 1.0})]
    assert Assistant(Config(notes, encoder="hashing", picture_encoder="colours")).ingest().pictures == 1


def test_what_is_missing_is_told_with_file_and_line_and_noticed_when_it_comes(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    monkeypatch.setenv("VLMRAG_PICTURE_ENCODER", "colours")
    (notes / BOAT).unlink()
    assert main(["ingest", "--home", str(notes)]) == 0
    out, err = capsys.readouterr()
    assert err == f"vlmrag: data/notes/a.md: line 11: {BOAT}: does not exist; left out\n"
    assert "1 figures looked at" in " ".join(out.split())
    assistant = take_in(notes)
    assert [each.figure.image for each in assistant.figures("boats")] == []
    draw(notes / BOAT, "blue")
    assert found(take_in(notes), "blue") == [(BOAT, {"picture": 1.0})]
    (notes / BOAT).unlink()
    assert assistant.ingest().remarks == (Skipped("data/notes/a.md", f"line 11: {BOAT}: does not exist; left out"),)
    assert found(assistant, "blue") == []


def test_a_person_and_a_program_get_the_image_itself(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    monkeypatch.setenv("VLMRAG_PICTURE_ENCODER", "colours")
    take_in(notes)
    assert main(["figures", "blue", "--home", str(notes)]) == 0
    assert capsys.readouterr().out == (
        "0.50  boat.png  data/notes/a.md:11  (by what it shows)\n"
        "      “Notes on boats”\n"
        "      “Sails are drawn last.”\n"
    )
    assert main(["figures", "old pier", "--json", "--save", str(tmp_path / "out"), "--home", str(notes)]) == 0
    record = json.loads(capsys.readouterr().out)
    saved = tmp_path / "out" / "a-8-pier.png"
    assert saved.read_bytes() == (notes / PIER).read_bytes()
    assert (record["via"], record["file"], record["image"]) == ({"words": 1.0}, str(saved), PIER)
    assert (record["page"], record["rect"], record["line"], record["paper"]) == (None, None, 8, "KiwiVL")
    draw(notes / PIER, "green")
    assert Assistant(Config(notes, encoder="hashing")).status().stale == ("data/notes/a.md",)
    (figure,) = (each.figure for each in Assistant(Config(notes, encoder="hashing")).figures("old pier"))
    with pytest.raises(SourceError, match=r"pier\.png: changed since it was read; run vlmrag ingest"):
        Assistant(Config(notes, encoder="hashing")).crop_figure(figure)


@pytest.mark.slow  # two files are read and drawn in processes of their own
def test_figures_of_a_pdf_are_drawn_and_looked_at_once_for_two_copies(home: Path) -> None:
    document = import_module("pymupdf").open()
    page: Any = document.new_page()
    page.insert_text((72, 70), "Boats and Their Long Piers", fontsize=20)
    page.insert_textbox(
        (72, 120, 523, 200), "Small boats were tied to the pier, and we counted them. " * 5, fontsize=11
    )
    page.draw_rect((150, 250, 450, 400), color=None, fill=(0, 1, 0))
    page.insert_textbox((72, 412, 523, 440), "Figure 1: Harbour at dawn.", fontsize=9)
    (home / "data" / "pdfs").mkdir()
    document.save(home / "data" / "pdfs" / "one.pdf")
    document.set_metadata({"author": "another"})
    document.save(home / "data" / "pdfs" / "two.pdf")
    assistant = Assistant(Config(home, encoder="hashing", picture_encoder="colours"))
    report = assistant.ingest()
    assert (report.skipped, report.pictures) == ((), 1)
    assert assistant.count_figures() == FigureCount(2, 2, "colours")
    (each,) = assistant.figures("green")  # of the copies of a paper one is shown
    assert (each.figure.label, each.score, each.via) == ("Figure 1", 0.5, {"picture": 1.0})
    for name in ("one.pdf", "two.pdf"):
        (home / "data" / "pdfs" / name).touch()
    assert assistant.ingest().pictures == 0


def test_a_state_says_how_pictures_come_to_be_searched(notes: Path) -> None:
    without = take_in(notes, "none").status().figures
    assert without.describe() == (
        "2, found by their words alone; to find them by what they show: "
        "hf download sentence-transformers/clip-ViT-B-32, then vlmrag ingest"
    )
    assert take_in(notes).status().figures.describe() == "2, 2 of them found by what they show as well (colours)"


def test_a_model_that_was_asked_for_and_is_not_here_is_told_after_the_notes_were_read(notes: Path) -> None:
    with pytest.raises(EncoderError, match="model of pictures no-such/clip is not on this machine"):
        take_in(notes, "no-such/clip")
    assert found(Assistant(Config(notes, encoder="hashing", picture_encoder="no-such/clip")), "old pier")


@pytest.mark.slow  # torch takes seconds to import
def test_a_clip_of_this_machine_looks_at_figures(notes: Path, tmp_path: Path) -> None:
    first, second = (str(make_clip(tmp_path / f"clip{seed}", seed)) for seed in (0, 1))
    assistant = take_in(notes, first)
    assert assistant.count_figures() == FigureCount(2, 2, first)
    weights = list(count_vectors(notes))
    seen = [found(assistant, query) for query in ("a red figure", "凍結語言模型", "a long query " * 40)]
    again = Assistant(replace(assistant.config))
    assert [found(again, query) for query in ("a red figure", "凍結語言模型", "a long query " * 40)] == seen
    assert any("picture" in via for each in seen for _, via in each)
    other = take_in(notes, second)
    assert other.count_figures() == FigureCount(2, 2, second)
    assert len(weights) == len(count_vectors(notes)) == 1
    assert weights != list(count_vectors(notes))


def test_an_image_is_opened_as_it_is_kept() -> None:
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(data, "WEBP")
    assert ColourEncoder().encode_pictures([data.getvalue()])[0] @ [1, 0, 0] == pytest.approx(1, abs=1e-3)
