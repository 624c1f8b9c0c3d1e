"""The oldest and the newest: what a question asks for, and which papers those are as far as their dates tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.answer.listing import answer_list
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.extremes import Extreme, choose_extreme
from vlmrag.search.question import read_question
from vlmrag.types import Filters, Paper


@pytest.mark.parametrize(
    ("text", "extreme"),
    [
        ("What is the oldest paper?", Extreme(newest=False)),
        ("Which are the three newest models?", Extreme(newest=True, count=3)),
        ("List the 2 most recent papers.", Extreme(newest=True, count=2)),
        ("最新的两篇论文是什么？", Extreme(newest=True, count=2)),
        ("最早的論文是哪一篇？", Extreme(newest=False)),
        ("Which papers did I read most recently?", Extreme(newest=True, read=True)),
        ("最近读的论文是哪篇？", Extreme(newest=True, read=True)),
        ("Which of Lumen-1 and Corvid is older?", Extreme(newest=False)),
        ("Which papers are about video?", None),
        ("最早一批论文有哪些？", None),
        ("What is the latest version of Corvid?", None),
    ],
)
def test_what_is_asked_for(catalogue: Catalogue, text: str, extreme: Extreme | None) -> None:
    assert read_question(text, catalogue, (), Filters()).extreme == extreme


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is the oldest paper?", ["Lumen-1"]),
        ("Which are the two newest papers?", ["Otter-Mini", "Ermine"]),
        ("Which is the newest model that handles long video?", ["Sable"]),
        ("Which is the oldest paper from Google?", ["Lumen-1"]),
        ("What is the newest paper of 2022?", ["Corvid"]),
        ("Which of Lumen-2 and Corvid is older?", ["Lumen-2"]),
    ],
)
def test_who_it_is(catalogue: Catalogue, text: str, names: list[str]) -> None:
    draft = answer_list(read_question(text, catalogue, (), Filters()), catalogue)
    assert [point.paper.name for point in draft.points] == names
    assert all(point.evidence for point in draft.points)


DATES = st.one_of(
    st.none(),
    st.integers(2019, 2021).map(str),
    st.tuples(st.integers(2019, 2021), st.integers(1, 3)).map(lambda d: f"{d[0]}-{d[1]:02}"),
    st.tuples(st.integers(2019, 2021), st.integers(1, 3), st.integers(1, 3)).map(
        lambda d: f"{d[0]}-{d[1]:02}-{d[2]:02}"
    ),
)


def first_day(date: str) -> str:
    return (date + "-01-01")[:10]


def last_day(date: str) -> str:
    return {4: date + "-12-31", 7: date + "-31", 10: date}[len(date)]


@given(st.lists(DATES, max_size=8), st.integers(1, 3), st.booleans())
def test_a_paper_is_in_unless_enough_others_surely_come_before_it(
    dates: list[str | None], count: int, newest: bool
) -> None:
    papers = [Paper(str(n), str(n), date=date) for n, date in enumerate(dates)]
    chosen = choose_extreme(papers, Extreme(newest, count), None)  # type: ignore[arg-type]  # it asks none of it

    def surely_before(other: str, own: str) -> bool:
        return first_day(other) > last_day(own) if newest else last_day(other) < first_day(own)

    known = [date for date in dates if date]
    expected = {
        str(n) for n, date in enumerate(dates) if date and sum(surely_before(other, date) for other in known) < count
    }
    assert {paper.id for paper in chosen} == expected
    order = [paper.date or "" for paper in chosen]
    assert order == sorted(order, reverse=newest)
