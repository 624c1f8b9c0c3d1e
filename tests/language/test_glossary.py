"""The glossary: three spellings of one notion meet, organisations are known, and the file is well formed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vlmrag.language.glossary as room
from vlmrag.errors import SourceError
from vlmrag.language.fold import fold
from vlmrag.language.glossary import KINDS, Glossary

GLOSSARY = Glossary.load()
FILE = Path(room.__file__).with_name("glossary.tsv")
ROWS = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
HAN = re.compile("[\u4e00-\u9fff]")


# Terms


@pytest.mark.parametrize(
    "same",
    [
        ("visual encoder", "image encoders", "Vision-Encoder", "視覺編碼器", "图像编码器", "影像編碼器"),
        (
            "freeze the LLM",
            "frozen large language models",
            "冻结大语言模型",
            "凍結大型語言模型",
            "凍結 LLM",
            "鎖住 LLMs",
        ),
        ("object detection", "目标检测", "物件偵測"),
        ("fine-tuning data", "finetune data", "微调数据", "微調資料"),
        ("video", "视频", "影片", "視訊"),
        ("Microsoft Research Asia", "MSRA", "微软亚洲研究院", "微軟亞洲研究院"),
        ("few-shot image segmentation", "少樣本影像分割", "小样本图像分割"),
    ],
)
def test_all_spellings_of_a_notion_have_the_same_terms(same: tuple[str, ...]) -> None:
    terms = {spelling: GLOSSARY.terms(spelling) for spelling in same}
    assert terms == dict.fromkeys(same, GLOSSARY.terms(same[0]))
    assert terms[same[0]]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("BLIP-2 freezes the image encoder and the language model", "BLIP-2 凍結了影像編碼器與語言模型"),
        ("Only the linear projection layer is trained in the first stage", "第一阶段只训练线性投影层"),
        ("The model is pre-trained on 400 million image-text pairs", "该模型在 400 百万图文对上预训练"),
        ("It replaces the object detector with grid features", "它用網格特徵替換物件偵測器"),
        ("Cross-attention layers are inserted into the frozen decoder", "在冻结的解码器中插入交叉注意力层"),
    ],
)
def test_two_languages_that_say_the_same_share_most_terms(english: str, chinese: str) -> None:
    one, other = set(GLOSSARY.terms(english)), set(GLOSSARY.terms(chinese))
    assert len(one & other) >= 0.6 * len(one | other)


def test_inflected_words_are_found_and_mere_cousins_are_not() -> None:
    assert [term for term, _, _ in GLOSSARY.spans("transformers transform images", "model-part")] == ["transformer"]
    assert GLOSSARY.terms("weaknesses") == GLOSSARY.terms("limitation")
    assert GLOSSARY.terms("weakly") == ["weak"]


def test_question_words_and_stop_words_leave_only_the_subject() -> None:
    assert (
        GLOSSARY.terms("Which ones of these freeze the encoder?")
        == GLOSSARY.terms("哪些冻结了编码器？")
        == ["freez", "encod"]
    )


def test_versions_stay_with_their_name() -> None:
    assert GLOSSARY.terms("BLIP-2 BLIP2 LLaVA-1.5 GPT-4V MiniGPT-v2") == [
        "blip2",
        "blip2",
        "llava1.5",
        "gpt4v",
        "minigptv2",
    ]


def test_what_no_entry_knows_is_kept_as_pairs() -> None:
    assert GLOSSARY.terms("熊貓") == ["熊猫"]
    assert GLOSSARY.terms("竹林熊猫") == ["竹林", "林熊", "熊猫"]
    assert GLOSSARY.terms("CLIP 猫 ViT") == ["clip", "猫", "vision", "transform"]
    assert GLOSSARY.terms("凍結猫") == ["freez"]


def test_a_large_language_model_is_more_than_a_language_model() -> None:
    assert GLOSSARY.gloss("大语言模型与語言模型") == ["large language model", "language model"]
    assert set(GLOSSARY.terms("语言模型")) < set(GLOSSARY.terms("大模型"))


# Gloss


def test_gloss_gives_the_english_of_chinese_terms_in_order_and_once() -> None:
    text = "凍結視覺編碼器，微調語言模型；凍結 encoder"
    assert GLOSSARY.gloss(text) == ["freeze", "vision encoder", "fine-tune", "language model"]
    assert GLOSSARY.gloss("freeze the encoder") == []


def test_gloss_leaves_out_question_and_stop_words() -> None:
    assert GLOSSARY.gloss("哪些是一个因为") == []


@given(st.text())
def test_terms_and_gloss_read_any_text(text: str) -> None:
    assert all(GLOSSARY.terms(text))
    assert set(GLOSSARY.gloss(text)) <= GLOSSARY.entries.keys()


@given(
    st.lists(
        st.sampled_from(["凍結", "语言模型", "MSRA", "ﬁne-tuning", " ", "，", "不", "亿", "e\u0301", "的", "Meta"])
    )
)
def test_spans_hold_what_they_are_named_for(words: list[str]) -> None:
    text = "".join(words)
    for kind in KINDS:
        position = 0
        for term, start, end in GLOSSARY.spans(text, kind):
            assert position <= start < end <= len(text)
            position = end
            forms = {fold(form.lstrip("=")) for form in (term, *GLOSSARY.entries[term].variants)}
            assert fold(text[start:end]) in forms
            assert GLOSSARY.entries[term].kind == kind


def test_spans_count_in_the_source_text() -> None:
    text = "“ﬁrst” 北京大學、微軟研究院 (MSR)"
    assert [(term, text[a:b]) for term, a, b in GLOSSARY.spans(text, "org")] == [
        ("Peking University", "北京大學"),
        ("Microsoft Research", "微軟研究院"),
        ("Microsoft Research", "MSR"),
    ]


def test_negations_and_number_words_may_be_one_character() -> None:
    assert GLOSSARY.spans("不冻结", "negation") == [("not", 0, 1)]
    assert GLOSSARY.spans("不同的編碼器", "negation") == []
    assert GLOSSARY.spans("4 億圖文對", "unit") == [("hundred million", 2, 3)]


# Organisations


@pytest.mark.parametrize(
    ("name", "org", "parents"),
    [
        ("PKU", "Peking University", ()),
        ("北京大學", "Peking University", ()),
        ("微軟研究院", "Microsoft Research", ("Microsoft",)),
        ("MSRA", "Microsoft Research Asia", ("Microsoft Research", "Microsoft")),
        ("Google DeepMind", "DeepMind", ("Google",)),
        ("FAIR", "Meta AI", ("Meta",)),
        ("字节跳动", "ByteDance", ()),
        ("美團", "Meituan", ()),
        ("Department of Computer Science, Stanford University", "Stanford University", ()),
        ("Bakery of Nowhere", None, ()),
    ],
)
def test_organisations_by_any_name(name: str, org: str | None, parents: tuple[str, ...]) -> None:
    assert GLOSSARY.org(name) == org
    assert GLOSSARY.parents(org or name) == parents


def test_words_that_look_like_organisations_are_not() -> None:
    text = "a fair comparison with meta learning under the MIT license, https://ai.google.com/stanford"
    assert GLOSSARY.spans(text, "org") == []


# The file


def test_the_file_is_sorted_and_large() -> None:
    terms = [row[0] for row in ROWS]
    assert terms == sorted(terms, key=lambda term: (term.casefold(), term))
    assert len(terms) == len(set(terms)) >= 1000


def test_every_chinese_variant_is_found_by_its_own_term() -> None:
    lost = []
    for term, variants, kind, *_ in ROWS:
        for variant in variants.split(" | "):
            assert variant == variant.strip() != ""
            assert fold(variant)
            if (
                HAN.search(variant)
                and len(fold(variant)) > 1
                and kind != "question"
                and term not in GLOSSARY.gloss(variant)
            ):
                lost.append((term, variant))
    assert lost == []


def test_every_english_variant_has_the_terms_of_its_canonical() -> None:
    apart = {}
    for term, variants, *_ in ROWS:
        for variant in variants.split(" | "):
            if not HAN.search(variant) and GLOSSARY.terms(variant.lstrip("=")) != GLOSSARY.terms(term):
                apart[variant] = term
    assert apart == {}


# A user's own glossary


def test_a_users_glossary_adds_and_overrides(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text(
        "# mine\nbamboo grove\t竹林\tterm\town\nvision tower\t視覺編碼器\tmodel-part\town\n", encoding="utf-8"
    )
    glossary = Glossary.load(own)
    assert glossary.gloss("竹林中的视觉编码器和语言模型") == ["bamboo grove", "vision tower", "language model"]
    assert glossary.fingerprint != GLOSSARY.fingerprint
    assert Glossary.load(own).fingerprint == glossary.fingerprint


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a\t甲乙", r"own\.tsv, line 2: 2 columns"),
        ("a\t甲乙\tfruit\town", r"own\.tsv, line 2: 'fruit' is no kind"),
        ("a\t甲\tterm\town", r"own\.tsv, line 2: '甲' is one character"),
        ("a\tT恤\tterm\town", r"own\.tsv, line 2: 'T恤' mixes scripts"),
        ("a\t--\tterm\town", r"own\.tsv, line 2: '--' holds no word"),
        ("a\t甲乙\tterm\t", r"own\.tsv, line 2: term and source"),
        ("a\t甲乙\tterm\town\nb\t甲乙\tterm\town", r"own\.tsv, line 3: '甲乙' already belongs to 'a'"),
        ("a\t甲乙\torg\town\tNowhere Inc", r"own\.tsv: the parent of 'a', 'Nowhere Inc', is no entry"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    own = tmp_path / "own.tsv"
    own.write_text(f"# mine\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=why):
        Glossary.load(own)


def test_a_missing_glossary_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.tsv: cannot be read as a glossary"):
        Glossary.load(tmp_path / "none.tsv")


# Into English


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Only English, as it is.\n  Twice", "Only English, as it is.\n  Twice"),
        ("BLIP-2 凍結視覺編碼器", "blip-2 freeze vision encoder"),
        ("第一次世界大战后的德国", "World War I Germany"),
        ("魑魅魍魉 Corvid", "corvid"),
        ("魑魅魍魉", ""),
    ],
)
def test_a_text_is_put_into_english_in_its_places(text: str, english: str) -> None:
    assert GLOSSARY.put_into_english(text) == english


def test_the_share_that_is_in_english() -> None:
    assert GLOSSARY.share_in_english("no Han at all") == 1
    assert GLOSSARY.share_in_english("德國 魑魅 Corvid") == 0.5
    assert GLOSSARY.share_in_english("魑魅") == 0


def test_everyday_words_are_well_formed_and_stay_out_of_what_sentences_are_matched_by() -> None:
    lines = [line for line in FILE.with_name("common.tsv").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    rows = [line.split("\t") for line in lines]
    assert all(len(row) == 2 and not HAN.search(row[0]) for row in rows)
    words = [fold(word) for _, chinese in rows for word in chinese.split(" | ")]
    assert len(set(words)) == len(words)
    assert all(len(word) > 1 for word in words)
    assert not set(words) & GLOSSARY._han.keys()
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=lambda word: (word.lower(), word))
    assert GLOSSARY.gloss("春天的瘟疫") == []
