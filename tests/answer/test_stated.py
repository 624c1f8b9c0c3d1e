"""What the table of attributes answers: lists and cells tell one story, in a small library and in real ones."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.search.small_library import make_library
from vlmrag.answer.table import Cell
from vlmrag.assistant import Assistant
from vlmrag.language.fold import name_key
from vlmrag.search.question import read_question

TEMPLATES = {
    "vision_encoder": ("Which models use {} as the vision encoder?", "哪些模型用 {} 作为视觉编码器？"),
    "text_encoder": ("Which models use {} as their text encoder?", "哪些模型使用 {} 作为文本编码器？"),
    "llm": ("Which models use {} as the language model?", "哪些模型采用 {} 作为语言模型？"),
    "connector": ("Which models use a {} as the connector?", "哪些模型使用 {}？"),
    "frozen": ("Which models freeze the {}?", "Which of the models keep the {} frozen?"),
    "trained": ("Which models train the {}?", "Which models fine-tune the {}?"),
    "stages": ("Which models are trained in {}?",),
    "parameters": ("Which models have {} parameters?",),
    "inputs": ("Which models accept {}?", "Which models take {} as input?"),
    "outputs": ("Which models output {}?",),
    "benchmarks": ("Which models are evaluated on {}?", "哪些模型在 {} 上评测？"),
}
"""How a value of a column is asked for."""
IN_WORDS = {"llm": "language model", "image_encoder": "image encoder", "text_encoder": "text encoder",
            "whole_model": "whole model", "prompts": "prompts", "connector": "connector", "adapter": "adapter",
            "detector": "object detector"}  # fmt: skip
GENERIC = {"projector", "projectionlayer"}
"""Names that say no more than "connector": whoever asks for one asks for any."""
TOOLS = {"gpt4", "gpt35", "chatgpt", "gemini", "claude"}
"""Models that mostly serve to make or judge data: whoever asks for one may mean that, so sentences answer."""
Stated = dict[str, list[Cell]]


def read_cells(assistant: Assistant, column: str) -> dict[str, Stated]:
    """The cells of a column by value and paper."""
    found: dict[str, Stated] = defaultdict(lambda: defaultdict(list))
    for row in assistant.table((column,)):
        for cell in row.cells[column]:
            found[cell.value][row.paper.id].append(cell)
    return found


def check_agreement(assistant: Assistant, question: str, column: str, value: str, cells: dict[str, Stated]) -> None:
    asked = read_question(question, assistant._catalogue)
    assert [ask.columns[0] for ask in asked.asks] == [column], question
    answer = assistant.ask(question)
    named = {paper.id for paper in asked.papers}  # "which models build on X?" is not answered with X
    yes, depends = ({v.paper.id for v in answer.papers}, {v.paper.id for v in answer.considered if v.says == "depends"})
    stated = cells[value]
    for paper, held in stated.items():
        if paper not in named:
            plain = all(cell.verdict == "yes" for cell in held)
            assert paper in yes or (not plain and paper not in yes), (question, paper)
            assert not (plain and paper in depends), (question, paper)
    kinds = {p for v, papers in cells.items() if name_key(value) in name_key(v) for p in papers}
    assert yes <= kinds, (question, yes - kinds)
    quoted = {(c.source, c.quote) for c in answer.citations}
    for paper in yes & stated.keys():
        assert any((c.citation.source, c.citation.quote) in quoted for c in stated[paper]) or len(stated[paper]) > 1


def check_column(assistant: Assistant, column: str) -> None:
    """Every value that is asked for by a listed name; what is coined is looked for in sentences."""
    cells = read_cells(assistant, column)
    listed = {name_key(canonical) for _, canonical in assistant._vocabulary.names.values()}
    for value in list(cells):
        coined = column == "connector" and name_key(value) not in listed
        if not coined and name_key(value) not in GENERIC | TOOLS:
            for template in TEMPLATES[column]:
                check_agreement(assistant, template.format(IN_WORDS.get(value, value)), column, value, cells)


@pytest.mark.parametrize("column", TEMPLATES)
def test_a_list_and_the_table_agree_on_the_shipped_notes(shipped: Assistant, column: str) -> None:
    check_column(shipped, column)


@pytest.mark.slow
@pytest.mark.parametrize("column", TEMPLATES)
def test_a_list_and_the_table_agree_on_real_notes(real: Assistant, column: str) -> None:
    check_column(real, column)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Works whose parts and training are told plainly."""
    note = """# Zoo

## Otter-VL
- paper: https://arxiv.org/abs/2301.00001
- Otter-VL uses a CLIP-ViT-L/14 vision encoder and Vicuna-7B as the language model. It is trained in two stages.
In stage 1 the LLM is frozen and only the linear layer between the image encoder and the LLM is trained.
In stage 2 the LLM is trained.

## Heron-VL
- paper: https://arxiv.org/abs/2301.00002
- Heron-VL freezes the image encoder and the LLM and trains only a linear layer between the image encoder and the LLM.
It accepts video as input.

## Stork-VL
- paper: https://arxiv.org/abs/2301.00003
- Stork-VL connects an EVA-CLIP vision encoder to the language model LLaMA with a Q-Former.
Unlike previous work, we fine-tune the LLM.

## Egret-VL
- paper: https://arxiv.org/abs/2301.00004
- 本文使用 Q-Former 连接视觉编码器与语言模型，采用三阶段训练。只训练可学习的提示。
"""
    return make_library(tmp_path_factory.mktemp("zoo"), {"zoo.md": note})


def verdicts(assistant: Assistant, question: str) -> dict[str, str]:
    answer = assistant.ask(question)
    return {v.paper.name: v.says for v in (*answer.papers, *answer.considered) if v.says != "not stated"}


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("which models use a Q-Former?", {"Stork-VL": "yes", "Egret-VL": "yes"}),
        ("哪些模型使用 Q-Former？", {"Stork-VL": "yes", "Egret-VL": "yes"}),
        ("which have a ViT-L encoder?", {"Otter-VL": "yes"}),
        ("Which models use CLIP as the vision encoder?", {"Otter-VL": "yes"}),
        ("which accept video?", {"Heron-VL": "yes"}),
        ("哪些模型训练了提示？", {"Egret-VL": "yes"}),
        ("which are trained in three stages?", {"Egret-VL": "yes"}),
        ("哪些模型採用兩階段訓練？", {"Otter-VL": "yes"}),
        ("Which models use Vicuna or LLaMA?", {"Otter-VL": "yes", "Stork-VL": "yes"}),
        ("which train only a linear layer?", {"Heron-VL": "yes", "Otter-VL": "depends"}),
        ("Which models freeze the LLM?", {"Heron-VL": "yes", "Otter-VL": "depends", "Stork-VL": "no"}),
        ("Which models use a Q-Former and train the LLM?", {"Stork-VL": "yes", "Heron-VL": "no"}),
        ("Which models do not freeze the LLM?", {"Stork-VL": "yes", "Otter-VL": "depends", "Heron-VL": "no"}),
    ],
)
def test_a_question_is_answered_from_the_table(zoo: Assistant, question: str, said: dict[str, str]) -> None:
    assert verdicts(zoo, question) == said


@pytest.mark.parametrize(
    "question",
    ["Which models use a Q-Former for speech?", "Which papers mention Q-Former?", "Which models don't use a Q-Former?",
     "Which papers use CLIP?", "Which models use GPT-4?", "Which papers compare with LLaMA?"],
)  # fmt: skip
def test_what_asks_for_more_than_the_table_tells_is_put_to_sentences(zoo: Assistant, question: str) -> None:
    assert read_question(question, zoo._catalogue).asks == ()


def test_an_explanation_tells_what_was_asked_of_the_table(zoo: Assistant) -> None:
    told = zoo.explain("which train only a linear layer?")
    assert ("of the table", "trained connector only and connector linear projection") in told.understood
    assert told.decided == (("decided by", "the table of attributes"), ("papers", "1 yes, 1 depends, 2 not stated"))
