"""The interface's words in three languages, which language a browser wants, and example questions made of a library."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from vlmrag.types import Paper

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
_TOO_LONG = 40
"""Characters above which a name makes a poor example question."""

_MOST_EXAMPLES = 5

Words = Mapping[str, str]


@cache
def _load_tables() -> dict[str, tuple[Words, Words]]:
    tables = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    return {lang: (MappingProxyType(tables[lang]), MappingProxyType(tables[lang].pop("asked"))) for lang in LANGUAGES}


def load_words(language: str) -> Words:
    """Return the interface's words in a language of `LANGUAGES`; any other is answered in English."""
    return _load_tables()[language if language in LANGUAGES else "en"][0]


def choose_language(tag: str) -> str:
    """Return the interface language for a browser's language tag: `zh-TW` -> `zh-Hant`, `zh` -> `zh-Hans`."""
    low = tag.strip().lower()
    if low.startswith(_TRADITIONAL):
        return "zh-Hant"
    return "zh-Hans" if low == "zh" or low.startswith("zh-") else "en"


def make_examples(
    papers: Sequence[Paper], language: str, stated: Mapping[str, Sequence[str]] | None = None
) -> list[str]:
    """Return up to five questions about what the library really has: papers, what they state, topics, makers, years.

    `stated` holds the values that its papers state in a column, the most common first. The papers named are those with
    the most documents; ties fall to the order of the library, so that the same library gives the same questions.
    """
    words, asked = _load_tables()[language if language in LANGUAGES else "en"]
    named = [p.name for p in sorted(papers, key=lambda p: -len(p.documents)) if len(p.name) <= _TOO_LONG]
    stated = stated or {}
    questions = []
    if named:
        questions.append(asked["paper"].format(paper=named[0]))
    frozen = next((part for part in stated.get("frozen", ()) if f"part_{part}" in words), None)
    if frozen:
        questions.append(asked["frozen"].format(part=words[f"part_{frozen}"]))
    if len(named) > 2:
        questions.append(asked["compare"].format(paper=named[1], other=named[2]))
    used = next((value for column in ("llm", "connector") for value in stated.get(column, ())), None)
    if used:
        questions.append(asked["uses"].format(value=used))
    for key, values in (
        ("tag", [t for p in papers for t in p.tags]),
        ("org", [o for p in papers for o in p.orgs]),
        ("year", [str(p.year) for p in papers if p.year is not None]),
    ):
        common = Counter(v for v in values if len(v) <= _TOO_LONG).most_common(1)
        if common and len(questions) < _MOST_EXAMPLES:
            questions.append(asked[key].format(**{key: common[0][0]}))
    return questions
