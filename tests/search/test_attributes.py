"""The attributes of a library's papers: own sections only, own subject only, fields with the words that state them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.search.small_library import make_library, open_catalogue
from vlmrag.search.attributes import COLUMNS, Attributes
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Paper

NOTE = """# Alpha: A Reader of Signs

- paper: https://arxiv.org/abs/2101.00001
- venue: CVPR 2021
- org: Google, Beijing

## Method
- Alpha uses a frozen ViT-B/16 as the vision encoder.
- Beta: the language model is Vicuna.

## Stage 1
- The projector between ViT and LLM is trained.

## Related work
- Gamma freezes the language model and uses a Q-Former.

## 参考文献
- Delta trains the text encoder.
"""
OTHERS = """# List

## Beta: A Second Reader
- paper: https://arxiv.org/abs/2202.00002
- We fine-tune the language model.

## A Survey of Readers
- paper: https://arxiv.org/abs/2303.00003
- This survey covers models with a frozen language model.
"""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return open_catalogue(make_library(tmp_path_factory.mktemp("parts"), {"alpha.md": NOTE, "others.md": OTHERS}))


def find_paper(catalogue: Catalogue, name: str) -> Paper:
    return next(paper for paper in catalogue.papers if name in (paper.name, paper.title))


def told(catalogue: Catalogue, name: str) -> list[tuple[str, str, str | None]]:
    found = Attributes(catalogue).of(find_paper(catalogue, name))
    return [(a.column, a.value, a.stage) for a in found if a.column not in ("orgs", "venue", "date")]


def test_only_what_a_paper_says_of_itself_is_read(catalogue: Catalogue) -> None:
    assert told(catalogue, "Alpha") == [
        ("frozen", "image_encoder", None),
        ("vision_encoder", "ViT-B/16", None),
        ("trained", "connector", "stage 1"),
        ("connector", "projector", "stage 1"),
    ]
    assert told(catalogue, "Beta") == [("trained", "llm", None)]


def test_a_survey_states_nothing_of_itself(catalogue: Catalogue) -> None:
    assert told(catalogue, "A Survey of Readers") == []


def test_fields_come_with_the_words_that_state_them(catalogue: Catalogue) -> None:
    attributes = Attributes(catalogue)
    alpha = find_paper(catalogue, "Alpha")
    fields = [(a.column, a.value, a.text) for a in attributes.of(alpha) if a.column in ("orgs", "venue", "date")]
    assert fields == [
        ("orgs", "Google", "Google"),
        ("venue", "CVPR 2021", "CVPR 2021"),
        ("date", "2021-01", "2101.00001"),
    ]
    assert attributes.column(alpha, "venue") == tuple(a for a in attributes.of(alpha) if a.column == "venue")


def test_every_attribute_has_a_column_and_a_sentence_of_the_paper(catalogue: Catalogue) -> None:
    for paper in catalogue.papers:
        places = {(s.document, s.start, s.end): s.text for s in catalogue.sentences(paper)}
        for one in Attributes(catalogue).of(paper):
            assert one.column in COLUMNS
            assert one.text in places[one.document, one.start, one.end]


def test_a_paper_is_read_once(catalogue: Catalogue) -> None:
    attributes = Attributes(catalogue)
    assert attributes.of(catalogue.papers[0]) is attributes.of(catalogue.papers[0])


def test_a_sentence_is_held_by_its_place_in_the_file(catalogue: Catalogue, tmp_path: Path) -> None:
    for paper in catalogue.papers:
        for one in Attributes(catalogue).of(paper):
            source = catalogue.documents[one.document].source
            assert one.text in catalogue.index.source(source).text[one.start : one.end]
