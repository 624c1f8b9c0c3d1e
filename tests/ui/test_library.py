"""The real assistant stands behind the page: it has the methods asked for, and every citation opens at its quote."""

from __future__ import annotations

from html import escape

import pytest

from tests.ui.fake_library import FakeLibrary
from vlmrag.assistant import Assistant
from vlmrag.ui.conversation import pose_question
from vlmrag.ui.desk import Desk
from vlmrag.ui.library import Library

BEHIND_THE_PAGE: list[type[Library]] = [Assistant, FakeLibrary]
"""mypy checks here that both have what the page needs."""


@pytest.mark.slow
@pytest.mark.parametrize("question", ["Which models freeze the LLM?", "What is BLIP-2?", "哪些模型冻结了语言模型？"])
def test_every_citation_opens_at_its_quote(shipped: Assistant, question: str) -> None:
    desk = Desk(shipped)
    *_, conversation = desk.answer(pose_question((), question))
    answer = conversation[0].answer
    assert answer is not None
    assert answer.citations
    for citation in answer.citations:
        passage = desk.draw_passage(conversation, (0, citation.marker), "en")
        assert f"<mark>{escape(citation.quote)}</mark>" in passage
        assert f'<span class="file">{escape(citation.source)}</span> line {citation.line}</p>' in passage
