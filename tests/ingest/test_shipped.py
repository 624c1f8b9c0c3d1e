"""The notes that ship with the tool: what `data/README.md` says of them is what the readers find."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from tests.ingest.reading import read
from vlmrag.ingest.papers import merge_papers
from vlmrag.types import Paper

DATA = Path(__file__).parents[2] / "data"


@cache
def shipped_papers() -> tuple[Paper, ...]:
    """Return the papers of the shipped notes."""
    notes = sorted((DATA / "notes").glob("*.md"))
    return tuple(
        merge_papers(document for path in notes for document in read(path.read_text(encoding="utf-8"), path.name))
    )


def test_the_readme_counts_the_works_of_each_file() -> None:
    told = {
        name: int(count)
        for name, count in re.findall(
            r"^\| `notes/(\w+\.md)` \|.*\| (\d+) \|$", (DATA / "README.md").read_text("utf-8"), re.MULTILINE
        )
    }
    found = Counter(source for paper in shipped_papers() for source in {place.source for place in paper.sources})
    assert dict(found) == told


def test_the_readme_counts_all_works_and_those_of_several_files() -> None:
    text = (DATA / "README.md").read_text("utf-8")
    several = sum(len({place.source for place in paper.sources}) > 1 for paper in shipped_papers())
    assert f"{len(shipped_papers())} works on vision and language" in text
    assert f"{several} works stand in more than one file" in text


def test_every_shipped_paper_has_a_name_of_its_own_and_an_id_that_is_no_other_ones() -> None:
    names = [paper.name for paper in shipped_papers()]
    ids = [paper.arxiv for paper in shipped_papers() if paper.arxiv]
    assert len(names) == len(set(names))
    assert len(ids) == len(set(ids))
    named = [paper.name for paper in shipped_papers() if paper.name != paper.title]
    assert not [name for name in named if "," in name or "http" in name]
