"""Quoted against worded answers on the same questions: what a model gains, what it costs, what its check strikes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vlmrag.answer.generator import Generator
from vlmrag.assistant import Assistant
from vlmrag.evaluation.gold import GoldQuestion, PaperKeys
from vlmrag.evaluation.harness import Evaluation, evaluate
from vlmrag.evaluation.judging import ReadSource
from vlmrag.types import Answer, Progress, Turn


@dataclass(frozen=True, slots=True)
class Wording:
    """What a model wrote for a set of questions."""

    model: str
    questions: int
    """That it was given; refusals and likenesses are not."""
    worded: int
    """Answers in which a sentence of it stands."""
    sentences: int
    unsupported_before: int
    """Sentences that the check struck."""
    unsupported_after: int
    """Sentences in the answers that do not hold when they are checked anew, as they stand there."""
    failed: int
    """Answers that it wrote nothing for, or not to the end."""
    tokens_read: int
    tokens_written: int
    """Of the answers for which the model told them."""


def compare_wording(
    assistant: Assistant,
    generator: Generator,
    questions: Iterable[GoldQuestion],
    keys: PaperKeys,
    read_source: ReadSource,
    progress: Progress | None = None,
) -> tuple[dict[str, Evaluation], Wording]:
    """Ask every question twice, quoted and worded; nothing is recalled, so that the times are the model's own."""
    asked = list(questions)
    assistant.remembers = False
    quoted: list[Answer] = []
    worded: list[Answer] = []

    def quote(question: str, *, history: Sequence[Turn]) -> Answer:
        quoted.append(assistant.ask(question, history=history))
        return quoted[-1]

    def word(question: str, *, history: Sequence[Turn]) -> Answer:
        worded.append(assistant.ask(question, history=history, generator=generator))
        return worded[-1]

    systems = {
        "extractive": evaluate(quote, asked, keys, read_source, progress),
        "worded": evaluate(word, asked, keys, read_source, progress),
    }
    holes = [assistant.recheck(b, a, generator) for b, a in zip(quoted, worded, strict=True) if a.generated]
    return systems, _count(worded, sum(map(len, holes)))


def _count(answers: Sequence[Answer], holes: int) -> Wording:
    given = [answer.generated for answer in answers if answer.generated]
    spent = [generated.spent for generated in given if generated.spent]
    return Wording(
        model=next((generated.model for generated in given), ""),
        questions=len(given),
        worded=sum(generated.supported > 0 for generated in given),
        sentences=sum(generated.sentences for generated in given),
        unsupported_before=sum(len(generated.struck) for generated in given),
        unsupported_after=holes,
        failed=sum(bool(generated.problem) for generated in given),
        tokens_read=sum(read for read, _ in spent),
        tokens_written=sum(written for _, written in spent),
    )
