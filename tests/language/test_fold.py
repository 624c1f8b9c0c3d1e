"""One folded form for every spelling, and the way back from it to the source."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.language.fold import detect_language, fold, fold_with_offsets, name_key

AWKWARD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("eｅ\u0301\u0308\u0323ßﬁ…①ｶﾞﾟİ\u0345가ᄀ\u1161\u11a8凍乾\u200b\u00ad\ufe0f“”—３ \n"),
    )
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("凍結語言模型", "冻结语言模型"),
        ("視覺編碼器", "视觉编码器"),
        ("ＣＬＩＰ－２", "clip-2"),
        ("“frozen” — it’s", '"frozen" - it\'s'),
        ("「凍結」，", '"冻结",'),
        ("ﬁne‑tuning…", "fine-tuning..."),
        ("Straße", "strasse"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
    ],
)
def test_spellings_of_one_text_have_one_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_composed_and_decomposed_letters_meet() -> None:
    for word in ("Édouard naïve Å", "한국어", "ガギグ"):
        assert fold(unicodedata.normalize("NFD", word)) == fold(unicodedata.normalize("NFC", word))


@given(AWKWARD)
def test_offsets_go_with_the_fold_of_any_text(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded) + 1
    assert list(offsets) == sorted(offsets)
    assert offsets[-1] == len(text)


@given(AWKWARD)
def test_each_folded_character_comes_from_the_characters_at_its_offset(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    starts = sorted(set(offsets))
    for start, end in pairwise(starts):
        piece = "".join(c for c, at in zip(folded, offsets, strict=False) if at == start)
        assert fold(text[start:end]) == piece


def test_offsets_lead_back_to_the_source_word() -> None:
    text = "ﬁnally “e\u0301tude” 凍結"
    folded, offsets = fold_with_offsets(text)
    for word, source in (("finally", "ﬁnally"), ("étude", "e\u0301tude"), ("冻结", "凍結")):
        at = folded.index(word)
        assert text[offsets[at] : offsets[at + len(word)]] == source


@given(st.text(st.characters(max_codepoint=0x9FFF)))
def test_a_han_character_folds_alike_in_every_neighbourhood(text: str) -> None:
    assert fold("乾" + text).startswith(fold("乾")[:1])
    assert fold("凍，" + text + "，結") == fold("凍，") + fold("，" + text + "，")[1:] + fold("結")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MiniGPT-v2", "minigptv2"),
        ("MiniGPT v2", "MiniGPT_V2"),
        ("BLIP‑2", "BLIP2"),
        ("π0.5", "pi-0.5"),
        ("Pokémon", "Pokemon"),
        ("CM³", "CM3"),
        ("書生·浦語", "书生浦语"),
    ],
)
def test_two_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


def test_names_that_differ_keep_their_keys_apart() -> None:
    names = ["VSE", "VSE++", "BLIP", "BLIP-2", "LLaVA-1.5", "LLaVA", "书生", "СМ3"]
    assert len({name_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Which models freeze the LLM?", "en"),
        ("", "en"),
        ("2301.12597?", "en"),
        ("What does 凍結 mean in BLIP-2?", "en"),
        ("Which papers come from 上海人工智能实验室?", "en"),
        ("哪些模型冻结了语言模型？", "zh-Hans"),
        ("哪些模型凍結了語言模型？", "zh-Hant"),
        ("LLaVA-NeXT, BLIP-2, Qwen-VL, InternVL 和 MiniGPT-4 的 vision encoder 有何区别", "zh-Hans"),
        ("LLaVA-NeXT, BLIP-2, Qwen-VL, InternVL 和 MiniGPT-4 的 vision encoder 有何區別", "zh-Hant"),
        ("凍結 LLM", "zh-Hant"),
        ("人工智能", "zh-Hans"),
    ],
)
def test_the_language_of_a_question(text: str, language: str) -> None:
    assert detect_language(text) == language
