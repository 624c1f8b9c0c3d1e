"""The words of the keyword index and the spans of sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.language.words import split_sentences, split_words, stem

PROSE = st.text(st.sampled_from("aB凍。！？.!?;；…)”*-#>1 \t\n\r|（）e.g")) | st.text()


@pytest.mark.parametrize(
    "words",
    [("freeze", "froze", "frozen", "freezing", "freezes"), ("build", "built", "building"), ("train", "trained")],
)
def test_the_forms_of_one_word_meet(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


def test_english_and_han_words_of_a_sentence() -> None:
    assert split_words("The BLIP-2 model, frozen: 凍結LLM") == [
        "blip2",
        "blip",
        "2",
        "model",
        "freez",
        "冻",
        "冻结",
        "结",
        "llm",
    ]


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("finetuning", "after fine-tuning it"),
        ("BLIP2", "see BLIP-2."),
        ("encoder", "vision-encoder"),
        ("冻结", "凍結語言模型"),
        ("VSE++", "VSE++: better embeddings"),
        ("2301.12597", "arXiv:2301.12597"),
    ],
)
def test_a_question_finds_the_passage_by_a_shared_word(question: str, passage: str) -> None:
    assert set(split_words(question)) & set(split_words(passage))
    assert split_words(question)[0] in split_words(passage)


def test_long_runs_are_kept() -> None:
    assert split_words("x" * 5000) == ["x" * 5000]
    assert len(split_words("語" * 5000)) == 5000 + 4999


@given(PROSE)
def test_no_word_is_empty_or_holds_white_space(text: str) -> None:
    assert all(word and not any(c.isspace() for c in word) for word in split_words(text))


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("凍結語言模型。只訓練「投影層」。好嗎？是；", ["凍結語言模型。", "只訓練「投影層」。", "好嗎？", "是；"]),
        ("他说“好。”然后走了。", ["他说“好。”", "然后走了。"]),
        ("使用 CLIP.然后训练", ["使用 CLIP.", "然后训练"]),
        ("Li et al. use e.g. ViT v1.5 (cf. Fig. 3). Done.", ["Li et al. use e.g. ViT v1.5 (cf. Fig. 3).", "Done."]),
        ("J. Smith of the U.S. wrote 3.5 pages.", ["J. Smith of the U.S. wrote 3.5 pages."]),
        ("See https://a.b/watch?v=1&t=2. Then go.", ["See https://a.b/watch?v=1&t=2.", "Then go."]),
        ("A &amp; B; C", ["A &amp; B;", "C"]),
        ("- **Frozen.** Next\n  2) [x] done\n> # Title\n---\n1. 一\n", ["**Frozen.**", "Next", "done", "Title", "一"]),
        ("包括：1.冻结 2.训练。3.5 亿", ["包括：1.冻结 2.训练。", "3.5 亿"]),
        ("1.凍結\n2、训练\n（3）①推理", ["凍結", "训练", "推理"]),
        ('He said "no". Then left.', ['He said "no".', "Then left."]),
        ("Wait... what", ["Wait...", "what"]),
        ("  \n\n - \n", []),
    ],
)
def test_sentences_of_prose_and_notes(text: str, expected: list[str]) -> None:
    assert [s for s in sentences(text) if s != "-"] == expected


@given(PROSE)
def test_sentences_are_in_order_trimmed_and_leave_only_markers_out(text: str) -> None:
    position = 0
    left_out = []
    for start, end in split_sentences(text):
        assert position <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        left_out.append(text[position:start])
        position = end
    left_out.append(text[position:])
    markers = set("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳-*_=#>+•·▪‣◦●○■□◆◇※➢➤✓✔★☆–—.)、(（）[]xX一二三四五六七八九十")
    assert all(c.isspace() or c.isdigit() or c in markers for piece in left_out for c in piece)


@given(st.text(st.sampled_from("ab凍結。. "), min_size=1))
def test_a_line_without_a_marker_is_covered_whole(text: str) -> None:
    covered = "".join(sentences("凍" + text))
    assert "".join(covered.split()) == "".join(("凍" + text).split())
