"""What a sentence counts: stages of training, training data, parameters, resolution; and what it names off a list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property

from vlmrag.ingest.attributes.values import Value
from vlmrag.ingest.attributes.vocabulary import Vocabulary, match_any
from vlmrag.language.fold import fold
from vlmrag.language.patterns import compile_later

_STAGES = compile_later(
    r"(?<![a-z0-9.第])"
    r"(?P<n>[2-5]|两|二|三|四|五|two|three|four|five)[ -]?个?(?:stages?|phases?|阶段|段式)(?![a-z])"
)
_OF_A_PART = compile_later(
    r"(?:专家|头|模块|编码器|解码器|适配器|网络|分支|adapter|heads?|encoder|decoder|module|expert|lora|mlp|branch)"
    r"[\s*]*[(约~为仅]*\s*\Z"
)
"""Before a count of parameters, these tell that they are those of a part."""
_PART_BEHIND = compile_later(
    r"\s?\+|\s?以[下内上]|\s?的?[^,.;。，；()]{0,20}?(?:专家|编码器|解码器|头|模块|适配器|expert|encoder|decoder|head|module|adapter)"
)
_NAMED = compile_later(r"([a-z][\w.-]*)[\s*]*[(]\s*(?:约|~|about )?\Z")
_DIGIT = compile_later(r"\d")
_SOURCE = compile_later(
    r"用于训练|pre-?train (?:\S+ ){0,5}on |资产|语料|采样|混合|协同训练|训练数据|对比中|sampled|mixture|mixed|kv head"
)
"""In a sentence, these tell that what it names are data to train on, not to be measured on."""
_NOT_YET = compile_later(r"尚缺|缺少|尚未|未在|未能|没有在|缺乏|not yet|untested")
_STOCK = compile_later(r"[\s)]*(?:\d+(?:\.\d+)?\s?[km万亿]\b|预训练|pre-?train|数据|heads?|权重|初始化|资产|-[a-z])")
"""Behind a name, these tell that it is data to train on, or another thing of that name."""
_TRAINING = compile_later(r"train|训练|tun(?:ing|ed)|微调|recipe|curriculum|课程")
_DATA_WORK = compile_later(r"训练数据|数据|pipeline|流水线")
"""Behind a count of stages, these tell that it is data that is made in them."""
_COUNT = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "two": 2, "three": 3, "four": 4,
          "five": 5}  # fmt: skip
_UNITS = {"k": 1e3, "thousand": 1e3, "万": 1e4, "m": 1e6, "million": 1e6, "百万": 1e6, "千万": 1e7, "亿": 1e8, "b": 1e9,
          "billion": 1e9, "十亿": 1e9, "t": 1e12, "trillion": 1e12}  # fmt: skip
_UNIT = "thousand|million|billion|trillion|百万|千万|十亿|[kmbt](?![a-z])|[万亿]"
_NUMBER = rf"(?<![a-z0-9_.$,])(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)\s?(?P<unit>{_UNIT})?\+?"
_PARAMETERS = compile_later(
    rf"{_NUMBER}[ -]?(?:个)?(?:parameters?|params?|参数)(?![a-z])"
    rf"|(?:参数量|parameter count|参数规模)[^\d,.;。；，]{{0,8}}(?P<n2>\d[\d,]*(?:\.\d+)?)\s?(?P<unit2>{_UNIT})"
)
_BILLIONS = compile_later(r"(?<![a-z0-9_.$,-])(?P<n>\d+(?:\.\d+)?)\s?b(?!\w| [a-z-]*(?:pairs|images|tokens|samples))")
"""A size as models are called by it: 7B; not 1B images."""
_SIZE = compile_later(
    r"(?<![\d.])(\d{2,4})\s?[x×]\s?(\d{2,4})(?!\s?[x×]|\d)|(?<![\d.@-])(\d{3,4})\s?(?:px|像素|p(?![a-z]))"
)
_PIXELS = compile_later(r"resolution|分辨率|解析度|pixel|像素|px|image size|input size|图像|image|输入")
_TESTING = compile_later(r"(?<![a-z])(?:test|eval|benchmark)|评测|评估|测试|验证集|消融|ablation")
_DATA = compile_later(r"train|训练|corpus|dataset|数据|(?<![a-z])data(?![a-z])|pairs|配对")
_HOURS_OF = compile_later(r"\s*(?:of\b|的|级|数据|视频|语音|录音|演示|轨迹|交互|机器人|遥操|人类|真机|第一人称)")
_NUMBERED = compile_later(r"(?:table|figure|fig\.?|表|图)\s?\Z")
_VOCABULARY = compile_later(r"vocabulary|词表|checkpoint|throughput")
_SPENT = compile_later(
    r"\bfor (?=\d)|(?:after|every|each|by only|by) (?=\d)|/|每|vocab|词表"
    r"|耗时|仅耗|花费|用时|takes?\b|took\b|gpu|每秒|每任务|per task|生成时间|训练时间"
)
_ANY_OF = compile_later(r"(?:as inputs? )?(?:any combination of|any of|both|either) |as inputs?(?= )|任意组合的")
_APART = compile_later(r"[,.;:()+]|\b(?:of|for|from|with|to|that|which|by)\b|的|学习|范式|模型|分布")
_ATTRIBUTIVE = compile_later(
    r"\s*(?:及其|每|中的|里的|的?(?:标题|描述|记忆|token|特征|生成|条件|嵌入|编码|空间|模型|专家|头)|-"
    r"|[ ](?:tokens?|features?|embeddings?|encoder|model|expert|head)\b)"
)
"""Behind a modality, these tell that it belongs to another thing."""
_MEASURED = compile_later(
    r"\d|评测|基准|实验|成功率|上(?:的|取得|达到)|在.{0,24}上|evaluat|benchmark|experiment|\bon\b|score|accuracy"
)
_ONLY_NAMED = compile_later(r"\s*(?:数据|器|式|路线|方法|data\b|loss|损失|模型|models?\b|\) and)")
_RIVALS = compile_later(r"[^,.;，。]{0,24}等?(?:同类|工作|方法)[^,.;，。]{0,6}(?:相比|对比)")
"""Behind a name, these tell that the work is held against it."""
_MERE_MEANS = compile_later(r"(?:集成|引擎为|用|使用|利用|uses?|using|via|如|例如|e\.g\.|such as)[\s,:(]*\Z")
"""Around a task, these tell that it is a means, or an example."""
_ASKED = frozenset({"stages", "parameters", "resolution", "inputs", "outputs", "benchmarks"})
"""What a question can ask for by its value alone."""
_UNDERSTOOD = 0.6
"""How surely a work reads the modality that it is said to understand."""
_PERCEIVED = ("image", "video", "speech", "audio", "music")
"""What is understood by being read; language and actions are understood in other ways as well."""
_OTHERS_TASK = compile_later(r"\s*(?:benchmark|基准|数据|dataset|能力|模型|models?\b)")
"""Behind what is understood, these tell that something else is meant."""
_LEAST = 1000
_SMALL = {"hours": 1, "trajectories": 1000, "videos": 1000}
"""Least counts that are worth telling; elsewhere `_LEAST`."""


class FigureReader:
    """Reads counts and listed things out of sentences with the words of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary
        self._cues = vocabulary.cues

    def read(self, folded: str, own: Collection[str]) -> Iterator[Value]:
        """Yield what a folded sentence counts or names off a list, of its own work only.

        Tasks and modalities stand in every second sentence; they are the work's where it names itself or proposes.
        """
        if self._cues["trials"].search(folded):
            return
        for value in self._read_all(folded, own):
            near = folded[max(0, value.start - 24) : value.start]
            compared = self._words.ends_with(near, "compares", "[^,]*")
            denied = self._words.negation.search(near[-12:])
            if self._words.ends_with(near, "examples", r"\W*"):
                continue
            ours = not self._words.speaks_of_others(folded, value.start)
            if _RIVALS.match(folded, value.end):
                continue
            if ours and not compared and not denied and self._is_own(value, folded, own):
                yield value

    def read_asked(self, folded: str) -> Iterator[Value]:
        """Yield what a folded question names of stages, sizes, modalities and benchmarks."""
        return (value for value in self._read_all(folded, ()) if value.column in _ASKED)

    def read_counts(self, folded: str) -> Iterator[Value]:
        """Yield the counts of parameters and of data that a folded question names, a bare "7b" as parameters too."""
        told = [(m["n"] or m["n2"], m["unit"] or m["unit2"], m) for m in _PARAMETERS.finditer(folded)]
        bare = [] if told else [(m["n"], "b", m) for m in _BILLIONS.finditer(folded)]
        for number, unit, m in (*told, *bare):
            yield Value("parameters", _round(_count(number, unit)), folded.index(number, m.start()), m.end(), 1.0)
        pattern, names = self._things
        for m in pattern.finditer(folded):
            thing = names[_look(m["thing"], names)]
            yield Value("training_data", f"{_round(_count(m['n'], m['unit']))} {thing}", m.start("n"), m.end(), 1.0)

    def _is_own(self, value: Value, folded: str, own: Collection[str]) -> bool:
        """Whether a task, a modality or a benchmark is what the work itself does, reads, writes or is measured on."""
        understood = value.confidence == _UNDERSTOOD
        if value.column in ("inputs", "outputs") and not understood:
            return self._is_flow(folded, value.start, own)
        if value.column == "tasks" or understood:
            named = [folded.find(mine) for mine in own if mine in folded]
            return min(named) <= value.start if named else bool(self._cues["proposes"].search(folded))
        if value.column == "benchmarks":
            measured = _MEASURED.search(folded) and not _SOURCE.search(folded)
            untried = _NOT_YET.search(folded) or _STOCK.match(folded, value.end)
            return bool(measured) and not untried
        return True

    def _is_flow(self, folded: str, at: int, own: Collection[str]) -> bool:
        """Whether what is read or written at a place is the work's: it is named right before, or both are told."""
        if self._cues["accepts"].search(folded) and self._cues["generates"].search(folded):
            return True
        if self._flow_first.match(folded):
            return True  # a bullet without its subject: "process video"
        before = folded[max(0, at - 30) : at]
        return any(mine in before for mine in own) and not re.search(r"[()]|与|和|and", before)

    def _read_all(self, folded: str, own: Collection[str]) -> Iterator[Value]:
        if _DIGIT.search(folded) or "阶段" in folded or "stage" in folded:
            yield from _read_stages(folded)
            yield from _read_parameters(folded, own)
            yield from self._read_data(folded)
            yield from _read_resolution(folded)
        yield from self._read_modalities(folded)
        pattern, names = self._understood
        for m in pattern.finditer(folded):
            if not _OTHERS_TASK.match(folded, m.end()):
                yield Value("inputs", names[_look(m["modality"], names)], m.start(), m.end(), _UNDERSTOOD)
        for column, (pattern, names) in self._lists.items():
            for m in pattern.finditer(folded):
                if _ONLY_NAMED.match(folded, m.end()) or _MERE_MEANS.search(folded, max(0, m.start() - 8), m.start()):
                    continue
                yield Value(column, names[_look(m[0], names)], m.start(), m.end(), 0.7)

    def _read_data(self, folded: str) -> Iterator[Value]:
        if _TESTING.search(folded) or not _DATA.search(folded):
            return
        pattern, names = self._things
        for m in pattern.finditer(folded):
            thing = names[_look(m["thing"], names)]
            count = _count(m["n"], m["unit"])
            if _NUMBERED.search(folded, max(0, m.start() - 8), m.start()) or folded.startswith("集", m.end()):
                continue
            if thing == "hours" and not _HOURS_OF.match(folded, m.end()):
                continue
            spent = _SPENT.search(folded, max(0, m.start() - 10), m.end() + 1)
            if count >= _SMALL.get(thing, _LEAST) and not spent and not _VOCABULARY.search(folded, 0, m.start()):
                yield Value("training_data", f"{_round(count)} {thing}", m.start("n"), m.end(), 0.7)

    def _read_modalities(self, folded: str) -> Iterator[Value]:
        """What is read and written: the modalities right behind a word for the one or the other."""
        pattern, names = self._modalities
        for column, cue in (("inputs", "accepts"), ("outputs", "generates")):
            for m in self._cues[cue].finditer(folded):
                at, first = m.end(), True
                while found := pattern.search(folded, at, min(at + 36, len(folded))):
                    gap = _ANY_OF.sub("", folded[at : found.start()])
                    joined = re.fullmatch(r"[\s,、/&+]*(?:and|or|和|与|及|以及|或)?\s*(?:the |a |an )?", gap)
                    if not (joined or (first and not _APART.search(gap) and not self._either.search(gap))):
                        break
                    if _ATTRIBUTIVE.match(folded, found.end()):
                        break
                    yield Value(column, names[_look(found[0], names)], found.start(), found.end(), 0.65)
                    at, first = found.end(), False

    @cached_property
    def _flow_first(self) -> re.Pattern[str]:
        return re.compile(rf"\W*(?:it |can )?(?:{self._either.pattern})")

    @cached_property
    def _either(self) -> re.Pattern[str]:
        return re.compile(f"{self._cues['accepts'].pattern}|{self._cues['generates'].pattern}")

    @cached_property
    def _lists(self) -> dict[str, tuple[re.Pattern[str], dict[str, str]]]:
        return {column: self._list(column) for column in ("tasks", "benchmarks")}

    def _list(self, part: str) -> tuple[re.Pattern[str], dict[str, str]]:
        names = {fold(w): name for name, ws in self._words.merge(part).items() for w in (name, *ws)}
        return re.compile(match_any(names, plural=True)), names

    @cached_property
    def _modalities(self) -> tuple[re.Pattern[str], dict[str, str]]:
        return self._list("modalities")

    @cached_property
    def _understood(self) -> tuple[re.Pattern[str], dict[str, str]]:
        """A modality that a work understands is one that it reads: "for video understanding"."""
        _, every = self._list("modalities")
        names = {word: name for word, name in every.items() if name in _PERCEIVED and len(word) > 1}
        pattern = re.compile(match_any(names, plural=True))
        done = r"understanding|learners?|representation learning|question answering|captioning|理解|问答"
        return re.compile(
            rf"(?P<modality>{pattern.pattern})[\s-]*(?:(?:and|&|与|和)\s*\w{{2,8}}\s*)?(?:{done})(?![a-z])"
        ), names

    @cached_property
    def _things(self) -> tuple[re.Pattern[str], dict[str, str]]:
        pattern, names = self._list("things")
        return re.compile(
            rf"{_NUMBER}(?!(?:min|s|ms)\b)[^,.;:，。；、()+%步器型\d]{{0,14}}?(?P<thing>{pattern.pattern})"
        ), names


def _look(found: str, names: dict[str, str]) -> str:
    return found if found in names else found.removesuffix("s")


def _read_stages(folded: str) -> Iterator[Value]:
    for m in _STAGES.finditer(folded):
        around = folded[max(0, m.start() - 16) : m.start()] + "|" + folded[m.end() : m.end() + 14]
        if _TRAINING.search(around) and not _DATA_WORK.search(folded, m.end(), m.end() + 8):
            count = _COUNT.get(m["n"]) or int(m["n"])
            yield Value("stages", f"{count} stage{'s' * (count > 1)}", m.start(), m.end(), 0.85)


def _read_parameters(folded: str, own: Collection[str]) -> Iterator[Value]:
    for m in _PARAMETERS.finditer(folded):
        count = _count(m["n"] or m["n2"], m["unit"] or m["unit2"])
        if count >= _LEAST:
            left = folded[max(0, m.start() - 24) : m.start()]
            if (
                _OF_A_PART.search(left)
                or _PART_BEHIND.match(folded, m.end())
                or ((named := _NAMED.search(left)) and named[1] not in own)
            ):
                continue
            yield Value("parameters", _round(count), m.start(), m.end(), 0.75)


def _read_resolution(folded: str) -> Iterator[Value]:
    if not _PIXELS.search(folded):
        return
    for m in _SIZE.finditer(folded):
        if m[1] and min(int(m[1]), int(m[2])) >= 64:
            yield Value("resolution", f"{m[1]}x{m[2]}", m.start(), m.end(), 0.75)
        elif m[3] and int(m[3]) >= 112:
            yield Value("resolution", f"{m[3]}px", m.start(), m.end(), 0.7)


def _count(number: str, unit: str | None) -> float:
    return float(number.replace(",", "").rstrip(".") or 0) * _UNITS.get(unit or "", 1.0)


def parse_count(value: str) -> tuple[float, str]:
    """Return the number and the thing of a value such as `400M image-text pairs` or `7B`; raises `ValueError`."""
    number, _, thing = value.partition(" ")
    unit = number[-1:].lower()
    return (_count(number[:-1], unit) if unit in _UNITS else float(number)), thing


def _round(count: float) -> str:
    """Write a count as people do: 1200000 as `1.2M`."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if count >= size:
            return f"{count / size:.4g}{unit}"
    return f"{count:.4g}"
