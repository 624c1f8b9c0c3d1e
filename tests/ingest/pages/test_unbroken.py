"""Lines made one string again: hyphens undone, compounds kept, addresses and ids whole."""

from __future__ import annotations

import pytest

from vlmrag.ingest.pages.unbroken import find_words, join_lines, undo_hyphens


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["a survey of folded ves-", "sels"], "a survey of folded vessels"),
        (["vision-", "language models"], "vision-language models"),
        (["state-of-the-", "art boats"], "state-of-the-art boats"),
        (["Self-", "Supervised boats"], "Self-Supervised boats"),
        (["pages 4171–", "4186"], "pages 4171–4186"),
        (["arXiv:2103.", "00020, 2021"], "arXiv:2103.00020, 2021"),
        (["arXiv:2103", ".00020"], "arXiv:2103.00020"),
        (["on CIFAR-", "10 data"], "on CIFAR-10 data"),
        (["on Image-", "Net data"], "on Image-Net data"),
        (["the cross-", "attention layers"], "the cross-attention layers"),
        (["state-of-", "the-art boats"], "state-of-the-art boats"),
        (["further-", "more"], "furthermore"),
        (["the range 3-", "5"], "the range 3-5"),
        (["a 12-", "layer encoder"], "a 12-layer encoder"),
        (["see [4", ""], "see [4"),
        (["http://arxiv.org/", "abs/1810.04805"], "http://arxiv.org/abs/1810.04805"),
        (["https://boats.example.org/long-", "name"], "https://boats.example.org/long-name"),
        (["URL https:", "//boats.example.org"], "URL https://boats.example.org"),
        (["https://boats.example.org.", "2021"], "https://boats.example.org. 2021"),
        (["doi: 10.1145/", "3664647.36"], "doi: 10.1145/3664647.36"),
        (["uniﬁed eﬀorts of Doll´ar", "and J´ egou"], "unified efforts of Dollár and Jégou"),
        (["折纸船的", "稳定性"], "折纸船的稳定性"),
        (["折纸，", "再放水（", "实验）"], "折纸，再放水（实验）"),
        (["model 的", "English"], "model 的 English"),
        (["whole paper-\u00adbased fol\u00adding of ves\u00ad", "sels"], "whole paper-based folding of vessels"),
    ],
)
def test_join_lines(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


def test_a_compound_is_known_from_its_neighbours() -> None:
    assert join_lines(["boat-", "house"]) == "boathouse"
    assert join_lines(["boat-", "house"], {"boat-house"}) == "boat-house"
    assert join_lines(["boat-", "shapes"], {"boat", "shapes"}) == "boat-shapes"
    assert join_lines(["boat-", "shapes"], {"boat", "shapes", "boatshapes"}) == "boatshapes"
    assert join_lines(["boat-", "shape, folded"], {"boat-shape"}) == "boat-shape, folded"


def test_a_passage_is_its_lines_joined() -> None:
    text = "uniﬁed vision-\nlanguage boats\n\nand soft\u00ad\nware"
    assert undo_hyphens(text, {"vision-language"}) == "unified vision-language boats and software"
    assert undo_hyphens("one line", ()) == "one line"


def test_the_halves_of_broken_words_are_no_words() -> None:
    lines = ["Paper boats are fold-", "ed by state-of-the-art meth-", "ods, eﬃciently"]
    assert find_words(lines) == {"paper", "boats", "are", "by", "state-of-the-art", "efficiently"}
