"""The contract of a keyword index, over all of them, against the formula."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.errors import IndexDamaged
from vlmrag.index.lexical import MAX_TERMS, LexicalIndex, PlainBm25, TantivyIndex

MAKERS: dict[str, Callable[[Path], LexicalIndex]] = {
    "plain": lambda folder: PlainBm25(),
    "tantivy on disk": lambda folder: TantivyIndex(folder / "keywords"),
    "tantivy in memory": lambda folder: TantivyIndex(),
}
TEXTS = {
    3: "freez llm train connector",
    5: "llm llm 冻结 结语 语言",
    7: "vision encod freez freez",
    9: 'a:b (c OR d) -e " f* ^2 [x TO y] AND \\ NOT',
}


def fill(index: LexicalIndex, texts: dict[int, str] = TEXTS) -> LexicalIndex:
    index.add(list(texts), [text.split() for text in texts.values()])
    index.commit()
    return index


def rounded(hits: list[tuple[int, float]]) -> list[tuple[int, float]]:
    return [(row, round(score, 4)) for row, score in hits]


@pytest.fixture(params=MAKERS)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> LexicalIndex:
    return MAKERS[request.param](tmp_path)


def test_one_score_by_hand(index: LexicalIndex) -> None:
    fill(index)
    lengths = [len(text.split()) for text in TEXTS.values()]
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    norm = 1.2 * (0.25 + 0.75 * 5 / (sum(lengths) / 4))
    ((row, score),) = index.search(["llm"], 1)
    assert row == 5
    assert score == pytest.approx(idf * 2.2 * 2 / (2 + norm), rel=1e-5)


@pytest.mark.parametrize(
    "question", ["freez", "llm freez", "llm llm freez", "冻结 语言 llm", "nothing", "", 'a:b OR " (c']
)
def test_search_and_score_agree_with_the_double(index: LexicalIndex, question: str) -> None:
    fill(index)
    exact, words = fill(PlainBm25()), question.split()
    assert rounded(index.search(words, 10)) == rounded(exact.search(words, 10))
    assert rounded(index.search(words, 1)) == rounded(exact.search(words, 1))
    assert rounded(index.search(words, 9, among=[5, 7, 99])) == rounded(exact.search(words, 9, among=[5, 7, 99]))
    assert index.score(words, [9, 3, 5]) == pytest.approx(exact.score(words, [9, 3, 5]), rel=1e-5)


def test_no_text_scores_above_the_bound(index: LexicalIndex) -> None:
    fill(index)
    idf = [math.log(1 + (4 - n + 0.5) / (n + 0.5)) for n in (2, 0)]  # "freez" stands in two texts, "zebra" in none
    assert index.bound(["freez", "freez", "zebra"]) == pytest.approx(2.2 * (2 * idf[0] + idf[1]))
    assert index.bound([]) == 0
    index.add([30], [["freez"] * 5000])
    index.commit()
    assert 0.99 < index.search(["freez"], 1)[0][1] / index.bound(["freez"]) < 1


def test_the_signs_of_a_query_language_are_words_like_others(index: LexicalIndex) -> None:
    fill(index)
    for word in TEXTS[9].split():
        assert [row for row, _ in index.search([word], 5)] == [9]


def test_ties_go_to_the_smaller_row_even_across_the_edge(index: LexicalIndex) -> None:
    fill(index, dict.fromkeys(range(200, 100, -1), "same words"))
    assert [row for row, _ in index.search(["same"], 3)] == [101, 102, 103]


def test_white_space_in_a_word_parts_it(index: LexicalIndex) -> None:
    fill(index, {1: "x"} | {2: "y"})
    index.add([5], [["deep\u3000learning\x1cnow", ""]])
    index.commit()
    assert [row for row, _ in index.search(["learning"], 3)] == [5]
    assert [row for row, _ in index.search(["now\u00a0deep"], 3)] == [5]


def test_nothing_is_seen_before_commit_and_clear_leaves_no_trace(index: LexicalIndex) -> None:
    fill(index)
    index.remove([3, 77])
    index.add([11], [["connector"]])
    assert index.rows() == [3, 5, 7, 9]
    index.commit()
    assert index.rows() == [5, 7, 9, 11]
    assert len(index) == 4
    index.clear()
    fresh = {5: TEXTS[5], 12: TEXTS[3]}
    fill(index, fresh)
    assert rounded(index.search(["llm", "freez"], 5)) == rounded(fill(PlainBm25(), fresh).search(["llm", "freez"], 5))
    index.clear()
    index.commit()
    assert (len(index), index.rows(), index.search(["llm"], 5)) == (0, [], [])


def test_a_question_of_a_hundred_thousand_characters(index: LexicalIndex) -> None:
    fill(index, {row: f"common w{row}" for row in range(1, 1200)})
    words = ["common"] * 5000 + [f"w{row}" for row in range(1, 1200)] + [f"unknown{n}" for n in range(9000)]
    random.Random(0).shuffle(words)
    hits = index.search(words, 3000)
    assert len(hits) == MAX_TERMS
    assert index.search(["x" * 70_000], 3) == []


def test_tantivy_on_disk_is_read_again(tmp_path: Path) -> None:
    fill(TantivyIndex(tmp_path))
    again = TantivyIndex(tmp_path)
    assert rounded(again.search(["llm"], 5)) == rounded(fill(PlainBm25()).search(["llm"], 5))
    reader = TantivyIndex(tmp_path)
    fill(again, {20: "llm"})
    assert (again.rows(), reader.rows()) == ([3, 5, 7, 9, 20], [3, 5, 7, 9])


def test_tantivy_says_what_it_cannot_read(tmp_path: Path) -> None:
    fill(TantivyIndex(tmp_path))
    (tmp_path / "meta.json").write_bytes(b"{")
    with pytest.raises(IndexDamaged, match="cannot be read by tantivy"):
        TantivyIndex(tmp_path)


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=8)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(0, 50), WORDS, min_size=1, max_size=20), WORDS, st.integers(1, 6))
def test_any_texts_agree_with_the_double(texts: dict[int, list[str]], question: list[str], k: int) -> None:
    found: list[Any] = []
    for index in (PlainBm25(), TantivyIndex()):
        index.add(list(texts), list(texts.values()))
        index.commit()
        found.append(index.search(question, k))
    exact, other = found
    assert [score for _, score in other] == pytest.approx([score for _, score in exact], rel=1e-5)
