"""Sentences are what an answer quotes: whole references, labels where they say something, markup in pairs."""

from __future__ import annotations

import pytest

from tests.ingest.reading import make_source, read
from vlmrag.ingest.sentences import cut_sentences


def sentences(text: str) -> list[str]:
    return [
        sentence.text
        for document in read(text)
        for sentence in cut_sentences(make_source(text), document, lambda words: [])
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Stone, A., et al. (2020). Kiwis: Seeing with Linear Complexity. ArXiv, abs/2006.00008.",
        "A. Stone, B. Li. Kiwis: Seeing with Language Models. In ICML, 2022.",
        "KiwiVL: Seeing Small Things in Pictures (Stone et al., Dec. 2022)",
        "KiwiVL: Seeing Small Things with Models. https://arxiv.org/abs/2305.00002",
        "**KiwiVL: Seeing Small Things with Models.** *Ada Stone, Bo Li.* ICCV 2023. [[Paper]](https://arxiv.org/abs/2305.00002)",
    ],
)
def test_a_reference_is_one_sentence(line: str) -> None:
    assert sentences(f"# References\n- {line}\n")[1:] == [line]


def test_what_is_told_behind_a_name_and_a_year_is_cut_as_ever() -> None:
    line = "**KiwiVL (Salesforce, 2023)**: It freezes the encoder. The adapter is trained. Nothing else is."
    assert sentences(f"# Models\n- {line}\n")[1:] == [
        "**KiwiVL (Salesforce, 2023)**: It freezes the encoder.",
        "The adapter is trained.",
        "Nothing else is.",
    ]


def test_a_label_is_quoted_where_it_says_something() -> None:
    text = (
        "## KiwiVL\n- **Paper:** [Seeing Small Things](https://arxiv.org/abs/2305.00002)\n- Organisation: Meta AI\n"
        "- **Abstract:** We freeze it. It sees.\n- Frozen: the encoder\n- 摘要：冻结编码器。只训投影层。\n"
    )
    assert sentences(text) == [
        "KiwiVL",
        "**Paper:** [Seeing Small Things](https://arxiv.org/abs/2305.00002)",
        "Organisation: Meta AI",
        "We freeze it.",
        "It sees.",
        "Frozen: the encoder",
        "冻结编码器。",
        "只训投影层。",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("**It is bold.**", ["It is bold."]),
        ("**It is bold. It goes on.**", ["It is bold.", "It goes on."]),
        ("**Bold** and *thin*", ["**Bold** and *thin*"]),
        ("it ends **in bold**", ["it ends **in bold**"]),
        ("__init__ and snake_case_", ["__init__ and snake_case_"]),
        ("it ends open **", ["it ends open"]),
    ],
)
def test_marks_at_the_edge_go_with_their_partner(line: str, expected: list[str]) -> None:
    assert sentences(line + "\n") == expected
