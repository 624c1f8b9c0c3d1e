"""Relations are decided on the clause: sentences of our own, and what each says of which part."""

from __future__ import annotations

import pytest

from vlmrag.ingest.attributes import Statement, read_stance, read_statements

FROZEN_LLM = Statement("llm", "frozen", "says")
FROZEN_EYE = Statement("image_encoder", "frozen", "says")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("We freeze the language model.", [FROZEN_LLM]),
        ("A frozen vision encoder and language model feed a small bridge.", [FROZEN_EYE, FROZEN_LLM]),
        ("The ViT and the LLM (7B) are both kept frozen.", [FROZEN_EYE, FROZEN_LLM]),
        ("The language model, a 7B one, stays frozen.", [FROZEN_LLM]),
        ("凍結的視覺編碼器與凍結的大型語言模型之間只有一層", [FROZEN_EYE, FROZEN_LLM]),
        ("将语言模型冻结，只训练投影层", [FROZEN_LLM, Statement("connector", "trained", "says")]),
        ("图像编码器锁定，文本编码器微调", [FROZEN_EYE, Statement("text_encoder", "trained", "says")]),
        (
            "only the projector is trained and the LLM stays frozen",
            [Statement("connector", "trained", "says"), FROZEN_LLM],
        ),
        (
            "The LLM stays frozen and only the projector is trained",
            [FROZEN_LLM, Statement("connector", "trained", "says")],
        ),
        ("We do not freeze the language model.", [Statement("llm", "frozen", "denies")]),
        ("Unlike earlier methods with a frozen LLM, everything moves.", [Statement("llm", "frozen", "others")]),
        ("主流做法是接一个冻结的语言模型", [Statement("llm", "frozen", "others")]),
        ("A pre-trained language model reads the prefix.", []),
        ("An instruction-tuned language model", []),
        ("Frozen peas are not a component.", []),
        ("The winter was cold and the lake frozen.", []),
    ],
)
def test_what_a_sentence_says(sentence: str, said: list[Statement]) -> None:
    assert read_statements(sentence) == said


def test_a_question_is_read_with_the_same_code() -> None:
    asked = ["Which models freeze the LLM?", "哪些模型冻结了语言模型？", "哪些模型凍結了語言模型？"]
    assert [read_statements(q) for q in asked] == [[FROZEN_LLM]] * 3


@pytest.mark.parametrize(
    ("sentence", "word", "stance"),
    [
        ("takes video, not for long videos", "long", "denies"),
        ("takes video, not for long videos", "takes", "says"),
        ("Unlike previous work on audio, it reads images", "audio", "others"),
        ("它不支持音频，但支持视频", "音频", "denies"),
        ("它不支持音频，但支持视频", "视频", "says"),
    ],
)
def test_the_stance_is_that_of_the_clause(sentence: str, word: str, stance: str) -> None:
    assert read_stance(sentence, lambda clause: word in clause) == stance


def test_one_denial_holds_for_all_that_is_enumerated() -> None:
    assert read_stance("没有覆盖音频、三维、视频等领域", lambda clause: "视频" in clause) == "denies"


def test_an_enumeration_of_key_words_is_no_sentence() -> None:
    assert read_statements("Frozen Language Models、Vision Encoder和Prefix、Training和Inference") == [FROZEN_LLM]
