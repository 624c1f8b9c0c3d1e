"""What really lies in people's folders: named in one plain line where it is no note, and the rest is read."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.made_notes import NOTE, QUESTION, find_frozen, run, take_in
from vlmrag.errors import SourceError
from vlmrag.index import intake
from vlmrag.ingest import workers
from vlmrag.ingest.reader import list_files, read_file
from vlmrag.reports import Skipped
from vlmrag.types import Reading


@pytest.fixture
def notes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notes with one good note, in a home that is read with the double of the encoder."""
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    (home / "data/notes/good.md").write_text(NOTE, "utf-8")
    return home / "data/notes"


# -- what lies in the folder ---------------------------------------------------------------------------------------


ENGLISH = (
    "# Été-1: A Frozen Reader\n- paper: https://arxiv.org/abs/2101.00009\n- point: keeps the language model frozen.\n"
)
SIMPLE = "# 阿尔法：冻结的读者\n- 论文：https://arxiv.org/abs/2101.00009\n- 要点：冻结语言模型，训练一个连接器。\n"
TRADITIONAL = SIMPLE.translate(str.maketrans("尔冻结读论点语训练个连层", "爾凍結讀論點語訓練個連層"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((ENGLISH, encoding) for encoding in ("utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be")),
        *((SIMPLE, encoding) for encoding in ("gb18030", "utf-16-le", "utf-16-be", "utf-8-sig")),
        *((TRADITIONAL, encoding) for encoding in ("big5", "utf-16")),
        (ENGLISH.replace("\n", "\r\n"), "utf-8"),
        (ENGLISH.replace("\n", "\r"), "utf-8"),
    ],
)
def test_every_encoding_and_newline_is_read_and_cited(
    notes: Path, capsys: pytest.CaptureFixture[str], text: str, encoding: str
) -> None:
    (notes / "good.md").unlink()
    (notes / "other.md").write_bytes(text.encode(encoding))
    assert take_in(capsys)[::2] == (0, [])
    ((name, source, start, end),) = find_frozen(capsys)
    held = "\ufeff" + text if encoding == "utf-8-sig" else text  # a mark is a character of the file read as UTF-8
    assert (name, source) == ("Été-1" if text.startswith("# É") else text[2:5], "data/notes/other.md")
    assert "frozen" in held[start:end] or "冻结语言" in held[start:end] or "凍結語言" in held[start:end]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\t\n\n \n",
        b"---\ntitle: x\nyear: 2023\n---\n",
        b"---\ntitle: [x\n yy: : :\n\n# Alpha\n- point: frozen\n",
        b"# Alpha\n```python\nx = 1\n# not a heading\n",
        b"# Alpha\n- half \xed\xa0\x80 a character\n" + b"text " * 100,
        "# 👩‍👧Alpha🧊: \u202eA Model\u202c\u2028\u2029\n- שלום \u200f ❄️\n".encode(),
        b"[" * 2000 + b"\n" + b"*" * 2000 + b"\n" + b"`" * 2001 + b"\n" + b"<" * 2000,
        b">" * 2000 + b" deep\n",
        b"<div>" * 500 + b"frozen",
        ("|" + " c |" * 1000 + "\n|" + "---|" * 1000 + "\n|" + " v |" * 1000 + "\n").encode(),
        "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(200)).encode(),
    ],
    ids=range(12),
)
def test_odd_notes_are_read_without_a_word(notes: Path, capsys: pytest.CaptureFixture[str], data: bytes) -> None:
    (notes / "odd.md").write_bytes(data)
    status, report, err = take_in(capsys)
    assert (status, report["files"], err) == (0, 2, [])
    assert ("Alpha-1", "data/notes/good.md") in {found[:2] for found in find_frozen(capsys)}


def test_a_line_that_begins_with_many_blanks_takes_no_square_of_them(
    notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (notes / "blanks.md").write_text(" " * 200_000 + "x\n# A" + "\t" * 200_000 + "b\n", "utf-8")
    assert take_in(capsys)[0] == 0  # hours, if it did


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "text",
    [
        "freeze the LLM, and 冻结 " * 200_000,
        "".join(f"# Model{n}: A Title\n- point: freezes part {n}.\n" for n in range(10_000)),
        "| Model | LLM |\n|---|---|\n" + "".join(f"| M{n} | Vicuna, frozen |\n" for n in range(100_000)),
        "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(2_000)),
    ],
    ids=["one line of 5 MB", "10,000 headings", "100,000 rows", "2,000 levels"],
)
def test_a_very_large_note_is_read(notes: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (notes / "large.md").write_text(text, "utf-8")
    assert take_in(capsys)[::2] == (0, [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_note_is_named_and_the_rest_is_read(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (notes / "binary.md").write_bytes(bytes(range(256)) * 40)
    (notes / "nul.md").write_bytes(b"# A\n- a \0 nul\n")
    (notes / "dead.md").symlink_to("/no/such.md")
    (notes / "loop.md").symlink_to(notes / "loop.md")
    (notes / "again").symlink_to(notes)
    (notes / "folder.md").mkdir()
    os.mkfifo(notes / "pipe.md")
    monkeypatch.chdir(notes)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.md")
        status, report, err = take_in(capsys)
    no_file = "is not a file that can be read: it is a folder, a pipe, a socket or a device"
    assert status == 1
    assert report["files"] == 1
    assert sorted(err) == [
        "vlmrag: skipped data/notes/binary.md: is not text: its bytes are in no known encoding",
        "vlmrag: skipped data/notes/dead.md: cannot be read: No such file or directory",
        "vlmrag: skipped data/notes/loop.md: cannot be read: Too many levels of symbolic links",
        "vlmrag: skipped data/notes/nul.md: is not text: control characters (1), the first in line 2",
        f"vlmrag: skipped data/notes/pipe.md: {no_file}",
        f"vlmrag: skipped data/notes/socket.md: {no_file}",
    ]
    assert {found[0] for found in find_frozen(capsys)} == {"Alpha-1"}


NAMES = [
    " lead.md",
    "new\nline.md",
    "emoji🧊.md",
    "笔记 一.md",
    "q\"'`.md",
    "-k.md",
    "[b]x.md",
    "a#b?c%20.md",
    "\x1b[2J.md",
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_any_name_of_a_file_will_do(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (notes / "good.md").unlink()
    for number, name in enumerate(NAMES):
        (notes / name).write_text(NOTE.replace("Alpha-1", f"Name{number}").replace("00001", f"0010{number}"), "utf-8")
    assert take_in(capsys)[::2] == (0, [])
    assert {found[1] for found in find_frozen(capsys)} == {f"data/notes/{name}" for name in NAMES}
    status, out, err = run(capsys, "ask", QUESTION)
    assert (status, err) == (0, "")
    assert "\x1b" not in out
    assert "data/notes/new\\u000aline.md:5" in out


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_name_that_is_no_utf8_is_named(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(os.fsdecode(os.fsencode(notes) + b"/bad\xff.md")).write_text(NOTE, "utf-8")
    status, report, err = take_in(capsys)
    assert (status, report["files"]) == (1, 1)
    assert err == ["vlmrag: skipped data/notes/bad\\xff.md: has a name that is not UTF-8; rename it"]


def test_a_path_with_a_newline_is_remembered_as_one_path(
    notes: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "two\nlines"
    folder.mkdir()
    (folder / "a.md").write_text("# Gamma\n- freezes.\n", "utf-8")
    assert take_in(capsys, str(folder))[0] == 0
    (folder / "a.md").write_text("# Gamma\n- freezes all.\n", "utf-8")
    assert take_in(capsys)[1]["read"] == 2


def test_a_path_that_failed_is_told_once(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = notes.parent / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    assert take_in(capsys, str(picture))[0] == 1
    assert take_in(capsys)[0] == 0


def test_a_file_that_goes_or_is_shut_while_it_is_read(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("goes.md", "shut.md"):
        (notes / name).write_text(NOTE.replace("Alpha-1", name[:4]), "utf-8")
    assert take_in(capsys)[1]["files"] == 3
    os.utime(notes / "shut.md")
    read = Path.read_bytes

    def lose(path: Path) -> bytes:
        if path.name == "shut.md":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", lose)

    def list_and_lose(paths: Iterable[Path]) -> tuple[list[Path], list[Skipped]]:
        found = list_files(paths)
        (notes / "goes.md").unlink()
        return found

    monkeypatch.setattr(intake, "list_files", list_and_lose)
    status, report, err = take_in(capsys)
    assert status == 1
    assert sorted(err) == [
        "vlmrag: skipped data/notes/goes.md: cannot be read: No such file or directory",
        "vlmrag: skipped data/notes/shut.md: cannot be read: Permission denied",
    ]
    assert (report["files"], report["gone"]) == (2, 1), "what is gone leaves, what is shut stays as it was"


def test_a_file_that_changes_while_it_is_read_is_read_again(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = notes / "good.md"

    def change(*arguments: Any) -> Reading:
        reading = read_file(*arguments)
        note.write_text(NOTE.replace("small bridge", "large bridge"), "utf-8")
        return reading

    with monkeypatch.context() as patch:
        patch.setattr(workers, "read_file", change)
        take_in(capsys)
    assert take_in(capsys)[1]["read"] == 1
    assert "large bridge" in run(capsys, "search", "bridge")[1]


def test_many_files_skipped_for_one_reason_are_one_line(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, shown: str, *rest: Any) -> Reading:
        if path.name.startswith("p"):
            raise SourceError(shown, "is too strange")
        return read_file(path, shown, *rest)

    monkeypatch.setattr(workers, "read_file", refuse)
    for number in range(40):
        (notes / f"p{number:02}.md").write_text("x", "utf-8")
    status, report, err = take_in(capsys)
    few = "data/notes/p00.md, data/notes/p01.md, data/notes/p02.md"
    assert (status, report["files"], len(report["skipped"])) == (1, 1, 40)
    assert err == [f"vlmrag: skipped 40 files: is too strange: {few} and 37 more (--json names all)"]
