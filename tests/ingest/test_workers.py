"""Reading in processes of their own: the same as here, and a file that harms its reader harms nothing else."""

from __future__ import annotations

import functools
import hashlib
import os
import time
from importlib import import_module
from pathlib import Path

from vlmrag.index.intake import make_rules
from vlmrag.ingest.images import open_image
from vlmrag.ingest.reader import ReadingRules, read_file
from vlmrag.ingest.workers import DPI, Order, Readers, Unread
from vlmrag.language.glossary import Glossary
from vlmrag.types import Reading

RECIPE = functools.partial(make_rules, "hashing", Glossary.load(), 64, 8)


def make_hostile_rules() -> ReadingRules:
    """Rules that do what a note asks for: they are made in the reading process, and so is the harm."""
    rules = RECIPE()

    def obey(text: str) -> int:
        if "HANG" in text:
            time.sleep(60)
        if "DIE" in text:
            os.abort()
        if "EAT" in text:
            return len(bytearray(4 << 30))
        if "BREAK" in text:
            raise ZeroDivisionError("no such half")
        return len(text.split())

    return ReadingRules(obey, rules.glossary, 64, 8)


def write(folder: Path, **texts: str) -> list[tuple[Path, str]]:
    files = []
    for name, text in texts.items():
        path = folder / f"{name}.md"
        path.write_text(text, "utf-8")
        files.append((path, f"data/notes/{name}.md"))
    return files


def test_a_file_is_read_as_it_is_read_here(tmp_path: Path) -> None:
    files = write(tmp_path, a="# Alpha: A Model\n- freezes 語言模型\n", b="", c="Beta\n" * 50)
    with Readers(RECIPE, count=2) as readers:
        found = list(readers.read(files))
    assert all(isinstance(r, Reading) for r in found)
    here = {shown: read_file(path, shown, RECIPE()) for path, shown in files}
    assert {r.source.path: r for r in found if isinstance(r, Reading)} == here


def test_what_harms_its_reader_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    texts = {"hang": "HANG", "die": "DIE", "eat": "EAT", "break": "BREAK"} | {f"n{i}": f"note {i}" for i in range(6)}
    files = [*write(tmp_path, **texts), (tmp_path / "gone.md", "data/notes/gone.md")]
    with Readers(make_hostile_rules, count=2, seconds=3, megabytes=1500) as readers:
        found = list(readers.read(files))
    assert sorted(r.source.path for r in found if isinstance(r, Reading)) == [f"data/notes/n{i}.md" for i in range(6)]
    unread = {r.path: (r.why, r.shut) for r in found if isinstance(r, Unread)}
    assert unread == {
        "data/notes/hang.md": ("is not read within 3 seconds; it may be broken", False),
        "data/notes/die.md": ("ends the process that reads it (SIGABRT); it is broken", False),
        "data/notes/eat.md": ("needs more than 1500 MB of memory to be read", False),
        "data/notes/break.md": ("cannot be read: ZeroDivisionError: no such half", False),
        "data/notes/gone.md": ("cannot be read: No such file or directory", True),
    }


def test_parts_of_pages_are_drawn_in_order_and_what_cannot_be_is_named(tmp_path: Path) -> None:
    document = import_module("pymupdf").open()
    for colour in ((1, 0, 0), (0, 0, 1)):
        document.new_page(width=72, height=72).draw_rect((0, 0, 72, 72), color=colour, fill=colour)
    data = document.tobytes()
    digest, whole = hashlib.sha256(data).hexdigest(), (0.0, 0.0, 72.0, 36.0)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.pdf").write_bytes(data)
    orders = [
        Order(tmp_path / "a.pdf", "a.pdf", digest, ((2, whole), (3, whole), (1, whole))),
        Order(tmp_path / "b.pdf", "b.pdf", "0" * 64, ((1, whole), (2, whole))),
        Order(tmp_path / "gone.pdf", "gone.pdf", digest, ((1, whole),)),
        Order(tmp_path / "c.pdf", "c.pdf", digest, ((1, whole),)),
    ]
    with Readers(RECIPE, count=2) as readers:
        (blue, missing, red), changed, gone, last = readers.draw(orders)
    assert [open_image(png).size for png in (blue, red) if isinstance(png, bytes)] == [(DPI, DPI // 2)] * 2
    pixels = [open_image(png).getpixel((9, 9)) for png in (blue, red, *last) if isinstance(png, bytes)]
    assert pixels == [(0, 0, 255), (255, 0, 0), (255, 0, 0)]
    assert missing == Unread("a.pdf", "has 2 pages, no page 3")
    assert changed == (Unread("b.pdf", "changed since it was read", shut=True),) * 2
    assert gone == (Unread("gone.pdf", "cannot be read: No such file or directory", shut=True),)


def test_no_process_outlives_its_readers(tmp_path: Path) -> None:
    files = write(tmp_path, hang="HANG", n="note")
    with Readers(make_hostile_rules, count=2, seconds=60) as readers:
        assert isinstance(next(readers.read(files)), Reading)  # and the other one hangs
    assert [process.alive for process in readers._all] == [False, False]
    assert all(process._child.poll() is not None for process in readers._all)


def test_what_a_library_prints_does_not_come_between(tmp_path: Path) -> None:
    with Readers(make_loud_rules, count=1) as readers:
        [found] = readers.read(write(tmp_path, a="Alpha"))
    assert isinstance(found, Reading)


def make_loud_rules() -> ReadingRules:
    print("a library greets")
    os.write(1, b"\0" * 4096)
    return RECIPE()
