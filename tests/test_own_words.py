"""A user's own words: terms in data/glossary.tsv, components and states in data/parts.toml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import SourceError

NOTE = """# Notes

## Alpha
- paper: https://arxiv.org/abs/2101.00001
- 它用织光阀对齐图文。

## Beta
- paper: https://arxiv.org/abs/2202.00002
- It keeps the flux gate frozen and reads long video.

## Gamma
- paper: https://arxiv.org/abs/2303.00003
- It fine-tunes the flux gate.
- The weaving is done by hand.
"""
FLUX = '[components.flux_gate]\nwords = ["flux gate"]\n'
FREEZES = "Which models freeze the flux gate?"


@pytest.fixture
def assistant(home: Path) -> Assistant:
    """Three papers, read with the double of the encoder before anybody wrote down any words."""
    (home / "data/notes/three.md").write_text(NOTE, "utf-8")
    assistant = Assistant(Config.load(home, encoder="hashing"))
    assert assistant.ingest().read == 1
    return assistant


def name_yes(assistant: Assistant, question: str) -> list[str]:
    return [v.paper.name for v in assistant.ask(question).papers]


def test_a_term_of_ones_own_is_found_by_its_english(assistant: Assistant) -> None:
    question = "Which models use a weave valve?"
    assert "Alpha" not in name_yes(assistant, question)
    assistant.config.glossary_file.write_text("weave valve\t织光阀\tmodel-part\town\n", "utf-8")
    report = assistant.ingest()
    assert (report.read, report.unchanged, report.skipped) == (1, 0, ())
    assert name_yes(assistant, question) == ["Alpha"]
    assert name_yes(assistant, "哪些模型用了織光閥？") == ["Alpha"]
    report = assistant.ingest()
    assert (report.read, report.unchanged) == (0, 1)


def test_a_component_of_ones_own_is_asked_for(assistant: Assistant) -> None:
    assert assistant._catalogue.vocabulary.find_marks("the flux gate") == []
    assistant.close()
    assistant.config.parts_file.write_text(FLUX, "utf-8")
    assert name_yes(assistant, FREEZES) == ["Beta"]
    assert name_yes(assistant, "Which models fine-tune the flux gate?") == ["Gamma"]
    coverage = assistant.ask(FREEZES).coverage
    assert coverage is not None
    assert (coverage.yes, coverage.no, coverage.not_stated) == (1, 1, 1)


def test_a_state_word_of_ones_own_counts(assistant: Assistant) -> None:
    assistant.close()
    assistant.config.parts_file.write_text(FLUX + '[states.frozen]\nwords = ["by hand"]\n', "utf-8")
    assert [m.value for m in assistant._vocabulary.find_marks("a flux gate done by hand")] == ["flux_gate", "frozen"]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("# mine\nweave valve\t织光阀\n", 2, "2 columns instead of term, variants, kind, source"),
        ("weave valve\t织光阀\tvalve\town\n", 1, "'valve' is no kind"),
        ("a b\t织光阀\tterm\town\nc d\t织光阀\tterm\town\n", 2, "'织光阀' already belongs to 'a b'"),
    ],
)
def test_a_bad_line_of_the_glossary_is_named(assistant: Assistant, text: str, line: int, why: str) -> None:
    file = assistant.config.glossary_file
    file.write_text(text, "utf-8")
    with pytest.raises(SourceError, match=re.escape(f"{file}, line {line}: {why}")):
        assistant.ingest()


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('[components.gate]\nwords = ["gate"\n[states]\n', 3, "Unclosed array"),
        (FLUX + "values = [", 3, "Invalid value"),
        (FLUX + 'word = ["gate"]\n', 3, "components.flux_gate.word: is not known here; choose one of words, values"),
        ('# mine\n\n[component.gate]\nwords = ["gate"]\n', 3, "component: is no part of a vocabulary; choose one of"),
        ('[components]\ngate = ["gate"]\n', 2, "components.gate: needs a table: [components.gate] and a line words"),
        (FLUX + '[components.gate]\nwords = "gate"\n', 4, "components.gate.words: must be a list of words in quotes"),
        ('[cues]\nnegation = ["not", ""]\n', 2, "cues.negation: must be a list of words in quotes"),
    ],
)
def test_a_bad_line_of_the_vocabulary_is_named(assistant: Assistant, text: str, line: int, why: str) -> None:
    file = assistant.config.parts_file
    file.write_text(text, "utf-8")
    assistant.close()
    with pytest.raises(SourceError, match=re.escape(f"{file}, line {line}: {why}")):
        assistant.ask(FREEZES)


def test_a_file_that_is_no_text_is_named(assistant: Assistant) -> None:
    for file, what in ((assistant.config.glossary_file, "glossary"), (assistant.config.parts_file, "vocabulary")):
        file.write_bytes(b"\xff\xfe\x00")
        assistant.close()
        with pytest.raises(SourceError, match=re.escape(f"{file}: cannot be read as a {what}")):
            assistant.ask(FREEZES)
        file.unlink()
