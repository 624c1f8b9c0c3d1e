"""Laws that hold for any text: spans lie in order within the file, quote it exactly, and nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.ingest.chunker import cut_chunks
from vlmrag.ingest.layout import lay_out
from vlmrag.ingest.notes import read_documents
from vlmrag.ingest.sentences import cut_sentences
from vlmrag.ingest.text import read_text
from vlmrag.language.glossary import Glossary
from vlmrag.types import Chunk, Document, Sentence, Source

SHARED = Path(__file__).parents[3] / "shared"
GLOSSARY = Glossary.load()
LIMIT = 40
WORD = re.compile(r"[^\W_]")
TAG = re.compile(r"<[^<>]*>?")

LINES = [
    *"""# Models
## LaVIT: Looking at Vision
### 2024.1.7
**[1] BLIP-9: Frozen Readers**
- paper: https://arxiv.org/abs/2301.12597v2
  - nested point; second half
- [ ] Learning to caption images with language models
《GLIP: Grounded Pre-training》
2023.6 北京大学和微软合作的一篇文章，要点：
| Model | Year |
| --- | --- |
| [**VSE++**](https://arxiv.org/abs/1707.05612) (2017) | 2017 |
> quoted: text
```python
x = 1
```
---
===
plain prose. And more! 凍結語言模型。真的？
- SLIP
1. Xu, A. (2020). A Title Here. ICML.
text ## inside | a | b | | :-- | :-- | | 1 | 2 | ## tail
<p>tag</p>
<!doctype html><h1>Page</h1><li>item<table><tr><td>a<td>b</table>
Sign in
Menu""".splitlines(),
    "",
    "   ",
    "\ufeffx",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=14).flatmap(
        lambda lines: st.sampled_from(["\n", "\r\n", "\r", "\n\n"]).map(lambda newline: newline.join(lines))
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=200),
    st.text(alphabet="#*|-_`>[](){}: .\n\r\tab1《》。凍<h1/>", max_size=120),
)


def make_source(text: str) -> Source:
    return Source("note.md", "note", "0" * 64, len(text.encode()), 0, "utf-8", text)


def count_pieces(text: str) -> int:
    """Count a word for every Latin word and every other character that is no space."""
    return len(re.findall(r"[A-Za-z0-9]+|\S", text))


def check_reading(source: Source, limit: int) -> tuple[list[Document], list[Sentence], list[Chunk]]:
    text = source.text
    documents = read_documents(source, lambda words: GLOSSARY.spans(words, "org"))
    sentences: list[Sentence] = []
    chunks: list[Chunk] = []
    at = 0
    for document in documents:
        assert at <= document.start < document.end <= len(text)
        at = document.end
        assert document.line == 1 + len(re.findall(r"\r\n|\r|\n", text[: document.start]))
        for work in document.works:
            for field in work.fields:
                assert 0 <= field.start <= field.end <= len(text)
                assert field.value
        own = cut_sentences(source, document, GLOSSARY.terms)
        pieces = cut_chunks(source, document, count_pieces, GLOSSARY.gloss, limit=limit, overlap=6)
        check_sentences(text, document, own)
        check_chunks(text, document, pieces, limit)
        sentences += own
        chunks += pieces
    assert len({document.id for document in documents}) == len(documents)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    return documents, sentences, chunks


def check_sentences(text: str, document: Document, sentences: list[Sentence]) -> None:
    at = document.start
    for sentence in sentences:
        assert at <= sentence.start < sentence.end <= document.end
        assert sentence.text == text[sentence.start : sentence.end]
        at = sentence.end


def check_chunks(text: str, document: Document, chunks: list[Chunk], limit: int) -> None:
    """Assert that chunks are in order, in the window, and hold every word of their document."""
    at = document.start
    starts = -1
    for chunk in chunks:
        assert document.start <= chunk.start < chunk.end <= document.end
        assert starts < chunk.start
        starts = chunk.start
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text in chunk.indexed
        assert count_pieces(chunk.text) <= limit - 2
        assert not WORD.search(TAG.sub("", text[at : chunk.start]))
        at = chunk.end
    assert not WORD.search(TAG.sub("", text[at : document.end]))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_keeps_the_laws_of_spans(text: str) -> None:
    source = make_source(text)
    documents, _, _ = check_reading(source, LIMIT)
    covered = 0
    for block in lay_out(text):
        if block.kind == "rule":
            continue
        inside = any(document.start <= block.start and block.stop <= document.end for document in documents)
        covered += inside
        assert inside, text[block.start : block.stop]


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_lines_hold_every_word_of_a_text_that_is_no_page(text: str) -> None:
    blocks = lay_out(text)
    at = 0
    for block in blocks:
        assert at <= block.start <= block.body <= block.stop <= block.end or block.start <= block.body <= block.stop
        if not text.lstrip("\ufeff \n\r\t").lower().startswith(("<!doctype html", "<html")):
            assert not WORD.search(text, at, block.start)
        at = block.end


@pytest.mark.skipif(not (SHARED / "notes").is_dir(), reason="needs the shared folder: notes")
@pytest.mark.parametrize("path", sorted((SHARED / "notes").glob("*.txt")), ids=lambda path: path.name[:3])
def test_the_laws_hold_on_real_notes(path: Path) -> None:
    source = read_text(path, path.name)
    documents, sentences, chunks = check_reading(source, 256)
    assert documents
    assert sentences
    assert chunks
    assert any(document.works for document in documents)
