"""Questions and their answers: quoted by rules, and, where a model is named, worded by it under proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.parts import Parts
from vlmrag.types import Answer, Filters, Generated, Struck, Turn

if TYPE_CHECKING:
    from vlmrag.answer.decision import Explanation
    from vlmrag.answer.draft import Draft
    from vlmrag.answer.generator import Generator
    from vlmrag.answer.reading.consult import Asked
    from vlmrag.answer.writing.local import LocalModel
    from vlmrag.search.question import Question

NO_MODEL = ("none", "off")
"""What names no model, where the environment names one."""


class Asking(Parts):
    """Answers questions over the library."""

    writer: Generator | None = None
    """The generator that words answers where `ask` and `stream` are given none."""
    remembers: bool = True
    """Whether what a generator wrote is kept, so that it is not asked the same again."""
    tell: Callable[[str], None] = staticmethod(lambda line: None)
    """Hears what goes wrong beside an answer, a line each: a damaged file of what was kept."""

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        generator: Generator | None = None,
    ) -> Answer:
        """Answer a question with citations, or refuse honestly.

        `history` is the conversation before it, oldest first; `filters` limit the papers it is put to. A `generator`
        reads what the rules leave open, and words the answer, see `stream`.
        """
        *_, answer = self.stream(question, history=history, filters=filters, generator=generator)
        return answer

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        generator: Generator | None = None,
    ) -> Iterator[Answer]:
        """Yield the answer at once, and again with what a generator reads and writes, see `word`."""
        from vlmrag.answer.compose import compose_answer
        from vlmrag.search.question import read_question

        started = time.perf_counter()
        asked = read_question(question, self._catalogue, history, filters or Filters())
        draft = self._draft(asked)
        answer = compose_answer(draft, asked, self._catalogue)
        yield replace(answer, seconds=time.perf_counter() - started)
        generator = generator or self.writer
        if generator is not None:
            from vlmrag.answer.reading.consult import Asked

            for better in self._use(generator, answer, Asked(asked, draft, history, filters or Filters())):
                yield replace(better, seconds=time.perf_counter() - started)

    def word(
        self, answer: Answer, generator: Generator, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        """Yield a quoted answer again, better with each thing that a generator has done for it; nothing where none is.

        First the generator is asked what the rules leave open: what a follow-up means, and the papers that a list could
        not decide. What it says counts under proof, see `answer/reading`, and `consulted` tells of it. Then it words
        the answer. Each answer is whole and proven. What is not supported never stands in one; the last tells of it in
        `generated`, and why the generator failed, if it did: then what is quoted stands. Closing the iterator ends the
        writing. `history` and `filters` are those that were given with the question.
        """
        from vlmrag.answer.reading.consult import Asked
        from vlmrag.search.question import read_question

        started = time.perf_counter()
        asked = read_question(answer.question, self._catalogue, history, filters or Filters())
        draft = self._draft(asked)
        for better in self._use(generator, answer, Asked(asked, draft, history, filters or Filters())):
            yield replace(better, seconds=answer.seconds + time.perf_counter() - started)

    def _use(self, generator: Generator, answer: Answer, asked: Asked) -> Iterator[Answer]:
        """Let a generator read what the rules leave open, then word the answer; one that fails is not asked again."""
        from vlmrag.answer.reading.adviser import Adviser
        from vlmrag.answer.reading.consult import consult
        from vlmrag.answer.writing.memory import Memory
        from vlmrag.answer.writing.writer import Writer

        memory = Memory(self.config.home / "indexes" / ".written", self.tell) if self.remembers else None
        adviser = Adviser(generator, memory)
        read = consult(asked, self._catalogue, self._retriever, adviser)
        if read:
            answer = read
            yield read
        if adviser.failed:
            yield replace(answer, generated=Generated(adviser.name, 0, 0, (), problem=adviser.problem))
        else:
            yield from Writer(self._catalogue, generator, memory).write(answer)

    def recheck(self, base: Answer, answer: Answer, generator: Generator) -> list[Struck]:
        """Return the sentences of a worded answer that its citations do not support.

        `base` is the answer before it was worded. That is none, unless the check or what became of its sentences has a
        hole.
        """
        from vlmrag.answer.writing.writer import Writer

        told = Writer(self._catalogue, generator).recheck(base, answer)
        return [Struck(sentence.text, sentence.why) for sentence in told if sentence.why]

    def recheck_verdicts(self, answer: Answer, *, history: Sequence[Turn] = ()) -> list[Struck]:
        """Return the verdicts of a generator in an answer that what they cite does not bear out; that should be none.

        `history` is the conversation that was given with its question.
        """
        from vlmrag.answer.reading.consult import recheck_verdicts
        from vlmrag.search.question import read_question

        if answer.consulted is None:
            return []
        read_as = answer.consulted.read_as
        asked = read_question(read_as or answer.question, self._catalogue, () if read_as else history, Filters())
        return recheck_verdicts(answer, asked, self._catalogue)

    def explain(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, read_as: str = ""
    ) -> Explanation:
        """Tell how `ask` understands a question, and what decides its answer.

        `read_as` is what a model read a follow-up as, see `Consulted.read_as`.
        """
        from vlmrag.answer.decision import explain_answer
        from vlmrag.search.question import read_question

        history = () if read_as else history
        asked = read_question(read_as or question, self._catalogue, history, filters or Filters())
        explanation = explain_answer(asked, self._catalogue, self._retriever)
        read = (("read as", read_as),) if read_as else ()
        return replace(explanation, understood=(*read, *explanation.understood))

    def open_generator(
        self, address: str | None = None, *, allow_remote: bool = False, tell: Callable[[str], None] = lambda line: None
    ) -> Generator | None:
        """Return the model that `address` names, by default the configuration's; None for none. Opens no connection.

        `URL#MODEL` is a model of a server of the OpenAI protocol, anything else a folder with a transformers model.
        `tell` hears a warning where what is asked leaves this machine. Raises UsageError for an address that names no
        model, and for a host other than this machine without `allow_remote`.
        """
        named = address or self.config.llm
        if named is None or named in NO_MODEL:
            return None  # before what speaks with a server is imported: that takes longer than an answer
        from vlmrag.answer.writing.endpoint import Endpoint
        from vlmrag.answer.writing.local import FolderModel

        if "://" not in named and Path(named).expanduser().is_dir():
            return FolderModel(Path(named).expanduser())
        endpoint = Endpoint(named, allow_remote=allow_remote, key=self.config.llm_key)
        if endpoint.is_remote:
            tell(f"warning: your question and the passages that answer it are sent to {endpoint.host}")
        return endpoint

    def list_local_models(self) -> list[LocalModel]:
        """Ask the usual ports of this machine which models their servers offer, all at once, within two seconds."""
        from vlmrag.answer.writing.local import list_local_models

        return list_local_models()

    def _draft(self, question: Question) -> Draft:
        from vlmrag.answer.answering import draft_answer

        return draft_answer(question, self._catalogue, self._retriever)
