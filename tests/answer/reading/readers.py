"""Doubles of models that read: what they say to each kind of request is computed from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from vlmrag.answer.generator import ScriptedGenerator
from vlmrag.answer.reading.prompts import STANDALONE, VERDICT

Sentences = list[tuple[int, str]]
"""Number and words of each sentence that a model is offered."""
Judge = Callable[[Sentences], str]


class Reader(ScriptedGenerator):
    """Gives verdicts by a function, puts follow-ups by itself as it is told, and writes nothing."""

    def __init__(self, judge: Judge = lambda _: "", standalone: str = "", name: str = "reader", context: int = 100_000):
        super().__init__([], name, context)
        self._judge, self._standalone = judge, standalone

    def write(self, instructions: str, request: str, most: int) -> Iterator[str]:
        """Yield what was computed, and remember what was asked for a verdict or a question."""
        if instructions == VERDICT:
            self.asked.append(request)
            yield self._judge(read_sentences(request))
        elif instructions == STANDALONE:
            self.asked.append(request)
            yield self._standalone


def read_sentences(request: str) -> Sentences:
    """Return the sentences of a request."""
    lines = re.findall(r"^\[(\d+)\] (\{.*\})$", request, re.MULTILINE)
    return [(int(number), json.loads(said)["text"]) for number, said in lines]


def give(verdict: str, sentence: int, words: str) -> str:
    """A verdict in the form that is asked for."""
    return json.dumps({"verdict": verdict, "sentence": sentence, "words": words}, ensure_ascii=False)


def point_at(words: str, verdict: str = "yes") -> Judge:
    """A model that gives its verdict by the first sentence that holds certain words, and quotes all of it."""

    def judge(sentences: Sentences) -> str:
        number, text = next((n, t) for n, t in sentences if words in t)
        return give(verdict, number, text)

    return judge
