"""From an extractive answer to one that a model words: asked, checked sentence by sentence, woven in.

Every answer that is yielded is whole and proven: the first after the first sentence, the last with the count of what
was written, supported and struck. Refusals and likenesses are not given to a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from vlmrag.answer.compose import plain_words
from vlmrag.answer.generator import Generator
from vlmrag.answer.proof import MARK, check_answer
from vlmrag.answer.writing.check import Checker, Told
from vlmrag.answer.writing.memory import Memory
from vlmrag.answer.writing.passages import Language, Passage, read_around
from vlmrag.answer.writing.prompts import INSTRUCTIONS, build_request, show_passage
from vlmrag.answer.writing.sentences import SentenceReader, Written
from vlmrag.answer.writing.weave import weave
from vlmrag.errors import GeneratorError
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Answer, Citation, Generated, Struck, Worded

_HEAD = re.compile(r"^- \*\*.*?\*\*.*?: ")
_QUOTE = re.compile(r"“.*?” \[\d+\]")
_WRITTEN_KINDS = ("list", "fact", "find", "definition", "check", "compare")
_SENTENCE = 80
"""Tokens that are allowed for a sentence."""
_MOST = 2048
"""Tokens that are written at most."""
_LONGEST = 200
"""Sentences that are read at most."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What a model is asked, and the evidence that it may cite."""

    passages: tuple[Passage, ...]
    text: str
    most: int
    """Tokens that it may write."""


class Writer:
    """Lets a generator word answers over one library."""

    def __init__(self, catalogue: Catalogue, generator: Generator, memory: Memory | None = None) -> None:
        """Keep what is written in `memory`, if any."""
        self._catalogue = catalogue
        self._generator = generator
        self._memory = memory
        self._language = Language(catalogue)

    def write(self, base: Answer) -> Iterator[Answer]:
        """Yield the answer with every further sentence, in its place or struck; at last with all that became of it.

        Where the generator fails, the last answer says why in `generated.problem`, and holds what was supported till
        then. Yields nothing for an answer that is not given to a model.
        """
        if base.abstained or base.kind not in _WRITTEN_KINDS:
            return
        told: list[Told] = []
        problem, name = "", ""
        self._spent: tuple[int, int] | None = None
        try:
            name = self._generator.name
            request = self._prepare(base)
            checker = Checker(request.passages, self._language)
            for written in self._read_sentences(request):
                told.append(checker.check(written))
                yield self._answer(base, name, told, "")
            problem = "" if told else f"{name} wrote no sentence"
        except GeneratorError as error:
            problem = str(error)
        yield self._answer(base, name, told, problem)

    def recheck(self, base: Answer, answer: Answer) -> list[Told]:
        """Check the sentences of a worded answer anew, as they stand in it, against its citations."""
        passages = [self._take(c) for c in answer.citations]
        checker, reader = Checker(passages, self._language), SentenceReader()
        lines = [line for line in answer.text.split("\n") if line not in base.text.split("\n")]
        words = "\n".join(_HEAD.sub("", _QUOTE.sub("", line)).strip("; >") for line in lines)
        return [checker.check(written) for written in [*reader.feed(words), *reader.close()]]

    def _answer(self, base: Answer, name: str, told: list[Told], problem: str) -> Answer:
        supported = [t for t in told if not t.why]
        struck = tuple(Struck(t.text, t.why) for t in told if t.why)
        worded = tuple(Worded(t.text, t.marks) for t in supported)
        generated = Generated(name, len(told), len(supported), struck, self._spent, problem, worded)
        answer = weave(base, supported)
        answer = replace(answer, generator=name if supported else base.generator, generated=generated)
        check_answer(answer, self._catalogue.index)
        return answer

    def _read_sentences(self, request: _Request) -> Iterator[Written]:
        """Yield what the generator writes, sentence by sentence; a whole text is kept, and recalled the next time."""
        asked = (self._generator.name, INSTRUCTIONS, request.text, request.most)
        known = self._memory.recall(*asked) if self._memory else None
        reader, text, count = SentenceReader(), "", 0
        if known:
            text, self._spent = known
            yield from [*reader.feed(text), *reader.close()][:_LONGEST]
            return
        pieces = self._generator.write(*asked[1:])
        with closing(pieces):  # type: ignore[type-var]  # an iterator of a generator function
            for piece in pieces:
                text += piece
                for written in reader.feed(piece):
                    yield written
                    count += 1
                if count >= _LONGEST:
                    return
        yield from reader.close()
        self._spent = self._generator.spent
        if self._memory:
            self._memory.keep(*asked, text, self._spent)

    def _prepare(self, base: Answer) -> _Request:
        """Choose the evidence that the model can hold, in the order of the answer; raises GeneratorError for none."""
        count = self._generator.count_tokens
        offered = self._offer(base)
        one_each = base.kind == "list"
        papers = len({p.paper.id if p.paper else "" for p in offered})
        most = min(_MOST, self._generator.context // 3, _SENTENCE * max(12, papers + 2))
        bare = build_request(base.question, base.lang, [], one_each=one_each)
        left = self._generator.context - most - count(INSTRUCTIONS + bare)
        passages = []
        for passage in offered:
            left -= count(show_passage(passage)) + 1
            if left < 0:
                break
            passages.append(passage)
        if offered and not passages:
            raise GeneratorError(f"the model holds {self._generator.context} tokens, too few for the evidence")
        if not passages:
            raise GeneratorError("the evidence speaks to its reader, and is quoted only")
        request = build_request(base.question, base.lang, passages, one_each=one_each)
        return _Request(tuple(passages), request, most)

    def _offer(self, base: Answer) -> list[Passage]:
        """The passages that the answer shows, without those that stand where a model is spoken to."""
        citations = {c.marker: c for c in base.citations}
        shown = [citations[m] for m in dict.fromkeys(int(n) for n in MARK.findall(base.text))]
        return [self._take(c) for c in shown if not self._speaks_to_a_model(c)]

    def _speaks_to_a_model(self, citation: Citation) -> bool:
        text = self._catalogue.index.source(citation.source).text
        start = text.find(citation.quote) if citation.start is None else citation.start
        around = citation.quote
        if start >= 0:
            around = read_around(text, start, start + len(citation.quote), printed=citation.page is not None)
        return self._language.words.gives_orders(around)

    def _take(self, citation: Citation) -> Passage:
        paper = next((p for p in self._catalogue.papers if p.id == citation.paper), None)
        return Passage(citation.marker, paper, plain_words(citation), self._language)
