"""One paper as the library has it: every fact at its place, entries whole, PDFs by section."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.search.small_library import find_paper
from vlmrag.answer.profile import Fact
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import UsageError


def say(facts: tuple[Fact, ...]) -> list[tuple[str, str, list[tuple[str, int | None, str]]]]:
    return [(f.name, f.value, [(c.source, c.line, c.quote) for c in f.citations]) for f in facts]


def test_what_is_stated_of_a_paper_and_where(library: Assistant) -> None:
    profile = library.profile("lumen 1")
    note = "data/notes/readers.md"
    assert profile.paper == find_paper(library, "Lumen-1")
    assert say(profile.facts) == [
        ("name", "Lumen-1", [(note, 5, "Lumen-1: A Reader of Pictures")]),
        ("title", "Lumen-1: A Reader of Pictures", [(note, 5, "Lumen-1: A Reader of Pictures")]),
        ("arxiv", "2101.00001", [(note, 6, "paper: https://arxiv.org/abs/2101.00001")]),
        ("venue", "NeurIPS 2021", [(note, 7, "venue: NeurIPS 2021")]),
        ("org", "Google", [(note, 8, "org: Google")]),
    ]
    assert (profile.files, profile.figures) == ((), ())


def test_an_entry_is_quoted_whole(library: Assistant) -> None:
    (entry,) = library.profile("Marten").entries
    text = library._index.source(entry.source).text
    assert (entry.line, entry.heading) == (3, "阅读日记 > Marten: 一个小模型")
    assert text[entry.start : entry.end] == entry.quote
    assert entry.quote.startswith("## Marten")
    assert entry.quote.endswith("不支持音频。")


def test_every_place_holds_what_is_stated(library: Assistant) -> None:
    for paper in library.papers():
        profile = library.profile(paper.id)
        assert profile.paper == paper
        cited = [c for fact in profile.facts for c in fact.citations] + list(profile.entries)
        assert {c.paper for c in cited} == {paper.id}
        for c in cited:
            assert library._index.source(c.source).text[c.start : c.end] == c.quote
        assert len({(c.source, c.start, c.end): c.marker for c in cited}) == len({c.marker for c in cited})


def test_a_paper_that_is_not_there(library: Assistant) -> None:
    with pytest.raises(UsageError, match="no paper called 'Zebrafish'; see: vlmrag papers"):
        library.profile("Zebrafish")


def test_a_joint_entry_states_each_of_its_papers(home: Path) -> None:
    note = "# Notes\n\n**[2] ASH, ASH2**\n- intro: Salesforce\n- paper: https://arxiv.org/abs/2301.00005\n"
    (home / "data" / "notes" / "a.md").write_text(note, "utf-8")
    library = Assistant(Config(home, encoder="hashing"))
    library.ingest()
    names = [[f.value for f in library.profile(p.id).facts if f.name == "name"] for p in library.papers()]
    assert names == [["ASH"], ["ASH2"]]
