"""`vlmrag figures`: what a person and a program get of the pictures in their papers."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.errors import SourceError
from vlmrag.types import Filters

CAPTIONS = {
    1: "Figure 1: Training loss of the language model over time.",
    2: "Figure 2: The query transformer stands between image encoder and language model.",
    3: "Figure 3: Harbour at dawn.",
}
HINT = (
    "figures: 3, found by their words alone; to find them by what they show: "
    "hf download sentence-transformers/clip-ViT-B-32, then vlmrag ingest"
)
BODY = "Small boats were tied to the old pier, and we counted each of them twice before the tide came in. " * 2
MENTION = "What a contrastive objective does is shown in Figure 3."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A paper of three pages; on each a figure of one colour."""
    home = tmp_path_factory.mktemp("figures")
    (home / "data" / "pdfs").mkdir(parents=True)
    document = import_module("pymupdf").open()
    for number, caption in CAPTIONS.items():
        page: Any = document.new_page()
        if number == 1:
            page.insert_text((72, 70), "Boats and Their Long Piers", fontsize=20)
        page.insert_text((72, 110), f"{number} Section", fontsize=13, fontname="hebo")
        page.insert_textbox((72, 120, 523, 200), BODY + (MENTION if number == 1 else ""), fontsize=11)
        page.draw_rect((150, 250, 450, 400), color=None, fill=[int(channel == number) for channel in (1, 2, 3)])
        page.insert_textbox((72, 412, 523, 440), caption, fontsize=9)
        page.insert_textbox((72, 500, 523, 600), BODY, fontsize=11)
    document.save(home / "data" / "pdfs" / "boats.pdf")
    assistant = Assistant(Config(home, encoder="hashing"))
    assert assistant.ingest().skipped == ()
    assistant.close()
    return home


def run(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["figures", *arguments, "--home", str(home)])
    return (status, *capsys.readouterr())


@pytest.fixture(autouse=True)
def hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("architecture with a query transformer", "Figure 2"),
        ("语言模型的训练损失", "Figure 1"),
        ("語言模型的訓練損失", "Figure 1"),
        ("contrastive objective", "Figure 3"),
        ("对比学习目标", "Figure 3"),
        ("Figure 3", "Figure 3"),
        ("圖 1", "Figure 1"),
    ],
)
def test_a_figure_is_found_by_caption_mention_and_name(home: Path, query: str, label: str) -> None:
    assert Assistant(Config(home, encoder="hashing")).figures(query)[0].figure.label == label


def test_a_program_gets_every_field_and_the_picture(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, err = run(capsys, home, "harbour at dawn", "-k", "1", "--json", "--save", str(tmp_path / "new"))
    assert (status, err) == (0, "")
    (record,) = map(json.loads, out.splitlines())
    file = tmp_path / "new" / "boats-p3-figure-3.png"
    assert list(record) == [
        "score", "via", "document", "source", "page", "rect", "label", "start", "end", "mentions", "line", "image",
        "sha256", "paper", "caption", "file",
    ]  # fmt: skip
    assert (record["source"], record["page"], record["label"]) == ("data/pdfs/boats.pdf", 3, "Figure 3")
    assert (record["caption"], record["mentions"], record["file"]) == (CAPTIONS[3], [MENTION], str(file))
    picture = import_module("pymupdf").Pixmap(file.read_bytes())
    assert picture.pixel(picture.width // 2, picture.height // 2)[:3] == (0, 0, 255)
    assert (picture.width, picture.height) == pytest.approx((306 * 150 / 72, 156 * 150 / 72), abs=3)


def test_a_person_reads_where_it_stands(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, home, "harbour at dawn", "-k", "1")
    assert out == (
        "1.00  Boats and Their Long Piers  Figure 3  data/pdfs/boats.pdf p. 3\n"
        f"      {CAPTIONS[3]}\n"
        f"      “{MENTION}”\n"
    )


def test_nothing_is_found_and_nothing_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, home, "zebra crossing") == (0, "", f"{HINT}\n")
    assert run(capsys, home, "zebra crossing", "--json") == (0, "", "")
    assert run(capsys, home, " ")[::2] == (
        2,
        "vlmrag: figures of what? Give a few words: vlmrag figures 'query transformer'\n",
    )


def test_filters_limit_it_and_a_changed_file_is_told(home: Path) -> None:
    assistant = Assistant(Config(home, encoder="hashing"))
    assert assistant.figures("harbour", filters=Filters(kind="note")) == []
    (found,) = assistant.figures("harbour", 1)
    file = home / "data" / "pdfs" / "boats.pdf"
    data = file.read_bytes()
    file.write_bytes(data + b"\n")
    try:
        with pytest.raises(SourceError, match=r"boats\.pdf: changed since it was read; run vlmrag ingest"):
            assistant.crop_figure(found.figure)
    finally:
        file.write_bytes(data)
