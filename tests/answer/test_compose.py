"""From a draft to an answer: marks in order, quotes as the file has them, and what is shown of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.search.small_library import READERS, find_paper, make_library
from vlmrag.answer.compose import _quote
from vlmrag.answer.proof import MARK
from vlmrag.assistant import Assistant
from vlmrag.types import Citation, Coverage


def show(words: str) -> str:
    """What an answer shows of a quote."""
    return _quote(Citation(1, None, None, "a.md", 0, len(words), 1, "", words)).removesuffix(" [1]")[1:-1]


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("It **keeps** the `LLM` _frozen_.", "It keeps the LLM frozen."),
        ("[BLIP](https://x.org/a) and ![fig](f.png) <b>bold</b><br/>", "BLIP and fig bold"),
        ('<span class="x">冻结</span>**语言模型**', "冻结语言模型"),
        ("see <https://x.org/a>", "see https://x.org/a"),
        ("loss < 0.5 and accuracy > 0.9", "loss < 0.5 and accuracy > 0.9"),
        ("a 5*5 grid, 2 * 3 heads", "a 5*5 grid, 2 * 3 heads"),
        ("snake_case_name and __init__", "snake_case_name and init"),
        ("as shown [3] and [12, 13]", "as shown \\[3\\] and [12, 13]"),
        ("two\n  lines", "two lines"),
        ("x" * 400, "x" * 300 + " …"),
    ],
)
def test_markup_is_left_out_of_what_is_shown(quote: str, shown: str) -> None:
    assert show(quote) == shown


def test_a_list_is_written_whole(library: Assistant) -> None:
    answer = library.ask("Which models freeze the language model?")
    assert answer.text == (
        "**2 of the 7 papers** say so.\n\n"
        "- **Lumen-1** (2021): “It keeps the language model frozen and trains a bridge of 32 queries.” [1]\n"
        "- **Ermine** (2023): “凍結語言模型，生成圖像。” [2]\n\n"
        "7 of 7 papers examined: 2 yes, 1 no, 1 depends, 3 not stated."
    )
    lumen = find_paper(library, "Lumen-1")
    start = READERS.index("It keeps")
    assert answer.citations[0] == Citation(
        marker=1,
        paper=lumen.id,
        paper_name="Lumen-1",
        source="data/notes/readers.md",
        start=start,
        end=READERS.index("\n", start),
        line=READERS[:start].count("\n") + 1,
        heading="Readers of Pictures > Frozen readers > Lumen-1: A Reader of Pictures",
        quote="It keeps the **language model** frozen and trains a bridge of 32 queries.",
    )
    assert answer.coverage == Coverage(papers=7, examined=7, yes=2, no=1, depends=1, not_stated=3)
    assert [(v.paper.name, v.says, v.citations, v.why) for v in (*answer.papers, *answer.considered)] == [
        ("Lumen-1", "yes", (1,), ""),
        ("Ermine", "yes", (2,), ""),
        ("Marten", "depends", (3, 4), "the opposite is stated too"),
        ("Lumen-2", "no", (5,), "says the opposite"),
    ]


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("哪些模型冻结了语言模型？", "7 篇论文中有 **2 篇**这样说。"),
        ("哪些模型凍結了語言模型？", "7 篇論文中有 **2 篇**這樣說。"),
        ("Which models generate images?", "**1 of the 7 papers** says so."),
        ("清华大学有哪些论文？", "所查的 **1 篇**论文这样说。"),
        ("Which papers came from Microsoft?", "**The one paper** in question says so."),
        ("Which models handle smell?", "None of the 7 papers in question says so."),
        ("How many queries does Lumen-1 use?", "Of **Lumen-1** (2021) the library says:"),
        ("Lumen-1 用了多少个查询？", "关于 **Lumen-1** (2021)，资料里写着："),
        ("Lumen-1 用了多少個查詢？", "關於 **Lumen-1** (2021)，資料裡寫著："),
        ("Does Corvid handle long video?", "**No,** not as the library has it. Of Corvid (2022) it says:"),
        ("Corvid 支持语音吗？", "**是。** 关于 Corvid (2022)，资料里写着："),
        ("Marten 是否凍結語言模型？", "**視情況而定。** 關於 Marten (2023)，資料裡寫著："),
        ("Which paper trains a bridge?", "It is **Lumen-1** (2021):"),
        ("Compare Lumen-1 and Corvid.", "Side by side:"),
        ("Which papers are similar to Sable?", "Most like **Sable** in this library:"),
        ("What does Zebra do?", "The library does not say. The library does not know “Zebra”."),
        ("How many layers does Corvid have?", "The library does not say."),
    ],
)
def test_leads(library: Assistant, question: str, lead: str) -> None:
    assert library.ask(question).text.split("\n\n")[0] == lead


def test_marks_are_numbered_in_the_order_of_the_text(library: Assistant) -> None:
    for question in ("Compare Lumen-1 and Corvid.", "What is Marten?", "Which models handle long video?"):
        marks = list(dict.fromkeys(int(n) for n in MARK.findall(library.ask(question).text)))
        assert marks == list(range(1, len(marks) + 1))


def test_a_notes_own_bracket_makes_no_mark(library: Assistant) -> None:
    answer = library.ask("How many image-text pairs does Lumen-1 read?")
    assert "“It reads 4 million image-text pairs \\[3\\].” [1]" in answer.text
    assert answer.citations[0].quote == "It reads 4 million image-text pairs [3]."


def test_a_name_with_a_bracket_makes_no_mark(tmp_path: Path) -> None:
    note = "# Notes\n\n## Alpha [7]: A Model\n- paper: https://arxiv.org/abs/2001.00001\n- It handles speech.\n"
    answer = make_library(tmp_path, {"a.md": note}).ask("Which models handle speech?")
    assert [v.paper.name for v in answer.papers] == ["Alpha [7]"]
    assert MARK.findall(answer.text) == ["1"]
