"""Papers like a paper: what each side adds, and an order that is always the same."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.search.small_library import find_paper, make_library, open_catalogue
from vlmrag.assistant import Assistant
from vlmrag.search import similar
from vlmrag.search.similar import project_papers, rank_similar

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
{SAID}
### Epsilon
{LINK}2401.00005
{SAID}"""


def rank(assistant: Assistant, name: str, k: int = 10) -> list[tuple[str, float]]:
    found = rank_similar(find_paper(assistant, name), open_catalogue(assistant), k)
    return [(likeness.paper.name, likeness.score) for likeness in found]


def test_section_and_year_add_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_dense_likeness", lambda *_: {})
    ranked = rank(make_library(tmp_path, {"a.md": ALIKE}), "Alpha")
    scores = dict(ranked)
    assert [name for name, _ in ranked] == ["Beta", "Gamma", "Delta", "Epsilon"]
    assert scores["Beta"] == scores["Gamma"]  # ties in the order of the library
    assert scores["Beta"] - scores["Delta"] == pytest.approx(0.1, abs=2e-4)
    assert scores["Delta"] - scores["Epsilon"] == pytest.approx(0.1 * (1 - math.exp(-1)), abs=0.02)


def test_who_is_named_is_nearer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_dense_likeness", lambda *_: {})
    named = ALIKE.replace(SAID, f"{SAID}- It follows Delta.\n", 1)
    assistant = make_library(tmp_path, {"a.md": named})
    assert rank(assistant, "Alpha")[0][0] == "Delta"
    assert rank(assistant, "Delta")[0][0] == "Alpha"


def test_the_best_few_are_the_first_of_all(library: Assistant) -> None:
    for paper in library.papers():
        ranked = rank(library, paper.name)
        assert len(ranked) == len(library.papers()) - 1
        assert paper.name not in dict(ranked)
        assert [rank(library, paper.name, k) for k in (0, 1, 3)] == [[], ranked[:1], ranked[:3]]


def test_only_those_among_are_ranked(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    allowed = [find_paper(library, "Marten"), find_paper(library, "Lumen-1")]
    found = rank_similar(find_paper(library, "Sable"), catalogue, 10, allowed)
    whole = {x.paper.name: x for x in rank_similar(find_paper(library, "Sable"), catalogue)}
    assert found == sorted((whole["Marten"], whole["Lumen-1"]), key=lambda x: -x.score)


def test_reasons_are_the_papers_own_sentences(library: Assistant) -> None:
    catalogue = open_catalogue(library)
    best = rank_similar(find_paper(library, "Sable"), catalogue, 1)[0]
    assert best.paper.name == "Corvid"
    assert best.evidence[0].text == "It does not handle long video."
    assert set(best.evidence) <= set(catalogue.sentences(best.paper))
    assert best.shared[:2] == ("long", "video")


def test_the_map_is_the_same_each_time(library: Assistant) -> None:
    places = project_papers(open_catalogue(library))
    assert [p for p, _, _ in places] == library.papers()
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for _, x, y in places)
    assert max(abs(x) for _, x, _ in places) == max(abs(y) for _, _, y in places) == 1.0
    assert places == Assistant(library.config).map_papers()
