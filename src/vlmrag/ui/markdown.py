"""An answer as Markdown, to be pasted elsewhere: every mark is named with its file, its place and its words.

`vlmrag verify` reads it: the quotes are told from the rest, and the marks lead to their files.
"""

from __future__ import annotations

import re

from vlmrag.types import Answer, Citation

_SPACE = re.compile(r"\s+")


def write_markdown(answer: Answer) -> str:
    """Return the question as a heading, the answer's text, and below it what each mark stands for."""
    asked = _SPACE.sub(" ", answer.question).strip()
    parts = [f"### {asked}", answer.text, "\n".join(map(_name_citation, answer.citations))]
    return "\n\n".join(filter(None, parts)) + "\n"


def _name_citation(citation: Citation) -> str:
    place = f"p. {citation.page}" if citation.page is not None else f"line {citation.line}" if citation.line else ""
    where = f"{citation.source}, {place}" if place else citation.source
    paper = f"{citation.paper_name}: " if citation.paper_name else ""
    return f"[{citation.marker}] {paper}“{_SPACE.sub(' ', citation.quote)}” ({where})  "
