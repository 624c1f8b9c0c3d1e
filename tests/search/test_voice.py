"""Whose voice a sentence is: the paper's own, or what it tells of other works."""

from __future__ import annotations

import pytest

from vlmrag.search.voice import speaks_of_itself


@pytest.mark.parametrize(
    ("text", "heading", "own"),
    [
        ("We train the bridge on 8 GPUs.", ("3 Training",), True),
        ("All models were trained on TPU hardware.", ("4 Experiments",), True),
        ("ALBEF aligns pictures and words [12].", ("3 Method",), False),
        ("Li et al. train the bridge first.", ("3 Method",), False),
        ("The rudder was frozen (Brook, 2019).", ("3 Method",), False),
        ("We follow [12] and freeze the rudder.", ("3 Method",), True),
        ("Marlin improves on Sturgeon [3].", ("5 Results",), True),
        ("We also discuss boats of tin.", ("2 Related Work",), False),
        ("Boats of tin are widely used.", ("1 Introduction",), False),
        ("In this paper boats of tin are built.", ("1 Introduction",), True),
        ("本文提出一种新的船。", ("1 引言",), True),
        ("我們凍結錨。", ("3 方法",), True),
        ("船在港口里。", ("2 相关工作",), False),
        ("王等人冻结了锚。", ("3 方法",), False),
        ("Results by weather (Table 2).", (), True),
    ],
)  # fmt: skip
def test_own_voice(text: str, heading: tuple[str, ...], own: bool) -> None:
    assert speaks_of_itself(text, heading, ["marlin"]) is own


def test_an_outer_heading_counts_for_what_stands_below_it() -> None:
    assert not speaks_of_itself("We describe boats.", ("2 Related Work", "2.1 Boats"), [])
    assert speaks_of_itself("We describe boats.", ("2 Our Boats", "2.1 Hulls"), [])
