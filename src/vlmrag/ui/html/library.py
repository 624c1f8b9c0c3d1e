"""The library's own page: what it holds, how far the work on it is, what an ingest did and skipped, what is amiss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from vlmrag.reports import FetchReport, Report, Skipped, Status
from vlmrag.types import Citation
from vlmrag.ui.proofs import Proofs
from vlmrag.ui.words import Words
from vlmrag.ui.work import Outcome, State

if TYPE_CHECKING:
    from vlmrag.ingest.findings import Finding

_FEW = 12
"""As many files with one reason, or findings of one kind, are shown at once; the rest is folded away."""


def render_status(status: Status, words: Words) -> str:
    """Return the state of the index as a list of terms."""
    facts = [
        ("papers", f"{status.papers:,}"),
        ("files", f"{status.files:,}"),
        ("entries", f"{status.documents:,}"),
        ("sentences", f"{status.sentences:,}"),
        ("chunks", f"{status.chunks:,}"),
        ("size", f"{status.bytes / 1e6:,.1f} MB"),
        ("encoder", status.encoder),
        ("home", status.home),
        ("index", f"{status.fingerprint[:19]}…, {status.generation}"),
    ]
    items = "".join(f"<dt>{escape(words[f'status_{name}'])}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    stale = ""
    if status.stale:
        files = "".join(f"<li>{escape(path)}</li>" for path in status.stale)
        stale = _fold(words["changed_files"].format(count=len(status.stale)), f'<ul class="plain">{files}</ul>')
    title = f"<h3>{escape(words['holds'])}</h3>"
    return f'<section>{title}<dl class="status">{items}</dl>{stale}</section>'


def render_state(state: State, words: Words) -> str:
    """Return how far the work is, or what it did; nothing before the first."""
    if not state.serial:
        return ""
    if state.running:
        return _render_progress(state, words)
    if state.stopped:
        return f'<p class="told" role="status">{escape(words["work_stopped"])}</p>'
    if state.problem is not None:
        told = state.problem or words["broken"]
        failed = escape(words["work_failed"])
        return f'<div class="problem" role="alert"><strong>{failed}</strong><p>{escape(told)}</p></div>'
    return _render_outcome(state.outcome or Outcome(), state.serial, words)


def _render_progress(state: State, words: Words) -> str:
    name = words.get(f"stage_{state.stage}", state.stage) if state.stage else words["stage_begin"]
    if state.stopping:
        name = words["stage_stopping"]
    known = f' value="{state.done}" max="{max(1, state.total)}"' if state.total else ""
    count = f'<span class="count">{state.done:,} / {state.total:,}</span>' if state.total else ""
    return (
        f'<div class="progress" role="status"><p>{escape(name)} {count}</p>'
        f'<progress aria-label="{escape(name)}"{known}></progress></div>'
    )


def _render_outcome(outcome: Outcome, serial: int, words: Words) -> str:
    parts = [_render_fetched(outcome.fetched, words) if outcome.fetched else ""]
    if outcome.report:
        parts.append(_render_report(outcome.report, words))
    skipped = [*outcome.refused, *(outcome.report.skipped if outcome.report else ())]
    parts.append(_render_skipped(skipped, "skipped_files", words))
    parts.append(_render_skipped(outcome.report.remarks if outcome.report else (), "remarks", words))
    return f'<div class="outcome" role="status" data-work="{serial}">{"".join(parts)}</div>'


def _render_report(report: Report, words: Words) -> str:
    line = words["report"].format(
        read=report.read, unchanged=report.unchanged, gone=report.gone, papers=report.papers, files=report.files
    )
    return f'<p class="told">{escape(line)} <span class="maker">{report.seconds:.1f} s</span></p>'


def _render_fetched(report: FetchReport, words: Words) -> str:
    line = words["fetch_report"].format(
        fetched=len(report.fetched), present=len(report.present), missed=len(report.missed)
    )
    files = "".join(
        f'<li>{escape(one.title)} <span class="place">{escape(one.file)}</span></li>' for one in report.fetched
    )
    missed = "".join(f"<li><b>{escape(one.id)}</b> {escape(one.why)}</li>" for one in report.missed)
    return (
        f'<p class="told">{escape(line)}</p>'
        + (f'<ul class="plain">{files}</ul>' if files else "")
        + (f'<ul class="plain amiss">{missed}</ul>' if missed else "")
    )


def _render_skipped(skipped: Iterable[Skipped], title: str, words: Words) -> str:
    """Return files with the reason why each was skipped, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for file in skipped:
        by_reason.setdefault(file.why, []).append(file.path)
    if not by_reason:
        return ""
    groups = "".join(
        f'<li>{_name_files(paths)} <span class="why">{escape(why)}</span></li>' for why, paths in by_reason.items()
    )
    count = sum(map(len, by_reason.values()))
    return f'<h4>{escape(words[title].format(count=count))}</h4><ul class="plain amiss">{groups}</ul>'


def _name_files(paths: Sequence[str]) -> str:
    named = ", ".join(f"<b>{escape(path)}</b>" for path in paths[:_FEW])
    return named + (f", … ({len(paths)})" if len(paths) > _FEW else "")


def render_findings(findings: Sequence[Finding], proofs: Proofs, words: Words) -> str:
    """Return what is probably wrong in the notes, by its kind, each with its place."""
    if not findings:
        return f'<p class="told" role="status">{escape(words["nothing_amiss"])}</p>'
    by_kind = sorted(findings, key=lambda finding: _order(finding.kind))
    groups = []
    for kind, group in groupby(by_kind, key=lambda finding: finding.kind):
        found = list(group)
        items = [_render_finding(finding, proofs, words) for finding in found]
        rest = _fold(words["more"].format(count=len(items) - _FEW), _list(items[_FEW:])) if len(items) > _FEW else ""
        title = f"{words[f'finding_{kind}']} ({len(items)})"
        groups.append(f"<section><h4>{escape(title)}</h4>{_list(items[:_FEW])}{rest}</section>")
    line = words["amiss"].format(count=len(findings))
    return f'<p class="told" role="status">{escape(line)}</p><div class="findings">{"".join(groups)}</div>'


_KINDS = ("claim", "id", "date", "link", "story", "url", "encoding", "unfinished")


def _order(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(items)}</ul>"


def _render_finding(finding: Finding, proofs: Proofs, words: Words) -> str:
    against = f" {proofs.chip(_cite_against(finding))}" if finding.against else ""
    return (
        f"<li><p>{escape(finding.what)} {proofs.chip(cite_finding(finding))}</p>"
        f'<p class="why">{escape(finding.why)}{against}</p></li>'
    )


def cite_finding(finding: Finding) -> Citation:
    """Return the place of a finding as a citation, so that it opens as any other."""
    return Citation(
        marker=0,
        paper=finding.papers[0] if finding.papers else None,
        paper_name=None,
        source=finding.source,
        start=finding.start,
        end=finding.end,
        line=finding.line,
        heading="",
        quote=finding.quote,
    )


def _cite_against(finding: Finding) -> Citation:
    """Return the place in the paper that a finding is held against."""
    against = finding.against
    assert against is not None
    return Citation(
        marker=0,
        paper=finding.papers[0] if finding.papers else None,
        paper_name=None,
        source=against.source,
        start=None,
        end=None,
        line=against.line,
        heading="",
        quote=against.quote,
        page=against.page,
        rects=against.rects,
    )


def _fold(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"
