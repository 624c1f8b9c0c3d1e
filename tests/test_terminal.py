"""What a person reads in the terminal: nothing wider than it, nothing cut that must be whole, no order obeyed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from vlmrag.columns import shorten, shorten_path, show_controls, wrap
from vlmrag.terminal import Terminal
from vlmrag.types import Answer, Chunk, Citation, Hit, Paper, Verdict

HEADING = "Vision-language models > Models that see > Alpha: A Frozen Reader of Many Long and Winding Titles"
LINK = re.compile(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def make_terminal(width: int | None, home: Path = Path("/home")) -> tuple[Terminal, io.StringIO]:
    """A terminal of so many columns, or a pipe."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or 80,
        force_terminal=width is not None,
        color_system="standard" if width else None,
        highlight=False,
        legacy_windows=False,
    )
    return Terminal(home, console), out


def read(out: io.StringIO) -> list[str]:
    return STYLE.sub("", LINK.sub("", out.getvalue())).splitlines()


def cite(marker: int, source: str, line: int, heading: str = HEADING) -> Citation:
    return Citation(marker, "arxiv:1", "Alpha", source, 0, 5, line, heading, "quote")


def make_answer(text: str, citations: tuple[Citation, ...], *, abstained: bool = False) -> Answer:
    near = tuple(
        Verdict(Paper(f"name:{name}", name), "no", (), why)
        for name, why in (("Beta", "says the opposite"), ("Gamma", "of others"), ("Delta", "says the opposite"))
    )
    return Answer("?", "en", "list", abstained, text, (), near, citations, None, "extractive", "sha256:0", 0.1)


TEXT = """**1 of the 3 papers** say so.

- **Alpha** (2021): “keeps the language model frozen while a rather small one is trained” [1]; “语言模型保持冻结” [12]

> “凍結語言模型，只訓練一個連接器，其他的參數都不更新，因此訓練的代價很小。” [12]

3 of 3 papers examined."""
CITATIONS = (cite(1, "data/notes/models.md", 5), cite(12, "data/notes/日记.md", 1024))


def test_an_answer_in_sixty_columns() -> None:
    terminal, out = make_terminal(60)
    terminal.print_answer(make_answer(TEXT, CITATIONS))
    assert read(out) == [
        "1 of the 3 papers say so.",
        "",
        "  • Alpha (2021)",
        "    “keeps the language model frozen while a rather small",
        "    one is trained” [1]",
        "    “语言模型保持冻结” [12]",
        "",
        "  “凍結語言模型，只訓練一個連接器，其他的參數都不更新，因此",
        "  訓練的代價很小。” [12]",
        "",
        "3 of 3 papers examined.",
        "",
        " [1] data/notes/models.md:5   Alpha: A Frozen…Winding Titles",
        "[12] data/notes/日记.md:1024  Alpha: A Frozen…Winding Titles",
        "",
        "≈ says the opposite: Beta, Delta",
        "≈ of others: Gamma",
    ]


def test_an_answer_in_a_pipe_is_whole_and_plain() -> None:
    terminal, out = make_terminal(None)
    terminal.print_answer(make_answer(TEXT, CITATIONS))
    assert out.getvalue().splitlines() == [
        "1 of the 3 papers say so.",
        "",
        "• Alpha (2021): “keeps the language model frozen while a rather small one is trained” [1]; "
        "“语言模型保持冻结” [12]",
        "",
        "“凍結語言模型，只訓練一個連接器，其他的參數都不更新，因此訓練的代價很小。” [12]",
        "",
        "3 of 3 papers examined.",
        "",
        f"[1] data/notes/models.md:5  {HEADING}",
        f"[12] data/notes/日记.md:1024  {HEADING}",
        "",
        "≈ Beta (says the opposite), Gamma (of others), Delta (says the opposite)",
    ]


def test_marks_and_places_open_the_file_at_its_line(tmp_path: Path) -> None:
    terminal, out = make_terminal(100, tmp_path)
    terminal.print_answer(make_answer("“quote” [1]", (cite(1, "data/notes/a b#c?.md", 7),)))
    assert set(LINK.findall(out.getvalue())) - {""} == {(tmp_path / "data/notes/a b#c?.md").as_uri() + "#7"}


def test_a_path_is_never_cut() -> None:
    terminal, out = make_terminal(40)
    source = "data/notes/" + "very-long-folder/" * 4 + "note.md"
    terminal.print_answer(make_answer("“quote” [1]", (cite(1, source, 7),)))
    assert f"[1] {source}:7" in read(out)


def test_a_refusal_does_not_look_like_an_answer() -> None:
    text = "The library does not say.\n\nThe nearest:\n\n- **Alpha**: “quote” [1]"
    said, refused = make_terminal(80), make_terminal(80)
    said[0].print_answer(make_answer(text, CITATIONS))
    refused[0].print_answer(make_answer(text, CITATIONS, abstained=True))
    assert "\x1b[1;33mThe library does not say.\x1b[0m" in refused[1].getvalue()
    assert "\x1b[32m“quote”" in said[1].getvalue()
    assert "\x1b[32m" not in refused[1].getvalue()
    assert "≈" not in refused[1].getvalue()


@pytest.mark.parametrize("width", [60, 100, None])
def test_a_note_gives_the_terminal_no_orders(width: int | None) -> None:
    terminal, out = make_terminal(width)
    evil = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m"
    terminal.print_answer(make_answer(f"**A{evil}** “q{evil}” [1]", (cite(1, f"a{evil}\n.md", 1, f"h{evil}"),)))
    terminal.print_papers([Paper("name:a", f"A{evil}", title=f"T{evil}")])
    chunk = Chunk("c", "d", f"a{evil}.md", 0, 9, 1, (), f"text {evil}", "text")
    terminal.print_hits([Hit(1, 0.5, chunk, ("name:a",), ())], {"name:a": Paper("name:a", f"A{evil}")})
    plain = STYLE.sub("", LINK.sub("", out.getvalue()))
    assert not set(plain) & set("\x1b\x07\u202e\x9b")
    assert "\\u001b[2J" in plain


def test_papers_fit_the_width_and_stay_whole_in_a_pipe() -> None:
    papers = [
        Paper("arxiv:1", "Alpha", title="Alpha: " + "A Title of Many Words " * 9, arxiv="2101.00001", year=2021),
        Paper("name:b", "一個名字很長很長很長很長很長的視覺語言模型", title="[bold]Beta[/bold]"),
    ]
    terminal, out = make_terminal(60)
    terminal.print_papers(papers)
    lines = read(out)
    assert [cell_len(line) <= 60 for line in lines] == [True] * 4
    assert lines[1].split()[:4] == ["Alpha", "2021", "2101.00001", "A"]
    terminal, out = make_terminal(None)
    terminal.print_papers(papers)
    assert out.getvalue().splitlines() == [
        f"Alpha\t2021\t2101.00001\t{papers[0].title}".rstrip(),
        "一個名字很長很長很長很長很長的視覺語言模型\t\t\t[bold]Beta[/bold]",
    ]


def test_passages_are_whole_in_a_pipe() -> None:
    words = "freeze 冻结 " * 200
    chunk = Chunk("c", "d", "a.md", 0, 9, 3, (), words, words)
    terminal, out = make_terminal(None)
    terminal.print_hits([Hit(1, 0.5, chunk, (), ())], {})
    assert out.getvalue().splitlines() == [" 1. ·  0.50  a.md:3", f"    {words.strip()}", ""]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal, out = make_terminal(80)
    terminal.print_answer(make_answer(TEXT, CITATIONS))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", out.getvalue())


@given(st.text(alphabet="ab ，。冻结「」“”é-", max_size=80), st.integers(min_value=2, max_value=30))
def test_wrapping_loses_nothing_but_blanks_and_fits(words: str, width: int) -> None:
    lines = [line.plain for line in wrap(Text(words), width)]
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())


def test_wrapping_keeps_marks_and_closing_signs_with_their_words() -> None:
    assert [line.plain for line in wrap(Text("冻结语言模型。” [1]"), 12)] == ["冻结语言模", "型。” [1]"]
    assert [line.plain for line in wrap(Text("the LLM is frozen [12]"), 20)] == ["the LLM is", "frozen [12]"]


@given(st.text(max_size=60), st.integers(min_value=0, max_value=40))
def test_what_is_shortened_fits(words: str, width: int) -> None:
    words = show_controls(words)
    assert cell_len(shorten(words, width)) <= width
    if cell_len(words) <= width:
        assert shorten_path(words, width) == words


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, "Models > That see > Alpha: A Reader"),
        (33, "Models > … > Alpha: A Reader"),
        (20, "… > Alpha: A Reader"),
        (12, "Alpha:…eader"),
    ],
)
def test_the_last_heading_is_given_up_last(width: int, shown: str) -> None:
    assert shorten_path("Models > That see > Alpha: A Reader", width) == shown


def test_a_place_in_a_pdf_is_its_page_and_opens_there() -> None:
    terminal, out = make_terminal(80)
    cited = Citation(1, "arxiv:1", "Alpha", "data/pdfs/a b.pdf", None, None, None, "3. Method", "q", 4, ((0, 0, 1, 1),))
    terminal.print_answer(make_answer("It does [1].", (cited,)))
    assert set(LINK.findall(out.getvalue())) - {""} == {"file:///home/data/pdfs/a%20b.pdf#page=4"}
    assert "[1] data/pdfs/a b.pdf p. 4  3. Method" in read(out)
