"""Which encoder, which language model, which connector: certain parts that a sentence says its work is made of.

A name alone says nothing: works are compared with CLIP and judged by GPT-4. It counts where the word for the part
stands beside it ("vision encoder (ViT-L/14)", "以 Vicuna 作为语言模型"), where the sentence says that the work uses it,
or in a sum of parts ("ViT + Q-Former + Vicuna"). Beside the word for a part, names that no list has count as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from vlmrag.ingest.attributes.vocabulary import Vocabulary, match_any
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold, name_key
from vlmrag.language.patterns import Patterns, compile_later

COLUMNS = {"image_encoder": "vision_encoder", "text_encoder": "text_encoder", "llm": "llm", "connector": "connector"}
"""The column in which the certain ones of a component stand."""
_TAIL = (
    r"(?:[-_]?v?\d+(?:\.\d+)*[bm]?(?:px)?(?![a-z0-9])"  # ResNet-50, v1.5, -7B
    r"|\s[1-4](?:\.\d)?(?![\w.]|\s*(?:个|层|种|x\s|×|layers?|models?|encoders?|stages?))|\s\d+(?:\.\d+)?b(?![a-z0-9])"
    r"|[-_\s/](?:vit[-_/]?)?(?:[blhge]|bigg|so-?400m)(?:[-/]\d{1,2})?(?![a-z0-9])"  # ViT-L/14
    r"|[-_\s]vit(?![a-z0-9])|[-@]\d{3}(?:px)?(?![a-z0-9])"
    r"|[-_\s](?:base|large|small|huge|giant|xl|xxl|chat|instruct|vl|it)(?![a-z0-9]))*"
)
"""What follows a name and belongs to it, on folded text: version, size, patch, kind."""
_COINED = compile_later(
    r"(?<![A-Za-z0-9_-])[A-Za-z]*(?:[A-Z]{2}|[a-z][A-Z]|[A-Za-z]\d|[A-Z]-[A-Z])[\w.]*(?:[-/][\w.]*\w)*", re.ASCII
)
_PREPOSITION = compile_later(r"\b(?:on|of|for|in|to|at|by)\b")
_TIGHT = compile_later(
    r"\s*\)?\s*(?:作为|作|当作|充当|as\b|serves as\b|-based)?\s*"
    r"(?:the |our |its |an? |frozen |pre-?trained |独立的?|预训练的?|冻结的?)*"
)
"""What may stand between a name that no list has and the word for its part."""
_END = compile_later(r"[。；;!?！？\n]|\.\s")
_SUM = r"[+&]"
_FILLER = r"(?:(?!and\b|or\b|和|与|及|以及)[^,.;:()+&、])"
_LESS_THAN = compile_later(r"(?<![对相])比(?![较例如率])|替换(?!为|成)|\breplac(?:es|ing)\b")
_ENCODES = compile_later(r"[\s)]*(?:编码|encod|embed)")
_OF_TEXT = compile_later(
    r"[\s)]*(?:提取|编码|处理|encodes?|embeds?|for)?\s*(?:的|the )?\s*(?:语言|文本|指令|文字|text|language|instruct)"
)
_TEXT_VECTOR = compile_later(r"[^,.;，。]{0,6}(?:文本|语言|text|language) ?(?:embedding|编码|特征|feature)")
_OF_STATE = compile_later(r"本体|状态|动作|关节|action|state|propriocept")
_IS_ELSE = compile_later(
    r"[\s)]*(?:\[\d+\]\s*)?(?:as (?:the|our|an?) |作为|训练[出得]|trained (?:tokenizer|model)s?|classifier|分类器)"
)
"""Behind a name that no word for a part stood near, these tell that it serves as something else, or made it."""
_TWO_SIDED = compile_later("clip", re.IGNORECASE)
"""Names of models that have an encoder for text as well."""
_MAY_BE = {
    "image_encoder": ("image_encoder", "text_encoder"),
    "text_encoder": ("text_encoder", "llm"),
    "llm": ("llm", "text_encoder"),
    "": tuple(COLUMNS),
}
"""The components whose place a name can take, by what it mostly is; an unknown one any."""
_AROUND = 44
"""Characters before and after a name that are read with it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A certain part, at its place in a sentence."""

    column: str
    value: str
    """Its canonical name, with version and size as written."""
    start: int
    end: int
    """Characters of the sentence."""
    confidence: float


@dataclass(frozen=True, slots=True)
class _Name:
    component: str
    value: str
    start: int
    end: int
    key: str
    known: bool = True


class ValueReader:
    """Reads certain parts out of sentences with the words of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary
        self._cues = vocabulary.cues
        heads = match_any(vocabulary.names)
        self._names = re.compile(
            rf"(?<![a-z0-9][-_])(?P<head>{heads})(?P<tail>{_TAIL})s?(?![a-z0-9]|-(?!based|init)[a-z])"
        )
        roles = vocabulary.merge("roles")
        self._said = {c: [*vocabulary.components.get(c, []), *roles.get(c, [])] for c in COLUMNS}
        self._roles = Patterns(COLUMNS, lambda component: match_any(self._said[component], plural=True))
        self._any_role = re.compile(match_any([w for ws in self._said.values() for w in ws], plural=True))
        self._before = Patterns(COLUMNS, self._write_before)
        self._after = Patterns(COLUMNS, self._write_after)

    def _write_before(self, component: str) -> str:
        """The word for a part, and what may stand between it and a name behind it."""
        equals = self._cues["equals"].pattern
        return (
            rf"(?:{self._roles[component].pattern})(?:\s*(?:[(:]|\([^()]{{0,20}}\))?\s*)?"
            rf"(?:(?:,\s*)?(?P<equals>{equals})\s*(?:(?:{equals})\s*)?{_FILLER}{{0,18}}"
            rf"|\s*[:(]\s*{_FILLER}{{0,8}}|(?P<loose>,\s*|\s*的?\s*))\Z"
        )

    def _write_after(self, component: str) -> str:
        """What may stand between a name and the word for a part behind it, and that word."""
        role = self._roles[component].pattern
        return rf"\s*\)?(?:{self._cues['fills'].pattern})?(?:-based)?\s*{_FILLER}{{0,10}}?(?P<role>{role})"

    def read(self, text: str, folded: str, own: Collection[str]) -> Iterator[Value]:
        """Yield the parts that a sentence states; `own` are the folded short names of the work itself.

        `folded` is the fold of `text` without markup, character for character.
        """
        names = [n for n in self._find_names(text, folded) if not _is_own(n, folded, own)]
        for name in names:
            left, right = _cut_around(folded, name.start, name.end)
            if self._is_foreign(name, left, right, folded):
                continue
            found = self._bind(name, left, right, folded)
            if found:
                column, confidence = found
                yield Value(column, name.value, name.start, name.end, confidence)

    def read_asked(self, text: str, folded: str, used: bool, stated: bool) -> Iterator[tuple[tuple[str, ...], Value]]:
        """Yield the parts that a question asks for, each with the columns that it may stand in, its likeliest first.

        `used` says whether the question asks what is used, `stated` whether it asks for a state. An encoder's name may
        be that of a loss or a filter as well: it needs a size, a state, or the word for the part. A name that says no
        more than that word asks for nothing, nor does a tool's.
        """
        names = self._find_names(text, folded)
        beside = folded
        for name in names:
            beside = beside[: name.start] + " " * (name.end - name.start) + beside[name.end :]
        for name in names:
            key, encoder = fold(name.key), name.component == "image_encoder"
            if not name.known or key in self._tools or key in self._generic:
                continue
            usual = _MAY_BE.get(name.component, (name.component,))
            roles = [c for c in usual if self._roles[c].search(beside)]
            if encoder and not _TWO_SIDED.search(name.key):
                usual = usual[:1]
            encodes = encoder and self._cues["encodes"].match(folded[name.end :].lstrip())
            if roles or encodes or stated or (used and (not encoder or name.value != name.key)):
                columns = tuple(COLUMNS[c] for c in roles or usual)
                yield columns, Value(columns[0], name.value, name.start, name.end, 1.0)

    def _find_names(self, text: str, folded: str) -> list[_Name]:
        """The names that a sentence writes, known ones first, then coined ones that no list has."""
        found: list[_Name] = []
        for m in self._names.finditer(folded):
            component, canonical = self._words.names[m["head"]]
            if m["head"] in word_set("common_words") and text[m.start()].islower():
                continue  # a clip of a film
            end = m.end("tail")
            written = " ".join(text[m.start() : end].split())
            longer = name_key(m["head"]) != name_key(canonical) and name_key(m["head"]).startswith(name_key(canonical))
            tail = " ".join(text[m.end("head") : end].split("\n"))
            value = canonical if component == "connector" else written if longer else canonical + tail
            found.append(_Name(component, value, m.start(), m.end(), canonical))
        if not self._any_role.search(folded):
            return found
        for m in _COINED.finditer(text):
            inside = any(n.start < m.end() and m.start() < n.end for n in found)
            inside = inside or text[max(0, m.start() - 2) : m.start()].strip() == "="
            if (
                not inside
                and fold(m[0]) not in self._things
                and not _is_plain(m[0])
                and not self._any_role.fullmatch(fold(m[0]))
            ):
                found.append(_Name("", m[0], m.start(), m.end(), m[0], known=False))
        return found

    def _is_foreign(self, name: _Name, left: str, right: str, folded: str) -> bool:
        """Whether the sentence names it as an example, a rival, a thing replaced, or a part of other works."""
        cues, words = self._cues, self._words
        near = left[-30:]
        return bool(
            words.speaks_of_others(folded, name.start)
            or words.ends_with(near, "compares", "[^,]{0,20}|[ -~]*")
            or _LESS_THAN.search(near)
            or words.ends_with(left, "examples", r"[\s:,(]*")
            or re.match(
                r"\s*(?:等|之类|风格|类似|式|-like|-style|et al|完全一致|一致|相同"
                r"|[(（]?\s*(?:未|not )|\S{0,4}(?:换成|替换))",
                right,
            )
            or cues["replaced"].match(right.lstrip(" )（('\""))
            or self._denied.search(left)
        )

    def _bind(self, name: _Name, left: str, right: str, folded: str) -> tuple[str, float] | None:
        """Return the column of a name and how surely it stands there, or None."""
        if name.component == "connector":
            return self._bind_connector(name, left, right, folded)
        if name.known and fold(name.key) in self._tools:
            prompted = self._words.ends_with(left, "prompted", rf"\s*{_FILLER}{{0,6}}")
            return ("llm", 0.75) if prompted and not self._cues["made"].search(folded) else None
        for component in _MAY_BE[name.component]:
            if component == "text_encoder" and name.component == "image_encoder" and not _TWO_SIDED.search(name.key):
                continue
            before, after = self._before[component].search(left), self._after[component].match(right)
            plain = before and before["loose"] is None and not _PREPOSITION.search(before[0])
            if before and (name.known or (plain and not _OF_STATE.search(right[:10]))):
                return COLUMNS[component], 0.95 if name.known else 0.85
            if after and (name.known or (component != "connector" and _TIGHT.fullmatch(right, 0, after.start("role")))):
                return COLUMNS[component], 0.95 if name.known else 0.8
        return self._bind_known(name, left, right) if name.known else None

    def _bind_known(self, name: _Name, left: str, right: str) -> tuple[str, float] | None:
        """Bind a known name without the word for its part beside it."""
        column = COLUMNS[name.component]
        purpose = self._cues["purposes"].search(right[:12])
        if not purpose and self._cues["encodes"].match(right.lstrip(" )")):
            of_text = _ENCODES.match(right) if name.component == "llm" else _OF_TEXT.match(right)
            return ("text_encoder" if of_text else column), 0.9
        if _TEXT_VECTOR.match(right) or (_TWO_SIDED.search(name.key) and _OF_TEXT.match(right)):
            return "text_encoder", 0.85
        if fold(name.key) in self._ambiguous or _IS_ELSE.match(right):
            return None
        if re.match(rf"\s*{_SUM}", right) or re.search(rf"{_SUM}\s*\S{{0,4}}\s*\Z", left):
            return column, 0.85
        if purpose:
            return None
        model = self._cues["architecture"].match(right.lstrip(" )"))
        if self._words.ends_with(left, "uses", rf"\s*{_FILLER}{{0,14}}"):
            return column, 0.75
        if model and self._words.ends_with(left, "uses", "[^,.;:()]{0,20}"):
            return column, 0.7
        beside = self._words.find_marks(left[-10:]) + self._words.find_marks(right[:10])
        if any(mark.kind == "state" for mark in beside):
            return column, 0.8
        listed = re.search(r"(?:^|[,、|])\s*\Z", left) and re.match(r"\s*(?:[,、|]|\Z)", right)
        if self._cues["purposes"].search(left):
            return None  # a row of models that label data
        return (column, 0.7) if listed and name.value != name.key and (left.strip() or right.strip()) else None

    def _bind_connector(self, name: _Name, left: str, right: str, folded: str) -> tuple[str, float] | None:
        """A connector counts by its name; one whose name means much else, between vision and language only."""
        if fold(name.key) not in self._weak:
            return "connector", 0.85
        if _OF_STATE.search(left[-12:] + "|" + right[:12]):
            return None
        if re.match(r"\s*(?:层|layers?\b|heads?\b|头|action|动作|预测)", right):
            return None
        parts = {m.value for m in self._words.find_marks(folded) if m.kind == "component"}
        parts |= {self._words.names[m["head"]][0] for m in self._names.finditer(folded)}
        if parts >= {"image_encoder", "llm"}:
            return "connector", 0.8
        used = self._words.ends_with(left, "uses", rf"\s*{_FILLER}{{0,12}}")
        return ("connector", 0.7) if "image_encoder" in parts and used else None

    @cached_property
    def _denied(self) -> re.Pattern[str]:
        """A denial right before a name."""
        return re.compile(rf"(?:{self._words.negation.pattern})\W{{0,2}}[^,.;，]{{0,6}}\Z")

    @cached_property
    def _tools(self) -> frozenset[str]:
        return frozenset(fold(w) for w in self._words.merge("reading")["tools"])

    @cached_property
    def _generic(self) -> frozenset[str]:
        return frozenset(fold(w) for w in self._words.merge("reading")["generic"])

    @cached_property
    def _ambiguous(self) -> frozenset[str]:
        return frozenset(fold(w) for w in self._words.merge("reading")["ambiguous"])

    @cached_property
    def _things(self) -> frozenset[str]:
        """Names of what is no part: benchmarks."""
        return frozenset(fold(w) for name, ws in self._words.merge("benchmarks").items() for w in (name, *ws))

    @cached_property
    def _weak(self) -> frozenset[str]:
        return frozenset(fold(w) for w in self._words.merge("reading")["weak"])


def _is_own(name: _Name, folded: str, own: Collection[str]) -> bool:
    """Whether a name stands inside a name of the work itself."""
    for mine in own:
        at = folded.find(mine)
        while at >= 0:
            if at <= name.start < at + len(mine):
                return True
            at = folded.find(mine, at + 1)
    return False


def _cut_around(folded: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a name in its sentence, at most `_AROUND` characters each."""
    left, right = folded[max(0, start - _AROUND) : start], folded[end : end + _AROUND]
    for m in _END.finditer(left):
        left = " " * m.end() + left[m.end() :]
    stop = _END.search(right)
    return left, right[: stop.start()] if stop else right


def _is_plain(word: str) -> bool:
    """Whether a word is an abbreviation of the field, a venue or a number rather than a name."""
    return not word_set("not_names").isdisjoint((word, fold(word), word.removesuffix("s"))) or word[0].isdigit()
