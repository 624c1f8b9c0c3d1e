"""The same work is one Paper, different works stay apart, and names are found in text."""

from __future__ import annotations

import pytest

from tests.ingest.reading import merge, read
from vlmrag.ingest.papers import PaperNames, merge_papers
from vlmrag.types import Paper, Place


def names(*notes: str) -> list[str]:
    return [paper.name for paper in merge(*notes)]


def test_a_paper_gathers_what_all_notes_state() -> None:
    link = "## Links\nKiwi VL: Seeing Small Things: https://arxiv.org/abs/2402.00001v2\n"
    entry = "## KiwiVL\n- Venue: ICLR 2024\n- Authors: 北京大学; Ada Stone\n- Tags: dense\n- Code: https://github.com/a/kiwi\n"
    documents = [*read(link, "a.md"), *read(entry, "b.md")]
    assert merge_papers(documents) == [
        Paper(
            id="arxiv:2402.00001",
            name="KiwiVL",
            title="Kiwi VL: Seeing Small Things",
            arxiv="2402.00001",
            url="https://github.com/a/kiwi",
            year=2024,
            date="2024-02",
            venue="ICLR 2024",
            orgs=("Peking University",),
            authors=("Ada Stone",),
            tags=("dense",),
            sources=(Place("a.md", 2, "Links"), Place("b.md", 1, "KiwiVL")),
            documents=(documents[1].id, documents[2].id),
        )
    ]


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (
            ["MiniGNU-v2: https://arxiv.org/abs/2310.00001", "- MiniGNU v2: https://github.com/a/minignuv2"],
            ["MiniGNU-v2"],
        ),
        (
            [
                "FROST (2021)\n- https://arxiv.org/abs/2106.00001",
                "**[1] FROST CLAP Models are Video Learners**\n- intro: ECCV 2023",
            ],
            ["FROST", "FROST CLAP Models are Video Learners"],
        ),
        (
            [
                "KiwiVL: Seeing Small Things: https://arxiv.org/abs/2402.00001",
                "[KiwiVL] Seeing Small Things (MIT, 2024)",
            ],
            ["KiwiVL"],
        ),
        (
            [
                "ViT-9: https://arxiv.org/abs/2010.00001",
                "- [Nine Words for Image Recognition](https://arxiv.org/abs/2010.00001v2)",
            ],
            ["ViT-9"],
        ),
        (["CLAP: https://arxiv.org/abs/2103.00001\n\nCLAPCap: https://arxiv.org/abs/2111.00002"], ["CLAP", "CLAPCap"]),
        (["BiG: https://arxiv.org/abs/2103.00003\n\nBEiG: https://arxiv.org/abs/2106.00004"], ["BiG", "BEiG"]),
        (["VSX: https://arxiv.org/abs/1412.0001\n\nVSX++: https://arxiv.org/abs/1707.00002"], ["VSX", "VSX++"]),
    ],
    ids=["spellings", "name in a title", "tag and title", "name and title by id", "longer", "near", "plus signs"],
)
def test_same_works_meet_and_others_do_not(notes: list[str], expected: list[str]) -> None:
    assert names(*notes) == expected


def test_an_id_that_two_titles_share_merges_nothing() -> None:
    papers = merge(
        "KiwiVL: Seeing Small Things: https://arxiv.org/abs/2402.00001\n\n"
        "SongGPT: Speaking and Listening with Models: https://arxiv.org/abs/2402.00001\n"
    )
    assert [(paper.id, paper.arxiv) for paper in papers] == [
        ("arxiv:2402.00001", "2402.00001"),
        ("name:songgpt", "2402.00001"),
    ]


def test_ids_that_were_swapped_in_one_file_go_back_where_the_dates_put_them() -> None:
    papers = merge(
        "**[1] VideoTalk: Chat-Centric Understanding**\n- paper: https://arxiv.org/abs/2307.00001\n- 2023 May\n\n"
        "**[2] FilmTalk: From Dense Token to Memory**\n- paper: https://arxiv.org/abs/2305.00002\n- 2023 August\n"
    )
    assert [(paper.name, paper.arxiv, paper.year) for paper in papers] == [
        ("VideoTalk", "2305.00002", 2023),
        ("FilmTalk", "2307.00001", 2023),
    ]


def test_a_bare_name_never_bridges_two_papers() -> None:
    papers = merge(
        "EMMU: Generalizing Robot Manipulation: https://arxiv.org/abs/2509.00001",
        "EMMU: End-to-End Multimodal Driving Model: https://arxiv.org/abs/2410.00002\n\n- EMMU\n",
    )
    assert [(paper.id, len(paper.sources)) for paper in papers] == [("arxiv:2509.00001", 2), ("arxiv:2410.00002", 1)]


def test_the_year_is_the_publications_not_the_readers() -> None:
    (paper,) = merge("# 2024.1.6\n《GLAP: Grounded Language Pre-training》\n2022.6 MSRA和UCLA的一篇文章\n")
    assert (paper.year, paper.date, paper.orgs) == (
        2022,
        "2022-06",
        ("Microsoft Research Asia", "University of California, Los Angeles"),
    )


def test_merging_is_deterministic_and_ids_are_unique() -> None:
    notes = [f"- [A Study of Vision Models](https://arxiv.org/abs/2401.0{i % 40:04})" for i in range(90)]
    assert merge(*notes) == merge(*notes)
    ids = [paper.id for paper in merge(*notes)]
    assert len(set(ids)) == len(ids)


PAPERS = [
    Paper("arxiv:2304.10592", "MiniGPT-4", "MiniGPT-4: Enhancing Vision with Language", arxiv="2304.10592"),
    Paper("name:blip", "BLIP"),
    Paper("name:blip2", "BLIP-2", aliases=("BLIP2",)),
    Paper("name:instructblip", "InstructBLIP"),
    Paper("name:clip", "CLIP", "Learning Transferable Visual Models From Natural Language Supervision"),
    Paper("name:clipadapter", "CLIP-Adapter"),
    Paper("name:frozen", "Frozen"),
    Paper("name:frozenclip", "Frozen CLIP Models are Efficient", "Frozen CLIP Models are Efficient Video Learners"),
    Paper("name:vse", "VSE"),
    Paper("name:vse++", "VSE++"),
    Paper("name:llava15", "LLaVA-1.5", aliases=("Improved LLaVA",)),
    Paper("name:llava", "LLaVA"),
    Paper("name:git", "GIT"),
    Paper("name:sam", "SAM"),
    Paper("name:align", "ALIGN"),
]
NAMES = PaperNames(PAPERS)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("does mini gpt 4 freeze the LLM?", [("MiniGPT-4", "mini gpt 4")]),
        ("llava 1.5 vs LLaVA", [("LLaVA-1.5", "llava 1.5"), ("LLaVA", "LLaVA")]),
        ("BLIP2和BLIP的区别", [("BLIP-2", "BLIP2"), ("BLIP", "BLIP")]),
        ("X-InstructBLIP and BLIP-3", []),
        ("CLIP-based CLIP-Adapter", [("CLIP", "CLIP"), ("CLIP-Adapter", "CLIP-Adapter")]),
        ("VSE++ or VSE", [("VSE++", "VSE++"), ("VSE", "VSE")]),
        ("see 2304.10592v3", [("MiniGPT-4", "2304.10592v3")]),
        ("learning transferable visual models from natural language supervision",
         [("CLIP", "learning transferable visual models from natural language supervision")]),
        ("Frozen language models, frozen LLM", []),
        ("Frozen uses a prefix", [("Frozen", "Frozen")]),
        ("How does Frozen CLIP read video", [("Frozen CLIP Models are Efficient", "Frozen CLIP")]),
        ("models that align text, git and a sam file", []),
        ("SAM 2 is newer than SAM", [("SAM", "SAM")]),
        ("What is instrcutblip?", []),
    ],
)  # fmt: skip
def test_names_are_found_in_running_text(question: str, found: list[tuple[str, str]]) -> None:
    assert [(paper.name, question[start:end]) for paper, start, end in NAMES.find(question)] == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is instrcutblip?", [("InstructBLIP", "instrcutblip")]),
        ("minigtp 4", [("MiniGPT-4", "minigtp 4")]),
        ("minigpt 5", []),
        ("what is clip?", [("CLIP", "clip")]),
        ("git vs sam", [("GIT", "git"), ("SAM", "sam")]),
        ("which models align images", []),
        ("the improved llava model", [("LLaVA-1.5", "improved llava")]),
    ],
)
def test_slips_are_allowed_for_in_questions(question: str, found: list[tuple[str, str]]) -> None:
    assert [(paper.name, question[start:end]) for paper, start, end in NAMES.find(question, typos=True)] == found
