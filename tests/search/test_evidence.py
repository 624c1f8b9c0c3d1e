"""Evidence: shares that can be computed by hand, what headings add, and who a sentence speaks of."""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.small_library import find_paper, make_library, open_catalogue
from vlmrag.assistant import Assistant
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import (
    CONTEXT_SHARE,
    HEADED_SHARE,
    _closeness,
    cover,
    cover_paper,
    prefer_language,
    weigh_all,
    weigh_sentence,
)
from vlmrag.search.question import read_question
from vlmrag.types import Sentence


class Weights:
    """A catalogue that knows only what terms weigh: `cover` takes the roots, 1, 2 and 3."""

    def weigh(self, term: str) -> float:
        return {"a": 1.0, "b": 4.0, "c": 9.0}[term]


KNOWN = cast(Catalogue, Weights())


@pytest.mark.parametrize(
    ("wanted", "held", "context", "share"),
    [
        ([("a",)], "a", {}, 1.0),
        ([("a",)], "", {}, 0.0),
        ([("a",), ("b",), ("c",)], "ac", {}, 4 / 6),
        ([("a",), ("b",), ("c",)], "c", {"b": 0.5}, 4 / 6),
        ([("b", "c")], "bc", {}, 1.0),
        ([("b", "c")], "b", {}, (2 * 2 / 5) / 5),  # "rate" is not "learning rate"
        ([("a",), ("b", "c")], "ac", {}, (1 + 3 * 3 / 5) / 6),
        ([("b", "c")], "b", {"c": 1.0}, 1.0),
        ([], "a", {}, 0.0),
    ],
)
def test_shares_by_hand(wanted: list[tuple[str, ...]], held: str, context: dict[str, float], share: float) -> None:
    assert cover(wanted, set(held), KNOWN, context) == pytest.approx(share)


CONCEPTS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True).map(tuple), max_size=4)


@given(CONCEPTS, st.sets(st.sampled_from("abc")), st.sampled_from("abc"))
def test_holding_more_is_never_worse(wanted: list[tuple[str, ...]], held: set[str], more: str) -> None:
    share = cover(wanted, held, KNOWN)
    assert 0 <= share <= cover(wanted, held | {more}, KNOWN) + 1e-12 <= 1 + 1e-9
    assert cover(wanted, held, KNOWN, {more: 0.5}) >= share


@pytest.mark.parametrize(
    ("terms", "worth"),
    [
        ("a b", 1.0),
        ("b x x a", 1.0),  # two words between them cost nothing
        ("a x x x b", 0.95),
        ("a x x x x b", 0.9),
        ("a x x x x x x x x x x x x b", 0.7),
        ("a x x x x x x x b x x a", 1.0),  # the narrowest place counts
        ("x a x", 1.0),
        ("x", 1.0),
    ],
)
def test_what_stands_together_counts_more(terms: str, worth: float) -> None:
    assert _closeness([("a", "b")], terms.split()) == pytest.approx(worth)


def test_a_term_weighs_by_how_few_documents_have_it(catalogue: Catalogue) -> None:
    documents = 11
    for term, holders in (("video", 3), ("speech", 2), ("corvid", 2)):
        weight = math.log(1 + (documents - holders + 0.5) / (holders + 0.5))
        assert catalogue.weigh(term) == pytest.approx(weight)
    assert catalogue.weigh("video") < catalogue.weigh("speech")
    assert not catalogue.knows("zebra")


LINK = "- paper: https://arxiv.org/abs/2001.0000"
HEADED = """# Notes on Many Things

## Video

### Alpha
- paper: https://arxiv.org/abs/2001.00001
- It counts frames quickly.

## Video, sound and touch

### Beta
- paper: https://arxiv.org/abs/2001.00002
- It counts frames quickly.

## Touch

### Gamma
- paper: https://arxiv.org/abs/2001.00003
- It counts frames of video quickly.
"""


@pytest.fixture(scope="module")
def headed(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("headed"), {"headed.md": HEADED})


@pytest.mark.parametrize(("name", "score"), [("Alpha", HEADED_SHARE), ("Beta", CONTEXT_SHARE), ("Gamma", 1.0)])
def test_a_heading_speaks_for_its_entries(headed: Assistant, name: str, score: float) -> None:
    catalogue = open_catalogue(headed)
    question = read_question("Which models are about video?", catalogue)
    best = weigh_all(question, find_paper(headed, name), catalogue)[0]
    assert best.sentence.text.startswith("It counts")
    assert best.score == pytest.approx(score)


def sentence_of(library: Assistant, name: str, start: str) -> Sentence:
    catalogue = open_catalogue(library)
    return next(s for s in catalogue.sentences(find_paper(library, name)) if s.text.startswith(start))


@pytest.mark.parametrize(
    ("question", "name", "start", "stance"),
    [
        ("Which models handle speech?", "Corvid", "It handles", "says"),
        ("Which models handle long video?", "Corvid", "It does not", "denies"),
        ("Which models do not handle long video?", "Corvid", "It does not", "says"),
        ("Which models do not handle speech?", "Corvid", "It handles", "denies"),
        ("Which models use object detectors?", "Lumen-2", "Unlike", "others"),
        ("Which models read raw pixels?", "Lumen-2", "Unlike", "others"),
        ("Which models work without object detectors?", "Lumen-2", "Unlike", "says"),
        ("哪些模型支持音频？", "Marten", "不支持", "denies"),
        ("哪些模型不支持音频？", "Marten", "不支持", "says"),
    ],
)
def test_who_is_spoken_of(library: Assistant, question: str, name: str, start: str, stance: str) -> None:
    catalogue = open_catalogue(library)
    evidence = weigh_sentence(read_question(question, catalogue), sentence_of(library, name, start), catalogue)
    assert evidence.stance == stance
    assert evidence.score > 0.9


def test_what_is_said_in_one_place_is_said_of_one_thing(tmp_path: Path) -> None:
    near = "- It reads speech.\n- It is small.\n- It reads video.\n"
    far = "- It reads speech.\n" + "- It is small and quick.\n" * 8 + "- It reads video.\n"
    assistant = make_library(tmp_path, {"a.md": f"# Notes\n\n## Alpha\n{LINK}1\n{near}\n## Beta\n{LINK}2\n{far}"})
    catalogue = open_catalogue(assistant)
    question = read_question("Which models read speech and video?", catalogue)
    shares = [cover_paper(question, find_paper(assistant, name), catalogue) for name in ("Alpha", "Beta")]
    assert shares[0] == 1.0
    assert shares[1] < 0.8


def test_a_bare_name_a_link_and_a_number_are_no_evidence(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    ermine, lumen = find_paper(library, "Ermine"), find_paper(library, "Lumen-1")
    bare = [s.text for p in (ermine, lumen) for s in catalogue.sentences(p) if catalogue.is_bare(s, p)]
    assert bare == ["Ermine", "https://arxiv.org/abs/2305.00006", "2023", "paper: https://arxiv.org/abs/2101.00001"]


def test_of_equals_the_script_of_the_question_comes_first(library: Assistant) -> None:
    one, other = sentence_of(library, "Corvid", "It handles"), sentence_of(library, "Marten", "不支持")
    assert prefer_language([one, other], "en") == [one, other]
    assert prefer_language([one, other], "zh-Hant") == [other, one]
