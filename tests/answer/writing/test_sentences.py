"""What a model writes is read the same, however it comes in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.answer.writing.sentences import SentenceReader, Written


def read(*pieces: str) -> list[Written]:
    reader = SentenceReader()
    found = [written for piece in pieces for written in reader.feed(piece)]
    return found + reader.close()


TEXT = """<think>The user wants [1]. Let me see.</think>

# Answer
- **BLIP-2** keeps the LLM frozen [3, 4]. MiniGPT-4 does too.[5][6] CogVLM as well. [7]
1. 语言模型保持冻结[2]。图像编码器也是。【1】第三句，没有标记
Yes, it is so [1-3] [^9], e.g. in `code`."""
READ = [
    Written("Answer", ()),
    Written("BLIP-2 keeps the LLM frozen.", (3, 4)),
    Written("MiniGPT-4 does too.", (5, 6)),
    Written("CogVLM as well.", (7,)),
    Written("语言模型保持冻结。", (2,)),
    Written("图像编码器也是。", (1,)),
    Written("第三句，没有标记", ()),
    Written("it is so, e.g. in code.", (1, 2, 3, 9)),
]


def test_sentences_and_their_marks() -> None:
    assert read(TEXT) == READ


@given(st.lists(st.integers(0, len(TEXT)), max_size=40))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    edges = sorted({0, *cuts, len(TEXT)})
    assert read(*(TEXT[a:b] for a, b in pairwise(edges))) == READ


@given(st.text(alphabet="ab [1]。.\n<>/think【】*#-", max_size=120), st.integers(1, 9))
def test_any_text_is_read_the_same_in_pieces(text: str, size: int) -> None:
    assert read(*(text[at : at + size] for at in range(0, len(text), size))) == read(text)


@pytest.mark.parametrize("text", ["", "\n\n", "<think>for ever", "<think>and again</think>", " \t "])
def test_what_holds_no_sentence_gives_none(text: str) -> None:
    assert read(text) == []


def test_a_sentence_is_given_as_soon_as_the_next_begins() -> None:
    reader = SentenceReader()
    assert reader.feed("The LLM is frozen.") == []
    assert reader.feed(" [1]") == []
    assert reader.feed(" It") == [Written("The LLM is frozen.", (1,))]
    assert reader.feed(" is large.") == []
    assert reader.close() == [Written("It is large.", ())]


def test_controls_and_hidden_signs_are_left_out() -> None:
    assert read("The \x1b[31mLLM\u202e is\u200b frozen [1].") == [Written("The [31mLLM is frozen.", (1,))]


def test_a_line_without_end_is_cut() -> None:
    assert sum(len(w.text) for w in read(*["word "] * 5000)) == 5000 * 5 - 7
