"""Gold questions, and what their paper names mean.

A questions file has one JSON object a line. A user's own needs `question` and one thing to judge the answer by:

    {"question": "Which models keep the LLM frozen?", "gold_papers": ["BLIP-2", "Frozen"]}
    {"question": "What is the batch size of LiT?", "gold_facts": [["16k", "16,384"]], "gold_papers": ["LiT"]}
    {"question": "How much did GPT-4 cost?", "answerable": false}

`gold_facts` is a list of facts, each a text or a list of ways to write it: the answer has to hold one way of every
fact. Also read: `qid`, `type`, `lang`, `history`, `is_list`, `acceptable_papers` (neither for nor against),
`distractor_papers`, `evidence` (`[{"quote": ...}]`) and `cross_lingual`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vlmrag.errors import UsageError
from vlmrag.ingest.papers import PaperNames
from vlmrag.language.fold import detect_language, name_key
from vlmrag.types import Citation, Paper, Turn


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question and what is known of its right answer."""

    qid: str
    question: str
    type: str
    lang: str
    """`en`, `zh-Hans` or `zh-Hant`."""
    answerable: bool = True
    is_list: bool = False
    """Whether `papers` is the complete answer."""
    cross_lingual: bool = False
    """Whether the proof is in another language than the question."""
    history: tuple[Turn, ...] = ()
    papers: tuple[str, ...] = ()
    """Names or ids, as written in the file."""
    acceptable: tuple[str, ...] = ()
    """Papers that count neither for nor against."""
    distractors: tuple[str, ...] = ()
    """Papers that a careless reader would name."""
    facts: tuple[tuple[str, ...], ...] = ()
    """Each fact as the ways to write it."""
    evidence: tuple[str, ...] = ()
    """Passages of the notes that prove the answer; one of them is enough."""


class PaperKeys(Protocol):
    """Says which paper is meant, so that gold papers and answered papers can be compared as keys."""

    def of_name(self, name: str) -> str:
        """Return the key of a gold paper; one that begins with `?` where the name is unknown."""

    def of_paper(self, paper: Paper) -> str:
        """Return the key of a paper that an answer names."""

    def of_citation(self, citation: Citation) -> str:
        """Return the key of the paper that is cited, one that begins with `?` where there is none."""


class LibraryKeys:
    """Keys are the ids of the library's papers; names are understood as in a question."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        """Take all papers of the library."""
        self._papers = tuple(papers)
        self._names = PaperNames(self._papers)
        self._ids = {paper.id for paper in self._papers}

    def of_name(self, name: str) -> str:
        """Return the id of the paper that is called so."""
        if name in self._ids:
            return name
        found = self._names.find(name, typos=True)
        if found:
            return max(found, key=lambda match: match[2] - match[1])[0].id
        key = name_key(name)
        return next((p.id for p in self._papers if key and key == name_key(p.name)), f"?{name}")

    def of_paper(self, paper: Paper) -> str:
        """Return its id."""
        return paper.id

    def of_citation(self, citation: Citation) -> str:
        """Return the id of the paper that is cited."""
        return citation.paper or "?"


class Inventory:
    """Keys are the ids of a papers file: a JSON list of `id`, `name`, `aliases`, `title` and `arxiv`.

    Names are compared by their folded keys; a name counts before a title, a title before an alias.
    """

    def __init__(self, papers: Sequence[Mapping[str, Any]]) -> None:
        """Take the records of the file."""
        self._by_name: dict[str, str] = {}
        self._by_arxiv: dict[str, str] = {}
        for rank in range(3):
            for paper in papers:
                for name in _names_of(paper)[rank]:
                    if name and name_key(name):
                        self._by_name.setdefault(name_key(name), paper["id"])
        self._ids = {paper["id"] for paper in papers}
        for paper in papers:
            if paper.get("arxiv"):
                self._by_arxiv.setdefault(_drop_version(paper["arxiv"]), paper["id"])

    @classmethod
    def read(cls, path: Path) -> Inventory:
        """Read a papers file; raises UsageError."""
        try:
            return cls(json.loads(_read(path)))
        except (ValueError, TypeError, KeyError):
            raise UsageError(f"{path}: not a list of papers: needs JSON objects with 'id' and 'name'") from None

    def of_name(self, name: str) -> str:
        """Return the id, or the id of the paper that is called so."""
        return name if name in self._ids else self._by_name.get(name_key(name), f"?{name}")

    def of_paper(self, paper: Paper) -> str:
        """Return the id of the paper with this name, title, alias or arXiv id, in this order."""
        for name in (paper.name, paper.title, *paper.aliases):
            if name and name_key(name) in self._by_name:
                return self._by_name[name_key(name)]
        return self._by_arxiv.get(_drop_version(paper.arxiv or ""), f"?{paper.name}")

    def of_citation(self, citation: Citation) -> str:
        """Return the id of the paper with the name that is cited."""
        return self._by_name.get(name_key(citation.paper_name or citation.paper or ""), "?")


def read_questions(path: Path) -> list[GoldQuestion]:
    """Read a questions file; raises UsageError naming file and line."""
    questions = []
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            questions.append(read_question(json.loads(line), f"q{number}"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(
                f"{path}:{number}: not a gold question: needs a JSON object with 'question' "
                "and 'gold_papers', 'gold_facts' or \"answerable\": false"
            ) from None
    if not questions:
        raise UsageError(f"{path}: holds no questions")
    return questions


def read_question(record: Mapping[str, Any], qid: str) -> GoldQuestion:
    """Return a question; `qid` is used where it has none. Raises ValueError where nothing says what is right.

    Without `is_list`, a question with several gold papers and no fact to find asks for a list.
    """
    papers = tuple(map(str, record.get("gold_papers") or ()))
    facts = tuple(
        (fact,) if isinstance(fact, str) else tuple(map(str, fact)) for fact in record.get("gold_facts") or ()
    )
    named = record.get("type")
    answerable = bool(record.get("answerable", named != "unanswerable"))
    evidence = tuple(str(item["quote"]) for item in record.get("evidence") or () if "quote" in item)
    if answerable and not (papers or facts or evidence):
        raise ValueError("nothing to judge an answer by")
    is_list = bool(record.get("is_list", named == "list" or (len(papers) > 1 and not facts)))
    question = str(record["question"])
    return GoldQuestion(
        qid=str(record.get("qid") or record.get("id") or qid),
        question=question,
        type=str(named or ("unanswerable" if not answerable else "list" if is_list else "fact")),
        lang=str(record.get("lang") or detect_language(question)),
        answerable=answerable,
        is_list=is_list,
        cross_lingual=bool(record.get("cross_lingual", False)),
        history=tuple(Turn(turn["role"], turn["content"]) for turn in record.get("history") or ()),
        papers=papers,
        acceptable=tuple(map(str, record.get("acceptable_papers") or ())),
        distractors=tuple(map(str, record.get("distractor_papers") or ())),
        facts=facts,
        evidence=evidence,
    )


def _names_of(paper: Mapping[str, Any]) -> tuple[list[str | None], ...]:
    """What a paper is called, in three ranks."""
    aliases = [*paper.get("aliases", ()), *paper.get("aliases_outside_notes", ())]
    return [paper["id"], paper["name"]], [paper.get("title")], aliases


def _drop_version(arxiv: str) -> str:
    head, mark, version = arxiv.rpartition("v")
    return head if mark and version.isdigit() else arxiv


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
