"""What the page does at each event, without gradio: from what a tab holds to the HTML it shows then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vlmrag.errors import VlmragError
from vlmrag.types import Citation, Filters
from vlmrag.ui.conversation import Conversation, Opened, answer_last, find_citation, give_up_last, word_last
from vlmrag.ui.filters import list_choices, render_filters
from vlmrag.ui.html.answer import render_conversation
from vlmrag.ui.html.models import render_models
from vlmrag.ui.html.passages import render_lost_passage, render_no_passage, render_passage, render_sheet
from vlmrag.ui.html.pieces import render_masthead, render_problem, render_welcome
from vlmrag.ui.library import Library
from vlmrag.ui.models import Model, Models
from vlmrag.ui.words import load_words, make_examples
from vlmrag.ui.writing import Pen

if TYPE_CHECKING:
    from vlmrag.answer.table import Row

_ASKED_COLUMNS = ("frozen", "llm", "connector")
"""What examples ask about."""


class Desk:
    """Draws the parts of the page. It keeps the library and what is common in it: what a tab holds is handed in."""

    def __init__(self, library: Library, models: Models | None = None) -> None:
        """`models` are those that may word answers; by default what runs on this machine."""
        self._library = library
        self.models = models or Models(library)
        self._stated: dict[str, list[str]] = {}
        self._written: set[int] = set()

    def warm_up(self) -> None:
        """Read what the first reader would wait for, and which values of attributes are common: for examples.

        It is called beside those who read already; an empty or broken library is told where they meet it.
        """
        try:
            for question in make_examples(self._library.papers(), "en"):
                next(self._library.stream(question))
            rows = self._library.table(_ASKED_COLUMNS)
            self._stated = {column: _list_common(rows, column) for column in _ASKED_COLUMNS}
        except VlmragError:
            return

    @property
    def library(self) -> Library:
        """What is drawn from."""
        return self._library

    def draw_masthead(self, language: str) -> str:
        """Return the top of the page, with the counts of the library as they are now."""
        words = load_words(language)
        try:
            given = self.models.given
            return render_masthead(self._library.status(), words, given.remote if given else "")
        except VlmragError as error:
            return render_problem(str(error), words)

    def draw_transcript(self, conversation: Conversation, opened: Opened, language: str) -> str:
        """Return the conversation, or a welcome with example questions where there is none yet."""
        words = load_words(language)
        if conversation:
            return render_conversation(conversation, opened, words)
        try:
            papers = self._library.papers()
        except VlmragError as error:
            return render_problem(str(error), words)
        return render_welcome(make_examples(papers, language, self._stated), words, empty=not papers)

    def draw_passage(self, conversation: Conversation, opened: Opened, language: str, page: int | None = None) -> str:
        """Return the side panel: the opened citation's passage in its context, of a PDF its page or the one given."""
        return self.draw_citation(find_citation(conversation, opened), language, page)

    def draw_citation(self, citation: Citation | None, language: str, page: int | None = None) -> str:
        """Return a side panel with a citation's passage, or a hint where there is none; `page` as in `draw_passage`."""
        words = load_words(language)
        if citation is None:
            return render_no_passage(words)
        try:
            if citation.page is not None:
                return render_sheet(citation, self._library.render_page(citation.source, page or citation.page), words)
            return render_passage(citation, self._library.read_context(citation), words)
        except VlmragError as error:
            return render_lost_passage(citation, str(error), words)

    def draw_filters(self, filters: Filters, language: str) -> str:
        """Return the filters, with what the library has to choose from."""
        try:
            papers = self._library.papers()
        except VlmragError:
            papers = []
        return render_filters(filters, list_choices(papers), load_words(language))

    def draw_models(self, chosen: Model | None, language: str, *, looking: bool = False) -> str:
        """Return the choice of a model; `looking` while this machine's servers are asked."""
        return render_models(self.models, chosen, load_words(language), looking=looking)

    def answer(self, conversation: Conversation) -> Iterator[Conversation]:
        """Answer the question that waits: yield the lead, then more of it, then all."""
        return answer_last(self._library, conversation)

    def take_pen(self, conversation: Conversation) -> Pen | None:
        """Return what words the answer that waits for it; None where none does, or where someone is at it already."""
        last = conversation[-1] if conversation else None
        if last is None or last.model is None or last.writing is None or last.writing in self._written:
            return None
        self._written.add(last.writing)
        return Pen(partial(self.models.open, last.model))

    def word(self, conversation: Conversation, pen: Pen) -> Iterator[Conversation]:
        """Word the answer that waits for it: yield it with every sentence, at last as it stays."""
        return word_last(self._library, conversation, pen)

    def give_up(self, conversation: Conversation, language: str) -> Conversation:
        """End a question whose answer broke on an error that is not ours; the traceback is in the terminal."""
        return give_up_last(conversation, load_words(language)["broken"])


def _list_common(rows: Sequence[Row], column: str) -> list[str]:
    """Return the values that at least two papers state in a column, the most common first."""
    counts = Counter(value for row in rows for value in {cell.value for cell in row.cells[column]})
    return [value for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count > 1]
