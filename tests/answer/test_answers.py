"""Verdicts, facts, comparisons and refusals over a small library whose right answers can be read off its notes."""

from __future__ import annotations

import pytest

from tests.search.small_library import find_paper
from vlmrag.assistant import Assistant
from vlmrag.types import Answer, Filters, Turn


def verdicts(answer: Answer) -> dict[str, str]:
    return {v.paper.name: v.says for v in (*answer.papers, *answer.considered)}


def given(answer: Answer) -> list[str]:
    return sorted(v.paper.name for v in answer.papers)


def quotes(answer: Answer) -> list[str]:
    return [c.quote for c in answer.citations]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which models freeze the LLM?", {"Lumen-1": "yes", "Ermine": "yes", "Marten": "depends", "Lumen-2": "no"}),
        ("Which models train the LLM?", {"Lumen-2": "yes", "Marten": "depends", "Lumen-1": "no", "Ermine": "no"}),
        (
            "Which models do not freeze the LLM?",
            {"Lumen-2": "yes", "Marten": "depends", "Lumen-1": "no", "Ermine": "no"},
        ),
        ("哪些模型沒有凍結語言模型？", {"Lumen-2": "yes", "Marten": "depends", "Lumen-1": "no", "Ermine": "no"}),
        ("Which models handle long video?", {"Sable": "yes", "Lumen-2": "yes", "Corvid": "no"}),
        ("Which models do not handle long video?", {"Corvid": "yes", "Sable": "no", "Lumen-2": "no"}),
        ("Which models handle speech or audio?", {"Corvid": "yes", "Otter-Mini": "yes", "Marten": "no"}),
        ("哪些模型不支持音频？", {"Marten": "yes", "Corvid": "no"}),
        ("Which models rely on object detectors?", {"Lumen-2": "no"}),
        ("Which models work without object detectors?", {"Lumen-2": "yes"}),
        ("哪些模型能生成图像？", {"Ermine": "yes"}),
    ],
)
def test_a_list_is_put_to_every_paper(library: Assistant, question: str, expected: dict[str, str]) -> None:
    answer = library.ask(question)
    assert (answer.kind, answer.abstained) == ("list", False)
    assert verdicts(answer) == expected
    assert given(answer) == sorted(name for name, says in expected.items() if says == "yes")
    says = list(expected.values())
    assert answer.coverage is not None
    assert (answer.coverage.examined, answer.coverage.yes) == (7, says.count("yes"))
    assert answer.coverage.not_stated == 7 - len(says)


def test_a_list_of_nothing_is_a_refusal(library: Assistant) -> None:
    answer = library.ask("Which models handle smell?")
    assert (answer.kind, answer.abstained, answer.papers, answer.confidence) == ("list", True, (), 0.0)
    assert answer.coverage is not None
    assert (answer.coverage.examined, answer.coverage.not_stated) == (7, 7)


def test_a_list_is_not_answered_with_the_paper_it_names(library: Assistant) -> None:
    assert given(library.ask("Which papers compare themselves with Corvid?")) == ["Sable"]


def test_a_list_is_chosen_from_the_papers_it_names(library: Assistant) -> None:
    answer = library.ask("Which of Lumen-1, Corvid and Ermine keep the language model frozen?")
    assert given(answer) == ["Ermine", "Lumen-1"]
    assert answer.coverage is not None
    assert answer.coverage.examined == 3


@pytest.mark.parametrize(
    ("question", "papers", "shown"),
    [
        ("Which papers came from Google?", ["Lumen-1", "Lumen-2"], ["org: Google", "org: Google, Stanford University"]),
        ("清华大学有哪些论文？", ["Marten"], ["机构: 清华大学"]),
        ("Which papers appeared at ICCV?", ["Sable"], ["发表: ICCV 2023"]),
        ("iccv 2023 papers", ["Sable"], ["发表: ICCV 2023"]),
        ("Which papers appeared at ICCV'23?", ["Sable"], ["发表: ICCV 2023"]),
        ("papers of the international conference on computer vision", ["Sable"], None),
        ("Which papers appeared at CVPR or NeurIPS?", ["Lumen-1", "Lumen-2"], None),
        ("清华大学和微软的论文有哪些？", ["Corvid", "Marten"], None),
        ("Which papers are from 2021 or 2023?", ["Ermine", "Lumen-1", "Marten", "Otter-Mini", "Sable"], None),
        ("Which papers are from between 2021 and 2022?", ["Corvid", "Lumen-1", "Lumen-2"], None),
        ("2023 年 4 月的论文", ["Sable"], None),
        ("Which papers from Google came out in 2021?", ["Lumen-1"], ["org: Google", "venue: NeurIPS 2021"]),
        (
            "Which papers from Stanford since 2022?",
            ["Lumen-2"],
            ["org: Google, Stanford University", "venue: CVPR 2022"],
        ),
        ("Which papers from before 2022 freeze the language model?", ["Lumen-1"], None),
        ("Which papers in Readers of Pictures freeze the language model?", ["Lumen-1"], None),
    ],
)
def test_constraints(library: Assistant, question: str, papers: list[str], shown: list[str] | None) -> None:
    answer = library.ask(question)
    assert given(answer) == papers
    if shown:
        assert quotes(answer) == shown


@pytest.mark.parametrize(
    ("question", "says", "proof"),
    [
        (
            "Does Lumen-1 freeze the LLM?",
            "yes",
            "It keeps the **language model** frozen and trains a bridge of 32 queries.",
        ),
        (
            "Lumen-1 是不是冻结了语言模型？",
            "yes",
            "It keeps the **language model** frozen and trains a bridge of 32 queries.",
        ),
        (
            "Is the LLM of Lumen-1 trained?",
            "no",
            "It keeps the **language model** frozen and trains a bridge of 32 queries.",
        ),
        ("Does Corvid handle long video or not?", "no", "It does not handle long video."),
        ("Does Corvid not handle long video?", "yes", "It does not handle long video."),
        ("Marten 支不支持音频？", "no", "不支持音频。"),
        ("Ermine 是否凍結語言模型？", "yes", "凍結語言模型，生成圖像。"),
        ("Is the language model of Marten frozen?", "depends", "第一阶段冻结语言模型，只训练投影层。"),
    ],
)
def test_yes_or_no(library: Assistant, question: str, says: str, proof: str) -> None:
    answer = library.ask(question)
    assert (answer.kind, [v.says for v in answer.papers]) == ("check", [says])
    assert quotes(answer)[0] == proof


@pytest.mark.parametrize(
    ("question", "paper", "quote"),
    [
        (
            "How many queries does Lumen-1 use?",
            "Lumen-1",
            "It keeps the **language model** frozen and trains a bridge of 32 queries.",
        ),
        (
            "Lumen-1 用了幾個查詢？",
            "Lumen-1",
            "It keeps the **language model** frozen and trains a bridge of 32 queries.",
        ),
        ("How many GPUs does Corvid train on?", "Corvid", "Its training takes 16 GPUs for 3 days."),
        ("Corvid 的训练用了多少 GPU？", "Corvid", "Its training takes 16 GPUs for 3 days."),
        ("How many image-text pairs does Lumen-1 read?", "Lumen-1", "It reads 4 million image-text pairs [3]."),
        ("Who made Corvid?", "Corvid", "org: Microsoft"),
        ("Marten 是哪家机构的？", "Marten", "机构: 清华大学"),
        ("At which venue did Lumen-2 appear?", "Lumen-2", "venue: CVPR 2022"),
        ("What is the title of Corvid?", "Corvid", "Corvid: Pictures and Sound"),
        ("Which paper handles music?", "Corvid", "It handles speech and music."),
        ("哪篇论文生成图像？", "Ermine", "凍結語言模型，生成圖像。"),
    ],
)
def test_facts(library: Assistant, question: str, paper: str, quote: str) -> None:
    answer = library.ask(question)
    assert (answer.abstained, [v.paper.name for v in answer.papers]) == (False, [paper])
    assert quotes(answer)[0] == quote


@pytest.mark.parametrize(
    ("question", "near"),
    [
        ("How many layers does Corvid have?", ["Corvid"]),
        ("How many hours of video does Lumen-2 see?", ["Lumen-2"]),
        ("What is the batch size of Lumen-2?", ["Lumen-2"]),
        ("Sable 的学习率是多少？", ["Sable"]),
        ("What does its v3 train?", ["Lumen-1"]),
    ],
)
def test_a_detail_that_is_not_told_is_refused_with_what_is(library: Assistant, question: str, near: list[str]) -> None:
    answer = library.ask(question, history=[Turn("user", "What is Lumen-1?")])
    assert (answer.abstained, answer.papers) == (True, ())
    assert [v.paper.name for v in answer.considered] == near
    assert {v.says for v in answer.considered} == {"not stated"}
    assert all(v.citations for v in answer.considered)


@pytest.mark.parametrize(
    "question", ["", "?", "。。。", "Which?", "What is the price of tea in the canteen?", "[1] [2]"]
)
def test_what_asks_for_nothing_here_is_refused(library: Assistant, question: str) -> None:
    answer = library.ask(question)
    assert (answer.abstained, answer.papers) == (True, ())


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("When did Lumen-1 come out?", ["paper: https://arxiv.org/abs/2101.00001", "venue: NeurIPS 2021"]),
        ("Sable 是什么时候发表的？", ["论文: https://arxiv.org/abs/2304.00005", "发表: ICCV 2023"]),
        ("When was Otter-Mini published?", ["2023"]),
    ],
)
def test_a_date_that_is_not_stated_is_told_by_venue_and_id(library: Assistant, question: str, told: list[str]) -> None:
    assert quotes(library.ask(question))[: len(told)] == told


def test_both_sides_are_compared_and_only_they(library: Assistant) -> None:
    answer = library.ask("How do Lumen-1 and Lumen-2 differ in the language model?")
    assert (answer.kind, [v.paper.name for v in answer.papers]) == ("compare", ["Lumen-1", "Lumen-2"])
    first, second = (answer.citations[v.citations[0] - 1].quote for v in answer.papers)
    assert first == "It keeps the **language model** frozen and trains a bridge of 32 queries."
    assert second == "It trains the language model on long video."


def test_a_comparison_with_nobody_is_refused(library: Assistant) -> None:
    answer = library.ask("What is the difference between Corvid and Zebra-X?")
    assert (answer.abstained, answer.papers) == (True, ())
    assert "“Zebra-X”" in answer.text


def test_similar_papers_are_given_best_first_with_reasons(library: Assistant) -> None:
    answer = library.ask("Which papers are similar to Sable?")
    assert (answer.kind, [v.paper.name for v in answer.papers]) == ("similar", ["Corvid"])
    assert quotes(answer)[0] == "It does not handle long video."


@pytest.mark.parametrize(
    "question",
    ["Which model trains a bridge?", "What is Lumen-1?", "Does Lumen-1 freeze the LLM?", "Which models handle music?"],
)
def test_filters_hold_for_every_kind_of_question(library: Assistant, question: str) -> None:
    inside = library.ask(question, filters=Filters(years=(2021, 2022)))
    outside = library.ask(question, filters=Filters(years=(2023, 2023)))
    assert inside.papers
    assert outside.papers == ()


def test_similar_papers_are_sought_within_the_filters(library: Assistant) -> None:
    answer = library.ask("Which papers are similar to Sable?", filters=Filters(org="Google"))
    assert answer.papers
    assert {v.paper.id for v in answer.papers} <= {find_paper(library, n).id for n in ("Lumen-1", "Lumen-2")}
    assert library.ask("Which papers are similar to Sable?", filters=Filters(org="Tencent")).abstained


@pytest.mark.parametrize("text", ["Why does Lumen-1 fine-tune the LLM?", "为什么 Lumen-1 要微调语言模型？"])
def test_a_reason_for_what_is_not_so_is_refused_with_what_is_so(library: Assistant, text: str) -> None:
    answer = library.ask(text)
    assert answer.abstained
    assert "It keeps the **language model** frozen and trains a bridge of 32 queries." in [
        c.quote for c in answer.citations
    ]


def test_a_reason_for_what_is_so_is_answered(library: Assistant) -> None:
    assert not library.ask("Why does Lumen-1 freeze the LLM?").abstained
