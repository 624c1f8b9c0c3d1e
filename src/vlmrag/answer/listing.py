"""A question put to every paper: yes, no, depends or not stated, each with its evidence.

Three ways to a verdict. What the table of attributes answers ("which models freeze the LLM?", "which use a Q-Former?")
is read from it. A question about parts and states that asks for more is decided on the relations that the sentences
state. Any other question is decided on the best sentence's share of what is looked for; a sentence
that denies it, or that speaks of other works, is no yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice, zip_longest

from vlmrag.answer.confidence import model_of, read_list_signs, read_signs
from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.stated import judge_by_attributes
from vlmrag.ingest.attributes import Statement, Vocabulary, read_statements
from vlmrag.ingest.attributes.statements import OPPOSITE
from vlmrag.search.attributes import read_attributes
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import Evidence, cover_paper, prefer_language, weigh_all
from vlmrag.search.extremes import Extreme, choose_extreme
from vlmrag.search.question import Question
from vlmrag.types import Coverage, Filters, Paper, Sentence

YES = 0.68
"""Share of what is looked for that a sentence must hold for a yes; any figure from 0.65 to 0.75 does as well."""
FAINT, ALIKE = 0.42, 0.92
"""Where no paper reaches that: the least share all the same, and the least part of the best one's."""
ENTRY_SHARE = 0.3
"""How much of that share is read off all the paper's sentences together: one says "it", another says what it is."""
NEAR = 0.5
"""Share from which a paper is named as nearly in."""
_CLEAR = 0.2
"""By how much a sentence that says otherwise must hold more to be believed."""
_SHOWN_PER_PAPER = 2
_SHOWN_BY = {
    "org": ("org",),
    "venue": ("venue", "status"),
    "years": ("date", "year", "venue", "arxiv"),
    "among": ("date", "year", "venue", "arxiv"),
    "months": ("date", "arxiv"),
    "tag": ("tag",),
}
"""The fields in which a constraint of `Filters` shows, the plainest first."""


def answer_check(question: Question, catalogue: Catalogue) -> Draft | None:
    """Answer yes or no of the paper that is named; None where its sentences do not say."""
    paper = question.papers[0]
    if not (question.relations or question.alternatives):
        return None  # "are the two dates the same?" asks for what is stated
    if not catalogue.admits(paper, question.filters):
        return None
    [(point, strength)] = judge_papers([paper], question, catalogue)
    if point.says == "not stated":
        return None
    shown = point.evidence
    if point.says == "no" and point.why == "others":
        shown = (shown[0], *_following(shown[0], catalogue.sentences(paper)))
    point = replace(point, evidence=shown)
    signs = read_signs(question, [point], catalogue) | {"strength": strength}
    return Draft("check", (point,), confidence=model_of("check").rate(signs), signs=signs)


def deny_premise(question: Question, catalogue: Catalogue) -> Draft | None:
    """Refuse what takes for true of its first paper what is not so, with the sentence that says otherwise."""
    if not question.presumed:
        return None
    point, _ = _judge_by_relations(question.papers[0], replace(question, relations=question.presumed), catalogue)
    return Draft("refusal", (), (replace(point, says="not stated", why="near"),)) if point.says == "no" else None


def _following(sentence: Sentence, sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """The two sentences after one in its document: where "others do X" goes on with "we do not"."""
    return [s for s in sentences if s.document == sentence.document and s.start >= sentence.end][:2]


def list_papers(question: Question, catalogue: Catalogue) -> list[Paper]:
    """Return the papers that a list is put to: those it is chosen from, else all but the ones it names itself.

    "Which models build on X?" is not answered with X.
    """
    papers = catalogue.select(question.filters)
    if question.among:
        return [p for p in papers if p in question.among]
    return [p for p in papers if p not in question.papers or _names_task(p, catalogue)]


def _names_task(paper: Paper, catalogue: Catalogue) -> bool:
    """Whether a paper is called as a task or a kind of data is, which the question may mean as well: "VQA"."""
    spans = (span for kind in ("task", "data") for span in catalogue.glossary.spans(paper.name, kind))
    return any(end - start == len(paper.name) for _, start, end in spans)


def answer_list(question: Question, catalogue: Catalogue) -> Draft:
    """Put the question to every paper that meets its constraints."""
    points = judge_papers(list_papers(question, catalogue), question, catalogue)
    if question.extreme:
        points = _keep_extreme(points, question.extreme, catalogue)
    return count_verdicts(points, question, catalogue)


def _keep_extreme(
    points: Sequence[tuple[Point, float]], extreme: Extreme, catalogue: Catalogue
) -> list[tuple[Point, float]]:
    """The verdicts, of which only the oldest or newest stay a yes, in this order, each with what shows its date."""
    of_those = {point.paper.id: (point, strength) for point, strength in points if point.says == "yes"}
    kept = choose_extreme([point.paper for point, _ in of_those.values()], extreme, catalogue)
    first = []
    for point, strength in (of_those.pop(paper.id) for paper in kept):
        dated = () if extreme.read else _show_fields(point.paper, "years", catalogue)
        evidence = dict.fromkeys((*dated, *point.evidence))
        first.append((replace(point, evidence=tuple(evidence)[:_SHOWN_PER_PAPER]), strength))
    kept_ids = {paper.id for paper in kept}
    return [*first, *((Point(p.paper, "not stated", ()), 0.0) for p, _ in points if p.paper.id not in kept_ids)]


def count_verdicts(points: Sequence[tuple[Point, float]], question: Question, catalogue: Catalogue) -> Draft:
    """Make a list of verdicts, each with how strongly it is meant: who is in, who nearly, and how many of each."""
    yes = [p for p, _ in sorted(((p, s) for p, s in points if p.says == "yes"), key=lambda x: -x[1])]
    near = [p for p, s in points if p.says in ("no", "depends") or (p.says == "not stated" and s >= NEAR)]
    doubted = [(p, s) for p, s in points if p.says == "depends" or (p.says == "not stated" and p.evidence)]
    left_open = tuple(p for p, _ in sorted(doubted, key=lambda item: (item[0].says != "depends", -item[1])))
    count = {says: sum(p.says == says for p, _ in points) for says in ("yes", "no", "depends", "not stated")}
    coverage = Coverage(
        len(catalogue.papers), len(points), count["yes"], count["no"], count["depends"], count["not stated"]
    )
    strengths = [s for p, s in points if p.says == "yes"]
    if not strengths:
        return Draft("list", (), tuple(near[:8]), coverage, left_open=left_open)
    lowered = bool(question.alternatives) and not question.relations and max(strengths) < YES
    signs = read_list_signs(question, strengths, len(points), lowered, catalogue)
    confidence = model_of("list").rate(signs)
    return Draft("list", tuple(yes), tuple(near[:8]), coverage, confidence=confidence, signs=signs, left_open=left_open)


def judge_papers(papers: Sequence[Paper], question: Question, catalogue: Catalogue) -> list[tuple[Point, float]]:
    """Each paper's verdict, and how strongly it is meant, 0..1."""
    if question.asks:
        attributes = read_attributes(catalogue)
        return [_prove_again(judge_by_attributes(p, question.asks, attributes), question, catalogue) for p in papers]
    if question.relations:
        return [_judge_by_relations(paper, question, catalogue) for paper in papers]
    if not question.alternatives:
        return [(Point(p, "yes", _show_constraints(p, question.filters, catalogue)), 1.0) for p in papers]
    weighed, least = weigh_papers(papers, question, catalogue)
    return [judge_by_words(paper, found, least) for paper, found in zip(papers, weighed, strict=True)]


def weigh_papers(
    papers: Sequence[Paper], question: Question, catalogue: Catalogue
) -> tuple[list[list[Evidence]], float]:
    """Each paper's sentences, best first, and the share of what is looked for that one must hold for a yes."""
    weighed = [_weigh_entry(paper, question, catalogue) for paper in papers]
    best = max((e.score for found in weighed for e in found if e.stance == "says"), default=0.0)
    # a question in many words is met by no sentence in all of them: then those count that come nearest, all alike
    return weighed, YES if best >= YES else max(FAINT, ALIKE * best)


def _weigh_entry(paper: Paper, question: Question, catalogue: Catalogue) -> list[Evidence]:
    """A paper's sentences, best first, each read with what stands around it."""
    entry = ENTRY_SHARE * cover_paper(question, paper, catalogue)
    found = weigh_all(question, paper, catalogue)
    return [replace(e, score=(1 - ENTRY_SHARE) * e.score + entry) if e.score > 0 else e for e in found]


def judge_by_words(paper: Paper, found: Sequence[Evidence], least: float) -> tuple[Point, float]:
    """Decide on the best sentence, which must hold `least` of what is looked for."""
    if not found:
        return Point(paper, "not stated", ()), 0.0
    says = [e for e in found if e.stance == "says" and e.score >= least]
    if says and says[0].score >= found[0].score - _CLEAR:
        best = [e.sentence for e in says if e.score >= says[0].score - 0.1]
        return Point(paper, "yes", tuple(best[:_SHOWN_PER_PAPER])), says[0].score
    nearest = found[0]
    if nearest.score >= least:
        return Point(paper, "no", (nearest.sentence,), nearest.stance), nearest.score
    evidence = (nearest.sentence,) if nearest.score >= NEAR else ()
    return Point(paper, "not stated", evidence, "partly"), nearest.score


def _judge_by_relations(paper: Paper, question: Question, catalogue: Catalogue) -> tuple[Point, float]:
    """Decide on what the sentences state of parts; one that says so is better proof than a title."""
    titles = catalogue.stating(paper, ("title",))
    sentences = prefer_language(catalogue.sentences(paper), question.lang)
    sentences.sort(key=lambda s: s in titles)
    point = _judge_relations(paper, question.relations, sentences, catalogue.vocabulary)
    return point, float(bool(point.evidence))


def _prove_again(point: Point, question: Question, catalogue: Catalogue) -> tuple[Point, float]:
    """A verdict of the table, the sentences that state the same relations before the one that its cell stands for."""
    strength = float(bool(point.evidence))
    if point.says != "yes" or not question.relations:
        return point, strength
    stated, _ = _judge_by_relations(point.paper, question, catalogue.in_own_voice())
    if stated.says != "yes":
        return point, strength
    shown = {(s.document, s.start): s for s in (*stated.evidence, *point.evidence)}
    return replace(point, evidence=tuple(shown.values())), strength


def _show_constraints(paper: Paper, filters: Filters, catalogue: Catalogue) -> tuple[Sentence, ...]:
    """The sentences that show why a paper meets the question's constraints, one for each, else its first one."""
    limits = [limit for limit in _SHOWN_BY if getattr(filters, limit) is not None]
    shown = tuple(dict.fromkeys(s for limit in limits for s in _show_fields(paper, limit, catalogue)))
    return shown or tuple(catalogue.sentences(paper)[:1])


def _show_fields(paper: Paper, limit: str, catalogue: Catalogue) -> tuple[Sentence, ...]:
    """The sentence that shows plainest what a paper is to a constraint of `Filters`, if any does."""
    stated = (s for field in _SHOWN_BY[limit] for s in catalogue.stating(paper, (field,)))
    return tuple(islice(stated, 1))


def _judge_relations(
    paper: Paper, wanted: Sequence[Statement], sentences: Iterable[Sentence], vocabulary: Vocabulary
) -> Point:
    """Decide on the relations: all of the wanted ones stated is a yes; their contrary too makes it depend."""
    for_it: dict[Statement, list[Sentence]] = {}
    against: dict[Statement, tuple[Sentence, str]] = {}
    for sentence in sentences:
        for said in read_statements(sentence.text, vocabulary):
            for want in wanted:
                bearing = _bear_on(said, want)
                if bearing == "meets":
                    for_it.setdefault(want, []).append(sentence)
                elif bearing:
                    against.setdefault(want, (sentence, bearing))
    # first one proof of each relation, then further ones
    proofs = [s for row in zip_longest(*for_it.values()) for s in row if s is not None]
    evidence = tuple(dict.fromkeys(proofs))[: max(_SHOWN_PER_PAPER, len(for_it))]
    if len(for_it) == len(set(wanted)):
        opposed = [s for s, why in against.values() if why == "opposite"]
        if opposed:
            return Point(paper, "depends", (*evidence, *opposed), "opposite")
        return Point(paper, "yes", evidence)
    if against:
        sentence, why = next(iter(against.values()))
        return Point(paper, "no", (sentence,), "denies" if why == "opposite" else why)
    return Point(paper, "not stated", evidence, "partly") if evidence else Point(paper, "not stated", ())


def _bear_on(said: Statement, want: Statement) -> str:
    """Tell what a statement is to a wanted one: `meets`, or how it is against it, or empty where it says nothing.

    What is not trained is frozen, and the other way round; a wanted statement may itself be a denial.
    """
    same = said.state == want.state
    if said.component != want.component or not (same or said.state == OPPOSITE.get(want.state)):
        return ""
    if said.stance == "others" and not same:
        return ""
    if said.stance == "others" and want.stance != "denies":
        return "others"
    holds = same == (said.stance == "says")  # the habits of other works are told in order to differ from them
    if holds == (want.stance != "denies"):
        return "meets"
    return "denies" if said.stance == "denies" else "opposite"
