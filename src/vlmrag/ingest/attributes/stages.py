"""At which stage of training something holds: "stage 1", "预训练阶段", "the second phase"."""

from __future__ import annotations

import re

from vlmrag.language.patterns import compile_later

_NUMBERS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "one": "1", "two": "2", "three": "3", "four": "4",
            "i": "1", "ii": "2", "iii": "3", "iv": "4", "一": "1", "二": "2", "三": "3", "四": "4"}  # fmt: skip
_NAMES = {
    "预训练": "pre-training", "pretraining": "pre-training", "pre-training": "pre-training",
    "指令微调": "instruction-tuning",
    "instruction tuning": "instruction-tuning", "instruction-tuning": "instruction-tuning", "微调": "fine-tuning",
    "finetuning": "fine-tuning", "fine-tuning": "fine-tuning", "对齐": "alignment", "alignment": "alignment",
    "后训练": "post-training", "post-training": "post-training", "sft": "SFT", "rl": "RL",
}  # fmt: skip
_KINDS = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
_STAGE = compile_later(
    r"(?<![a-z])(?:stage|phase)[ -]?(?P<after>\d|i{1,3}v?|one|two|three|four)(?![a-z0-9])"
    r"|(?P<before>first|second|third|fourth)[ -](?:[a-z-]+ ){0,2}(?:stage|phase)(?!s)"
    r"|(?:第(?P<han>[一二三四1-4])|(?:(?<=[,;:。(|])|^)(?P<bare>[一二三四1-4]))个?阶段(?!式)(?(bare)(?=\s*[,:(|]))"
    r"|阶段 ?(?P<last>[一二三四1-4])(?!\d)"
    rf"|(?P<kind>{_KINDS}) ?(?:stage|phase|阶段)(?!完全未|未|没)"
)


def find_stage(folded: str, at: int) -> str | None:
    """Return the stage that a folded sentence speaks of at a position: the last one told before it, or its only one."""
    told = [(m.start(), _name(m)) for m in _STAGE.finditer(folded)]
    before = [name for start, name in told if start <= at]
    if before:
        return before[-1]
    return told[0][1] if len({name for _, name in told}) == 1 else None


def _name(m: re.Match[str]) -> str:
    if m["kind"]:
        return f"{_NAMES[m['kind']]} stage"
    number = m["after"] or m["before"] or m["han"] or m["bare"] or m["last"]
    return f"stage {_NUMBERS.get(number, number)}"
