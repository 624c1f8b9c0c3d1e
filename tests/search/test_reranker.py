"""The contract of a reranker, over both, and what it changes in a search and in an answer."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.search.small_library import find_paper
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import EncoderError
from vlmrag.search.reranker import CrossEncoder, Reranker, load_reranker
from vlmrag.search.retriever import JUDGED, Retriever, let_judge

QUESTION = "Which model is frozen?"
TEXTS = ["A frozen model.", "", "冻结语言模型", "A frozen model.", "bread " * 2000]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of one layer with weights by chance, saved as sentence-transformers saves one."""
    models: Any = importlib.import_module("transformers")
    folder = tmp_path_factory.mktemp("cross-encoder")
    letters = [*"abcdefghijklmnopqrstuvwxyz?."]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    models.set_seed(7)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = models.BertConfig(vocab_size=len(words), max_position_embeddings=64, num_labels=1, **size)
    models.BertForSequenceClassification(config).save_pretrained(folder)
    models.BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return folder


@pytest.fixture(params=["overlap", pytest.param("tiny", marks=pytest.mark.slow)])
def reranker(request: pytest.FixtureRequest) -> Reranker:
    name = request.param
    return load_reranker(str(request.getfixturevalue("tiny_model")) if name == "tiny" else name)


def test_one_number_per_text_in_order(reranker: Reranker) -> None:
    scores = reranker.score(QUESTION, TEXTS)
    assert [type(score) for score in scores] == [float] * len(TEXTS)
    assert scores[0] == pytest.approx(scores[3], abs=1e-6)
    assert len(set(scores)) > 1
    assert reranker.score(QUESTION, []) == []


def test_a_score_depends_on_its_own_text_only(reranker: Reranker) -> None:
    together = reranker.score(QUESTION, TEXTS)
    alone = [reranker.score(QUESTION, [text])[0] for text in TEXTS]
    assert alone == pytest.approx(together, abs=1e-5)


def test_the_overlap_by_hand() -> None:
    assert load_reranker("overlap").score("a frozen zebra", ["zebras", "freezing zebras", "bread"]) == [0.5, 1.0, 0.0]


@pytest.mark.parametrize("name", ["no/such-model", "nosuch", "~nobody/x"])
def test_a_model_that_is_not_here_is_named(name: str) -> None:
    with pytest.raises(EncoderError, match=rf"The reranker {name} is not on this machine\. Give a folder"):
        load_reranker(name)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"is not on this machine"):
        load_reranker(str(tmp_path))


@pytest.mark.slow
def test_a_folder_that_holds_no_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(EncoderError, match=r"cannot be loaded as a cross-encoder"):
        CrossEncoder(str(tmp_path)).score("a", ["b"])


def test_those_judged_come_first_and_half_the_say_is_the_judges() -> None:
    fused, judged = {"a": 1.0, "b": 0.6, "c": 0.5, "d": 0.4}, {"a": -3.0, "b": 1.0, "c": 0.0}
    assert let_judge(fused, judged) == {
        "a": 0.5 + 0.5 * (0.5 * 0 + 0.5 * 1),
        "b": 0.5 + 0.5 * (0.5 * 1 + 0.5 * 0.2),
        "c": 0.5 + 0.5 * (0.5 * 0.75 + 0.5 * 0),
        "d": 0.2,
    }


class Wants:
    """Wants one word, and remembers what it was given."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.given: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        self.given = list(texts)
        return [float(self.word in text) for text in texts]


def test_a_search_is_judged_again(library: Assistant) -> None:
    plain = library._retriever
    assert plain.reranker is None
    judge = Wants("Corvid")
    found = Retriever(plain.index, plain.glossary, judge).search("long video", 9)
    before = plain.search("long video", JUDGED)
    assert judge.given == [hit.chunk.indexed for hit in before]
    wanted = [hit.chunk.id for hit in before if "Corvid" in hit.chunk.indexed]
    assert {hit.chunk.id for hit in found[: len(wanted)]} == set(wanted)
    assert ("reranker", 1) in {pair for hit in found for pair in hit.via}
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert Retriever(plain.index, plain.glossary, judge).search("long video", 3) == found[:3]


@pytest.fixture
def judged_library(library: Assistant) -> Assistant:
    return Assistant(replace(library.config, reranker="judge"))


def test_a_configured_reranker_serves_search_and_answers(
    library: Assistant, judged_library: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    judge = Wants("Sable")

    def note(question: str, texts: Sequence[str]) -> list[float]:
        asked.append(question)
        return Wants("Sable").score(question, texts)

    monkeypatch.setattr(judge, "score", note)
    monkeypatch.setattr("vlmrag.search.reranker.load_reranker", lambda name: judge)
    assert judged_library.search("long video", 1)[0].papers == (find_paper(library, "Sable").id,)
    judged_library.ask("Which model handles speech and music?")
    assert asked == ["long video", "Which model handles speech and music?"]


def test_the_environment_names_it(library: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLMRAG_RERANKER", "overlap")
    assert Config.load(library.config.home).reranker == "overlap"
    monkeypatch.setenv("VLMRAG_RERANKER", "")
    assert Config.load(library.config.home).reranker is None
