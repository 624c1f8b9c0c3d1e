"""Filters beside the question: what the browser sends is read with care, and shown again as it is held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake_library import ATLAS, BROOK, LANTERN
from vlmrag.types import Filters
from vlmrag.ui.filters import Choices, list_choices, name_filters, read_filters, render_filters, show_filters
from vlmrag.ui.words import load_words

EN = load_words("en")


@pytest.mark.parametrize(
    ("sent", "filters"),
    [
        ({"first": "2021", "last": "2023"}, Filters(years=(2021, 2023))),
        ({"first": "2023", "last": "2021"}, Filters(years=(2021, 2023))),
        ({"first": "2021", "last": ""}, Filters(years=(2021, 9999))),
        ({"first": "", "last": "2021"}, Filters(years=(0, 2021))),
        ({"org": " North Lab ", "source": "a.md", "kind": "pdf"}, Filters(org="North Lab", source="a.md", kind="pdf")),
        ({"org": "x" * 5000}, Filters(org="x" * 200)),
        ({"first": "", "last": "", "org": " ", "source": "", "kind": ""}, Filters()),
    ],
)
def test_what_is_set_is_read(sent: dict[str, str], filters: Filters) -> None:
    assert read_filters(sent) == filters


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "2021",
        [2021],
        {"first": "20211"},
        {"first": "２０２１"},
        {"first": [2021]},
        {"first": "1e30"},
        {"org": 7, "source": {"a": 1}, "kind": "record"},
        {"paper": "x", "section": "y", "among": [1]},
    ],
)
def test_what_is_no_filter_is_left_out(sent: object) -> None:
    assert read_filters(sent) == Filters()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "first": st.sampled_from(["2020", "2021"]),
            "last": st.sampled_from(["2021", "2024"]),
            "org": st.text(min_size=1, max_size=20).map(str.strip).filter(bool),
            "source": st.sampled_from(["a.md", "data/notes/b.md"]),
            "kind": st.sampled_from(["note", "pdf"]),
        },
    )
)
def test_what_is_held_is_shown_as_it_was_sent(sent: dict[str, str]) -> None:
    assert show_filters(read_filters(sent)) == sent


@pytest.mark.parametrize(
    ("filters", "line"),
    [
        (Filters(), ""),
        (Filters(years=(2021, 2021)), "2021"),
        (Filters(years=(2021, 9999), org="North Lab", kind="note"), "2021– · North Lab · Notes"),
        (Filters(years=(0, 2021), source="a.md", kind="pdf"), "–2021 · a.md · PDFs"),
    ],
)
def test_they_are_named_in_a_line(filters: Filters, line: str) -> None:
    assert name_filters(filters, EN) == line


def test_the_choices_are_those_of_the_library() -> None:
    assert list_choices([ATLAS, BROOK, LANTERN]) == Choices((2023, 2021), ("North Lab",), ("notes/atlas.md",))


def test_the_fold_holds_what_is_set_and_shows_text_as_text() -> None:
    html = render_filters(Filters(years=(2021, 9999), org='"><b>'), Choices((2021,), ('"><b>',), ()), EN)
    assert '<select name="first" data-value="2021">' in html
    assert '<span class="named">2021– · &quot;&gt;&lt;b&gt;</span>' in html
    assert '<option value="&quot;&gt;&lt;b&gt;"></option>' in html
    assert "<b>" not in html
    assert "data-clear" in html
    assert "data-clear" not in render_filters(Filters(), Choices(), EN)
