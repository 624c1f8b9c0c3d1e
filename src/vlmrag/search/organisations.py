"""Classes of organisations, as `organisations.toml` says: "papers from universities", "公司做的"."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from vlmrag.language.fold import HAN_CHAR, fold, fold_with_offsets, name_key
from vlmrag.language.glossary import Glossary

KNOWN = "company"
"""The class of an organisation that the glossary knows and no class names."""


@dataclass(frozen=True, slots=True)
class OrgClass:
    """One class of organisations."""

    name: str
    asked: re.Pattern[str]
    """How a question asks for it, over folded text."""
    parts: re.Pattern[str]
    """What makes a folded name one of it."""
    names: frozenset[str]
    """Canonical names that do not say so."""


def find_class(text: str) -> tuple[str, tuple[int, int]] | None:
    """Return the class of organisations that a question asks for, and where it does."""
    folded, offsets = fold_with_offsets(text)
    for group in load_classes().values():
        if found := group.asked.search(folded):
            return group.name, (offsets[found.start()], offsets[found.end()])
    return None


def tell_class(org: str, glossary: Glossary) -> str | None:
    """Return the class of an organisation, that of its owner (of Google Research, Google); None if it is unknown."""
    canonical = glossary.org(org)
    owner = org if canonical is None else (canonical, *glossary.parents(canonical))[-1]
    folded = fold(owner)
    for group in load_classes().values():
        if owner in group.names or group.parts.search(folded):
            return group.name
    return None if canonical is None else KNOWN


def belongs_to(orgs: Iterable[str], glossary: Glossary, wanted: str) -> bool:
    """Say whether one of the organisations is the wanted one, part of it, or of the class that is called so."""
    if wanted in load_classes():
        return any(tell_class(org, glossary) == wanted for org in orgs)
    canonical = glossary.org(wanted)
    if canonical is None and any(fold(wanted) in fold(org) for org in orgs):
        return True
    owners = (owner for org in orgs if (own := glossary.org(org) or org) for owner in (own, *glossary.parents(own)))
    return name_key(canonical or wanted) in map(name_key, owners)


@cache
def load_classes() -> dict[str, OrgClass]:
    """Read the classes that ship with vlmrag, by name."""
    table = tomllib.loads(resources.files("vlmrag.search").joinpath("organisations.toml").read_text("utf-8"))
    return {
        name: OrgClass(
            name,
            re.compile("|".join(entry["asked"])),
            re.compile("|".join(_match_part(fold(part)) for part in entry["parts"])),
            frozenset(n.strip() for n in re.split(r"[|\n]", entry["names"]) if n.strip()),
        )
        for name, entry in table.items()
    }


def _match_part(part: str) -> str:
    """A pattern for a part of a name: in a script with spaces, a word."""
    return re.escape(part) if HAN_CHAR.match(part) else rf"\b{re.escape(part)}\b"
