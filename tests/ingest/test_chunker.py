"""Chunks and sentences: exact places, the encoder's window, and what is read beside the text."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.ingest.reading import GLOSSARY, make_source, read
from vlmrag.ingest.chunker import cut_chunks
from vlmrag.ingest.sentences import cut_sentences
from vlmrag.types import Chunk

ENTRY = """# Models
## KiwiVL
- Paper: https://arxiv.org/abs/2402.00001
- 凍結語言模型。Only the adapter trains; it is small.
"""


def count_words(text: str) -> int:
    return len(text.split())


def chunks_of(text: str, limit: int = 64, overlap: int = 4) -> list[Chunk]:
    source = make_source(text)
    return [
        chunk
        for document in read(text)
        for chunk in cut_chunks(source, document, count_words, GLOSSARY.gloss, limit=limit, overlap=overlap)
    ]


def test_a_short_entry_is_one_chunk_with_its_context_and_the_english_of_its_chinese() -> None:
    source = make_source(ENTRY)
    document = read(ENTRY)[1]
    (chunk,) = cut_chunks(source, document, count_words, lambda text: ["frozen", "language model"])
    assert chunk == Chunk(
        id=chunk.id,
        document=document.id,
        source="note.md",
        start=9,
        end=len(ENTRY) - 1,
        line=2,
        heading=("Models", "KiwiVL"),
        text=ENTRY[9:-1],
        indexed=f"KiwiVL | Models\n{ENTRY[9:-1]}\nfrozen, language model",
    )


def test_context_and_gloss_give_way_to_the_text() -> None:
    text = "# A heading of seven words in all\n" + "word " * 20
    (chunk,) = chunks_of(text, limit=31)
    assert chunk.indexed == chunk.text


def test_a_long_section_is_cut_at_its_lines_and_headings() -> None:
    text = "# Top\n" + "\n".join(f"- point {i} has five words" for i in range(6)) + "\n## Sub\n- last point\n"
    assert [(chunk.text.splitlines()[0], chunk.heading) for chunk in chunks_of(text, limit=20)] == [
        ("# Top", ("Top",)),
        ("- point 2 has five words", ("Top",)),
        ("- point 5 has five words", ("Top",)),
        ("## Sub", ("Top", "Sub")),
    ]


def test_pieces_of_a_long_line_share_their_ends() -> None:
    text = " ".join(f"w{i}" for i in range(60)) + "\n"
    chunks = chunks_of(text, limit=22, overlap=4)
    assert [chunk.text for chunk in chunks] == [text[chunk.start : chunk.end] for chunk in chunks]
    assert all(count_words(chunk.text) <= 20 for chunk in chunks)
    assert all(later.start < earlier.end for earlier, later in pairwise(chunks))
    assert chunks[0].start == 0
    assert chunks[-1].end == len(text) - 1


@pytest.mark.slow
def test_a_line_of_five_megabytes_is_cut_in_time() -> None:
    text = "凍結語言模型，a line without an end " * 160_000
    source = make_source(text)
    (document,) = read(text)
    chunks = cut_chunks(source, document, lambda piece: len(piece) // 2, lambda piece: [], limit=256)
    assert all(chunk.text == text[chunk.start : chunk.end] and len(chunk.text) <= 510 for chunk in chunks)


def test_sentences_are_bullets_cells_and_sentences_without_their_markup() -> None:
    text = (
        "### KiwiVL\n- **Paper:** [Kiwi](https://arxiv.org/abs/2402.00001)\n> First one. Second 句。第三！\n\n"
        "| a | **b b** |\n|---|---|\n| c. d | |\n---\n"
    )
    (document,) = read(text)
    sentences = cut_sentences(make_source(text), document, lambda words: words.split()[:1])
    assert [(sentence.text, sentence.terms) for sentence in sentences] == [
        ("KiwiVL", ("KiwiVL",)),
        ("**Paper:** [Kiwi](https://arxiv.org/abs/2402.00001)", ("**Paper:**",)),
        ("First one.", ("First",)),
        ("Second 句。", ("Second",)),
        ("第三！", ("第三！",)),
        ("a", ("a",)),
        ("b b", ("b",)),
        ("c.", ("c.",)),
        ("d", ("d",)),
    ]
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in sentences)
    assert all(sentence.document == document.id for sentence in sentences)
