"""The page: its top, its tabs, and the reader's language. What a tab holds is in a file of its own, see frame.py."""

import threading
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

from vlmrag.ui.desk import Desk
from vlmrag.ui.frame import CALLS, QUIET, Frame, Spoken, load_gradio
from vlmrag.ui.library import Library
from vlmrag.ui.models import Models
from vlmrag.ui.server.serve import Looks, check_host, check_port, listen
from vlmrag.ui.server.users import Users
from vlmrag.ui.tabs import TABS
from vlmrag.ui.words import LANGUAGES, choose_language, load_words

# The reader's language: the one chosen last in this browser, else the browser's own. The page is laid out in English;
# a reader of another language does not see it before it speaks theirs, or for three seconds (style.css).
_HEAD = """<script>
  document.documentElement.lang = localStorage.getItem("vlmrag-language") || navigator.language;
  if (document.documentElement.lang.startsWith("zh")) document.documentElement.dataset.mute = "";
</script>"""
_ASK_BROWSER = """(wanted, ...held) => {
  const language = localStorage.getItem("vlmrag-language") || navigator.language;
  document.documentElement.lang = language;
  return [language, ...held];
}"""
_SHOW = """() => requestAnimationFrame(() => {
  delete document.documentElement.dataset.mute;
  document.documentElement.dataset.speaks = document.documentElement.lang;
})"""
_TELL_BROWSER = """(language, ...held) => {
  localStorage.setItem("vlmrag-language", language);
  document.documentElement.lang = language;
  return [language, ...held];
}"""


def build_page(desk: Desk) -> Any:
    """Return the page as a `gradio.Blocks`, not yet listening; `serve_page` listens."""
    gr = load_gradio()
    with gr.Blocks(title="vlmrag", analytics_enabled=False, fill_width=True) as page:
        wanted = gr.Textbox(visible=False)  # the language tag that the browser sends when it opens the page
        masthead, language = _lay_out_top(gr, desk)
        paper, asked = gr.State(None), gr.State(None)  # within the tabs each would count as one
        with gr.Tabs(elem_id="tabs") as tabs:
            frame = Frame(gr, desk, tabs, masthead, language, paper, asked)
            _speak_top(frame, masthead)
            for room in TABS:
                with gr.Tab(load_words("en")[f"tab_{room.NAME}"], id=room.NAME, elem_id=f"tab-{room.NAME}") as tab:
                    room.build(frame, tab)
                _speak_label(frame, tab, room.NAME)
        _greet(page, frame, wanted)
    return page


def serve_page(
    library: Library,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    users: Users | None = None,
    models: Models | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until interrupted; `ready` is called with its address once it can be opened.

    `users` are those who may open it; None is whoever works on this machine. `models` are those that may word answers,
    by default what runs on this machine.

    Raises:
        UsageError: the host is not this machine's own loopback and no users are given; the port is taken or no port.
    """
    check_host(host, users)
    check_port(host, port)
    desk = Desk(library, models)
    page = build_page(desk)
    try:
        style = "".join(
            files(__package__).joinpath("static", name).read_text("utf-8") for name in ("style.css", "tabs.css")
        )
        url = listen(page, host, port, Looks(style, _HEAD), library, users)
        threading.Thread(target=desk.warm_up, name="vlmrag-warm-up", daemon=True).start()
        if ready:
            ready(url)
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def _lay_out_top(gr: Any, desk: Desk) -> tuple[Any, Any]:
    """Return masthead and language switch, in English until the browser has told its language."""
    with gr.Row(elem_id="masthead"):
        masthead = gr.HTML(desk.draw_masthead("en"), apply_default_css=False)
        language = gr.Radio(
            [(load_words(lang)["name"], lang) for lang in LANGUAGES],
            value="en",
            label=load_words("en")["language"],
            show_label=False,
            container=False,
            elem_id="language",
        )
    return masthead, language


def _speak_top(frame: Frame, masthead: Any) -> None:
    def label(language: str) -> list[Any]:
        switch = frame.gr.Radio(value=language, label=load_words(language)["language"])
        return [switch, frame.desk.draw_masthead(language)]

    frame.speak(label, [frame.language, masthead])


def _speak_label(frame: Frame, tab: Any, name: str) -> None:
    frame.speak(lambda language: [frame.gr.Tab(label=load_words(language)[f"tab_{name}"])], [tab])


def _greet(page: Any, frame: Frame, wanted: Any) -> None:
    """Put the page into the reader's language when it opens, and when another is chosen."""
    first, last = ([part for part in frame.spoken if part.last is late] for late in (False, True))
    held = [one for part in first for one in part.inputs]
    shown = [one for part in first for one in part.outputs]

    def greet(tag: str, *values: Any) -> list[Any]:
        return _speak(first, choose_language(tag), values)

    greeted = page.load(greet, [wanted, *held], shown, js=_ASK_BROWSER, **CALLS)
    chosen = frame.language.input(
        lambda language, *values: _speak(first, language, values),
        [frame.language, *held],
        shown,
        js=_TELL_BROWSER,
        **CALLS,
    )
    for event in (greeted, chosen):
        spoken = event.then(
            lambda language, *values: _speak(last, language, values),
            [frame.language, *(one for part in last for one in part.inputs)],
            [one for part in last for one in part.outputs],
            **QUIET,
        )
        spoken.then(None, js=_SHOW, **QUIET)


def _speak(parts: list[Spoken], language: str, held: Iterable[Any]) -> list[Any]:
    """Return the values of all outputs of these parts, in a language."""
    values = iter(held)
    return [value for part in parts for value in part.label(language, *(next(values) for _ in part.inputs))]
