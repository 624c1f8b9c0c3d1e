"""Papers like a paper or a text: what each side adds, an order that is always the same, reasons that hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search.small_library import NOTES, find_paper, make_library, open_catalogue
from vlmrag.assistant import Assistant
from vlmrag.errors import UsageError
from vlmrag.search.likeness import WEIGHTS
from vlmrag.search.map import project_papers
from vlmrag.search.reasons import KINDS, Ground, find_grounds
from vlmrag.search.similar import Likeness, find_like, rank_similar
from vlmrag.types import Paper

SAID = "- It reads long video and answers questions.\n"
LINK = "- paper: https://arxiv.org/abs/"
ALIKE = f"""# Notes on Reading Things

## Video

### Alpha
{LINK}2001.00001
{SAID}
### Beta
{LINK}2001.00002
{SAID}
### Gamma
{LINK}2001.00003
{SAID}
## Sound

### Delta
{LINK}2001.00004
- It sings.

### Epsilon
{LINK}2401.00005
- It sings.
"""
TAGGED = """# Notes

## Rowan: Leaves
- paper: https://arxiv.org/abs/2201.00001
- tags: trees, autumn
- It keeps the language model frozen in image captioning.

## Rowan-2: More Leaves
- paper: https://arxiv.org/abs/2301.00002
- tags: trees
- The frozen language model is told of image captioning, see https://video.example.org/ocean.

## Ocean
- paper: https://arxiv.org/abs/2301.00003
- tags: water
- It goes beyond Rowan in speech recognition, see https://video.example.org/other.
"""


def rank(assistant: Assistant, name: str, k: int = 10) -> list[Likeness]:
    return rank_similar(find_paper(assistant, name), open_catalogue(assistant), k)


def explain(assistant: Assistant, name: str, other: str) -> dict[str, Ground]:
    paper, catalogue = find_paper(assistant, name), open_catalogue(assistant)
    likeness = next(x for x in rank_similar(paper, catalogue, 100) if x.paper.name == other)
    return {ground.side: ground for ground in find_grounds(paper, likeness, catalogue)}


def show_places(ground: Ground) -> list[tuple[str, str]]:
    return [(paper.name, sentence.text) for paper, sentence in ground.places]


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("alike"), {"a.md": ALIKE})


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return make_library(tmp_path_factory.mktemp("tagged"), {"b.md": TAGGED})


def all_pairs(assistant: Assistant) -> Iterator[tuple[Paper, Likeness]]:
    for paper in assistant.papers():
        for likeness in rank(assistant, paper.name, 100):
            yield paper, likeness


def test_the_weights_are_shares_of_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert WEIGHTS.keys() == KINDS.keys()


def test_alike_in_all_is_first_and_ties_stand_as_in_the_library(alike: Assistant) -> None:
    ranked = rank(alike, "Alpha")
    assert [x.paper.name for x in ranked[:2]] == ["Beta", "Gamma"]
    beta, gamma = (dict(x.sides) for x in ranked[:2])
    assert all(beta[side] == gamma[side] for side in ("section", "words", "subjects", "time"))
    assert beta["time"] == WEIGHTS["time"]


def test_years_apart_add_less(alike: Assistant) -> None:
    time = {x.paper.name: dict(x.sides).get("time") for x in rank(alike, "Alpha")}
    assert time["Epsilon"] == round(WEIGHTS["time"] * math.exp(-1), 4)


def test_a_section_counts_for_those_below_it_alone(alike: Assistant) -> None:
    below = {x.paper.name for x in rank(alike, "Alpha") if "section" in dict(x.sides)}
    assert below == {"Beta", "Gamma"}
    ground = explain(alike, "Alpha", "Beta")["section"]
    assert (ground.shared, show_places(ground)) == (("Video",), [("Alpha", "Video"), ("Beta", "Video")])


def test_the_file_that_holds_everything_is_no_section(tagged: Assistant) -> None:
    assert not any("section" in dict(x.sides) for _, x in all_pairs(tagged))


def test_what_sides_add_is_the_score(library: Assistant, tagged: Assistant) -> None:
    for assistant in (library, tagged):
        for _, likeness in all_pairs(assistant):
            assert likeness.score == pytest.approx(sum(added for _, added in likeness.sides), abs=1e-9)
            assert 0 < likeness.score <= 1
            assert all(0 < added <= WEIGHTS[side] for side, added in likeness.sides)


def test_the_best_few_are_the_first_of_all(library: Assistant) -> None:
    for paper in library.papers():
        ranked = rank(library, paper.name, 100)
        assert paper.name not in [x.paper.name for x in ranked]
        assert [rank(library, paper.name, k) for k in (0, 1, 3)] == [[], ranked[:1], ranked[:3]]


def test_only_those_among_are_ranked(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    allowed = [find_paper(library, "Marten"), find_paper(library, "Lumen-1")]
    found = rank_similar(find_paper(library, "Sable"), catalogue, 10, allowed)
    whole = [x for x in rank_similar(find_paper(library, "Sable"), catalogue, 100) if x.paper in allowed]
    assert found == whole


def test_every_reason_stands_in_the_papers_own_entries(library: Assistant, tagged: Assistant) -> None:
    for assistant in (library, tagged):
        catalogue = open_catalogue(assistant)
        for paper, likeness in all_pairs(assistant):
            for ground in find_grounds(paper, likeness, catalogue):
                assert ground.places, ground
                for owner, sentence in ground.places:
                    assert owner in (paper, likeness.paper)
                    assert sentence.document in owner.documents
                    source = catalogue.documents[sentence.document].source
                    assert catalogue.index.source(source).text[sentence.start : sentence.end] == sentence.text


def test_shared_words_stand_in_the_sentences_of_both(library: Assistant) -> None:
    glossary = open_catalogue(library).glossary
    seen = 0
    for paper, likeness in all_pairs(library):
        for ground in find_grounds(paper, likeness, open_catalogue(library)):
            if ground.side in ("words", "subjects"):
                for owner in (paper, likeness.paper):
                    held = {t for p, s in ground.places if p == owner for t in s.terms}
                    assert {t for word in ground.shared for t in glossary.terms(word)} <= held
                    seen += 1
    assert seen > 10


def test_shared_tags_attributes_and_family(tagged: Assistant) -> None:
    grounds = explain(tagged, "Rowan", "Rowan-2")
    assert grounds["tags"].shared == ("trees",)
    assert show_places(grounds["tags"]) == [("Rowan", "tags: trees, autumn"), ("Rowan-2", "tags: trees")]
    assert grounds["attributes"].shared == ("frozen llm",)
    assert "image captioning" in grounds["subjects"].shared
    assert grounds["family"].shared == ("Rowan", "Rowan-2")
    assert grounds["time"].shared == ("2022", "2023")


def test_who_is_named_is_told_by_the_sentence(tagged: Assistant) -> None:
    said = [("Ocean", "It goes beyond Rowan in speech recognition, see https://video.example.org/other.")]
    for name, other in (("Ocean", "Rowan"), ("Rowan", "Ocean")):
        ground = explain(tagged, name, other)["mention"]
        assert (ground.shared, show_places(ground)) == (("Ocean", "Rowan"), said)


def test_addresses_are_no_words(tagged: Assistant) -> None:
    grounds = explain(tagged, "Rowan-2", "Ocean")
    assert not {"video", "example", "ocean", "org"} & set(grounds["words"].shared if "words" in grounds else ())
    assert "family" not in grounds


def test_another_script_says_the_same(library: Assistant) -> None:
    best = rank(library, "Ermine")
    assert "attributes" in dict(next(x for x in best if x.paper.name == "Lumen-1").sides)  # 凍結 and frozen


def test_a_text_is_compared_too(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    text = "A model that answers questions about long videos, compared with Corvid"
    found = rank_similar(text, catalogue, 2)
    assert {x.paper.name for x in found} == {"Sable", "Corvid"}
    for likeness in found:
        for ground in find_grounds(text, likeness, catalogue):
            assert {paper for paper, _ in ground.places} == {likeness.paper}


def test_a_paper_is_known_in_any_form_of_its_name(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    lumen = find_paper(library, "Lumen-2")
    for words in ("Lumen-2", "lumen2", "2201.00002", "arXiv:2201.00002v3", "lumen 2: lumen goes on"):
        assert find_like(words, catalogue) == lumen
    abstract = "We beat Lumen-2 at describing what is seen in long and dark films, with sound"
    assert find_like(abstract, catalogue) == abstract


def test_what_nobody_knows_is_told_with_what_to_do(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    with pytest.raises(UsageError, match=r"no paper called Zzyzx; vlmrag papers lists them"):
        find_like("Zzyzx", catalogue)
    with pytest.raises(UsageError, match=r"no paper 1901\.12345: get it with vlmrag fetch 1901\.12345"):
        find_like("1901.12345", catalogue)


def test_a_library_of_one_or_two_papers_has_its_likenesses(tmp_path: Path) -> None:
    note = NOTES["table.md"]
    two = make_library(tmp_path / "two", {"t.md": note})
    assert [x.paper.name for x in rank(two, "Ermine")] == ["Otter-Mini"]
    one = make_library(tmp_path / "one", {"t.md": "\n".join(note.split("\n")[:5])})
    assert rank(one, "Ermine") == []


def test_the_map_is_the_same_each_time(library: Assistant) -> None:
    places = project_papers(open_catalogue(library))
    assert [p for p, _, _ in places] == library.papers()
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for _, x, y in places)
    assert max(abs(x) for _, x, _ in places) == max(abs(y) for _, _, y in places) == 1.0
    assert places == Assistant(library.config).map_papers()
