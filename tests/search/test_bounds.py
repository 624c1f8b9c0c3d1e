"""Bounds to a count: what a question sets, and which values keep to it."""

from __future__ import annotations

import pytest

from vlmrag.answer.listing import answer_list
from vlmrag.assistant import Assistant
from vlmrag.search.bounds import Bound
from vlmrag.search.question import read_question
from vlmrag.types import Filters

from .small_library import make_library, open_catalogue

NOTES = """# Sizes

## Heron: A Large Reader
- paper: https://arxiv.org/abs/2301.00001
- Heron has 13B parameters.
- It is trained on 400 million image-text pairs.

## Wren: A Small Reader
- paper: https://arxiv.org/abs/2302.00002
- Wren has 800 million parameters.
- It is trained on 1.2M images.

## Rook: 中等模型
- paper: https://arxiv.org/abs/2303.00003
- Rook 的参数量为 70 亿。
- 在 1 亿图文对上训练。
"""


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("sizes"), {"sizes.md": NOTES})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Which models have fewer than 10B parameters?", {"Wren", "Rook"}),
        ("Which models have at least 7B parameters?", {"Heron", "Rook"}),
        ("Which models have more than 7B parameters?", {"Heron"}),
        ("Which models are smaller than 7B?", {"Wren"}),
        ("参数量不到 10B 的模型有哪些？", {"Wren", "Rook"}),
        ("參數量超過 100 億的模型有哪些？", {"Heron"}),
        ("Which models are trained on more than 100 million image-text pairs?", {"Heron"}),
        ("Which models are trained on at least 100M pairs?", {"Heron", "Rook"}),
        ("哪些模型用了不少于 1 亿图文对训练？", {"Heron", "Rook"}),
        ("Which models are trained on over 1 million images?", {"Wren"}),
        ("Which models are trained on more than a trillion tokens?", set()),
    ],
)
def test_who_keeps_to_it(sizes: Assistant, text: str, names: set[str]) -> None:
    catalogue = open_catalogue(sizes)
    draft = answer_list(read_question(text, catalogue, (), Filters()), catalogue)
    assert {point.paper.name for point in draft.points} == names
    assert all(any(digit in s.text for digit in "0123456789") for point in draft.points for s in point.evidence)


@pytest.mark.parametrize(
    ("value", "bound", "held"),
    [
        ("7B", Bound("", high=7e9), True),
        ("7B", Bound("", high=7e9, open=True), False),
        ("400M image-text pairs", Bound("pairs", low=1e8), True),
        ("400M image-text pairs", Bound("images", low=1e8), False),
        ("1.2M images", Bound("images", low=1e6, open=True), True),
        ("999 hours", Bound("hours", low=1000), False),
    ],
)
def test_a_value_within(value: str, bound: Bound, held: bool) -> None:
    assert bound.holds(value) == held
