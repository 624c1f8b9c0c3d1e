"""Who may open the page of a lab's server: a file with a line for each, and no password in it.

    ada:scrypt$16384$8$1$<salt>$<key>

The key is derived from the password by scrypt (Percival and Josefsson, RFC 7914) with a salt of its own, so that who
reads the file must guess each password anew, at some 16 MiB of memory and tens of milliseconds for each guess.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from vlmrag.errors import UsageError

LEAST = 8
"""Characters of the shortest password that is taken."""
_COST, _BLOCK, _LANES = 2**14, 8, 1
_MOST_MEMORY = 2**27
"""Bytes that a line of the file may make us spend."""
_NAME = re.compile(r"[^\W_](?:[\w.@ -]{0,62}\w)?")
_LINE = re.compile(
    r"(?P<name>[^:]+):scrypt\$(?P<cost>\d{1,8})\$(?P<block>\d{1,3})\$(?P<lanes>\d{1,2})"
    r"\$(?P<salt>[A-Za-z0-9+/]+=*)\$(?P<key>[A-Za-z0-9+/]+=*)"
)


@dataclass(frozen=True, slots=True)
class _Lock:
    """What a password is held against."""

    cost: int
    block: int
    lanes: int
    salt: bytes
    key: bytes

    def opens(self, password: str) -> bool:
        """Whether this is the password; the time it takes does not depend on how much of it is right."""
        made = _derive(password, self.salt, self.cost, self.block, self.lanes, len(self.key))
        return hmac.compare_digest(made, self.key)


_NOBODY = _Lock(_COST, _BLOCK, _LANES, bytes(16), bytes(32))
"""What the password of an unknown name is held against, so that it takes as long as a known one."""


class Users:
    """The names in a file, and whether a password is one's own."""

    def __init__(self, locks: dict[str, _Lock]) -> None:
        """Use `Users.load`."""
        self._locks = locks

    @classmethod
    def load(cls, file: Path) -> Users:
        """Read the file; empty lines and those that begin with # are passed over.

        Raises UsageError where there is no such file, no user in it, or a line is none; the line itself is not told.
        """
        locks = {}
        for number, line in enumerate(_read(file).splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                name, lock = _read_line(line.strip(), f"{file}:{number}")
                locks[name] = lock
        if not locks:
            raise UsageError(f"{file} names nobody. Add someone: vlmrag chat --add-user NAME --auth-file {file}")
        return cls(locks)

    def admits(self, name: str, password: str) -> bool:
        """Whether the password is that of `name`; as slow for a name that nobody has."""
        lock = self._locks.get(name)
        right = (lock or _NOBODY).opens(password)
        return right and lock is not None


def add_user(file: Path, name: str, password: str) -> None:
    """Write a user's line into the file, in place of an older one; a new file can be read by its owner only.

    Raises UsageError for a name or a password that is not taken, and for a file that cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a user: letters, digits, and . - @ between them, 64 at most")
    if len(password) < LEAST:
        raise UsageError(f"A password has at least {LEAST} characters.")
    kept = [line for line in _read(file).splitlines() if not line.startswith(f"{name}:")] if file.exists() else []
    draft = file.with_name(f"{file.name}.part")
    try:
        draft.unlink(missing_ok=True)
        mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o600
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as out:
            out.write("".join(f"{line}\n" for line in (*kept, _write_line(name, password))))
        draft.replace(file)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error


def advise_on_rights(file: Path) -> str | None:
    """Return a line of advice where others on this machine can read the file, or None."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        return f"{file} can be read by others on this machine ({mode:03o}). Better: chmod 600 {file}"
    return None


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is no text") from error
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error


def _write_line(name: str, password: str) -> str:
    salt = secrets.token_bytes(16)
    key = _derive(password, salt, _COST, _BLOCK, _LANES, 32)
    return f"{name}:scrypt${_COST}${_BLOCK}${_LANES}${b64encode(salt).decode()}${b64encode(key).decode()}"


def _read_line(line: str, place: str) -> tuple[str, _Lock]:
    found = _LINE.fullmatch(line)
    if not found:
        raise UsageError(f"{place}: no line of a user; make one: vlmrag chat --add-user NAME --auth-file FILE")
    cost, block, lanes = int(found["cost"]), int(found["block"]), int(found["lanes"])
    try:
        salt, key = (b64decode(found[part], validate=True) for part in ("salt", "key"))
    except ValueError as error:
        raise UsageError(f"{place}: salt and key are base64") from error
    if cost < 2 or cost & (cost - 1) or not block or not lanes or len(key) < 16:
        raise UsageError(f"{place}: these numbers of scrypt are none")
    if 128 * cost * block > _MOST_MEMORY:
        raise UsageError(f"{place}: asks for more memory than a password is worth")
    return found["name"], _Lock(cost, block, lanes, salt, key)


def _derive(password: str, salt: bytes, cost: int, block: int, lanes: int, length: int) -> bytes:
    words = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(words, salt=salt, n=cost, r=block, p=lanes, maxmem=2 * _MOST_MEMORY, dklen=length)
