"""Quoted answers against those that a model reads for and words: what it gains, what it costs, what is struck."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vlmrag.answer.generator import Generator
from vlmrag.assistant import Assistant
from vlmrag.evaluation.gold import GoldQuestion, PaperKeys
from vlmrag.evaluation.harness import Evaluation, evaluate
from vlmrag.evaluation.judging import ReadSource
from vlmrag.evaluation.metrics import percentile
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model was asked where the rules were unsure, on a set of questions."""

    questions: int
    """Of which something was left open that it could tell."""
    verdicts: int
    """On papers that a list left open."""
    settled: int
    """Verdicts that stand in the answers."""
    unsupported_before: int
    """Verdicts, and follow-ups put by themselves, that its check struck."""
    unsupported_after: int
    """Verdicts in the answers that do not hold when they are held anew against what they cite."""
    follow_ups: int
    """Answered as it put them."""
    failed: int
    """Questions on which it was not asked all."""
    seconds_median: float | None
    """That it took for one question; None where it was asked nothing."""
    tokens_read: int
    tokens_written: int
    """Of the answers for which the model told them."""


@dataclass(frozen=True, slots=True)
class _Worded:
    """One question and what a model made of it."""

    history: Sequence[Turn]
    base: Answer
    """Before it was worded, what was read into it included."""
    answer: Answer
    reading: float
    """Seconds until then, from the quoted answer on."""


def compare_wording(
    assistant: Assistant,
    generator: Generator,
    questions: Iterable[GoldQuestion],
    keys: PaperKeys,
    read_source: ReadSource,
    progress: Progress | None = None,
) -> tuple[dict[str, Evaluation], Wording, Reading]:
    """Ask every question twice, quoted and worded; nothing is recalled, so that the times are the model's own."""
    asked = list(questions)
    assistant.remembers = False
    worded: list[_Worded] = []

    def quote(question: str, *, history: Sequence[Turn]) -> Answer:
        return assistant.ask(question, history=history)

    def word(question: str, *, history: Sequence[Turn]) -> Answer:
        answers = list(assistant.stream(question, history=history, generator=generator))
        base = [answer for answer in answers if not answer.generated][-1]
        worded.append(_Worded(history, base, answers[-1], base.seconds - answers[0].seconds))
        return answers[-1]

    systems = {
        "extractive": evaluate(quote, asked, keys, read_source, progress),
        "worded": evaluate(word, asked, keys, read_source, progress),
    }
    holes = [assistant.recheck(w.base, w.answer, generator) for w in worded if w.answer.generated]
    wrong = [assistant.recheck_verdicts(w.answer, history=w.history) for w in worded]
    return systems, _count([w.answer for w in worded], sum(map(len, holes))), _count_read(worded, sum(map(len, wrong)))


def _count_read(worded: Sequence[_Worded], wrong: int) -> Reading:
    read = [(w, w.answer.consulted) for w in worded if w.answer.consulted]
    told = [consulted for _, consulted in read]
    spent = [consulted.spent for consulted in told if consulted.spent]
    return Reading(
        questions=len(told),
        verdicts=sum(c.verdicts for c in told),
        settled=sum(c.settled for c in told),
        unsupported_before=sum(len(c.refused) for c in told),
        unsupported_after=wrong,
        follow_ups=sum(bool(c.read_as) for c in told),
        failed=sum(bool(c.problem) for c in told),
        seconds_median=percentile([w.reading for w, _ in read], 0.5),
        tokens_read=sum(tokens for tokens, _ in spent),
        tokens_written=sum(tokens for _, tokens in spent),
    )


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
