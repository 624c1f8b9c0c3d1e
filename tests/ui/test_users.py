"""Who may open the page: lines that hold no password, and passwords that are held against them."""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from pathlib import Path

import pytest

from vlmrag.errors import UsageError
from vlmrag.ui.server.users import Users, add_user, advise_on_rights

# RFC 7914, section 12: scrypt of "pleaseletmein", salt "SodiumChloride", N=16384, r=8, p=1, 64 bytes
KEY = bytes.fromhex(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
    "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
)
KNOWN = f"ada:scrypt$16384$8$1${b64encode(b'SodiumChloride').decode()}${b64encode(KEY).decode()}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "users"


def test_a_line_is_read_as_the_standard_has_it(file: Path) -> None:
    file.write_text(f"# the lab\n\n{KNOWN}\n")
    users = Users.load(file)
    assert users.admits("ada", "pleaseletmein")
    assert not users.admits("ada", "pleaseletmeim")
    assert not users.admits("ada", "")
    assert not users.admits("bob", "pleaseletmein")


def test_one_who_was_added_comes_in_and_a_new_password_takes_the_place_of_the_old(file: Path) -> None:
    add_user(file, "ada", "first password")
    add_user(file, "鸟 bird@lab", "密码密码密码密码")
    add_user(file, "ada", "second password")
    users = Users.load(file)
    assert users.admits("ada", "second password")
    assert not users.admits("ada", "first password")
    assert users.admits("鸟 bird@lab", "密码密码密码密码")
    text = file.read_text("utf-8")
    assert len(text.splitlines()) == 2
    assert "password" not in text


def test_the_same_password_gives_two_lines(tmp_path: Path) -> None:
    for name in ("a", "b"):
        add_user(tmp_path / name, "ada", "the same one")
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
def test_only_its_owner_reads_a_new_file_and_looser_rights_are_told(file: Path) -> None:
    add_user(file, "ada", "a password")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert advise_on_rights(file) is None
    file.chmod(0o644)
    assert advise_on_rights(file) == (f"{file} can be read by others on this machine (644). Better: chmod 600 {file}")
    add_user(file, "bob", "a password")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["", ":", "a:b", " a", "a\n", "#a", "a" * 65, "-a"])
def test_what_is_no_name_is_refused(file: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a user"):
        add_user(file, name, "a password")
    assert not file.exists()


def test_a_short_password_is_refused(file: Path) -> None:
    with pytest.raises(UsageError, match="at least 8 characters"):
        add_user(file, "ada", "short")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ada:secret", "no line of a user"),
        (KNOWN.replace("scrypt", "plain"), "no line of a user"),
        (KNOWN.replace("$16384$", "$16383$"), "numbers of scrypt"),
        (KNOWN.replace("$16384$", "$1$"), "numbers of scrypt"),
        (KNOWN.replace("$8$1$", "$0$1$"), "numbers of scrypt"),
        (KNOWN.replace("$16384$", "$33554432$"), "more memory than a password is worth"),
        ("ada:scrypt$16384$8$1$AAAA$AAAA", "numbers of scrypt"),
        ("ada:scrypt$16384$8$1$A$AAAA", "base64"),
    ],
)
def test_a_line_that_is_none_is_named_and_not_repeated(file: Path, line: str, why: str) -> None:
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(UsageError, match=rf"users:2: .*{why}") as caught:
        Users.load(file)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("content", "why"), [(b"", "names nobody"), (b"# x\n", "names nobody"), (b"\xff", "no text")])
def test_a_file_without_users_is_refused(file: Path, content: bytes, why: str) -> None:
    file.write_bytes(content)
    with pytest.raises(UsageError, match=why):
        Users.load(file)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(UsageError, match="users: No such file"):
        Users.load(file)
