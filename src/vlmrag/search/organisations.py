"""Classes of organisations, as `organisations.toml` says: "papers from universities", "公司做的"."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from vlmrag.language.fold import HAN_CHAR, fold, fold_with_offsets, name_key
from vlmrag.language.glossary import Glossary
from vlmrag.language.patterns import Patterns

KNOWN = "company"
"""The class of an organisation that the glossary knows and no class names."""


@dataclass(frozen=True, slots=True)
class OrgClasses:
    """The classes of organisations, each by its name."""

    asked: Patterns[str]
    """How a question asks for one, over folded text."""
    parts: Patterns[str]
    """What makes a folded name one of it; a question that asks for none does not wait for their folding."""
    names: Mapping[str, frozenset[str]]
    """Canonical names that do not say so."""


def find_class(text: str) -> tuple[str, tuple[int, int]] | None:
    """Return the class of organisations that a question asks for, and where it does."""
    folded, offsets = fold_with_offsets(text)
    for name, asked in load_classes().asked.items():
        if found := asked.search(folded):
            return name, (offsets[found.start()], offsets[found.end()])
    return None


def tell_class(org: str, glossary: Glossary) -> str | None:
    """Return the class of an organisation, that of its owner (of Google Research, Google); None if it is unknown."""
    canonical = glossary.org(org)
    owner = org if canonical is None else (canonical, *glossary.parents(canonical))[-1]
    classes, folded = load_classes(), fold(owner)
    for name, parts in classes.parts.items():
        if owner in classes.names[name] or parts.search(folded):
            return name
    return None if canonical is None else KNOWN


def belongs_to(orgs: Iterable[str], glossary: Glossary, wanted: str) -> bool:
    """Say whether one of the organisations is the wanted one, part of it, or of the class that is called so."""
    if wanted in load_classes().names:
        return any(tell_class(org, glossary) == wanted for org in orgs)
    canonical = glossary.org(wanted)
    if canonical is None and any(fold(wanted) in fold(org) for org in orgs):
        return True
    owners = (owner for org in orgs if (own := glossary.org(org) or org) for owner in (own, *glossary.parents(own)))
    return name_key(canonical or wanted) in map(name_key, owners)


@cache
def load_classes() -> OrgClasses:
    """Read the classes that ship with vlmrag."""
    table = tomllib.loads(resources.files("vlmrag.search").joinpath("organisations.toml").read_text("utf-8"))
    return OrgClasses(
        Patterns(table, lambda name: "|".join(table[name]["asked"])),
        Patterns(table, lambda name: "|".join(_match_part(fold(part)) for part in table[name]["parts"])),
        {
            name: frozenset(n.strip() for n in re.split(r"[|\n]", entry["names"]) if n.strip())
            for name, entry in table.items()
        },
    )


def _match_part(part: str) -> str:
    """A pattern for a part of a name: in a script with spaces, a word."""
    return re.escape(part) if HAN_CHAR.match(part) else rf"\b{re.escape(part)}\b"
