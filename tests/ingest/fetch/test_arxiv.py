"""Ids in every form that people write, and what arXiv's feed says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.ingest.arxiv import ArxivId, FeedError, Metadata, find_superseded, make_query, pick, read_feed

MONTHS = (
    st.tuples(st.integers(7, 26), st.integers(1, 12)).filter(lambda m: m > (7, 3)).map(lambda m: f"{m[0]:02}{m[1]:02}")
)
NEW = MONTHS.flatmap(lambda month: st.integers(1, 9999).map(lambda n: f"{month}.{n:0{5 if month >= '1501' else 4}}"))
OLD = st.tuples(
    st.sampled_from(["cs", "hep-th", "math", "q-bio", "cond-mat"]), st.integers(1, 12), st.integers(1, 999)
).map(lambda parts: f"{parts[0]}/99{parts[1]:02}{parts[2]:03}")
IDS = st.builds(ArxivId, st.one_of(NEW, OLD), st.one_of(st.none(), st.integers(1, 99)))
FORMS = (
    "{}",
    " {} ",
    "arXiv:{}",
    "arxiv: {}",
    "https://arxiv.org/abs/{}",
    "http://arxiv.org/pdf/{}.pdf",
    "https://www.arxiv.org/pdf/{}",
    "arxiv.org/abs/{}",
    "https://arxiv.org/html/{}/",
    "https://export.arxiv.org/abs/{}?context=cs",
    "https://mirror.example.org/arxiv/abs/{}#top",
    "10.48550/arXiv.{}",
    "https://doi.org/10.48550/arXiv.{}",
)


@given(IDS, st.sampled_from(FORMS))
def test_an_id_is_read_in_every_form(ident: ArxivId, form: str) -> None:
    assert ArxivId.parse(form.format(ident)) == ident
    assert ArxivId.parse(form.format(ident).upper()) == ident


@given(IDS, IDS)
def test_two_ids_are_two_files(one: ArxivId, two: ArxivId) -> None:
    assert (one.stem == two.stem) == (one == two)
    assert "/" not in one.stem


@pytest.mark.parametrize(
    ("words", "ident"),
    [
        ("2301.12597v3", ArxivId("2301.12597", 3)),
        ("cs/0112017", ArxivId("cs/0112017")),
        ("math.GT/0309136v2", ArxivId("math/0309136", 2)),
        ("BLIP-2", None),
        ("2313.12597", None),
        ("2301.1259", None),
        ("0903.12345", None),
        ("cs/0113017", None),
        ("2301.12597v0", None),
        ("2301.12597v3 and more", None),
        ("10.1145/3664647.3685520", None),
        ("", None),
    ],
)
def test_other_words_are_no_id(words: str, ident: ArxivId | None) -> None:
    assert ArxivId.parse(words) == ident


def test_a_file_beside_a_newer_version_is_known() -> None:
    newest = ["2301.00001v10.pdf", "cs_0112017v2.pdf", "2301.00002v1.pdf", "notes-v1.pdf", "notes-v2.pdf"]
    older = {"2301.00001v9.pdf", "2301.00001v1.pdf", "cs_0112017v1.pdf"}
    assert find_superseded([*newest, *older, "2301.00001v11.md", "2301.00001.pdf"]) == older


def test_the_question_asks_for_all_on_one_page() -> None:
    ids = [ArxivId("2301.12597", 3), ArxivId("cs/0112017")]
    assert make_query(ids) == "/api/query?id_list=2301.12597v3,cs/0112017&max_results=2"


FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
  <title type="html">ArXiv Query</title>
  <entry>
    <id>http://arxiv.org/abs/2301.00001v3</id>
    <updated>2023-06-15T15:46:53Z</updated>
    <published>2023-01-30T00:56:51Z</published>
    <title>Kiwi-2: Reading
  Small &amp; "Far" Things</title>
    <summary>We read. It was withdrawn by nobody.</summary>
    <author><name>Ada Stone</name><arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">X</arxiv:affiliation></author>
    <author><name>Reed; Ben</name></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/kiwi.2</arxiv:doi>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">Accepted to ICML 2023,
 12 pages</arxiv:comment>
    <arxiv:journal_ref xmlns:arxiv="http://arxiv.org/schemas/atom">Journal of Birds 3 (2023)</arxiv:journal_ref>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CV"/>
    <category term="cs.CV"/>
  </entry>
  <entry><id>http://arxiv.org/abs/2301.00002v1</id><title></title></entry>
  <entry><id>http://arxiv.org/api/nothing</id><title>Words</title><published>2023-01-30T00:00:00Z</published></entry>
  <entry>
    <id>http://arxiv.org/abs/cs/0112017v1</id><published>2001-12-17T00:00:00Z</published><title>Old</title>
    <summary>This paper has been withdrawn by the author.</summary>
  </entry>
</feed>"""


def test_a_feed_is_read() -> None:
    kiwi = Metadata(
        id=ArxivId("2301.00001", 3),
        title='Kiwi-2: Reading Small & "Far" Things',
        authors=("Ada Stone", "Reed, Ben"),
        published="2023-01-30",
        updated="2023-06-15",
        comment="Accepted to ICML 2023, 12 pages",
        journal="Journal of Birds 3 (2023)",
        doi="10.1000/kiwi.2",
        category="cs.CV",
    )
    old = Metadata(ArxivId("cs/0112017", 1), "Old", (), "2001-12-17", "2001-12-17", withdrawn=True)
    found = read_feed(FEED.encode())
    assert found == [kiwi, old]
    assert pick(ArxivId("2301.00001"), found) == kiwi
    assert pick(ArxivId("2301.00001", 2), found) is None
    assert pick(ArxivId("cs/0112017"), found) == old


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not well-formed"),
        (b"<feed", "not well-formed"),
        (b"\xff\xfe", "not well-formed"),
        (b"<html/>", "no Atom feed"),
        (b"<!DOCTYPE feed [<!ENTITY a 'b'>]><feed/>", "no Atom feed"),
        (FEED.encode()[:900], "not well-formed"),
    ],
)
def test_what_is_no_feed_is_told(data: bytes, why: str) -> None:
    with pytest.raises(FeedError, match=why):
        read_feed(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_none(data: bytes) -> None:
    try:
        found = read_feed(data)
    except FeedError:
        return
    assert found == []


@pytest.mark.parametrize(
    ("comment", "withdrawn"),
    [
        ("This paper has been withdrawn by the authors", True),
        ("Withdrawn", True),
        ("Paper withdrawn due to a mistake in section 3", True),
        ("This submission was temporarily withdrawn", True),
        ("Replaces a withdrawn paper", False),
        ("We show how money is withdrawn", False),
    ],
)
def test_withdrawn_is_what_says_so_first(comment: str, withdrawn: bool) -> None:
    feed = FEED.replace("Accepted to ICML 2023,\n 12 pages", comment)
    assert read_feed(feed.encode())[0].withdrawn == withdrawn
