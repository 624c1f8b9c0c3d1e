"""Whatever is asked: no traceback, exact quotes, marks that match, and the same bytes twice."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.search.small_library import NOTES
from vlmrag.answer.proof import MARK
from vlmrag.assistant import Assistant
from vlmrag.records import record_answer
from vlmrag.types import Answer, Turn

VOCABULARY = """
Lumen-1 Lumen 3 Corvid corvd Marten Sable Ermine Otter-Mini Zebra which models papers freeze train the LLM language
model or not without long video speech audio how many GPUs queries compare similar to what is it the second one its v2
Google Tsinghua NeurIPS 2021 2022 since before [1] (bridge) ? .
哪些 模型 论文 冻结 凍結 语言模型 不 支持 音频 长视频 多少 是什么 吗 区别 类似 第二个 它 清华大学 年以后 是不是 ， ？
"""
WORDS = VOCABULARY.split()
QUESTIONS = st.one_of(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.text(max_size=60))
SOURCES = {f"data/notes/{name}": text for name, text in NOTES.items()}


def assert_holds(answer: Answer) -> None:
    for citation in answer.citations:
        text = SOURCES[citation.source]
        assert text[citation.start : citation.end] == citation.quote != ""
        assert citation.line == text[: citation.start].count("\n") + 1
    marks = {int(n) for n in MARK.findall(answer.text)}
    named = {m for v in (*answer.papers, *answer.considered) for m in v.citations}
    assert [c.marker for c in answer.citations] == sorted(marks | named)
    assert all(c.paper == v.paper.id for v in answer.papers for c in answer.citations if c.marker in v.citations)
    assert not (answer.abstained and answer.papers)
    assert 0 <= answer.confidence <= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=QUESTIONS, before=st.lists(QUESTIONS, max_size=2))
def test_any_question_is_answered_by_the_laws(library: Assistant, question: str, before: list[str]) -> None:
    history = [Turn("assistant" if i % 2 else "user", said) for i, said in enumerate(before)]
    answer = library.ask(question, history=history)
    assert_holds(answer)
    again = library.ask(question, history=history)
    assert replace(again, seconds=0.0) == replace(answer, seconds=0.0)
    json.dumps(record_answer(answer), ensure_ascii=False)
