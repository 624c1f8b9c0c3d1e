"""Images that notes link: what is a link, which files may be read, what is said beside them, and what is told."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.ingest.reading import GLOSSARY
from vlmrag.errors import SourceError
from vlmrag.ingest import images
from vlmrag.ingest.illustrations import Shelf, find_links, has_changed, read_unchanged
from vlmrag.ingest.images import open_image, read_image
from vlmrag.ingest.reader import ReadingRules, read_file
from vlmrag.types import Figure, Reading

RULES = ReadingRules(lambda text: len(text.split()), GLOSSARY)
LEFT = "left out"


def draw(path: Path, colour: str = "red", size: tuple[int, int] = (64, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def read(folder: Path, text: str, name: str = "a.md", roots: tuple[Path, ...] = ()) -> Reading:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return read_file(folder / name, f"notes/{name}", replace(RULES, roots=roots))


def said(reading: Reading) -> list[tuple[str | None, str, list[str]]]:
    """Image, caption and what stands beside it."""
    text = reading.source.text
    return [(f.image, text[f.start : f.end], [text[a:b] for a, b in f.mentions]) for f in reading.figures]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("![a boat](b.png)", [("b.png", "a boat", None)]),
        ('![a boat](img/b.png "on the sea")', [("img/b.png", "a boat", "on the sea")]),
        ("![](b.png 'on the sea')", [("b.png", "on the sea", None)]),
        ("![*](b.png)", [("b.png", "*", None)]),
        ("![see [1]](<two words.png>)", [("two words.png", "see [1]", None)]),
        ("![x](b_(1).png) [![y](c.png)](https://example.org)", [("b_(1).png", "x", None), ("c.png", "y", None)]),
        (r"![x](b\_c.png)", [("b_c.png", "x", None)]),
        ('<p><IMG width=3 alt="a boat"\nsrc=b.png title=sea></p>', [("b.png", "a boat", "sea")]),
        ("<img src='b.png'>", [("b.png", "", None)]),
        ("![[b c.png]] ![[img/d.JPG|a boat]]", [("b c.png", "", None), ("img/d.JPG", "a boat", None)]),
        ("![[b.png#right|300x200]] ![[Another note]] [[b.png]]", [("b.png", "", None)]),
        ("| a | ![x](b.png) |\n|---|---|\n| c | ![y](d.png) |", [("b.png", "x", None), ("d.png", "y", None)]),
        ("<img alt='no path'> ![no path]() [no image](b.png)", []),
        ("![w](https://a.b/c.png) ![w](//a.b/c.png) ![d](data:image/png;base64,AA) ![f](file:///b.png)", []),
        ("`![x](b.png)` <!-- ![x](b.png) -->\n```\n![x](b.png)\n```\n", []),
        ("---\ncover: ![x](b.png)\n---\n# A", []),
    ],
)
def test_what_is_a_link(text: str, found: list[tuple[str, str, str | None]]) -> None:
    links = list(find_links(text))
    shown = [(link.target, text[slice(*link.caption)], link.title and text[slice(*link.title)]) for link in links]
    assert shown == found


@given(
    st.lists(
        st.sampled_from(
            ["![", "[", "]]", ".png", "](", ")", "<img ", "src=", "`", '"', "<!--", "-->", "a", "\n", " ", "\\"]
        )
    )
)
def test_links_are_found_in_any_text_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    ends = [0]
    for link in find_links(text):
        assert ends[-1] <= link.start < link.end <= len(text)
        assert link.start <= link.caption[0] <= link.caption[1] <= link.end
        ends.append(link.end)


def test_an_image_is_told_by_its_caption_its_neighbours_and_its_heading(tmp_path: Path) -> None:
    file = draw(tmp_path / "img" / "the boat.png")
    reading = read(
        tmp_path,
        "# Harbours\nNothing yet.\n\n## Piers\nTwo boats lie here. One is old.\n\n"
        '![The old boat](img/the%20boat.png "from the left")\n\nIts sail is gone. We counted.\n',
    )
    (figure,) = reading.figures
    (document,) = (d for d in reading.documents if d.id == figure.document)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert document.heading == ("Harbours", "Piers")
    assert figure == Figure(
        document.id, "notes/a.md", None, None, "the boat.png", figure.start, figure.end, figure.mentions, 7,
        "notes/img/the boat.png", digest,
    )  # fmt: skip
    assert said(reading) == [
        ("notes/img/the boat.png", "The old boat", ["One is old.", "from the left", "Its sail is gone."])
    ]
    assert reading.problems == ()


def test_images_side_by_side_share_what_is_said(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw(tmp_path / name)
    reading = read(tmp_path, "Before them.\n\n![](a.png)\n![](b.png)\n\nAs ![c](a.png) shows. Far away.\n\nFarther.\n")
    beside = ["Before them.", "As ![c](a.png) shows."]
    assert said(reading) == [
        ("notes/a.png", "", beside),
        ("notes/b.png", "", beside),
        ("notes/a.png", "c", ["Before them.", "As ![c](a.png) shows.", "Far away."]),
    ]
    assert [figure.line for figure in reading.figures] == [3, 4, 6]


def test_a_page_of_html_has_figures_too(tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    text = "<html><body><p>Before.</p><figure><img src='a.png' alt='A boat'><figcaption>Sails.</figcaption></figure>"
    assert said(read(tmp_path, text, "a.html")) == [("notes/a.png", "A boat", ["Before.", "Sails."])]


def test_icons_are_no_figures(tmp_path: Path) -> None:
    draw(tmp_path / "icon.png", size=(47, 47))
    draw(tmp_path / "wide.png", size=(48, 3))
    reading = read(tmp_path, "![x](icon.png) ![y](wide.png)")
    assert [figure.image for figure in reading.figures] == ["notes/wide.png"]
    assert reading.problems == ()


def test_nothing_is_read_outside_the_folders(tmp_path: Path) -> None:
    notes = tmp_path / "library" / "notes"
    notes.mkdir(parents=True)
    draw(tmp_path / "secret.png")
    draw(tmp_path / "library" / "img" / "shared.png", "blue")
    (notes / "link.png").symlink_to(tmp_path / "secret.png")
    (notes / "folder").symlink_to(tmp_path)
    (notes / "loop.png").symlink_to(notes / "loop.png")
    text = (
        "![a](../../secret.png)\n![b](link.png)\n![c](folder/secret.png)\n"
        f"![d]({tmp_path}/secret.png)\n![e](../img/shared.png)\n![f](loop.png)\n![g](%00.png)\n"
    )
    outside = f"lies outside the folders that were given to ingest; {LEFT}"
    first = read(notes, text)
    assert [(figure.image, figure.sha256) for figure in first.figures] == [("notes/%00.png", "")]
    assert first.problems == (
        f"line 1: ../../secret.png: {outside}",
        f"line 2: link.png: {outside}",
        f"line 3: folder/secret.png: {outside}",
        f"line 4: {tmp_path}/secret.png: {outside}",
        f"line 5: ../img/shared.png: {outside}",
        f"line 6: loop.png: cannot be a file; {LEFT}",
        f"line 7: notes/%00.png: does not exist; {LEFT}",
    )
    second = read(notes, text, roots=((tmp_path / "library").resolve(),))
    assert [figure.image for figure in second.figures if figure.sha256] == ["img/shared.png"]


def test_a_link_inside_the_folders_may_lead_anywhere_in_them(tmp_path: Path) -> None:
    draw(tmp_path / "img" / "a.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "img" / "a.png")
    assert said(read(tmp_path, "![boat](b.png?raw=true#top)")) == [("notes/b.png", "boat", [])]


def test_what_is_missing_or_broken_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    whole = draw(tmp_path / "whole.png", size=(300, 300)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:-60])
    (tmp_path / "text.png").write_text("no image", "utf-8")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    names = ("gone", "cut", "text", "empty", "folder", "pipe", "whole")
    reading = read(tmp_path, "".join(f"![of {name}]({name}.png)\n" for name in names))
    unread = f"is no image that is read (PNG, JPEG, GIF, WEBP, BMP); {LEFT}"
    assert reading.problems[0] == f"line 1: notes/gone.png: does not exist; {LEFT}"
    assert reading.problems[1].startswith("line 2: notes/cut.png: is a broken image: ")
    assert reading.problems[2:] == (
        f"line 3: notes/text.png: {unread}",
        f"line 4: notes/empty.png: {unread}",
        f"line 5: notes/folder.png: is a folder or a device, not an image; {LEFT}",
        f"line 6: notes/pipe.png: is a folder or a device, not an image; {LEFT}",
    )
    assert [bool(figure.sha256) for figure in reading.figures] == [False] * 6 + [True]


def test_an_export_without_its_pictures_is_told_in_a_few_lines(tmp_path: Path) -> None:
    assert len(read(tmp_path, "![x](gone.png)\n" * 13).problems) == 13
    problems = read(tmp_path, "![x](gone.png)\n" * 90).problems
    assert len(problems) == 13
    assert problems[-2:] == (
        f"line 12: notes/gone.png: does not exist; {LEFT}",
        f"78 more images, the last in line 90; {LEFT}",
    )


def test_bounds_hold_before_anything_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 20_000
    with pytest.raises(SourceError, match="bomb: has 8000 x 8000 pixels, too many to be unpacked"):
        open_image(bomb.getvalue(), "bomb")
    header = struct.pack(">4sIIBBBBB", b"IHDR", 60_000, 60_000, 1, 0, 0, 0, 0)
    larger = bomb.getvalue()[:12] + header + struct.pack(">I", zlib.crc32(header)) + bomb.getvalue()[33:]
    with pytest.raises(SourceError, match="bomb: has too many pixels to be unpacked"):
        open_image(larger, "bomb")
    monkeypatch.setattr(images, "MOST_BYTES", 100)
    with pytest.raises(SourceError, match="large: has 0 MB; images of up to 0 MB are read"):
        read_image(draw(tmp_path / "large.png"), "large")


def test_what_is_transparent_is_white_and_what_lies_on_its_side_is_upright() -> None:
    data = io.BytesIO()
    Image.new("RGBA", (2, 1), (255, 0, 0, 0)).save(data, "PNG")
    assert open_image(data.getvalue()).getpixel((0, 0)) == (255, 255, 255)
    turned = Image.new("RGB", (60, 20), "red")
    exif = turned.getexif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    data = io.BytesIO()
    turned.save(data, "JPEG", exif=exif)
    assert open_image(data.getvalue()).size == (20, 60)


def test_an_image_that_came_went_or_changed_is_noticed(tmp_path: Path) -> None:
    file = draw(tmp_path / "a.png")
    (figure,) = read(tmp_path, "![x](a.png)").figures
    assert read_unchanged(file, figure) == file.read_bytes()
    assert not has_changed(file, "a.png", figure.sha256)
    draw(file, "blue")
    assert has_changed(file, "a.png", figure.sha256)
    with pytest.raises(SourceError, match=r"notes/a\.png: changed since it was read; run vlmrag ingest"):
        read_unchanged(file, figure)
    file.write_text("broken", "utf-8")
    assert not has_changed(file, "a.png", "")
    file.unlink()
    assert has_changed(file, "a.png", figure.sha256)
    assert not has_changed(file, "a.png", "")
    draw(file)
    assert has_changed(file, "a.png", "")


def test_a_link_of_obsidian_may_begin_at_the_folder_that_was_given(tmp_path: Path) -> None:
    draw(tmp_path / "img" / "a.png")
    draw(tmp_path / "notes" / "b.png", "blue")
    roots = ((tmp_path).resolve(),)
    reading = read(tmp_path / "notes", "![[img/a.png|boat]] ![[b.png]] ![[gone.png]]", roots=roots)
    assert [(figure.image, bool(figure.sha256)) for figure in reading.figures] == [
        ("img/a.png", True),
        ("notes/b.png", True),
        ("notes/gone.png", False),
    ]
    assert reading.problems == (f"line 1: notes/gone.png: does not exist; {LEFT}",)


def test_a_shelf_shows_paths_as_notes_are_shown(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "notes" / "a.md", "/far/notes/a.md", (tmp_path.resolve(),))
    assert shelf.find("img/../b.png") == (tmp_path / "notes" / "b.png", "/far/notes/b.png")
    assert shelf.find("../c.png") == (tmp_path / "c.png", "/far/c.png")
