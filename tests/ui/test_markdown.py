"""What is copied of an answer: `verify` finds in it every quote, and where each is said to stand."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.fake_library import FROZEN, make_answer
from vlmrag.answer.quotes import find_quotes
from vlmrag.ui.markdown import write_markdown


def test_the_quotes_are_found_with_their_files() -> None:
    answer = make_answer(
        "Which freeze\nit?", "en", "list", "Two do:\n\n- **Atlas** [1]\n- **Brook** [2]", citations=FROZEN
    )
    text = write_markdown(answer)
    assert text.startswith("### Which freeze it?\n\nTwo do:\n\n- **Atlas** [1]\n")
    found = [(quote.words, quote.source) for quote in find_quotes(text)]
    # a name with a space and a bracket is looked for everywhere
    assert found == [*((c.quote, c.source) for c in FROZEN[:2]), (FROZEN[2].quote, None)]


def test_a_page_and_a_nameless_source_are_told_as_they_are() -> None:
    paged = replace(FROZEN[0], start=None, end=None, line=None, page=3, paper_name=None, source="data/pdfs/a.pdf")
    bare = replace(FROZEN[1], line=None, quote="two\n  lines")
    answer = make_answer("q", "en", "fact", "x [1] [2]", citations=(paged, bare))
    assert write_markdown(answer).splitlines()[-2:] == [
        f"[1] “{FROZEN[0].quote}” (data/pdfs/a.pdf, p. 3)  ",
        "[2] Brook: “two lines” (notes/日记.md)  ",
    ]
