"""The attributes of one work, read out of its sentences: each with the words, the sentence, the stage and how surely.

A sentence about other works gives nothing, nor one below a heading that is about them. What is trained at one stage and
frozen at another depends, and both are told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vlmrag.ingest.attributes.figures import FigureReader
from vlmrag.ingest.attributes.stages import find_stage
from vlmrag.ingest.attributes.statements import MARKUP, OPPOSITE, bind_states
from vlmrag.ingest.attributes.values import Value, ValueReader
from vlmrag.ingest.attributes.vocabulary import Vocabulary, match_any
from vlmrag.language.fold import HAN_CHAR, fold, fold_with_offsets, name_key
from vlmrag.language.patterns import compile_later
from vlmrag.types import Attribute, Sentence

_LINK = compile_later(r"\]\([^()\s]*\)|https?://[^\s)\]]+")
_MATH = compile_later(r"\$[^$\n]{1,200}\$|\\[a-z]+")
_COMMAND = compile_later(r"\\[a-zA-Z]+")
_FORMULA = 4
"""Commands of TeX that make a line a formula."""
_BESIDE_THE_TEXT = compile_later(r"\[|(?:table|figure|fig\.?)\s?\d|.*(?<![a-z])baselines?(?![a-z])", re.DOTALL)
"""What a line of a PDF begins with, or holds, that is a reference, a caption, or about rivals."""
_NUMERAL = compile_later(r"\d+(?:\.\d+)?")
_TABULAR = 8
"""Numbers that make a line of a PDF a line of a table."""
_COUNTED = r"\d[^,.;。]{0,20}?(?:参数|param|px|stage|phase|阶段|像素|p\b)"
_COUNTED += r"|\d\s?[x×]\s?\d|参数量|[两三四]阶段|two-stage|three-stage"
_OTHER_THING = compile_later(r"[,.;:()预]|pre-?|示范|数据|样本|演示|轨迹")
_ALTERNATIVE = compile_later(r"替代|alternative")
"""Behind a way of training, these tell that the work goes another one."""
_BETWEEN = compile_later(r"\bbetween [^,.;]{0,40}\Z")
_IN_BETWEEN = compile_later(
    r"[^,.;，。]{0,16}之间的[^,.;，。]{0,8}?(?:投影|桥|连接|层|模块|映射|适配|mlp|q-?former|connector|projector|adapter)"
)
_NEARLY = 14
"""Characters between a part and a word for being left as it is that mostly means something else."""
_LOOSE = compile_later(r"不变|不动|unchanged|untouched|left as|as (?:it|they) w|exactly as|固定")
_SOFT = compile_later(r"learnable|soft|trainable|vector|可学习|可训练|向量|visual prompt|视觉提示")
_WEAK = compile_later(r"mlp|linear|projection|projector|投影|线性|bridge")
_TRUNK = ("backbone", "backbones", "骨干", "主干")
_SCORED = compile_later(r"\s?数据|[^,.;，；。]{0,4}\d+(?:\.\d+)?\s?%")
"""Behind a way of training, these tell that it is one of several that were tried, or all of the data."""
_PART_BEFORE = compile_later(
    r"(?:分词器|编码器|解码器|tokenizer|encoder|decoder|detokenizer|头|模块)\s*(?:is |are )?\Z"
)
_WHOLE = compile_later(r"(?:整个|全部|整体|whole|entire|full)\s*(?:模型)?\s*\Z")
_MADE_OF_IT = compile_later(
    r"各层|隐表示|生成|借鉴|经验|成本|为每|任务下|提供|构造|特征|表征|产生|输出"
    r"|features?\b|representations?\b|outputs?\b|embeddings?\b"
)
"""Between a part and a state, these tell that the state is not the part's: "trained on the features of the encoder"."""
_SPARING = compile_later(r"efficient(?:ly)?[\s-]+(?:fine-?)?tun|(?:高效|轻量)的?微调")
"""Tuning that is called so leaves the part as it is, or nearly."""
_NO_PART = compile_later(r"mlp (?:heads?|layers?|policy|头|层)|投影头|projection heads?")
_SUBJECT = compile_later(
    r"\W*(?:(?:本文|本工作|该工作|作者|论文|我们|此外|因此|为此|该论文|这篇文章|文章|本论文|核心贡献|贡献|首次|并|还|也"
    r"|we|this paper|this work|the authors|in this (?:paper|work),? we|一句话总结|tl;dr|摘要|abstract|\d[.)]?)"
    r"[\s:,*]*)*"
)
"""What may stand before the word that proposes, where the work does not name itself."""
_JUDGES = compile_later(r"\W*(?:优点|缺点|局限|不足|与|相对|对比|相比|limitation|strength|weakness)")
_MOST = 12
"""Values that a cell holds at most, the surest first."""
_SHORTEST, _LONGEST = 15, 600
"""Characters of a sentence that can tell a contribution, and of one that is read at all for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence as it is read: what the reader of attributes has to know of it."""

    sentence: Sentence
    stage: str | None = None
    """The stage that the heading above it names."""
    printed: bool = False
    """Whether it stands in a PDF: papers tell so much of others that a sentence must say "we", or name its own work."""


class AttributeReader:
    """Reads the attributes of works with the words of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary
        self._cues = vocabulary.cues
        self._values = ValueReader(vocabulary)
        self._figures = FigureReader(vocabulary)
        lists = [*vocabulary.components.values(), *vocabulary.state_words.values()]
        for part in ("roles", "modalities", "tasks", "benchmarks", "things"):
            lists += [[*words, name] for name, words in vocabulary.merge(part).items()]
        cues = vocabulary.merge("reading")
        lists += [list(vocabulary.names), *(cues[name] for name in ("whole", "learnable", "prompt_tuning", "proposes"))]
        self._gate = re.compile(f"{match_any(w for words in lists for w in words)}|{_COUNTED}")

    def read(
        self, told: Iterable[Told], own: Collection[str], is_foreign: Callable[[str], bool] = lambda _: False
    ) -> list[Attribute]:
        """Return the attributes that a work's sentences state, column by column as they stand, each value once.

        `own` are the folded short names of the work; `is_foreign` tells of a sentence's words whether it begins with
        another work, and is asked only where something was found.
        """
        found: list[Attribute] = []
        contribution: Attribute | None = None
        for one in told:
            values = list(self._read_sentence(one, own))
            if values and not is_foreign(one.sentence.text):
                found += values
            if contribution is None and (told_so := self._read_contribution(one.sentence, own)):
                contribution = told_so
        found = _settle(found)
        return [contribution, *found] if contribution else found

    def _read_sentence(self, one: Told, own: Collection[str]) -> Iterator[Attribute]:
        text = one.sentence.text
        folded = fold(text)
        if not self._gate.search(folded) or len(_COMMAND.findall(text)) >= _FORMULA:
            return
        offsets: Sequence[int] | None = None if len(folded) == len(text) else fold_with_offsets(text)[1]
        if one.printed and "-\n" in folded:
            folded, offsets = _join_lines(folded, offsets or range(len(text) + 1))
        same = text if offsets is None else "".join(text[at] for at in offsets[:-1])
        plain = MARKUP.sub(_blank, _LINK.sub(_blank, folded))
        for m in _MATH.finditer(plain):
            plain, same = (t[: m.start()] + _blank(m) + t[m.end() :] for t in (plain, same))
        if self._cues["cites"].search(plain) and not any(mine in plain for mine in own):
            return
        if one.printed:
            if not self._is_ours(plain, own):
                return
            plain = plain.replace("\n", " ")  # a line of a page ends anywhere
        for value in self._find(same, plain, own):
            start, end = value.start, value.end
            if offsets is not None:
                start, end = offsets[start], max(offsets[end - 1] + 1, offsets[start] + 1)
            yield Attribute(
                column=value.column,
                value=" ".join(value.value.split()),
                text=text[start:end],
                document=one.sentence.document,
                start=one.sentence.start,
                end=one.sentence.end,
                stage=None if value.column == "stages" else find_stage(plain, value.start) or one.stage,
                confidence=value.confidence,
            )

    def _is_ours(self, folded: str, own: Collection[str]) -> bool:
        """Whether a sentence of a paper says "we", or names its own work; a line of a table or a reference does not."""
        if _BESIDE_THE_TEXT.match(folded) or len(_NUMERAL.findall(folded)) >= _TABULAR:
            return False
        if HAN_CHAR.search(folded):
            return True  # printed notes: papers about one's own work are mostly in English
        return bool(self._cues["ourselves"].search(folded)) or any(mine in folded for mine in own)

    def _find(self, text: str, folded: str, own: Collection[str]) -> Iterator[Value]:
        yield from self._find_states(text, folded)
        if not self._cues["trials"].search(folded):
            yield from self._values.read(text, folded, own)
        for value in self._figures.read(folded, own):
            if value.column != "benchmarks" or not text[value.start : value.end].islower():  # "behavior" is a word
                yield value

    def _find_states(self, text: str, folded: str) -> Iterator[Value]:
        """What is frozen and what is trained."""
        if self._cues["trials"].search(folded):
            return
        for said, start, end in bind_states(folded, self._words):
            if _SPARING.search(folded, max(0, start - 24), end) or folded.startswith("出", end):
                continue  # "CLIP 训练出的分词器": another thing was made by it
            ours = said.stance == "others" and not self._words.speaks_of_others(folded, start)
            if not (said.stance == "says" or ours) or self._is_compared(folded, start):
                continue
            if component := self._name_component(said.component, text, folded, (start, end)):
                yield Value(said.state, component, start, end, 0.9)
        yield from self._find_whole(folded)
        for m in self._cues["learnable"].finditer(folded):
            marks = [k for k in self._words.find_marks(folded[m.start() : m.end() + 10]) if k.kind == "component"]
            others = self._words.speaks_of_others(folded, m.start())
            if marks and marks[0].value == "prompts" and not others:
                yield Value("trained", "prompts", m.start(), m.start() + marks[0].end, 0.85)
        tuned = self._cues["prompt_tuning"].search(folded)
        if tuned and self._cues["proposes"].search(folded, 0, tuned.start()):
            yield Value("trained", "prompts", tuned.start(), tuned.end(), 0.75)

    def _find_whole(self, folded: str) -> Iterator[Value]:
        """Where the whole model is trained: "trained end-to-end", "全参数微调"."""
        for m in self._cues["whole"].finditer(folded):
            behind = self._cues["trains"].search(folded, m.end(), m.end() + 16)
            if behind and _OTHER_THING.search(folded, m.end(), behind.start()):
                behind = None
            before = self._cues["trains"].search(folded, max(0, m.start() - 9), m.start())
            if not (behind or before) or self._words.speaks_of_others(folded, m.start()):
                continue
            start = min(m.start(), before.start() if before else m.start())
            end = max(m.end(), behind.end() if behind else m.end())
            denied = self._words.negation.search(folded, max(0, start - 8), start)
            if denied or self._is_compared(folded, start) or _SCORED.match(folded, end):
                continue
            if _PART_BEFORE.search(folded, max(0, start - 8), start):
                continue  # "the tokenizer is trained end-to-end"
            if not _ALTERNATIVE.search(folded, end, min(end + 16, len(folded))):
                yield Value("trained", "whole_model", start, end, 0.8)

    def _is_compared(self, folded: str, at: int) -> bool:
        """Whether what stands at `at` is what the work is compared with."""
        return self._words.ends_with(folded[max(0, at - 24) : at], "compares", "[^,]{0,16}")

    def _name_component(self, component: str, text: str, folded: str, span: tuple[int, int]) -> str:
        """The component whose state stands in `span`, as the table has it; empty where it is something else."""
        start, end = span
        marks = [m for m in self._words.find_marks(folded[start:end]) if m.value == component]
        if (
            not marks
            or ". " in folded[start:end]
            or _MADE_OF_IT.search(folded, start, end)
            or _NO_PART.search(folded, start, min(end + 8, len(folded)))
        ):
            return ""
        at, stop = start + marks[0].start, start + marks[0].end
        if folded.startswith("大模型", at) and folded[stop:].startswith(("训练", "后训练", "预训练")):
            return ""  # the training of large models, whoever's
        word, before = folded[at:stop], folded[max(0, at - 12) : at]
        if _BETWEEN.search(folded[:at]) or _IN_BETWEEN.match(folded, stop):
            return ""  # "the bridge between the encoder and the LLM is trained": neither of the two is
        if _LOOSE.search(folded, start, end) and end - start - len(word) > _NEARLY:
            return ""
        if (word == "clip" and text[at].islower()) or (word == "bridge" and text[at].isupper()):
            return ""  # a clip of a film; "Bridge" is a set of data
        if component == "image_encoder" and self._text_side.match(folded, stop):
            return "text_encoder"  # "the frozen CLIP text encoder"
        if component == "prompts" and not _SOFT.search(folded, max(0, start - 12), min(end + 12, len(folded))):
            return ""
        if component == "connector" and _WEAK.match(word) and not self._has_sides(folded):
            return ""
        if component == "whole_model" and word in _TRUNK:
            if self._language_side.search(folded, max(0, at - 12), stop):
                return "llm"
            return component if _WHOLE.search(before) else ""  # the trunk of what, the sentence does not say
        return component

    @cached_property
    def _text_side(self) -> re.Pattern[str]:
        return re.compile(rf"\W{{0,3}}(?:{match_any(self._words.components.get('text_encoder', []))})")

    def _has_sides(self, folded: str) -> bool:
        """Whether a sentence speaks of an encoder for images or of a language model too."""
        parts = {m.value for m in self._words.find_marks(folded) if m.kind == "component"}
        return bool(parts & {"image_encoder", "llm"})

    @cached_property
    def _language_side(self) -> re.Pattern[str]:
        return re.compile(match_any(self._words.merge("roles").get("llm", [])))

    def _read_contribution(self, sentence: Sentence, own: Collection[str]) -> Attribute | None:
        """The sentence as a contribution, where it says that the work proposes something."""
        if not _SHORTEST <= len(sentence.text) <= _LONGEST:
            return None
        folded = MARKUP.sub(" ", fold(sentence.text))
        cue = self._cues["proposes"].search(folded)
        if cue is None or self._words.others.search(folded, 0, cue.start()):
            return None
        if folded.startswith("的", cue.end()) or self._words.negation.search(
            folded, max(0, cue.start() - 6), cue.start()
        ):
            return None  # "the two stages that it proposes are best", "proposes no new architecture"
        if _JUDGES.match(folded):
            return None
        if not _SUBJECT.fullmatch(folded, 0, cue.start()) and not any(mine in folded[: cue.start()] for mine in own):
            return None
        return Attribute(
            "contribution", " ".join(sentence.text.split()), sentence.text, sentence.document, sentence.start,
            sentence.end, confidence=0.8 if any(mine in folded for mine in own) else 0.7,
        )  # fmt: skip


def _join_lines(folded: str, offsets: Sequence[int]) -> tuple[str, list[int]]:
    """Take out the ends of lines behind a hyphen: "pre-" and "trained" are one word on two lines."""
    kept = [at for at, char in enumerate(folded) if not (char == "\n" and at and folded[at - 1] == "-")]
    return "".join(folded[at] for at in kept), [*(offsets[at] for at in kept), offsets[-1]]


def _blank(m: re.Match[str]) -> str:
    return " " * len(m[0])


def _settle(found: list[Attribute]) -> list[Attribute]:
    """Keep each value of a column and stage once, the surest; drop what is said more exactly; mark what depends."""
    best: dict[tuple[str, str, str | None], Attribute] = {}
    for one in found:
        key = (one.column, name_key(one.value), one.stage)
        if key not in best or one.confidence > best[key].confidence:
            best[key] = one
    staged = {key[:2] for key in best if key[2]}
    kept = [a for key, a in best.items() if key[2] or key[:2] not in staged]
    kept = [a for a in kept if not any(_is_more_exact(b, a) for b in kept)]
    states = {(a.column, a.value) for a in kept if a.column in OPPOSITE}
    settled: list[Attribute] = []
    count: dict[str, int] = {}
    for one in kept:
        if (OPPOSITE.get(one.column, ""), one.value) in states:
            one = replace(one, says="depends")
        count[one.column] = count.get(one.column, 0) + 1
        if count[one.column] <= _MOST:
            settled.append(one)
    return settled


def _is_more_exact(one: Attribute, than: Attribute) -> bool:
    """Whether a part is named with its version or size where the other one has the name alone."""
    if one.column != than.column or one.column not in ("vision_encoder", "text_encoder", "llm"):
        return False
    longer, shorter = name_key(one.value), name_key(than.value)
    return longer != shorter and longer.startswith(shorter)
