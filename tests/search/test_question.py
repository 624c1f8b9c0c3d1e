"""What a question is read as: kind, papers, what it looks for, limits, and what the conversation adds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vlmrag.ingest.attributes import Parts, Statement
from vlmrag.search.asked import Ask
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question, read_question
from vlmrag.search.subject import faint_terms
from vlmrag.types import Filters, Turn

PLAIN = Question(
    text="",
    lang="en",
    kind="fact",
    papers=(),
    alternatives=(),
    counted=(),
    wants=(),
    relations=(),
    parts=Parts(frozenset(), frozenset(), frozenset()),
    filters=Filters(),
    unknown=(),
)
FROZEN_LLM = Statement("llm", "frozen", "says")


def read(catalogue: Catalogue, text: str, *before: str) -> Question:
    """The question, after messages of the user and the assistant in turn."""
    history = [Turn("assistant" if i % 2 else "user", said) for i, said in enumerate(before)]
    return read_question(text, catalogue, history)


def names(question: Question) -> list[str]:
    return [p.name for p in question.papers]


def test_a_list_in_three_scripts_asks_for_one_relation(catalogue: Catalogue) -> None:
    parts = Parts(frozenset({"llm"}), frozenset({"frozen"}), frozenset())
    whole = replace(PLAIN, kind="list", relations=(FROZEN_LLM,), parts=parts, asks=(Ask(("frozen",), ("llm",)),))
    for text, lang, model in (
        ("Which models freeze the language model?", "en", ("languag", "model")),
        ("哪些模型冻结了语言模型？", "zh-Hans", ("languag",)),
        ("哪些模型凍結了語言模型？", "zh-Hant", ("languag",)),
    ):
        sought = ((("freez",), model),)
        assert read(catalogue, text) == replace(whole, text=text, lang=lang, alternatives=sought)


def test_a_number_that_is_asked_of_a_paper(catalogue: Catalogue) -> None:
    text = "How many queries does Lumen-1 use?"
    lumen = next(p for p in catalogue.papers if p.name == "Lumen-1")
    assert read(catalogue, text) == replace(
        PLAIN, text=text, papers=(lumen,), alternatives=((("queri",),),), counted=(("queri",),), wants=("number",)
    )


@pytest.mark.parametrize(
    ("text", "kind", "papers"),
    [
        ("What is Lumen-1?", "definition", ["Lumen-1"]),
        ("what is lumen 1", "definition", ["Lumen-1"]),
        ("Lumen-1 是什么？", "definition", ["Lumen-1"]),
        ("2101.00001 是什么？", "definition", ["Lumen-1"]),
        ("What does arxiv:2202.00003v2 handle?", "definition", ["Corvid"]),
        ("What does Corvd handle?", "definition", ["Corvid"]),
        ("Does Corvid handle speech?", "check", ["Corvid"]),
        ("Corvid 能处理语音吗？", "check", ["Corvid"]),
        ("Corvid 是否支援語音？", "check", ["Corvid"]),
        ("Marten 支不支持音频？", "check", ["Marten"]),
        ("Compare Lumen-1 with Corvid.", "compare", ["Lumen-1", "Corvid"]),
        ("Corvid 和 Lumen-1 有什么区别？", "compare", ["Corvid", "Lumen-1"]),
        ("Which papers are similar to Sable?", "similar", ["Sable"]),
        ("与 Sable 类似的论文有哪些？", "similar", ["Sable"]),
        ("Which papers are similar in spirit?", "list", []),
        ("Which paper handles long video?", "find", []),
        ("哪篇论文处理长视频？", "find", []),
        ("What has come out of Tsinghua University?", "list", []),
        ("freeze llm list", "list", []),
        ("long video", "list", []),
        ("冻结语言模型的论文", "list", []),
        ("做长视频的", "list", []),
        ("哪些能处理音频？", "list", []),
        ("Which handle music?", "list", []),
        ("NeurIPS 的", "list", []),
        ("How many queries does Otter-Mini use?", "fact", ["Otter-Mini"]),
        ("Which datasets does Corvid use?", "fact", ["Corvid"]),
        ("Corvid 用了哪些数据集？", "fact", ["Corvid"]),
        ("Summarize Corvid.", "definition", ["Corvid"]),
        ("概括一下 Corvid 的核心思想", "definition", ["Corvid"]),
        ("Who proposed Corvid?", "fact", ["Corvid"]),
        ("谁提出了 Corvid？", "fact", ["Corvid"]),
        ("What is the newest paper?", "list", []),
    ],
)
def test_kind_and_papers(catalogue: Catalogue, text: str, kind: str, papers: list[str]) -> None:
    question = read(catalogue, text)
    assert (question.kind, names(question), question.unknown) == (kind, papers, ())


def test_a_paper_before_the_noun_is_set_aside(catalogue: Catalogue) -> None:
    question = read(catalogue, "Which model is compared with Corvid?")
    assert (question.kind, names(question)) == ("find", [])
    assert [p.name for p in question.excluded] == ["Corvid"]


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("Which models handle speech or music?", [["speech"], ["music"]]),
        ("哪些模型支持语音或音乐？", [["speech"], ["music"]]),
        ("Which models train on long video or speech?", [["train", "long video"], ["train", "speech"]]),
        ("Which models use object detectors (or raw pixels)?", [["object detector"], ["raw", "pixels"]]),
        ("哪些模型处理长视频(long video)？", [["long video"]]),
        ("Which models or papers are there?", []),
        ("Which models handle speech (or other sounds)?", [["speech"]]),
        ("哪些模型处理语音（或其他模态）？", [["speech"]]),
    ],
)
def test_alternatives(catalogue: Catalogue, text: str, alternatives: list[list[str]]) -> None:
    expected = [tuple(tuple(catalogue.glossary.terms(words)) for words in group) for group in alternatives]
    assert list(read(catalogue, text).alternatives) == expected


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("Which papers are from 2021?", Filters(years=(2021, 2021))),
        ("Which papers date from 2021 to 2022?", Filters(years=(2021, 2022))),
        ("List the models of 2021-2023.", Filters(years=(2021, 2023))),
        ("Which papers since 2022?", Filters(years=(2022, 9999))),
        ("Which papers came out after 2021?", Filters(years=(2022, 9999))),
        ("Which papers came before 2022?", Filters(years=(0, 2021))),
        ("Which papers up to 2022?", Filters(years=(0, 2022))),
        ("2022 年以后的论文有哪些？", Filters(years=(2023, 9999))),
        ("2022 年及以后的论文有哪些？", Filters(years=(2022, 9999))),
        ("2022 年之前有哪些論文？", Filters(years=(0, 2021))),
        ("2021 至 2022 年有哪些論文？", Filters(years=(2021, 2022))),
        ("Which papers came from Google?", Filters(org="Google")),
        ("清华大学有哪些论文？", Filters(org="Tsinghua University")),
        ("Which NeurIPS papers are there?", Filters(venue="NeurIPS")),
        ("Which papers from Google in 2021?", Filters(org="Google", years=(2021, 2021))),
        ("Which papers are in Readers of Pictures?", Filters(source="data/notes/readers.md")),
        ("Which papers are not from Google?", Filters(org="not Google")),
        ("Which models don't come from Google or Microsoft?", Filters(org="not Google | Microsoft")),
        ("除了谷歌以外，还有哪些论文？", Filters(org="not Google")),
        ("哪些論文不是清華大學發表的？", Filters(org="not Tsinghua University")),
        ("有没有谷歌的论文？", Filters(org="Google")),
        ("Which papers were not published at CVPR?", Filters(venue="not CVPR")),
        ("哪些论文没有发表在 CVPR 上？", Filters(venue="not CVPR")),
        ("Which papers are not from 2021 or 2022?", Filters(among=(2023,))),
        ("Which papers did not come out after 2021?", Filters(among=(2021,))),
        ("哪些论文不是 2023 年的？", Filters(among=(2021, 2022))),
        ("Which papers are from universities?", Filters(org="university")),
        ("哪些论文来自高校？", Filters(org="university")),
        ("哪些論文是公司做的？", Filters(org="company")),
        ("Which papers are not from companies?", Filters(org="not company")),
        ("What does Lumen-1 of 2021 train?", Filters()),
    ],
)
def test_limits(catalogue: Catalogue, text: str, filters: Filters) -> None:
    question = read(catalogue, text)
    assert question.filters == filters
    if filters != Filters():
        assert question.alternatives == ()


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("Which papers not from Google freeze the language model?", False),
        ("Which papers from Google do not freeze the language model?", True),
        ("哪些不是 2023 年的论文支持语音？", False),
        ("哪些 2023 年的论文不支持语音？", True),
    ],
)
def test_what_a_limit_takes_up_denies_nothing_more(catalogue: Catalogue, text: str, negated: bool) -> None:
    assert read(catalogue, text).negated == negated


def test_given_filters_are_not_overruled(catalogue: Catalogue) -> None:
    given = Filters(years=(2020, 2020), org="Microsoft")
    question = read_question("Which papers from Google in 2021?", catalogue, (), given)
    assert question.filters == given


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("What does Zebra do?", ("Zebra",)),
        ("Lumen 3 是什么？", ("Lumen 3",)),
        ("What does Lumen-3 do?", ("Lumen-3",)),
        ("What does corvid 2 do?", ("corvid 2",)),
        ("Does Corvid use the XYZNet backbone?", ("XYZNet",)),
        ("Compare Corvid and Zebra-X.", ("Zebra-X",)),
        ("Corvid 的 3 篇后续论文是什么？", ()),
        ("Show 3 papers about speech.", ()),
        ("Which papers came from Google in 2021?", ()),
    ],
)
def test_names_that_nobody_knows(catalogue: Catalogue, text: str, unknown: tuple[str, ...]) -> None:
    assert read(catalogue, text).unknown == unknown


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("Which models do not freeze the language model?", True),
        ("哪些模型没有冻结语言模型？", True),
        ("Which models freeze the language model?", False),
        ("Does Marten freeze the language model or not?", False),
        ("Marten 是不是冻结了语言模型？", False),
        ("有没有冻结语言模型的模型？", False),
    ],
)
def test_denials(catalogue: Catalogue, text: str, negated: bool) -> None:
    question = read(catalogue, text)
    assert question.negated is negated
    assert question.relations == (replace(FROZEN_LLM, stance="denies" if negated else "says"),)


def test_what_is_denied_is_looked_for(catalogue: Catalogue) -> None:
    assert read(catalogue, "Which models do not handle audio?").alternatives == ((("audio",),),)
    assert read(catalogue, "哪些模型不支持音频？").alternatives == ((("audio",),),)


def test_slips_are_mended(catalogue: Catalogue) -> None:
    text = "Which modls handle spech and musics?"
    slips = (("modls", "models"), ("spech", "speech"))
    right = read(catalogue, "Which models handle speech and music?")
    assert read(catalogue, text) == replace(right, text=text, mended=slips)


LIST = ("Which models handle speech?", "Two do:\n1. Corvid\n2. Otter-Mini")


@pytest.mark.parametrize(
    ("text", "before", "papers"),
    [
        ("What does it freeze?", ("What is Lumen-1?", "A reader, unlike Corvid."), ["Lumen-1"]),
        ("它冻结了什么？", ("Marten 是什么？", "一个小模型。"), ["Marten"]),
        ("What about the second one?", LIST, ["Otter-Mini"]),
        ("And the second?", LIST, ["Otter-Mini"]),
        ("那第二个呢？", LIST, ["Otter-Mini"]),
        ("前者用了多少 GPU？", LIST, ["Corvid"]),
        ("What does the latter use?", LIST, ["Otter-Mini"]),
        ("What is the last one?", LIST, ["Otter-Mini"]),
        ("And the other one?", LIST, ["Otter-Mini"]),
        ("What does its v2 train?", ("What is Lumen-1?", "A reader."), ["Lumen-2"]),
        (
            "What does it train in the second stage?",
            ("Compare Marten and Corvid.", "Both are models."),
            ["Marten", "Corvid"],
        ),
        ("它第二阶段训练什么？", ("Marten 是什么？", "与 Lumen-1 相近。"), ["Marten"]),
        ("What does Sable handle?", LIST, ["Sable"]),
        ("How does attention work?", LIST, []),
        ("How does it compare with Sable?", ("What is Lumen-1?", "A reader."), ["Lumen-1", "Sable"]),
    ],
)
def test_what_the_conversation_adds(
    catalogue: Catalogue, text: str, before: tuple[str, ...], papers: list[str]
) -> None:
    question = read(catalogue, text, *before)
    assert (names(question), question.unknown) == (papers, ())


def test_the_other_one_is_sought_where_only_one_was_named(catalogue: Catalogue) -> None:
    question = read(catalogue, "Which prompt does the other one use?", "What is Corvid?", "A model.")
    assert (question.kind, names(question)) == ("find", [])
    assert [p.name for p in question.excluded] == ["Corvid"]


def test_a_version_of_its_own_that_nobody_knows(catalogue: Catalogue) -> None:
    question = read(catalogue, "What does its v3 train?", "What is Lumen-1?", "A reader.")
    assert (names(question), question.unknown) == (["Lumen-1"], ("v3",))
    assert question.alternatives == ((("train",),),)


def test_a_question_is_read_to_its_4000th_character(catalogue: Catalogue) -> None:
    text = "Which models freeze the language model? " + "x" * 10_000
    assert read(catalogue, text).text == text[:4000]


@pytest.mark.parametrize(
    ("text", "before", "same"),
    [
        ("What about Sable?", ("How many GPUs does Corvid take?", "16."), "How many GPUs does Sable take?"),
        ("那 Sable 呢？", ("Corvid 处理音频吗？", "处理。"), "Sable 处理音频吗？"),
    ],
)
def test_the_last_question_is_asked_of_another_paper(
    catalogue: Catalogue, text: str, before: tuple[str, ...], same: str
) -> None:
    assert read(catalogue, text, *before) == replace(read(catalogue, same), text=text)


def test_a_question_that_names_nothing_may_mean_what_was_spoken_of(catalogue: Catalogue) -> None:
    question = read(catalogue, "用了多少 GPU？", "Corvid 是什么？", "一个模型。")
    assert (names(question), [p.name for p in question.guess]) == ([], ["Corvid"])
    assert read(catalogue, "用了多少 GPU？").guess == ()


@pytest.mark.parametrize("text", ["Which of them handle speech?", "其中哪个支持语音？"])
def test_a_list_may_be_chosen_from_what_was_spoken_of(catalogue: Catalogue, text: str) -> None:
    question = read(catalogue, text, *LIST)
    assert (question.kind, [p.name for p in question.among]) == ("list", ["Corvid", "Otter-Mini"])


def test_what_does_not_count_is_not_looked_for(catalogue: Catalogue) -> None:
    plain = read(catalogue, "Which models handle music?")
    assert read(catalogue, "Which models handle music (speech excluded)?").alternatives == plain.alternatives


def test_plain_talk_is_known(catalogue: Catalogue) -> None:
    assert {"reli", "overal"} <= faint_terms(catalogue)
    assert not faint_terms(catalogue) & {"freez", "video", "languag"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("拿 Lumen-1 做视频学习的论文", "list"),
        ("noisy captions: who copes with them?", "list"),
        ("Papers in the same vein as Lumen-1?", "similar"),
        ("Lumen-1 的模型拆开来有哪些部分？", "fact"),
        ("Lumen-1's authors complain about earlier models on two counts. Which?", "fact"),
    ],
)
def test_kinds_of_everyday_questions(catalogue: Catalogue, text: str, kind: str) -> None:
    assert read(catalogue, text).kind == kind


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Which models use Vicuna or OPT as the LLM?", (Ask(("llm",), ("Vicuna", "OPT")),)),
        ("哪些模型的语言模型用的是 Vicuna、OPT？", (Ask(("llm",), ("Vicuna", "OPT")),)),
        (
            "Which models use a Q-Former and a resampler?",
            (Ask(("connector",), ("Q-Former",)), Ask(("connector",), ("resampler",))),
        ),
    ],
)
def test_values_that_are_listed_are_one_thing_to_ask_and_joined_ones_several(
    catalogue: Catalogue, text: str, asks: tuple[Ask, ...]
) -> None:
    assert read(catalogue, text).asks == asks
