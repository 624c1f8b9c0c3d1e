"""The library as a question meets it: which papers meet which filters, and what their entries state."""

from __future__ import annotations

import pytest

from tests.search.small_library import find_paper
from vlmrag.assistant import Assistant
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Filters


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(), ["Marten", "Sable", "Lumen-1", "Lumen-2", "Corvid", "Ermine", "Otter-Mini"]),
        (Filters(years=(2021, 2022)), ["Lumen-1", "Lumen-2", "Corvid"]),
        (Filters(years=(2023, 9999)), ["Marten", "Sable", "Ermine", "Otter-Mini"]),
        (Filters(org="google"), ["Lumen-1", "Lumen-2"]),
        (Filters(org="清華"), ["Marten"]),
        (Filters(org="Stanford"), ["Lumen-2"]),
        (Filters(org="not Google"), ["Marten", "Corvid"]),
        (Filters(org="not Google | Microsoft"), ["Marten"]),
        (Filters(org="university"), ["Marten", "Lumen-2"]),
        (Filters(org="company"), ["Lumen-1", "Lumen-2", "Corvid"]),
        (Filters(org="not company"), ["Marten"]),
        (Filters(venue="not CVPR"), ["Sable", "Lumen-1"]),
        (Filters(venue="cvpr"), ["Lumen-2"]),
        (Filters(source="DIARY"), ["Marten", "Sable"]),
        (Filters(kind="note", org="Microsoft"), ["Corvid"]),
        (Filters(kind="pdf"), []),
        (Filters(paper="lumen 1"), ["Lumen-1"]),
        (Filters(paper="arxiv:2202.00003v2"), ["Corvid"]),
        (Filters(paper="A Reader of Pictures"), []),  # part of a title names nothing
        (Filters(paper="Lumen-1: A Reader of Pictures"), ["Lumen-1"]),
        (Filters(org="Google", years=(2022, 2022)), ["Lumen-2"]),
        (Filters(tag="video"), []),
    ],
)
def test_filters(library: Assistant, catalogue: Catalogue, filters: Filters, names: list[str]) -> None:
    chosen = catalogue.select(filters)
    assert [p.name for p in chosen] == names
    assert chosen == library.papers(filters=filters)
    assert chosen == [p for p in catalogue.papers if catalogue.admits(p, filters)]


def test_a_search_by_place_reads_free_text_too(catalogue: Catalogue) -> None:
    placed = catalogue.select_documents(Filters(source="diary"))
    owned = {d for name in ("Marten", "Sable") for p in catalogue.papers if p.name == name for d in p.documents}
    assert owned < set(placed)
    assert {catalogue.documents[d].source for d in placed} == {"data/notes/diary.md"}
    assert set(catalogue.select_documents(Filters(source="diary", years=(2023, 2023)))) == owned


def test_what_entries_state(library: Assistant, catalogue: Catalogue) -> None:
    lumen = find_paper(library, "Lumen-2")
    stated = {
        field: [s.text for s in catalogue.stating(lumen, (field,))] for field in ("org", "venue", "title", "date")
    }
    assert stated == {
        "org": ["org: Google, Stanford University"],
        "venue": ["venue: CVPR 2022"],
        "title": ["Lumen-2: Lumen Goes On"],
        "date": [],
    }


def test_headings_above_an_entry_are_not_its_own_name(library: Assistant, catalogue: Catalogue) -> None:
    [document] = find_paper(library, "Corvid").documents
    assert catalogue.headings(document) == ["Readers of Pictures", "Whole readers"]
    assert catalogue.titles == {"data/notes/readers.md": "Readers of Pictures"}


def test_words_are_known_by_what_the_library_writes(catalogue: Catalogue) -> None:
    assert {"lumen1", "lumen2", "corvid", "gpus"} <= catalogue.written_names
    assert [catalogue.knows(term) for term in ("speech", "corvid", "zebra")] == [True, True, False]


def test_a_part_of_the_library_has_its_own_sentences_and_everyones_papers(
    library: Assistant, catalogue: Catalogue
) -> None:
    diary = catalogue.within("diary", None)
    assert diary is catalogue.within("diary", None)
    assert diary.partial
    assert not catalogue.partial
    assert catalogue.within(None, None) is catalogue
    assert diary.papers == catalogue.papers
    assert [p.name for p in diary.select(Filters())] == ["Marten", "Sable"]
    for paper in catalogue.papers:
        told = [s for s in catalogue.sentences(paper) if "diary" in catalogue.documents[s.document].source]
        assert diary.sentences(paper) == told
    assert diary.within("table", None) is catalogue.within("table", None)  # a part of the whole, not of the part
    assert catalogue.within(None, "pdf").kinds == frozenset()


def test_sentences_between_two_places_of_a_document(catalogue: Catalogue) -> None:
    document = max(catalogue.documents, key=lambda d: len(catalogue.spoken(d)))
    first, second, *_ = every = catalogue.spoken(document)
    assert catalogue.spoken(document, second.start) == every[1:]
    assert catalogue.spoken(document, 0, first.end) == [first]
    assert catalogue.spoken(document, first.end - 1, second.start + 1) == [first, second]
    assert catalogue.spoken("no such document") == []


@pytest.mark.parametrize(
    ("filters", "unsaid"),
    [
        (Filters(), {}),
        (Filters(org="Google"), {"org": 3}),
        (Filters(org="not Google"), {"org": 3}),
        (Filters(org="Google", years=(2023, 2023)), {"org": 3}),
        (Filters(org="Google", source="readers"), {}),
        (Filters(venue="CVPR"), {"venue": 4}),
        (Filters(years=(2021, 2021)), {}),
    ],
)
def test_what_is_left_out_as_nobody_says_it_is_counted(
    catalogue: Catalogue, filters: Filters, unsaid: dict[str, int]
) -> None:
    assert catalogue.count_unsaid(filters) == unsaid
