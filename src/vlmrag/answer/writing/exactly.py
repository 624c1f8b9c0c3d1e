"""What must stand exactly in the cited passages: names, numbers, quotes, and the order of the first two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlmrag.answer.claims.quantities import Quantity, read_quantities
from vlmrag.answer.normal import normalise
from vlmrag.answer.writing.passages import Language, Passage, read_digits
from vlmrag.answer.writing.words import fold_prose
from vlmrag.ingest.titles import is_coined
from vlmrag.language.fold import fold, name_key
from vlmrag.language.words import stop_words
from vlmrag.search.catalogue import NAME_LIKE

_QUOTED = re.compile(r"“([^“”]+)”|「([^「」]+)」|『([^『』]+)』|«([^«»]+)»|\"([^\"]+)\"|‘([^‘’]{2,})’(?!\w)")
_AT_EDGES = " \"'.,;:!?…"
_BEGINS = re.compile(r"(?:^|[.!?:;。！？：；“\"「『(（])\s*$")
_SHORTEST = 4
"""Letters of a name that may be found inside a longer one: `BLIP2` in `BLIP-2-OPT`."""
_COMPARING = frozenset({"up", "down", "before", "after"})
"""Classes of words with which one side is set before the other."""
_NEAR = 1e-9


def find_unquoted(text: str, passages: Sequence[Passage]) -> str:
    """Return the first quoted words that stand in no passage; empty where there are none."""
    for match in _QUOTED.finditer(text):
        words = next(group for group in match.groups() if group)
        if not any(holds_words(p, words) for p in passages):
            return words
    return ""


def holds_words(passage: Passage, words: str) -> bool:
    """Whether words stand in a passage as they are, and neither begin nor end inside a word or a number."""
    key = normalise(words).text.strip(_AT_EDGES)
    if not key:
        return False
    text = normalise(passage.text).text
    pattern = rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9]|[.,]\d)" if key[0].isascii() else re.escape(key)
    return bool(re.search(pattern, text))


def find_unnamed(text: str, passages: Sequence[Passage], language: Language) -> str:
    """Return the first name of a sentence that its passages do not have; empty where there are none.

    A paper may be named where a passage of it is cited. Other names stand in a passage, in any spelling or language;
    so does what the sentence names of the field: data, organisations, parts, modalities, tasks.
    """
    known = frozenset(ident for p in passages for ident in p.named)
    papers = language.names.find(text)
    for paper, start, end in papers:
        if paper.id not in known and not _stands(text[start:end], passages, language):
            return text[start:end]
    known_spans = [span[1:] for span in papers]
    known_spans += [span[1:] for kind in ("org", "data") for span in language.glossary.spans(text, kind)]
    for token in NAME_LIKE.finditer(text):
        if any(start < token.end() and token.start() < end for start, end in known_spans):
            continue
        if _is_name(text, token, language) and not _stands(token[0], passages, language):
            return token[0]
    own = {t for p in passages if p.paper for t in language.read_terms(p.paper.name)}
    for terms in language.read_must(text):
        if not any(p.terms.issuperset(set(terms) - own) for p in passages):
            return " ".join(terms)
    return ""


def _is_name(text: str, token: re.Match[str], language: Language) -> bool:
    """Whether a word in Latin letters is a name: by its letters, or by a capital where no sentence begins."""
    word = token[0]
    if is_coined(word) or re.search(r"\d", word):
        return True
    if fold(word) in stop_words():
        return False
    if not word[0].isupper() or (word.isupper() and len(word) == 1):
        return False
    if not _BEGINS.search(text[: token.start()]):
        return True
    terms = set(language.read_terms(word))
    return not terms <= language.words.free


def _stands(name: str, passages: Sequence[Passage], language: Language) -> bool:
    """Whether a name stands in a passage, by what it means or by its letters."""
    terms, key = language.read_terms(name), name_key(name)
    if any(terms and p.terms.issuperset(terms) for p in passages):
        return True
    return len(key) >= _SHORTEST and any(key in p.letters for p in passages)


def find_uncounted(text: str, passages: Sequence[Passage], language: Language) -> str:
    """Return the first number of a sentence that its passages do not have, or have of another thing."""
    counted = read_quantities(text)
    for quantity in counted:
        if not any(_is_same(quantity, theirs) for p in passages for theirs in p.quantities):
            return text[quantity.start : quantity.end]
    held = frozenset(run for p in passages for run in p.digits)
    names = frozenset(run for p in passages if p.paper for run in read_digits(fold(p.paper.name)))
    left = "".join(" " if any(q.start <= i < q.end for q in counted) else c for i, c in enumerate(text))
    for run in sorted(read_digits(fold(left)) - held - names):
        return run
    folded = fold_prose(left)
    for value, at in language.words.count_words(folded):
        theirs = {v for p in passages for v in p.counts} | {v for p in passages for q in p.quantities for v in q.values}
        if value not in theirs:
            return folded[at : at + 8].split()[0]
    return ""


def _is_same(mine: Quantity, theirs: Quantity) -> bool:
    """Whether two quantities are one: the value to its last digit, the unit where both tell it, the same "about"."""
    if len(mine.values) != len(theirs.values) or (theirs.vague and not mine.vague):
        return False
    units = mine.unit == theirs.unit or not mine.unit or not theirs.unit
    pairs = zip(mine.values, theirs.values, strict=True)
    return units and all(abs(a - b) <= _NEAR * max(1.0, abs(a)) for a, b in pairs)


def is_out_of_order(text: str, passages: Sequence[Passage], language: Language) -> bool:
    """Whether names and numbers that stand in one passage come in another order in the sentence.

    Who did what to whom is told by the order of words, and so is which number is of what. A sentence that turns it
    around may still be right; it is not told from one that is wrong.
    """
    compares = bool(language.read_bonds(fold_prose(text)).classes & _COMPARING)
    mine = _read_anchors(text, language, compares)
    for p in passages:
        theirs = _read_anchors(p.text, language, compares)
        places = [theirs.index(a) for a in dict.fromkeys(mine) if a in theirs]
        if places != sorted(places):
            return True
        if p.paper and _follows(f"paper {p.paper.id}", mine, theirs, compares):
            return True
    return False


def _follows(own: str, mine: Sequence[str], theirs: Sequence[str], compares: bool) -> bool:
    """Whether a sentence names the paper of a passage behind what the passage tells that it has to do with.

    That is another paper, and in a comparison anything. The passage tells of its paper without naming it.
    """
    if own in theirs or own not in mine:
        return False
    return any(a in theirs and (compares or a.startswith("paper ")) for a in mine[: mine.index(own)])


def _read_anchors(text: str, language: Language, compares: bool) -> list[str]:
    """Names and numbers in the order of a text; of one that compares, the parts that it names too."""
    papers = language.names.find(text)
    found = [(start, f"paper {paper.id}") for paper, start, _ in papers]
    found += [(q.start, "×".join(f"{v:.9g}" for v in q.values)) for q in read_quantities(text)]
    for token in NAME_LIKE.finditer(text):
        if _is_name(text, token, language) and not any(s < token.end() and token.start() < e for _, s, e in papers):
            found.append((token.start(), " ".join(sorted(language.read_terms(token[0])))))
    if compares:
        found += [(start, term) for term, start, _ in language.glossary.spans(text, "model-part")]
    return [key for _, key in sorted(found)]
