"""Notes as other people keep them, style by style: `styles/` holds a note and beside it the papers it speaks of.

Every paper, author and id in them is made up. A line of a `.papers` file is `name | title | arXiv id | venue | year`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.reading import read, works
from vlmrag.ingest.papers import merge_papers
from vlmrag.types import Paper

STYLES = Path(__file__).parent / "styles"
NOTES = sorted(path for path in STYLES.iterdir() if path.suffix in (".md", ".txt"))


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_the_papers_of_a_style(path: Path) -> None:
    found = []
    for work in works(path.read_text(encoding="utf-8"), path.name):
        venue = work.get("venue", "-").split("; ")[0]
        year = work.get("year") or work.get("date", "-")[:4]
        found.append(" | ".join([work.get("name", "-"), work.get("title", "-"), work.get("arxiv", "-"), venue, year]))
    assert found == path.with_suffix(".papers").read_text(encoding="utf-8").splitlines()


def merge(**notes: str) -> list[Paper]:
    """Return the papers of several notes, given by their paths with `__` for a slash."""
    return merge_papers(
        document for path, text in notes.items() for document in read(text, path.replace("__", "/") + ".md")
    )


NOTE = "# Seeing Small Things with Language Models\n- Paper: https://arxiv.org/abs/2305.00002\n"
OTHER = "# Kiwi-VL for Fruit: A Market Study\n- Paper: https://arxiv.org/abs/2401.00009\n"


@pytest.mark.parametrize(
    "link", ["notes/kiwi.md", "./notes/kiwi.md#method", "/notes/kiwi", "notes/../notes/kiwi.md"], ids=str
)
def test_a_list_and_the_note_that_it_links_to_speak_of_one_paper(link: str) -> None:
    index = f"| Paper | Year |\n|---|---|\n| [KiwiVL]({link}) | 2023 |\n"
    (paper,) = merge(README=index, notes__kiwi=NOTE)
    assert (paper.name, paper.title, paper.arxiv) == (
        "KiwiVL",
        "Seeing Small Things with Language Models",
        "2305.00002",
    )
    assert [place.source for place in paper.sources] == ["README.md", "notes/kiwi.md"]


def test_a_link_to_a_file_of_several_papers_or_to_none_merges_nothing() -> None:
    index = "| Paper | Year |\n|---|---|\n| [KiwiVL](notes/kiwi.md) | 2023 |\n| [OtterLM](otter.md) | 2023 |\n"
    two = "# Notes\n## MothGPT\n- Paper: https://arxiv.org/abs/2309.00006\n## Finch\n- Paper: https://arxiv.org/abs/2308.00005\n"
    assert [paper.name for paper in merge(README=index, notes__kiwi=two)] == ["KiwiVL", "OtterLM", "MothGPT", "Finch"]


def test_the_file_that_is_linked_outvotes_another_of_that_name() -> None:
    index = "| Paper | Year |\n|---|---|\n| [KIWI](a.md) | 2023 |\n| [Kiwi](b.md) | 2024 |\n"
    papers = merge(
        README=index,
        a="# Kiwi: Seeing Small Things with Language Models\n- Paper: https://arxiv.org/abs/2305.00002\n",
        b="# KIWI: Robots Learn in the Orchard\n- Paper: https://arxiv.org/abs/2401.00009\n",
    )
    assert [(paper.arxiv, len(paper.sources)) for paper in papers] == [("2305.00002", 2), ("2401.00009", 2)]


@pytest.mark.parametrize(
    ("spellings", "best"),
    [
        (["Moka", "MoKa", "MOKA"], "MoKa"),
        (["MOKA", "Moka"], "MOKA"),
        (["MoKa", "Moka", "Moka"], "Moka"),
        (["Minikiwi-4", "MiniKiwi-4"], "MiniKiwi-4"),
    ],
    ids=["mixed", "capitals", "most often", "inner capital"],
)
def test_of_several_spellings_the_usual_one_is_shown(spellings: list[str], best: str) -> None:
    notes = {f"note{i}": f"## {name}\n- Paper: https://arxiv.org/abs/2305.00002\n" for i, name in enumerate(spellings)}
    assert [paper.name for paper in merge(**notes)] == [best]
