"""What a note says a paper's model is made of, and what of it is frozen or trained, against what the paper says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vlmrag.answer.claims.nouns import Claim, Noted, Printed, states_title
from vlmrag.ingest.attributes import Vocabulary
from vlmrag.ingest.attributes.statements import MARKUP, OPPOSITE, bind_states
from vlmrag.ingest.mentions import Mention, Shelf
from vlmrag.language.fold import fold, name_key
from vlmrag.types import Attribute, Document

_COMPONENTS = ("vision_encoder", "text_encoder", "llm", "connector")
_SURE = 0.75
"""Confidence from which on what a sentence says of a part may contradict."""
_VERSION = re.compile(r"(?<=[a-z])[\s_-]*v?\d.*|[\s_/-]+(?:\d|base|large|huge|[blhg](?:[-/]|$)).*")
"""In a folded name, the version and size behind the name itself."""


def check_parts(
    shelf: Shelf, mention: Mention, printed: Printed, noted: Sequence[Attribute], told: Sequence[Attribute]
) -> Iterator[Claim]:
    """Yield what an entry says of the parts of a model: which ones they are, and which are frozen or trained.

    `noted` and `told` are the paper's attributes out of the notes and out of its PDF, in its own voice.
    """
    words = printed.catalogue.vocabulary
    for one in noted:
        if one.document != mention.document.id or one.says != "yes" or states_title(mention, one.start, one.end):
            continue
        if one.column in _COMPONENTS:
            claim = Noted(shelf, mention, "component", f"{one.column} {one.value}", *_place(one, mention, shelf))
            yield _judge_component(claim, one, [t for t in told if t.column == one.column], printed, words)
        elif one.column in OPPOSITE:
            claim = Noted(shelf, mention, "state", f"{one.value} {one.column}", *_place(one, mention, shelf))
            yield _judge_state(claim, one, told, printed, words)


def _place(one: Attribute, mention: Mention, shelf: Shelf) -> tuple[int, int]:
    """Return where the words of an attribute stand: in its sentence, which is quoted whole where they do not."""
    text = shelf.texts[mention.document.source]
    at = text.find(one.text, one.start, one.end)
    return (at, at + len(one.text)) if at >= 0 and one.text else (one.start, one.end)


def _judge_component(
    claim: Noted, one: Attribute, told: Sequence[Attribute], printed: Printed, words: Vocabulary
) -> Claim:
    key = name_key(one.value)
    for theirs in told:
        other = name_key(theirs.value)
        if key == other or other.startswith(key):
            return claim.judge("supported", printed, _found(printed, theirs))
    spellings = _spell(one.value, words)
    for spelling in spellings:
        if (found := printed.find_words(spelling, own=True)) is not None:
            return claim.judge("supported", printed, found)
    bases = {_VERSION.sub("", fold(spelling)) for spelling in (one.text, *spellings)}
    rivals = [t for t in told if t.confidence >= _SURE]
    if one.confidence < _SURE or not rivals or printed.holds_any(spell for b in bases for spell in _spell(b, words)):
        return claim.judge("not found", printed)
    part = one.column.replace("_", " ")
    what = f"{claim.mention.name}: the paper does not name {one.value} as its {part}, but {rivals[0].value}"
    return claim.judge("contradicted", printed, _found(printed, rivals[0]), what)


def _judge_state(claim: Noted, one: Attribute, told: Sequence[Attribute], printed: Printed, words: Vocabulary) -> Claim:
    alike = [t for t in told if (t.column, t.value) == (one.column, one.value)]
    if alike:
        best = next((t for t in alike if t.stage == one.stage), alike[0])
        return claim.judge("supported", printed, _found(printed, best))
    rivals = [
        t
        for t in told
        if (t.column, t.value) == (OPPOSITE[one.column], one.value)
        and t.says == "yes"
        and t.confidence >= _SURE
        and t.stage == one.stage
    ]
    if not rivals or one.confidence < _SURE or _is_ever(one.value, one.column, printed, words):
        return claim.judge("not found", printed)
    part = one.value.replace("_", " ")
    what = f"{claim.mention.name}: the {part} is not {one.column} in the paper, but {OPPOSITE[one.column]}"
    return claim.judge("contradicted", printed, _found(printed, rivals[0]), what)


def _is_ever(component: str, state: str, printed: Printed, words: Vocabulary) -> bool:
    """Whether any sentence of the paper, in whosever voice, says that a part is in a state."""
    for sentence in printed.sentences:
        folded = MARKUP.sub(" ", fold(sentence.text))
        if any((s.component, s.state) == (component, state) for s, _, _ in bind_states(folded, words)):
            return True
    return False


def _spell(name: str, words: Vocabulary) -> list[str]:
    """Return every spelling of a name that the vocabulary knows, the given one first."""
    known = words.names.get(fold(name))
    if known is None:
        return [name]
    return list(dict.fromkeys([name, *(spelling for spelling, entry in words.names.items() if entry == known)]))


def _found(printed: Printed, one: Attribute) -> tuple[Document, int, int]:
    return printed.catalogue.documents[one.document], one.start, one.end
