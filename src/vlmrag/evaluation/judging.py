"""One answer against one gold question: the figures, each 0 to 1, that a table takes the mean of.

list_f1, list_p, list_r   questions with a complete gold set: the papers that the answer names
distractor_free           1 where none of those is a known distractor
fact_hit, fact_part       1 where the answer's beginning holds every gold fact; the share that it holds
paper_hit, first_paper    1 where a gold paper is among the first three named; where the first is gold or acceptable
evidence_hit              1 where a quote overlaps a passage that proves the answer
abstain_recall            unanswerable questions: 1 where the answer refuses
false_abstain             answerable questions: 1 where the answer refuses (lower is better)
quote_exact               the share of citations whose quote is exactly source[start:end]
cited_paper               list questions: the share of citations whose paper is gold or acceptable
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vlmrag.evaluation.gold import GoldQuestion, PaperKeys
from vlmrag.evaluation.metrics import mean, score_set
from vlmrag.language.fold import fold
from vlmrag.types import Answer, Citation

MEASURES = (
    "list_f1", "list_p", "list_r", "distractor_free", "fact_hit", "fact_part", "paper_hit", "first_paper",
    "evidence_hit", "abstain_recall", "false_abstain", "quote_exact", "cited_paper",
)  # fmt: skip
LOWER_IS_BETTER = frozenset({"false_abstain"})
_QUALITY = ("list_f1", "fact_hit", "first_paper", "evidence_hit")
"""What an answer is worth: the first of these that its question can be judged by."""
_READ = 1200
"""Characters of an answer in which a fact counts as told."""
_LEAST = 8
"""Folded characters of a quote that lies inside a proving passage and still stands for it."""
_MARKUP = re.compile(r"[\s*_`~]+")

ReadSource = Callable[[str], str | None]
"""The text of a source as citations name it, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer's figures."""

    figures: dict[str, float]
    """Those of `MEASURES` that apply to the question."""
    loss: float | None
    """What the answer falls short of, 0..1; 1 where there was nothing to answer; None where it cannot be told."""
    missed: tuple[str, ...]
    """Gold papers or facts that the answer lacks."""
    extra: tuple[str, ...]
    """Papers that it names and should not."""


def judge_answer(gold: GoldQuestion, answer: Answer, keys: PaperKeys, read_source: ReadSource) -> Judged:
    """Compare an answer with what is known to be right."""
    figures: dict[str, float] = {}
    exact = mean(float(ok) for c in answer.citations if (ok := _is_exact(c, read_source)) is not None)
    if exact is not None:
        figures["quote_exact"] = exact
    if not gold.answerable:
        figures["abstain_recall"] = float(answer.abstained)
        return Judged(figures, 1.0, (), ())
    figures["false_abstain"] = float(answer.abstained)
    judge = _judge_list if gold.is_list else _judge_fact
    missed, extra = judge(gold, answer, keys, figures)
    if gold.evidence:
        figures["evidence_hit"] = float(_shows_evidence(gold, answer))
    worth = next((figures[name] for name in _QUALITY if name in figures), None)
    loss = 1.0 if answer.abstained else None if worth is None else 1.0 - worth
    return Judged(figures, loss, missed, extra)


def _judge_list(
    gold: GoldQuestion, answer: Answer, keys: PaperKeys, figures: dict[str, float]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    right, neutral = {keys.of_name(n) for n in gold.papers}, {keys.of_name(n) for n in gold.acceptable}
    found = set() if answer.abstained else {keys.of_paper(v.paper) for v in answer.papers}
    figures["list_p"], figures["list_r"], figures["list_f1"] = score_set(found, right, neutral)
    figures["distractor_free"] = float(not found & {keys.of_name(n) for n in gold.distractors})
    cited = mean(float(keys.of_citation(c) in right | neutral) for c in answer.citations)
    if cited is not None:
        figures["cited_paper"] = cited
    return tuple(sorted(right - found)), tuple(sorted(found - right - neutral))


def _judge_fact(
    gold: GoldQuestion, answer: Answer, keys: PaperKeys, figures: dict[str, float]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    right, neutral = {keys.of_name(n) for n in gold.papers}, {keys.of_name(n) for n in gold.acceptable}
    named = list(dict.fromkeys(keys.of_paper(v.paper) for v in answer.papers))
    told = _fold_plain(answer.text[:_READ])
    missed = tuple(ways[0] for ways in gold.facts if not any(_fold_plain(way) in told for way in ways))
    if gold.facts:
        part = 1 - len(missed) / len(gold.facts)
        figures["fact_hit"] = float(not missed and not answer.abstained)
        figures["fact_part"] = 0.0 if answer.abstained else part
    if gold.papers:
        figures["paper_hit"] = float(bool(right & set(named[:3])) and not answer.abstained)
        figures["first_paper"] = float(bool(named) and named[0] in right | neutral and not answer.abstained)
        missed += tuple(sorted(right - set(named[:3]))) if not figures["paper_hit"] else ()
    return missed, tuple(name for name in named[:1] if gold.papers and name not in right | neutral)


def _is_exact(citation: Citation, read_source: ReadSource) -> bool | None:
    """Whether a quote stands where it says; None for a page, whose words have no characters to count."""
    text = read_source(citation.source)
    if text is not None and citation.start is not None:
        return bool(citation.quote) and text[citation.start : citation.end] == citation.quote
    return None if citation.source.lower().endswith(".pdf") else False


def _shows_evidence(gold: GoldQuestion, answer: Answer) -> bool:
    quotes = [quote for c in answer.citations if (quote := _fold_plain(c.quote))]
    proofs = [_fold_plain(passage) for passage in gold.evidence]
    return any(proof in quote or (len(quote) >= _LEAST and quote in proof) for proof in proofs for quote in quotes)


def _fold_plain(text: str) -> str:
    """Folded, without markup and white space."""
    return _MARKUP.sub("", fold(text))
