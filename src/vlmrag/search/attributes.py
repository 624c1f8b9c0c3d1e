"""The attributes of every paper of a library: as stored at ingest, else read from its sentences when asked for.

Stored ones count only where the rules that read them are those of today: the same words, the same code.
Organisations, venue and date come from the fields that the entries state; all else from their sentences.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib import resources
from weakref import WeakKeyDictionary

from vlmrag.index.index import Index
from vlmrag.ingest.attributes import Vocabulary
from vlmrag.ingest.attributes.reading import AttributeReader, Told
from vlmrag.ingest.attributes.stages import find_stage
from vlmrag.ingest.words import fingerprint as fingerprint_words
from vlmrag.language.fold import fold, name_key
from vlmrag.language.glossary import Glossary
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Attribute, Document, Field, Paper, Sentence

COLUMNS = (
    "contribution", "vision_encoder", "text_encoder", "llm", "connector", "frozen", "trained", "stages",
    "training_data", "parameters", "resolution", "inputs", "outputs", "tasks", "benchmarks", "orgs", "venue", "date",
)  # fmt: skip
"""The columns of the table, in its order."""
_HEADING = re.compile(
    r"^(?P<marks>#{1,6})[ \t]+(?P<words>.+)$|^(?P<number>\d+(?:\.\d+)*)\.?[ \t]+(?P<title>[A-Z].{2,60})$"
    r"|^(?P<bare>References|REFERENCES|Acknowledge?ments?|Appendix|参考文献)[ \t]*$",
    re.MULTILINE,
)
_shared: WeakKeyDictionary[Catalogue, Attributes] = WeakKeyDictionary()
_COMPANY_END = re.compile(r"(?:Ltd|Inc|Co|Corp)\b")
_SURVEY = re.compile(r"\bsurvey\Z|综述\Z")
"""How the name of a note on a survey ends."""
_LETTER = re.compile(r"\w")
_LATIN_FIRST = re.compile(r"\W*[A-Za-z]")
_SHORT = 4
"""Words from which a name is a title; what stands before its colon is a name."""
_SUBJECT = 40
"""Characters at the beginning of a sentence in which its subject stands."""
_FIELDS = {"orgs": ("org",), "venue": ("venue", "status"), "date": ("date", "year", "arxiv", "venue")}


def read_attributes(catalogue: Catalogue) -> Attributes:
    """Return the attributes of a library, read once for the life of the catalogue."""
    if catalogue not in _shared:
        _shared[catalogue] = Attributes(catalogue)
    return _shared[catalogue]


class StoredRules:
    """By what the attributes of a library are read at ingest: `index.attribute_rows` keeps them by its key."""

    def __init__(self, index: Index, glossary: Glossary, vocabulary: Vocabulary) -> None:
        """Read nothing yet."""
        self._parts = index, glossary, vocabulary
        self.key = make_key(glossary, vocabulary)

    def read(self, papers: Sequence[Paper]) -> Iterator[tuple[Paper, Sequence[Attribute]]]:
        """Yield papers with what their sentences state, one paper's sentences in memory at a time."""
        attributes = Attributes(Catalogue(*self._parts), stored=False)
        for paper in papers:
            yield paper, attributes.read(paper)

    def names(self, paper: Paper) -> Iterator[str]:
        """Yield what a sentence that has a paper as its subject may begin with."""
        yield from (paper.name, *paper.aliases, *([paper.title] if paper.title else ()))
        if paper.arxiv:
            yield f"arXiv:{paper.arxiv}"

    def head(self, words: str) -> str:
        """Return the letters by which a sentence is looked at for a name that it begins with, "" where it is not."""
        return name_key(words[:_SUBJECT])[:2] if _LATIN_FIRST.match(words) else ""


def make_key(glossary: Glossary, vocabulary: Vocabulary) -> str:
    """Return 16 hex digits of all that decides what attributes are read: words of the field, and the code itself."""
    parts = (vocabulary.fingerprint, glossary.fingerprint, fingerprint_words(), _fingerprint_code())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@cache
def _fingerprint_code() -> str:
    files = [*resources.files("vlmrag.ingest.attributes").iterdir(), resources.files("vlmrag.search") / "attributes.py"]
    code = {file.name: file.read_bytes() for file in files if file.name.endswith(".py")}
    return hashlib.sha256(b"\0".join(code[name] for name in sorted(code))).hexdigest()


def quote_attribute(one: Attribute, catalogue: Catalogue) -> Sentence:
    """Return the sentence that an attribute was read out of, without its terms."""
    source = catalogue.documents[one.document].source
    text = catalogue.index.source(source).text[one.start : one.end]
    return Sentence(one.document, one.start, one.end, text, ())


class Attributes:
    """Which attributes each paper of a catalogue has."""

    def __init__(self, catalogue: Catalogue, *, stored: bool = True) -> None:
        """Read nothing yet; a paper is read when it is first asked for, unless the index has it `stored`."""
        self._catalogue = catalogue
        self._may_be_stored = stored and catalogue.whole
        self._read: dict[str, tuple[Attribute, ...]] = {}
        self._sections: dict[str, list[tuple[int, bool, str | None]]] = {}

    def of(self, paper: Paper) -> tuple[Attribute, ...]:
        """Return the attributes of a paper, in the order of `COLUMNS` within the order of its text."""
        if self._stored is not None:
            return self._stored.get(paper.id, ())
        if paper.id not in self._read:
            self._read[paper.id] = self.read(paper)
        return self._read[paper.id]

    def read(self, paper: Paper) -> tuple[Attribute, ...]:
        """Read the attributes of a paper out of its sentences, and keep nothing."""
        sentences = self._catalogue.read_sentences(paper)
        found = (*self._read_sentences(paper, sentences), *self._read_fields(paper, sentences))
        self._sections.clear()
        return found

    @cached_property
    def _stored(self) -> dict[str, tuple[Attribute, ...]] | None:
        return self._catalogue.index.attributes(self.key) if self._may_be_stored else None

    @property
    def key(self) -> str:
        """Names the rules of today, see `make_key`."""
        return make_key(self._catalogue.glossary, self._catalogue.vocabulary)

    @cached_property
    def _reader(self) -> AttributeReader:
        return AttributeReader(self._catalogue.vocabulary)

    def column(self, paper: Paper, column: str) -> tuple[Attribute, ...]:
        """Return what a paper states in one column; empty where it states nothing."""
        return tuple(a for a in self.of(paper) if a.column == column)

    def quote(self, one: Attribute) -> Sentence:
        """Return the sentence that an attribute was read out of, without its terms."""
        return quote_attribute(one, self._catalogue)

    def _read_sentences(self, paper: Paper, sentences: Sequence[Sentence]) -> list[Attribute]:
        names = [n.partition(":")[0].strip() for n in (paper.name, *paper.aliases)]
        names = [n for n in dict.fromkeys(names) if n and len(n.split()) < _SHORT]
        keys = {name_key(n) for n in names}
        return self._reader.read(
            self._tell(paper, sentences), [fold(n) for n in names], lambda text: self._begins_foreign(text, paper, keys)
        )

    def _tell(self, paper: Paper, sentences: Sequence[Sentence]) -> Iterator[Told]:
        """The sentences of a paper that are about itself; a survey's are about other works."""
        survey = self._catalogue.vocabulary.cues["surveys"]
        if any(survey.search(fold(words)) for words in (paper.title or paper.name, *(s.text for s in sentences[:8]))):
            return
        if _SURVEY.search(fold(paper.name)):
            return
        for sentence in sorted(sentences, key=self._is_title):  # of two that say the same, the plainer proof is first
            foreign, stage = self._find_section(sentence)
            if not foreign:
                yield Told(sentence, stage, printed=self._catalogue.documents[sentence.document].kind == "pdf")

    def _is_title(self, sentence: Sentence) -> bool:
        """Whether a sentence states the title of a work that its document is an entry of."""
        fields = (f for work in self._catalogue.documents[sentence.document].works for f in work.fields)
        return any(f.name == "title" and f.start < sentence.end and sentence.start < f.end for f in fields)

    def _find_section(self, sentence: Sentence) -> tuple[bool, str | None]:
        """Whether the section that a sentence stands in is about other works, and the stage that its heading names."""
        if sentence.document not in self._sections:
            self._sections[sentence.document] = self._cut_sections(self._catalogue.documents[sentence.document])
        sections = self._sections[sentence.document]
        at = bisect_right(sections, sentence.start, key=lambda section: section[0])
        return sections[at - 1][1:] if at else (False, None)

    def _cut_sections(self, document: Document) -> list[tuple[int, bool, str | None]]:
        """Where the headings inside a document stand, and what each tells; a lower one goes on with its upper one."""
        text = self._catalogue.index.source(document.source).text
        cue = self._catalogue.vocabulary.cues["other_sections"]
        found: list[tuple[int, bool, str | None]] = []
        above: list[tuple[int, bool]] = []
        for m in _HEADING.finditer(text, document.start, document.end):
            words = fold(m["words"] or m["title"] or m["bare"])
            depth = len(m["marks"]) if m["marks"] else m["number"].count(".") + 1 if m["number"] else 1
            above = [(d, f) for d, f in above if d < depth]
            foreign = any(f for _, f in above) or bool(cue.search(words))
            above.append((depth, foreign))
            found.append((m.start(), foreign, find_stage(words, len(words))))
        return found

    def _begins_foreign(self, text: str, paper: Paper, own: set[str]) -> bool:
        """Whether a sentence has another paper of the library as its subject."""
        if not _LATIN_FIRST.match(text):
            return False
        head = name_key(text[:_SUBJECT])
        if head[:2] not in self._heads or any(len(key) > 1 and head.startswith(key) for key in own):
            return False  # few sentences begin as a name does, and to look names up is dear
        known = self._catalogue.vocabulary.names
        for other, start, end in self._catalogue.names.find(text[:_SUBJECT]):
            key = name_key(text[start:end])
            if other.id == paper.id or any(key in o or o in key for o in own):
                return False
            if not _LETTER.search(text, 0, start) and fold(text[start:end]) not in known:
                return True
        return False

    @cached_property
    def _heads(self) -> frozenset[str]:
        """How names and titles of papers begin, and ids from arXiv."""
        names = (n for p in self._catalogue.papers for n in (p.name, p.title or "", *p.aliases))
        return frozenset({"ar", *(name_key(name)[:2] for name in names)})

    def _read_fields(self, paper: Paper, sentences: Sequence[Sentence]) -> Iterator[Attribute]:
        """Organisations, venue and date, each with the sentence that states it."""
        stated = {"orgs": paper.orgs, "venue": (paper.venue,), "date": (paper.date or paper.year,)}
        for column, values in stated.items():
            for value in values:
                if (
                    value
                    and not self._is_place(str(value))
                    and (told := self._find_proof(paper, column, str(value), sentences))
                ):
                    sentence, words, exact = told
                    shown = str(value) if exact or column != "date" else str(value)[:4]  # no month without its proof
                    yield Attribute(column, shown, words, sentence.document, sentence.start, sentence.end)

    def _is_place(self, value: str) -> bool:
        """Whether what stands among the organisations is a town, a country, or the end of a company's name."""
        return fold(value) in self._places or bool(_COMPANY_END.match(value))

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(fold(word) for word in self._catalogue.vocabulary.merge("reading").get("places", []))

    def _find_proof(
        self, paper: Paper, column: str, value: str, sentences: Sequence[Sentence]
    ) -> tuple[Sentence, str, bool] | None:
        """The sentence that states a field with this value, and its words; else, with False, the first that may."""
        first: tuple[Sentence, str, bool] | None = None
        for field_name in _FIELDS[column]:
            for document in paper.documents:
                for work in self._catalogue.documents[document].works:
                    for field in work.fields:
                        if field.name != field_name:
                            continue
                        found = next((s for s in sentences if s.document == document and _meets(s, field)), None)
                        if found is None:
                            continue
                        words = found.text[max(0, field.start - found.start) : field.end - found.start]
                        if self._states(field, column, value):
                            return found, words, True
                        first = first or (found, words, False)
        return first

    def _states(self, field: Field, column: str, value: str) -> bool:
        """Whether a field states a value: an organisation under any of its names, a date as exactly as it can."""
        if column == "orgs":
            return name_key(self._catalogue.glossary.org(field.value) or field.value) == name_key(value)
        if column == "date":
            written = f"20{field.value[:2]}-{field.value[2:4]}" if field.name == "arxiv" else field.value
            return value[:7] in written  # a year proves no month where an id or a date does
        return name_key(field.value) == name_key(value)


def _meets(sentence: Sentence, field: Field) -> bool:
    return sentence.start < field.end and field.start < sentence.end
