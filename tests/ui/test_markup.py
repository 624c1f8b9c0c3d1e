"""An answer's text becomes HTML in which only our own tags are tags."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.ui.html.markup import drop_paragraph, find_marks, render_inline, render_markup, take_lead

OURS = {"p", "ul", "ol", "li", "blockquote", "h4", "strong", "br", "chip"}


def cite(marker: int) -> str | None:
    return f"<chip>{marker}</chip>" if marker in (1, 2) else None


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("one [1] and [7]", "<p>one <chip>1</chip> and [7]</p>"),
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("a\r\n\r\nb", "<p>a</p><p>b</p>"),
        (
            "- **A** [1]\n- B [2]\nafter",
            "<ul><li><strong>A</strong> <chip>1</chip></li><li>B <chip>2</chip></li></ul><p>after</p>",
        ),
        ("1. a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
        ("> “a” [1]\n>\n> “b”", "<blockquote><p>“a” <chip>1</chip></p><p>“b”</p></blockquote>"),
        ("## Head", "<h4>Head</h4>"),
        (r"see \[1\] there", "<p>see [1] there</p>"),
        ("**open and **", "<p>**open and **</p>"),
        ("2 * 3 * 4 and a_b_c", "<p>2 * 3 * 4 and a_b_c</p>"),
        ("冻结**语言模型**。[1]", "<p>冻结<strong>语言模型</strong>。<chip>1</chip></p>"),
    ],
)
def test_the_small_subset(text: str, html: str) -> None:
    assert render_markup(text, cite) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<img src=x onerror='a()'>", "<p>&lt;img src=x onerror=&#x27;a()&#x27;&gt;</p>"),
        ("[go](javascript:alert(1))", "<p>[go](javascript:alert(1))</p>"),
        ("![p](http://x.example/p.png)", "<p>![p](http://x.example/p.png)</p>"),
        ("[1]: http://x.example", "<p><chip>1</chip>: http://x.example</p>"),
        ("<http://x.example>", "<p>&lt;http://x.example&gt;</p>"),
        ("&lt;b&gt; &#60;", "<p>&amp;lt;b&amp;gt; &amp;#60;</p>"),
        ('**"><b onclick="x">**', "<p><strong>&quot;&gt;&lt;b onclick=&quot;x&quot;&gt;</strong></p>"),
        ("```\n<x>\n```", "<p>```<br>&lt;x&gt;<br>```</p>"),
        ("a\x0cb\u2028c\x00", "<p>a\x0cb\u2028c\x00</p>"),
    ],
)
def test_hostile_text_stays_text(text: str, html: str) -> None:
    assert render_markup(text, cite) == html


class Reader(HTMLParser):
    """Collects tags, attributes and text as a browser would see them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "&",
        '"',
        "'",
        "**",
        "[1]",
        "[2]",
        "\n",
        "\n\n",
        "- ",
        "> ",
        "# ",
        "1. ",
        "\\",
        "`",
        "x",
        "冻",
        "<script>",
        "](",
        "on=",
        "\r",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join))
def test_no_text_makes_a_tag_that_is_not_ours(text: str) -> None:
    reader = Reader()
    reader.feed(render_markup(text, cite))
    reader.close()
    assert reader.tags <= OURS
    assert reader.attributes == []


@given(st.text(st.characters(exclude_characters="*[]\\\r\n\x00"), max_size=60))
def test_a_line_without_marks_is_shown_as_it_is(line: str) -> None:
    reader = Reader()
    reader.feed(f"<p>{render_inline(line, cite)}</p>")
    reader.close()
    assert reader.text == line


def test_unclosed_bold_is_read_in_linear_time() -> None:
    line = "**a " * 20_000
    assert render_inline(line, cite) == line


def test_the_lead_ends_where_the_list_begins() -> None:
    assert take_lead("two say so:\n\n- A\n- B\n\nend") == "two say so:"
    assert take_lead("no list\nat all") == "no list\nat all"
    assert take_lead("- A") == ""


def test_marks_are_found_but_not_a_notes_own() -> None:
    assert find_marks(r"**a [1]** [12] \[3\] [x] [99999]") == {1, 12}


def test_a_paragraph_is_dropped_by_its_numbers() -> None:
    text = "2 of 3.\n\n3 of 3 papers: 2 yes, 1 no, 0, 0.\n\nend"
    assert drop_paragraph(text, (3, 3, 2, 1, 0, 0)) == "2 of 3.\n\nend"
    assert drop_paragraph(text, (3, 3, 3, 0, 0, 0)) == text
