"""Which way a question is answered: by its kind, and by what the library holds of it, notes, papers or both."""

from __future__ import annotations

from vlmrag.answer.both import answer_from_papers, compare_both, complete_list, echoes_print, join_fact
from vlmrag.answer.draft import Draft
from vlmrag.answer.listing import answer_check, answer_list, deny_premise
from vlmrag.answer.passage import answer_fact
from vlmrag.answer.refusal import refuse
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever


def draft_answer(
    question: Question, catalogue: Catalogue, retriever: Retriever, *, least: float | None = None
) -> Draft:
    """Answer a question from the part of the library that it is put to.

    What a note says leads; the papers prove it, and answer what the notes do not. A fact that is right with a
    probability below `least`, by default the model's own, is refused.
    """
    library = take_library(question, catalogue)
    if question.kind == "similar":
        from vlmrag.answer.comparison import answer_similar  # what likens papers: other questions do not wait for it

        return answer_similar(question, library, retriever)
    if question.asks:
        return answer_list(question, library)  # the table knows notes from papers
    notes, papers = part_library(question, catalogue)
    if papers is None:
        return _draft(question, library, retriever, least)
    if notes is None:
        if question.kind == "list":
            return _draft(question, papers.in_own_voice(), retriever, least)
        if question.kind == "compare":
            return compare_both(question, library, papers, retriever) or refuse(question, papers, retriever)
        return answer_from_papers(question, papers, retriever) or refuse(question, papers, retriever)
    if question.kind == "list":
        return complete_list(question, notes, papers.in_own_voice())
    if question.kind == "compare":
        return compare_both(question, notes, papers, retriever) or refuse(question, library, retriever)
    draft = _draft(question, notes, retriever, least)
    if draft.kind != "refusal" and not echoes_print(draft, notes):
        return join_fact(draft, question, notes, papers, retriever)
    return answer_from_papers(question, papers, retriever) or refuse(question, library, retriever)


def take_library(question: Question, catalogue: Catalogue) -> Catalogue:
    """Return the part of the library that a question is put to."""
    return catalogue.within(question.filters.source, question.filters.kind)


def part_library(question: Question, catalogue: Catalogue) -> tuple[Catalogue | None, Catalogue | None]:
    """Return the notes and the PDFs that a question is put to; None for a side that it has nothing of.

    A catalogue's records go with the notes: with PDFs alone they are not asked.
    """
    library, source = take_library(question, catalogue), question.filters.source
    if library.kinds <= {"note", "record"}:
        return library, None
    papers = library.within(source, "pdf")
    alone = question.filters.kind == "pdf" or "note" not in library.kinds
    return None if alone else library.within(source, "note"), papers


def _draft(question: Question, library: Catalogue, retriever: Retriever, least: float | None) -> Draft:
    """Answer from one part of the library."""
    if question.kind == "list":
        return answer_list(question, library)
    denied = deny_premise(question, library)
    if denied:
        return denied
    if question.kind == "compare":
        from vlmrag.answer.comparison import answer_comparison

        return answer_comparison(question, library, retriever)
    checked = answer_check(question, library) if question.kind == "check" and not question.unknown else None
    return checked or answer_fact(question, library, retriever, least=least)
