"""Which papers name each other: in the sentences of their entries, and in their lists of references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from vlmrag.search.catalogue import Catalogue
from vlmrag.search.references import Cited, find_cited
from vlmrag.types import Paper, Sentence


class Mentions:
    """Who names whom in one library."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Read nothing yet."""
        self._catalogue = catalogue
        self._patterns: dict[str, re.Pattern[str]] = {}

    @cached_property
    def cited(self) -> dict[str, tuple[Cited, ...]]:
        """The references of every paper that has any, by the paper's id."""
        return find_cited(self._catalogue.papers, self._catalogue.documents)

    @cached_property
    def _texts(self) -> dict[str, str]:
        """All that is said of each paper, by its id."""
        return {p.id: "\n".join(s.text for s in self._catalogue.sentences(p)) for p in self._catalogue.papers}

    def find_mention(self, namer: Paper, named: Paper) -> Sentence | None:
        """Return the first sentence, or entry of its references, in which a paper names another one."""
        names, text = _long_names(named), self._texts[namer.id]
        if any(name in text for name in names) and (pattern := self._match(named, names)).search(text):
            for sentence in self._catalogue.sentences(namer):
                # what looks like a name may be a common word, which only the names of the library can tell
                if pattern.search(sentence.text) and self._names(sentence.text, named):
                    return sentence
        cited = next((c for c in self.cited.get(namer.id, ()) if c.work == named.id), None)
        return self.quote(cited) if cited else None

    def quote(self, cited: Cited) -> Sentence:
        """Return an entry of a list of references as a sentence."""
        source = self._catalogue.documents[cited.document].source
        text = self._catalogue.index.source(source).text[cited.start : cited.end]
        return Sentence(cited.document, cited.start, cited.end, text, ())

    def _names(self, text: str, named: Paper) -> bool:
        return any(paper.id == named.id for paper, _, _ in self._catalogue.names.find(text))

    def _match(self, paper: Paper, names: Sequence[str]) -> re.Pattern[str]:
        """What finds a paper's names in text, as they are written and as whole words."""
        if paper.id not in self._patterns:
            either = "|".join(map(re.escape, sorted(names, key=lambda n: (-len(n), n))))
            self._patterns[paper.id] = re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")
        return self._patterns[paper.id]


def _long_names(paper: Paper) -> tuple[str, ...]:
    return tuple(name for name in (paper.name, *paper.aliases) if len(name) > 2)
