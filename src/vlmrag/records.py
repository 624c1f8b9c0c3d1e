"""The JSON that programs may rely on: answers, hits and papers as plain records, field by field."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vlmrag.types import Answer, Citation, Consulted, Generated, Hit, Paper, Verdict

if TYPE_CHECKING:
    from vlmrag.answer.claims import Claim
    from vlmrag.answer.decision import Explanation
    from vlmrag.answer.similar import SimilarPaper
    from vlmrag.answer.table import Cell, Row
    from vlmrag.answer.verification import Checked
    from vlmrag.ingest.findings import Finding
    from vlmrag.reports import FetchReport, Report, Status
    from vlmrag.search.figures import FoundFigure

Record = dict[str, Any]


def record_answer(answer: Answer, qid: str | None = None, explanation: Explanation | None = None) -> Record:
    """Return one answer; `qid` is copied to `id`, and an explanation, where there is one, comes last."""
    record = {
        "id": qid,
        "question": answer.question,
        "lang": answer.lang,
        "kind": answer.kind,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "answer": answer.text,
        "papers": [_record_verdict(v) for v in answer.papers],
        "considered": [{**_record_verdict(v), "why": v.why} for v in answer.considered],
        "citations": [_record_citation(c) for c in answer.citations],
        "coverage": asdict(answer.coverage) if answer.coverage else None,
        "generator": answer.generator,
        "index": answer.index,
        "seconds": round(answer.seconds, 4),
    }
    if answer.generated:
        record["generated"] = _record_generated(answer.generated)
    if answer.consulted:
        record["consulted"] = _record_consulted(answer.consulted)
    return {**record, "explanation": record_explanation(explanation)} if explanation else record


def _record_generated(generated: Generated) -> Record:
    record = asdict(generated)
    worded = [{**sentence, "citations": list(sentence["citations"])} for sentence in record["worded"]]
    spent = list(generated.spent) if generated.spent else None
    return {**record, "struck": list(record["struck"]), "spent": spent, "worded": worded}


def _record_consulted(consulted: Consulted) -> Record:
    record = asdict(consulted)
    spent = list(consulted.spent) if consulted.spent else None
    return {**record, "refused": list(record["refused"]), "spent": spent}


def record_explanation(explanation: Explanation) -> Record:
    """Return how a question was understood and what decided its answer; rows without a name go on with the last."""
    parts: Record = {}
    for part, rows in (("understood", explanation.understood), ("decided", explanation.decided)):
        said: dict[str, list[str]] = {}
        for name, text in rows:
            said.setdefault(name or next(reversed(said)), []).append(text)
        parts[part] = {name: texts[0] if len(texts) == 1 else texts for name, texts in said.items()}
    return parts


def record_hit(hit: Hit, papers: dict[str, Paper]) -> Record:
    """Return one hit; `papers` gives the names of its papers."""
    chunk = hit.chunk
    paper = papers[hit.papers[0]] if hit.papers else None
    pdf = chunk.page is not None
    return {
        "rank": hit.rank,
        "score": hit.score,
        "paper": paper.id if paper else None,
        "paper_name": paper.name if paper else None,
        "source": chunk.source,
        "start": None if pdf else chunk.start,
        "end": None if pdf else chunk.end,
        "line": None if pdf else chunk.line,
        "heading": " > ".join(chunk.heading),
        "page": chunk.page,
        "rects": [list(r) for r in chunk.rects] if chunk.rects else None,
        "text": chunk.text,
        "via": dict(hit.via),
    }


def record_paper(paper: Paper) -> Record:
    """Return one paper."""
    record = asdict(paper)
    del record["documents"]
    return record


def record_similar(similar: SimilarPaper) -> Record:
    """Return one similar paper with its reasons."""
    reasons = [
        {
            "kind": reason.kind,
            "text": reason.text,
            "weight": reason.weight,
            "citations": [_record_citation(c) for c in reason.citations],
        }
        for reason in similar.reasons
    ]
    return {"paper": record_paper(similar.paper), "score": similar.score, "reasons": reasons}


def record_row(row: Row) -> Record:
    """Return one row of the table; an empty list is `not stated`."""
    return {
        "paper": record_paper(row.paper),
        "cells": {name: [_record_cell(cell) for cell in cells] for name, cells in row.cells.items()},
    }


def record_finding(finding: Finding) -> Record:
    """Return what is wrong at one place in the notes; of what a paper contradicts, `against` and `verdict` too."""
    record = asdict(finding)
    if finding.verdict is None:
        del record["against"], record["verdict"]
    return record


def record_claim(claim: Claim) -> Record:
    """Return what a note claims of a paper, and what the paper makes of it."""
    return asdict(claim)


def record_checked(checked: Checked) -> Record:
    """Return a quote and what was found of it."""
    quote = checked.quote
    return {
        "quote": quote.words,
        "line": quote.line,
        "label": quote.label or None,
        "named_source": quote.source,
        "verdict": checked.verdict,
        "source": checked.source,
        "start": checked.start,
        "end": checked.end,
        "source_line": checked.line,
        "page": checked.page,
        "found": checked.found or None,
        "changes": [asdict(change) for change in checked.changes],
        "note": checked.note or None,
    }


def record_report(report: Report) -> Record:
    """Return what an ingest did."""
    return {**asdict(report), "seconds": round(report.seconds, 3)}


def record_fetch(report: FetchReport) -> Record:
    """Return what a fetch did, or on a dry run would do."""
    return {**asdict(report), "seconds": round(report.seconds, 3)}


def record_status(status: Status) -> Record:
    """Return the state of a library."""
    return asdict(status)


def record_figure(found: FoundFigure, file: str | None = None) -> Record:
    """Return one figure; `file` is where it was saved."""
    return {
        "score": round(found.score, 4),
        "via": dict(found.via),
        **asdict(found.figure),
        "paper": found.paper.name if found.paper else None,
        "caption": found.caption,
        "mentions": list(found.mentions),
        "file": file,
    }


def _record_verdict(verdict: Verdict) -> Record:
    p = verdict.paper
    return {
        "id": p.id,
        "name": p.name,
        "title": p.title,
        "arxiv": p.arxiv,
        "year": p.year,
        "aliases": list(p.aliases),
        "verdict": verdict.says,
        "citations": list(verdict.citations),
        **({"by": verdict.by} if verdict.by else {}),
    }


def _record_cell(cell: Cell) -> Record:
    return {
        "value": cell.value,
        "text": cell.text,
        "stage": cell.stage,
        "verdict": cell.verdict,
        "confidence": cell.confidence,
        "citation": _record_citation(cell.citation),
    }


def _record_citation(citation: Citation) -> Record:
    return {**asdict(citation), "rects": [list(r) for r in citation.rects] if citation.rects else None}
