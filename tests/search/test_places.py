"""What part of a library a question points at."""

from __future__ import annotations

import pytest

from tests.search.small_library import make_library, open_catalogue
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.places import find_headings, find_shape, read_month, read_shapes
from vlmrag.search.question import read_question
from vlmrag.types import Document, Field, Filters, Work

HEADINGS = ("Vision-Language frameworks", "Others", "Multimodal learning", "2024.1.10", "Large language models")


@pytest.mark.parametrize(
    ("text", "named", "rest"),
    [
        ('What is listed under "Others"?', ["others"], "What is listed "),
        (
            "連結清單的 Vision-Language frameworks 底下，「Others」列了哪些？",
            ["vision-language frameworks", "others"],
            None,
        ),
        ("Which papers stand in the Multimodal learning section?", ["multimodal learning"], None),
        ("日记里 2024 年 1 月 10 号那天读了哪几篇？", ["2024.1.10"], None),
        ("Which large language models are frozen?", [], "Which large language models are frozen?"),
        ('Which works does the "Large language models" note list?', [], None),
        ("Which of the others are from 2023?", [], None),
        ("日记里 2024 年 1 月 11 号读了哪几篇？", [], None),
    ],
)
def test_a_heading_counts_where_it_is_pointed_at(text: str, named: list[str], rest: str | None) -> None:
    found, spans = find_headings(text, HEADINGS)
    assert found == named
    if rest is not None:
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + text[end:]
        assert text.rstrip('?"') == rest.rstrip("?")


def _make_entry(source: str, start: int, *heading: str) -> Document:
    work = Work((Field("name", "A", start, start + 1),))
    return Document(f"{source}{start}", source, "note", start, start + 1, 1, heading, (work,))


def test_a_note_has_the_form_of_most_of_its_entries() -> None:
    texts = {"d": "A\nA\nA\n", "t": "| A | b |\n| A | c |\n", "l": "A\nA\n"}
    entries = [
        _make_entry("d", 0, "2024.1.10"),
        _make_entry("d", 2, "2024 年 2 月 3 日"),
        _make_entry("d", 4, "Later"),
        _make_entry("t", 2, "Models"),
        _make_entry("t", 12, "Models"),
        _make_entry("l", 0, "Links"),
    ]
    shapes = read_shapes(entries, texts)
    assert shapes == {"diary": frozenset({"d"}), "table": frozenset({"t"})}
    assert find_shape("Going by the diary, what is new?", shapes) == ("d", (6, 18))
    assert find_shape("表格裡哪些是新的？", shapes) == ("t", (0, 3))
    assert find_shape("Which tables does it print?", shapes) is None
    assert find_shape("in the table", {"diary": frozenset(), "table": frozenset({"t", "u"})}) is None


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("Which papers are from Q1 2023?", (1, 3)),
        ("Which papers are from the second half of 2023?", (7, 12)),
        ("Which papers came out between April and June 2023?", (4, 6)),
        ("2023 年第一季(1 到 3 月)的論文？", (1, 3)),
        ("2023 年 5 月的论文有哪些？", (5, 5)),
        ("Which papers are from December 2023?", (12, 12)),
        ("Which papers are from 2023?", None),
    ],
)
def test_months_limit_a_list_in_its_year(catalogue: Catalogue, text: str, months: tuple[int, int] | None) -> None:
    question = read_question(text, catalogue)
    assert (question.filters, question.alternatives) == (Filters(years=(2023, 2023), months=months), ())


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Which papers appeared in or before 2017?", (0, 2017)),
        ("Which pre-2018 papers are there?", (0, 2017)),
        ("everything up to and including 2019", (0, 2019)),
        ("2017 年及更早的论文有哪些？", (0, 2017)),
        ("不晚於 2019 年的論文", (0, 2019)),
        ("早于 2018 年的论文有哪些？", (0, 2017)),
        ("不早于 2022 年的论文有哪些？", (2022, 9999)),
        ("晚于 2021 年的论文有哪些？", (2022, 9999)),
        ("Which post-2021 papers are there?", (2022, 9999)),
    ],
)
def test_years_that_are_open_on_one_side(catalogue: Catalogue, text: str, years: tuple[int, int]) -> None:
    question = read_question(text, catalogue)
    assert (question.kind, question.filters, question.alternatives) == ("list", Filters(years=years), ())


@pytest.mark.parametrize(
    ("text", "years", "months"),
    [
        ("Which papers came out since May 2023?", (2023, 9999), (5, 12)),
        ("Which papers came out after May 2023?", (2023, 9999), (6, 12)),
        ("Which papers came out after December 2023?", (2024, 9999), None),
        ("Which papers came out before June 2023?", (0, 2023), (1, 5)),
        ("2023 年 6 月以前的论文有哪些？", (0, 2023), (1, 5)),
        ("2023 年 6 月以來的論文有哪些？", (2023, 9999), (6, 12)),
        ("Which papers came out before January 2023?", (0, 2022), None),
        ("Which papers came out up to March 2023?", (0, 2023), (1, 3)),
    ],
)
def test_spans_that_begin_or_end_in_a_month(
    catalogue: Catalogue, text: str, years: tuple[int, int], months: tuple[int, int] | None
) -> None:
    question = read_question(text, catalogue)
    assert (question.filters, question.alternatives) == (Filters(years=years, months=months), ())


def test_a_month_bounds_its_own_year_alone(catalogue: Catalogue) -> None:
    dated = {p.name: p.date for p in catalogue.papers}
    chosen = {p.name for p in catalogue.select(Filters(years=(2021, 9999), months=(7, 12)))}
    assert chosen == {n for n, d in dated.items() if d and (d >= "2022" or d[:7] >= "2021-07")}


@pytest.mark.parametrize(
    ("heading", "month"),
    [
        ("2024.1", "2024-01"),
        ("2024.1.10", "2024-01"),
        ("2024-12-03", "2024-12"),
        ("2024 年 2 月 3 日", "2024-02"),
        ("2024年11月", "2024-11"),
        ("2024/13", ""),
        ("2024", ""),
        ("CVPR 2024.1", ""),
        ("Version 1.10", ""),
    ],
)
def test_the_month_of_a_heading_that_is_a_date(heading: str, month: str) -> None:
    assert read_month(heading) == month


DIARY = """# 日記

## 2024.1
### 2024.1.10
#### Marten
- 论文: https://arxiv.org/abs/2303.00004
- 支持长视频。

## 2024.2
### 2024.2.1
#### Sable
- 论文: https://arxiv.org/abs/2401.00005
- 支持音频。
"""


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return open_catalogue(make_library(tmp_path_factory.mktemp("diary"), {"diary.md": DIARY}))


@pytest.mark.parametrize(
    ("text", "filters", "names"),
    [
        ("Which papers did I read in January 2024?", Filters(read=("2024-01", "2024-01")), {"Marten"}),
        ("2024 年 2 月我讀了哪些論文？", Filters(read=("2024-02", "2024-02")), {"Sable"}),
        ("Which papers did I read in 2024?", Filters(read=("2024-01", "2024-12")), {"Marten", "Sable"}),
        ("Which papers did I read since February 2024?", Filters(read=("2024-02", "9999-12")), {"Sable"}),
        ("Which papers are from January 2024?", Filters(years=(2024, 2024), months=(1, 1)), {"Sable"}),
        # nothing was written then, so the papers' own dates are meant
        ("2023 年 3 月写了哪几篇论文？", Filters(years=(2023, 2023), months=(3, 3)), {"Marten"}),
    ],
)
def test_a_date_of_reading_is_not_one_of_publication(
    diary: Catalogue, text: str, filters: Filters, names: set[str]
) -> None:
    question = read_question(text, diary)
    assert (question.kind, question.filters, question.alternatives) == ("list", filters, ())
    assert {p.name for p in diary.select(filters)} == names


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("Which papers appeared at vision venues (CVPR, ICCV and the like)?", Filters(venue="CVPR | ICCV")),
        ("Which papers are from big companies (Google or Microsoft)?", Filters(org="Google | Microsoft")),
        ("由科技公司(谷歌、微軟這類)參與的論文有哪些？", Filters(org="Google | Microsoft")),
    ],
)
def test_names_listed_in_brackets_say_what_the_words_before_them_mean(
    catalogue: Catalogue, text: str, filters: Filters
) -> None:
    question = read_question(text, catalogue)
    assert (question.kind, question.filters, question.alternatives) == ("list", filters, ())


def test_brackets_that_list_no_name_are_read(catalogue: Catalogue) -> None:
    question = read_question("Which papers from Google handle long footage (video)?", catalogue)
    assert question.filters == Filters(org="Google")
    assert any("video" in concept for wanted in question.alternatives for concept in wanted)
