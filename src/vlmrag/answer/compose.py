"""From a draft to an answer: marks are numbered, quotes are cut from the source, and the lead is written.

The words of the notes are quoted as they stand; markup around them is left out of the answer's text, never out of the
citation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlmrag.answer.aspects import say_aspects
from vlmrag.answer.citations import Citations
from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.proof import check_answer
from vlmrag.answer.replies import reply
from vlmrag.ingest.pages.unbroken import undo_hyphens
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.types import Answer, Citation, Paper, Verdict

_SHOWN = 300
"""Characters of a quote that the text of an answer shows; the citation always holds all of it."""
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)|<(https?://[^<>\s]+)>")
_LIKE_A_MARK = re.compile(r"\[(\d+)\]")
_MARKUP = re.compile(
    r"\*{2,}|(?<![0-9A-Za-z])\*(?=\S)|(?<=\S)\*(?![0-9A-Za-z])|`+|(?<!\w)_+|_+(?!\w)"
    r"|</?[A-Za-z][A-Za-z0-9]*(?:\s+[\w:-]+\s*=[^<>]{0,300})?\s*/?>"
)
"""Emphasis, code and tags; not the signs of arithmetic: "5*5", "a < b and c > d" are shown as they stand."""


def compose_answer(draft: Draft, question: Question, catalogue: Catalogue) -> Answer:
    """Write the answer to `question` that `draft` holds, and check its proof."""
    citations = Citations(catalogue)
    lines = _body(draft, question, citations, catalogue)
    verdicts = tuple(_verdict(p, citations, question.lang) for p in draft.points)
    if draft.kind == "refusal" and draft.considered:
        lines.append(_near_lead(draft, question))
        lines += [_bullet(point, citations, question.lang) for point in draft.considered]
    considered = tuple(_verdict(p, citations, question.lang) for p in draft.considered)
    if draft.coverage:
        c = draft.coverage
        lines.append(
            reply("coverage", question.lang, papers=c.papers, examined=c.examined, yes=c.yes, no=c.no,
                   depends=c.depends, not_stated=c.not_stated)
        )  # fmt: skip
        unsaid = catalogue.count_unsaid(question.filters, dated=question.extreme is not None)
        lines += [reply(f"unsaid.{field}", question.lang, count=count) for field, count in unsaid.items()]
    answer = Answer(
        question=question.text,
        lang=question.lang,
        kind=question.kind,
        abstained=draft.empty,
        text="\n\n".join(_join_bullets(lines)),
        papers=() if draft.kind == "refusal" else verdicts,
        considered=considered,
        citations=citations.all(),
        coverage=draft.coverage,
        generator="extractive",
        index=catalogue.index.fingerprint,
        seconds=0.0,
        confidence=round(draft.confidence, 4),
    )
    check_answer(answer, catalogue.index)
    return answer


def _body(draft: Draft, question: Question, citations: Citations, catalogue: Catalogue) -> list[str]:
    """The lead and what it leads to; of a comparison the attributes that are asked for stand before the sentences."""
    papers = [point.paper for point in draft.points]
    first = say_aspects([a for a in draft.aspects if a.asked], papers, citations, catalogue, question.lang)
    lines = [_lead(draft, question)]
    if draft.kind in ("fact", "find", "check", "definition"):
        for point in draft.points:
            lines += [f"> {_quote(c)}" for c in _cite(point, citations)]
    else:
        lines += [_bullet(point, citations, question.lang) for point in draft.points]
    last = say_aspects([a for a in draft.aspects if not a.asked], papers, citations, catalogue, question.lang)
    return [*first, *lines, *last]


def _lead(draft: Draft, question: Question) -> str:
    lang = question.lang
    if draft.kind == "refusal":
        if draft.missing:
            words = ", ".join(f"“{w}”" for w in draft.missing)
            return f"{reply('refusal', lang)} {reply('unknown', lang, words=words)}"
        return reply("refusal", lang)
    if draft.coverage:
        yes, examined = draft.coverage.yes, draft.coverage.examined
        if yes and question.extreme:
            return reply(question.extreme.reply, lang)
        name = "none" if not yes else "only" if examined == 1 else "one" if yes == 1 else "list"
        return reply(name, lang, yes=yes, examined=examined)
    if draft.kind == "compare":
        return reply("compare", lang)
    if draft.kind == "similar":
        return reply("similar", lang, name=escape_marks(question.papers[0].name))
    paper = draft.points[0].paper
    name = {"find": "find", "check": f"check.{draft.points[0].says}"}.get(draft.kind, "fact")
    return reply(name, lang, name=escape_marks(paper.name), year=_year(paper))


def _near_lead(draft: Draft, question: Question) -> str:
    if question.papers:
        names = ", ".join(escape_marks(p.paper.name) for p in draft.considered)
        return reply("named", question.lang, names=names)
    return reply("nearest", question.lang)


def _year(paper: Paper) -> str:
    return f" ({paper.year})" if paper.year else ""


def _bullet(point: Point, citations: Citations, lang: str) -> str:
    quotes = "; ".join(_quote(c) for c in _cite(point, citations))
    said = point.reason or (reply("read", lang) if point.by else "")
    reason = f", {escape_marks(said)}" if said else ""
    return f"- **{escape_marks(point.paper.name)}**{_year(point.paper)}{reason}: {quotes}"


def _cite(point: Point, citations: Citations) -> list[Citation]:
    return [c for s in point.evidence for c in citations.cite_all(s, point.paper)]


def _verdict(point: Point, citations: Citations, lang: str) -> Verdict:
    markers = tuple(c.marker for c in _cite(point, citations))
    return Verdict(point.paper, point.says, markers, reply(f"why.{point.why}", lang) if point.why else "", point.by)


def plain_words(citation: Citation) -> str:
    """Return the words of a quote on one line: without markup, words that a page's line breaks put together."""
    return plain_text(citation.quote, printed=bool(citation.page))


def plain_text(text: str, *, printed: bool) -> str:
    """Return the words of a note, or of what is printed on a page, on one line and without markup."""
    words = undo_hyphens(text) if printed else text
    return " ".join(_MARKUP.sub("", _LINK.sub(lambda m: m[1] or m[2] or "", words)).split())


def _quote(citation: Citation) -> str:
    words = plain_words(citation)
    if len(words) > _SHOWN:
        words = words[:_SHOWN].rstrip() + " …"
    return f"“{escape_marks(words)}” [{citation.marker}]"


def escape_marks(words: str) -> str:
    """Keep what a note or a name has in brackets from being a mark of ours."""
    return _LIKE_A_MARK.sub(r"\\[\1\\]", words)


def _join_bullets(lines: Sequence[str]) -> list[str]:
    """Put bullets and quotes that follow each other into one block, as Markdown has it."""
    blocks: list[str] = []
    for line in lines:
        if blocks and line[:2] == blocks[-1][:2] == "- ":
            blocks[-1] += "\n" + line
        elif blocks and line[:2] == blocks[-1][:2] == "> ":
            blocks[-1] += "\n>\n" + line
        else:
            blocks.append(line)
    return blocks
