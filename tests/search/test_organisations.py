"""Which class an organisation is of, told from its name, its owner and what the glossary knows."""

from __future__ import annotations

import pytest

from vlmrag.language.glossary import Glossary
from vlmrag.search.organisations import find_class, load_classes, tell_class


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return Glossary.load()


@pytest.mark.parametrize(
    ("org", "group"),
    [
        ("Carnegie Mellon University", "university"),
        ("北大", "university"),
        ("EPFL", "university"),
        ("MIT CSAIL", "university"),
        ("Robotics Institute, Carnegie Mellon University", "university"),
        ("University of Nowhere", "university"),
        ("某某大学", "university"),
        ("Shanghai AI Laboratory", "institute"),
        ("Institute of Unheard-of Science", "institute"),
        ("Google Research", "company"),
        ("达摩院", "company"),
        ("腾讯", "company"),
        ("Example Robotics Inc.", "company"),
        ("The Nameless", None),
    ],
)
def test_the_owner_decides(glossary: Glossary, org: str, group: str | None) -> None:
    assert tell_class(org, glossary) == group


def test_names_that_do_not_say_so_are_names_of_the_glossary(glossary: Glossary) -> None:
    unknown = {name for names in load_classes().names.values() for name in names if name not in glossary.entries}
    assert unknown == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Which papers are from a university?", ("university", "from a university")),
        ("高校参与的论文", ("university", "高校参与的")),
        ("Which papers come from big tech companies?", ("company", "from big tech companies")),
        ("哪些是大厂做的", ("company", "是大厂做的")),
        ("Which papers are about university exams?", None),
        ("大学生用的模型", None),
    ],
)
def test_a_class_is_asked_for_in_words(text: str, found: tuple[str, str] | None) -> None:
    asked = find_class(text)
    assert (asked and (asked[0], text[slice(*asked[1])])) == found
