"""Who cites whom in a library, by id and by title."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vlmrag.search.references import Cited, find_cited, shared_references
from vlmrag.types import Document, Field, Paper, Work

MAPS, BOATS, LAMPS = (
    Paper("arxiv:1905.00321", "MapNet", "MapNet: Walking in the city with words", arxiv="1905.00321", documents=("m",)),
    Paper("name:boats", "Boats", "Paper boats in heavy rain", doi="10.1000/boats.1", documents=("b", "b2")),
    Paper("name:lamps", "Lamps", "Why lamps hum at night", documents=("l",)),
)


def document(ident: str, *references: tuple[str, ...]) -> Document:
    fields = [Field("cites", value, 10 * i, 10 * i + 9) for i, values in enumerate(references) for value in values]
    return Document(ident, "x.pdf", "pdf", 0, 1000, 1, (), (Work((Field("title", "T", 0, 1), *fields)),))


def library(*documents: Document) -> dict[str, Document]:
    return {each.id: each for each in (document("m"), document("b"), document("b2"), document("l"), *documents)}


def test_papers_are_cited_by_id_by_title_and_by_title_without_its_name() -> None:
    papers = (MAPS, BOATS, LAMPS)
    cited = find_cited(
        papers,
        library(
            document("m", ("doi:10.1000/boats.1",), ("Why Lamps Hum at Night",), ("A work outside the library",)),
            document("b", ("arxiv:1905.00321", "MapNet: Walking in the City with Words")),
            document("l", ("Walking in the city with words",), ("Why lamps hum at night",)),
        ),
    )
    inside = {paper.id for paper in papers}
    assert {paper: [c.work for c in found if c.work in inside - {paper}] for paper, found in cited.items()} == {
        "arxiv:1905.00321": ["name:boats", "name:lamps"],
        "name:boats": ["arxiv:1905.00321"],
        "name:lamps": ["arxiv:1905.00321"],
    }
    assert cited["arxiv:1905.00321"][2] == Cited("aworkoutsidethelibrary", "A work outside the library", "m", 20, 29)


def test_an_id_here_and_a_title_there_are_one_work() -> None:
    both = ("arxiv:2001.00001", "Tin boats and how they sink")
    cited = find_cited(
        (MAPS, BOATS, LAMPS),
        library(
            document("m", both), document("b", ("Tin Boats and How They Sink",)), document("l", ("arxiv:2001.00001",))
        ),
    )
    (pair,) = shared_references(cited["name:boats"], cited["name:lamps"])
    assert [each.work for each in pair] == ["arxiv:2001.00001"] * 2
    assert [each.document for each in pair] == ["b", "l"]


def test_a_wrong_id_beside_a_title_of_the_library_does_not_mislead() -> None:
    cited = find_cited((MAPS, BOATS), library(document("b", ("doi:10.1000/boats.1", MAPS.title or ""))))
    assert [each.work for each in cited["name:boats"]] == [MAPS.id]


def test_a_paper_s_several_documents_cite_together() -> None:
    cited = find_cited((BOATS,), library(document("b", ("arxiv:2001.00001",)), document("b2", ("arxiv:2001.00002",))))
    assert [(each.document, each.work) for each in cited["name:boats"]] == [
        ("b", "arxiv:2001.00001"),
        ("b2", "arxiv:2001.00002"),
    ]


def test_a_reader_s_notes_in_a_pdf_cite_nothing_of_their_own() -> None:
    paper = document("b", ("arxiv:2001.00001",))
    notes = Document("b2", paper.source, "note", 1000, 1200, 40, ("Notes",), paper.works)
    cited = find_cited((BOATS,), library(paper, notes))
    assert [(each.document, each.work) for each in cited["name:boats"]] == [("b", "arxiv:2001.00001")]


def test_a_library_without_references() -> None:
    assert find_cited((MAPS, BOATS, LAMPS), library()) == {}


works = st.lists(st.sampled_from("abcdefgh"), max_size=12)


@given(works, works)
def test_sharing_is_mutual_and_exact(a: list[str], b: list[str]) -> None:
    def cite(names: list[str], ident: str) -> list[Cited]:
        return [Cited(name, name, ident, i, i + 1) for i, name in enumerate(names)]

    one, other = shared_references(cite(a, "a"), cite(b, "b")), shared_references(cite(b, "b"), cite(a, "a"))
    assert {x.work for x, _ in one} == set(a) & set(b) == {x.work for x, _ in other}
    assert {(x, y) for x, y in one} == {(y, x) for x, y in other}
    assert all(x.work == y.work for x, y in one)
    assert len(one) == len(set(a) & set(b))
