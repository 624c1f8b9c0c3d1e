"""The tab of the library: files are added, papers fetched, notes checked; and what the index holds.

What takes long is done by the page's one `Workshop`, beside those who ask. A window that opens the tab follows the
work that is under way, whoever began it.
"""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation Request itself.

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from vlmrag.errors import UsageError, VlmragError
from vlmrag.ingest.reader import ENDINGS
from vlmrag.types import Citation
from vlmrag.ui.frame import CALLS, QUIET, Frame
from vlmrag.ui.html.library import render_findings, render_state, render_status
from vlmrag.ui.html.pieces import render_problem
from vlmrag.ui.jobs import Job, fetch_papers, take_changes, take_paths, take_uploads
from vlmrag.ui.library import Library
from vlmrag.ui.proofs import Panel, Proofs, place_panel, place_piece, tie_proofs
from vlmrag.ui.server.serve import is_loopback
from vlmrag.ui.uploads import MOST_BYTES
from vlmrag.ui.words import Words, load_words
from vlmrag.ui.work import Workshop

NAME = "library"
_TICK = 0.5
"""Seconds after which a window looks again how far the work is, where nothing was told."""


def draw_status(library: Library, language: str) -> str:
    """Return the state of the index, or why there is none."""
    words = load_words(language)
    try:
        return render_status(library.status(), words)
    except VlmragError as error:
        return render_problem(str(error), words)


def draw_findings(library: Library, language: str) -> tuple[str, tuple[Citation, ...]]:
    """Return what is probably wrong in the notes, and the citations of the places."""
    words = load_words(language)
    proofs = Proofs(words)
    try:
        return render_findings(library.check(), proofs, words), proofs.all()
    except VlmragError as error:
        return render_problem(str(error), words), ()


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    gr, workshop, words = frame.gr, Workshop(), load_words("en")
    with gr.Row(elem_classes="bench"):
        with gr.Column(elem_id="library-room"):
            state = place_piece(frame, "", "library-state")
            stop = gr.Button(visible=False, elem_id="stop", min_width=0)
            refused = frame.place_html("", "library-refused")
            with gr.Column(elem_classes="group"):
                add = frame.place_html("", "library-add")
                with gr.Row(elem_classes="line"):
                    upload = gr.UploadButton(file_count="multiple", elem_id="upload", min_width=0)
                    replace = gr.Checkbox(label=words["replace"], elem_id="replace", container=False, min_width=0)
                    update = gr.Button(elem_id="update", min_width=0)
                with gr.Row(elem_classes="line"):
                    paths = gr.Textbox("", lines=1, max_lines=6, elem_id="paths")
                    read = gr.Button(elem_id="read", min_width=0)
                with gr.Row(elem_classes="line"):
                    ids = gr.Textbox("", elem_id="ids")
                    fetch = gr.Button(elem_id="fetch", min_width=0)
            holds = place_piece(frame, "", "library-status")
            amiss = frame.place_html("", "library-check")
            check = gr.Button(elem_id="check", min_width=0)
            findings = place_piece(frame, "", "library-findings")
        panel = place_panel(frame, NAME)
    tie_proofs(frame, panel, findings)
    _work(frame, workshop, tab, (state, stop, holds, refused), (upload, replace, update, paths, read, ids, fetch))
    _check(frame, check, findings, panel)
    _speak(frame, workshop, (add, upload, replace, update, paths, read, ids, fetch, stop, amiss, check, state, holds))


class _Foreman:
    """Begins work and tells one window of it: how far it is, the button that stops it, index, top, and a refusal."""

    def __init__(self, frame: Frame, workshop: Workshop) -> None:
        self._gr = frame.gr
        self._desk = frame.desk
        self._library = frame.desk.library
        self._workshop = workshop

    def watch(self, language: str) -> Iterator[list[Any]]:
        """Follow the work that is under way to its end."""
        gr, words, seen = self._gr, load_words(language), self._workshop.state
        while seen.running:
            stop = gr.Button(visible=True, interactive=not seen.stopping)
            yield [render_state(seen, words), stop, gr.skip(), gr.skip(), gr.skip()]
            seen = self._workshop.wait_for_change(seen, _TICK)
        holds, top = draw_status(self._library, language), self._desk.draw_masthead(language)
        yield [render_state(seen, words), gr.Button(visible=False), holds, top, gr.skip()]

    def begin(self, make: Callable[..., Job | None], *values: Any) -> Iterator[list[Any]]:
        """Begin the job that is made of what was given, and follow it; or tell why it could not be begun."""
        *given, language = values
        job = make(self._library, *given)
        try:
            if job is None:
                raise UsageError(load_words(language)["nothing_given"])
            self._workshop.begin(job)
        except VlmragError as error:
            yield self.refuse(str(error), language)
        else:
            yield [*[self._gr.skip()] * 4, ""]
            yield from self.watch(language)

    def refuse(self, why: str, language: str) -> list[Any]:
        """Tell why nothing was begun."""
        return [*[self._gr.skip()] * 4, render_problem(why, load_words(language))]


def _work(frame: Frame, workshop: Workshop, tab: Any, shown: Sequence[Any], asked: Sequence[Any]) -> None:
    """Let work be begun and stopped, and follow it while this window is open."""
    from gradio import Request

    foreman = _Foreman(frame, workshop)
    upload, replace, update, paths, read, ids, fetch = asked

    def read_here(text: str, language: str, request: Request) -> Iterator[list[Any]]:
        """Read paths of this machine for someone who sits at it."""
        if request.client and is_loopback(request.client.host):
            yield from foreman.begin(take_paths, text, language)
        else:
            yield foreman.refuse(load_words(language)["not_here"], language)

    told = [*shown[:3], frame.masthead, shown[3]]
    for event, function, inputs in (
        (upload.upload, partial(foreman.begin, take_uploads), [upload, replace]),
        (update.click, partial(foreman.begin, take_changes), []),
        (read.click, read_here, [paths]),
        (fetch.click, partial(foreman.begin, fetch_papers), [ids]),
        (ids.submit, partial(foreman.begin, fetch_papers), [ids]),
        (tab.select, foreman.watch, []),
    ):
        event(function, [*inputs, frame.language], told, concurrency_limit=None, **QUIET)
    stop = shown[1]
    stop.click(workshop.stop, None, None, **QUIET)


def _check(frame: Frame, check: Any, findings: Any, panel: Panel) -> None:
    library = frame.desk.library
    check.click(partial(draw_findings, library), frame.language, [findings, panel.proofs], **CALLS)


def _speak(frame: Frame, workshop: Workshop, parts: Sequence[Any]) -> None:
    gr, library = frame.gr, frame.desk.library

    def label(language: str) -> list[Any]:
        words = load_words(language)
        return [
            f"<h3>{words['add_files']}</h3><p class='hint'>{_hint(words)}</p>",
            gr.UploadButton(words["upload"]),
            gr.Checkbox(label=words["replace"]),
            gr.Button(words["update"]),
            gr.Textbox(label=words["path"], placeholder="~/notes"),
            gr.Button(words["path_go"]),
            gr.Textbox(label=words["fetch"], info=words["fetch_hint"], placeholder="2301.12597"),
            gr.Button(words["fetch_go"]),
            gr.Button(words["stop"]),
            f"<h3>{words['check']}</h3>",
            gr.Button(words["check_go"]),
            render_state(workshop.state, words),
            draw_status(library, language),
        ]

    frame.speak(label, list(parts))


def _hint(words: Words) -> str:
    notes = ", ".join(ending for ending in ENDINGS if ending != ".pdf")
    return words["upload_hint"].format(endings=notes, megabytes=MOST_BYTES // 1_000_000)
