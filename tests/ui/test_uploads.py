"""Files that come through the browser: safe names in the home's own folders, nothing written over unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.errors import SourceError
from vlmrag.ui import uploads
from vlmrag.ui.uploads import clean_name, keep_upload


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("notes.md", "notes.md"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\Notes.MD", "Notes.MD"),
        ("..hidden.md", "hidden.md"),
        ("日记 第一.md", "日记 第一.md"),
        ('a"b<c>:d|e?f*.pdf', "a_b_c_d_e_f_.pdf"),
        ("line\nbreak\x00.md", "line_break_.md"),
        ("e\u0301.md", "é.md"),
        ("長" * 200 + ".md", "長" * 60 + ".md"),
    ],
)
def test_names_are_made_safe(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.parametrize("name", ["virus.exe", "notes", ".md", "a/..", "", "x.md.zip"])
def test_what_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match=r"is none of \.md, "):
        clean_name(name)


@given(st.text(max_size=300))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    clean = clean_name(f"{name}x.md")
    assert "/" not in clean
    assert "\\" not in clean
    assert not clean.startswith(".")
    assert len(clean.encode()) <= 200
    assert (Path("/home/notes") / clean).parent == Path("/home/notes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(b"# New\n")
    return path


def test_notes_and_pdfs_go_to_their_folders(file: Path, home: Path) -> None:
    assert keep_upload(file, "a.md", home) == ("data/notes/a.md", "new")
    assert keep_upload(file, "a.PDF", home) == ("data/pdfs/a.PDF", "new")
    assert sorted(p.name for p in (home / "data").rglob("*") if p.is_file()) == ["a.PDF", "a.md"]


def test_nothing_is_written_over_unasked(file: Path, home: Path) -> None:
    old = home / "data" / "notes" / "a.md"
    old.write_bytes(b"# Old\n")
    with pytest.raises(SourceError, match=r"data/notes/a\.md: is there already and says something else"):
        keep_upload(file, "a.md", home)
    assert old.read_bytes() == b"# Old\n"
    assert keep_upload(file, "a.md", home, replace=True) == ("data/notes/a.md", "replaced")
    assert keep_upload(file, "a.md", home) == ("data/notes/a.md", "same")
    assert old.read_bytes() == b"# New\n"


def test_a_link_is_never_written_through(file: Path, home: Path) -> None:
    secret = home / "secret.md"
    secret.write_bytes(b"mine")
    (home / "data" / "notes" / "a.md").symlink_to(secret)
    with pytest.raises(SourceError, match="is a link or a folder here"):
        keep_upload(file, "a.md", home, replace=True)
    assert secret.read_bytes() == b"mine"


def test_size_has_bounds(file: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 5)
    with pytest.raises(SourceError, match=r"a\.md: has 0 MB; files of up to 0 MB are taken"):
        keep_upload(file, "a.md", home)
    file.write_bytes(b"")
    with pytest.raises(SourceError, match=r"a\.md: is empty"):
        keep_upload(file, "a.md", home)
