"""Fusion of the two rankers: its algebra, how far either side is believed, and what a query is searched by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.small_library import find_paper
from vlmrag.assistant import Assistant
from vlmrag.index.encoder import load_encoder
from vlmrag.language.glossary import Glossary
from vlmrag.search.fusion import even_scores, fuse_scores, share_trust, support_passages
from vlmrag.search.retriever import Retriever, append_deeper
from vlmrag.search.wording import word_query

NAMES = st.sampled_from("abcdefgh")
SCORES = st.dictionaries(NAMES, st.integers(-50, 50).map(float), max_size=8)
WEIGHTS = st.integers(0, 16).map(lambda n: n / 16)


@pytest.fixture(scope="module")
def retriever(library: Assistant) -> Retriever:
    return library._retriever


def scale(scores: dict[str, float]) -> dict[str, float]:
    """To 0..1, by the definition."""
    spread = max(scores.values()) - min(scores.values())
    return {c: (s - min(scores.values())) / spread if spread else 1.0 for c, s in scores.items()}


def test_a_sum_that_can_be_done_in_the_head() -> None:
    dense, lexical = {"a": 0.9, "b": 0.5, "c": 0.1}, {"b": 30.0, "c": 10.0, "d": 20.0}
    assert fuse_scores(dense, lexical, 0.5) == {"a": 0.5, "b": 0.75, "c": 0.0, "d": 0.25}


@given(SCORES, SCORES, WEIGHTS)
def test_every_passage_of_either_side_has_a_score_from_0_to_1(
    dense: dict[str, float], lexical: dict[str, float], weight: float
) -> None:
    fused = fuse_scores(dense, lexical, weight)
    assert list(fused) == sorted({*dense, *lexical})
    assert all(0 <= score <= 1 for score in fused.values())


@given(SCORES.filter(bool), SCORES.filter(bool))
def test_the_whole_weight_is_one_side_alone(dense: dict[str, float], lexical: dict[str, float]) -> None:
    assert fuse_scores(dense, lexical, 1.0) == {c: scale(dense).get(c, 0.0) for c in {*dense, *lexical}}
    assert fuse_scores(dense, lexical, 0.0) == {c: scale(lexical).get(c, 0.0) for c in {*dense, *lexical}}


@given(SCORES.filter(bool), WEIGHTS)
def test_a_side_that_found_nothing_has_no_say(scores: dict[str, float], weight: float) -> None:
    assert fuse_scores(scores, {}, weight) == fuse_scores({}, scores, weight) == scale(scores)


@given(st.dictionaries(NAMES, st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2), WEIGHTS)
def test_who_is_better_on_both_sides_is_not_worse_fused(pairs: dict[str, tuple[int, int]], weight: float) -> None:
    fused = fuse_scores(
        {c: float(a) for c, (a, _) in pairs.items()}, {c: float(b) for c, (_, b) in pairs.items()}, weight
    )
    for one, (a, b) in pairs.items():
        for other, (x, y) in pairs.items():
            if a >= x and b >= y:
                assert fused[one] >= fused[other]


@given(SCORES.filter(bool), SCORES.filter(bool), WEIGHTS, st.sampled_from([0.5, 2.0, 8.0]), st.integers(-8, 8))
def test_neither_the_unit_nor_the_zero_of_a_side_matters(
    dense: dict[str, float], lexical: dict[str, float], weight: float, unit: float, zero: int
) -> None:
    other = {c: unit * s + zero for c, s in lexical.items()}
    assert fuse_scores(dense, other, weight) == pytest.approx(fuse_scores(dense, lexical, weight))


def test_the_weight_follows_what_each_side_could_read() -> None:
    assert share_trust(1.0, 0.5) == share_trust(1.0, 0.2) == 0.5  # both whole
    assert share_trust(0.5, 0.9) == pytest.approx(1 / 3)
    assert share_trust(1.0, 0.1) == pytest.approx(2 / 3)  # keywords found half of what they should
    assert (share_trust(0.0, 0.3), share_trust(1.0, 0.0), share_trust(0.0, 0.0)) == (0.0, 1.0, 0.5)


def test_a_passage_is_supported_by_its_document() -> None:
    places = {"a": ("long", 4), "b": ("long", 4), "c": ("short", 1)}
    assert support_passages({"a": 4.0, "b": 2.0, "c": 4.0}, places) == {
        "a": 4.0 + (4.0 + 2.0 + 2 * 4.0) / (4 + 2),
        "b": 2.0 + (4.0 + 2.0 + 2 * 4.0) / (4 + 2),
        "c": 4.0 + 4.0,
    }


@given(st.lists(st.floats(0, 50), min_size=1, max_size=6), st.integers(0, 40))
def test_a_document_supports_its_passages_at_most_as_well_as_its_best(found: list[float], others: int) -> None:
    scores = {str(number): score for number, score in enumerate(found)}
    supported = support_passages(scores, dict.fromkeys(scores, ("it", len(found) + others)))
    gains = [supported[passage] - score for passage, score in scores.items()]
    assert gains == pytest.approx([gains[0]] * len(gains))
    assert -1e-9 <= gains[0] <= max(found) + 1e-9


def test_scores_are_evened_out_among_neighbours_by_hand() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)  # cosines 0.8, 0 and 0.6
    first, second, third = even_scores([1.0, 0.0, 0.5], vectors)
    assert first == pytest.approx(0.8 * 1.0 + 0.2 * 0.0)
    assert second == pytest.approx(0.2 * (0.8 * 1.0 + 0.6 * 0.5) / 1.4)
    assert third == pytest.approx(0.8 * 0.5 + 0.2 * 0.0)
    assert even_scores([0.7], vectors[:1]) == [0.7]
    assert even_scores([0.7, 0.1], np.array([[1, 0], [-1, 0]], dtype=np.float32)) == [0.7, 0.1]  # nothing alike


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 99))
def test_evening_out_stays_within_the_scores(scores: list[float], seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(len(scores), 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    evened = even_scores(scores, vectors)
    assert all(min(scores) - 1e-9 <= score <= max(scores) + 1e-9 for score in evened)


@pytest.mark.parametrize(
    ("query", "english", "trust"),
    [
        ("long video", "long video", 1.0),
        ("魑视频", "video", 2 / 3),  # two of three characters are known
        ("魑魅魍魉", "", 0.0),  # nothing that the glossary knows
        ("语音 Corvid", "speech corvid", 1.0),
        ("魑魅魍魉 Corvid", "corvid", (6 / 2) / (4 + 6 / 2)),  # six letters weigh as three characters
        ("春天的瘟疫", "spring plague", 4 / 5),  # everyday words
    ],
)
def test_the_dense_side_is_believed_for_what_it_could_read(query: str, english: str, trust: float) -> None:
    wording = word_query(query, Glossary.load(), load_encoder("all-MiniLM-L6-v2"))
    assert wording.english == english
    assert wording.trust == pytest.approx(trust)


def test_an_encoder_that_reads_chinese_is_given_chinese() -> None:
    wording = word_query("语音输入", Glossary.load(), load_encoder("hashing"))
    assert (wording.english, wording.trust) == ("语音输入", 1.0)


def test_words_that_only_ask_are_not_looked_up() -> None:
    def read(query: str) -> tuple[str, ...]:
        return word_query(query, Glossary.load(), load_encoder("hashing")).words

    assert read("I am interested in papers that discuss long videos") == read("long videos") == ("long", "video")
    assert read("interesting papers") == ("interest", "paper")
    assert read("语音") == ("语", "语音", "音", "speech")


def test_a_query_in_any_script_finds_the_same(library: Assistant) -> None:
    for query in ("speech input", "语音输入", "語音輸入"):
        assert library.search(query, 1)[0].papers == (find_paper(library, "Otter-Mini").id,)


def test_hits_are_ranked_from_1_and_ties_go_by_the_passage(retriever: Retriever) -> None:
    hits = retriever.search("2023", 50)
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    assert hits == sorted(hits, key=lambda h: (-h.score, h.chunk.id))
    assert hits[0].score <= 1
    for side in ("dense", "lexical"):
        places = [place for h in hits for name, place in h.via if name == side]
        assert len(places) == len(set(places))


def test_fewer_hits_are_the_first_of_more(retriever: Retriever) -> None:
    many = retriever.search("long video", 9)
    for k in range(1, 9):
        assert retriever.search("long video", k) == many[:k]


@pytest.mark.parametrize("query", ["long video", "魑魅魍魉 Corvid", "2023"])
def test_what_lies_deeper_changes_nothing_above(
    retriever: Retriever, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = len(retriever.search(query, 99))
    monkeypatch.setattr("vlmrag.search.retriever.POOL", 3)
    many = [(hit.chunk.id, hit.score) for hit in retriever.search(query, 99)]
    assert len(many) == everything
    assert [score for _, score in many] == sorted((score for _, score in many), reverse=True)
    for k in range(1, everything):
        assert [(hit.chunk.id, hit.score) for hit in retriever.search(query, k)] == many[:k]


def test_the_deeper_ones_follow_by_hand() -> None:
    assert append_deeper({"a": 0.9, "b": 0.25}, {"a": 0.5, "c": 1.0, "b": 0.4, "d": 0.1}) == {
        "a": 0.9,
        "b": 0.25,
        "c": 0.25,
        "d": -0.65,
    }


@pytest.mark.parametrize(("query", "k"), [("", 5), ("   ", 5), ("video", 0), ("video", -1)])
def test_nothing_asked_is_nothing_found(retriever: Retriever, query: str, k: int) -> None:
    assert retriever.search(query, k) == []


def test_a_search_stays_within_the_documents_given(retriever: Retriever, library: Assistant) -> None:
    inside = find_paper(library, "Corvid").documents
    assert {h.chunk.document for h in retriever.search("long video", 20, inside)} == set(inside)
    assert retriever.search("long video", 20, []) == []
