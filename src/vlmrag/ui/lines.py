"""What of an answer is shown as text and what as a table, and how many lines that is while it comes."""

from __future__ import annotations

from vlmrag.types import Answer, Verdict
from vlmrag.ui.html.markup import drop_paragraph, find_marks, take_lead

STEPS = 6
"""How many times an answer that comes line by line is drawn, at most: each drawing is sent whole."""


def list_papers(answer: Answer) -> tuple[Verdict, ...]:
    """Return the papers that stand in a table below the text: those of an answer that was put to every paper."""
    return answer.papers if answer.coverage else ()


def choose_text(answer: Answer) -> tuple[str, bool]:
    """Return what of the answer's text is shown, and whether its list of papers was left out.

    The page shows coverage and papers from the fields. The text's own list of them is left out where those below prove
    no less: every mark in it stands at one of them too.
    """
    text = answer.text
    if answer.coverage:
        c = answer.coverage
        text = drop_paragraph(text, (c.papers, c.examined, c.yes, c.no, c.depends, c.not_stated))
    below = {m for v in (*list_papers(answer), *(answer.considered if answer.abstained else ())) for m in v.citations}
    lead = take_lead(text)
    rest = find_marks(text) - find_marks(lead)
    return (lead, True) if lead and rest and rest <= below else (text, False)


def count_lines(answer: Answer) -> int:
    """Return how many lines an answer has: those of the text that is shown, then a row for each paper of the table."""
    return choose_text(answer)[0].count("\n") + 1 + len(list_papers(answer))


def pace(lines: int) -> list[int]:
    """Return how many of so many lines are shown at each step before the last: the first alone, then even portions."""
    steps = min(lines, STEPS)
    return [1 + (lines - 1) * step // max(steps - 1, 1) for step in range(steps - 1)]
