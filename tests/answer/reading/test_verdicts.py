"""Verdicts of a model on what a list leaves open: they count where a sentence bears them out, and nowhere else."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.answer.reading.readers import Judge, Reader, Sentences, give, point_at
from tests.answer.writing.fake_server import FakeServer
from tests.search.small_library import DIARY, NOTES, make_library
from vlmrag.answer.reading.adviser import Adviser, Bounds
from vlmrag.answer.reading.consult import Asked, consult, recheck_verdicts
from vlmrag.answer.writing.endpoint import Endpoint, Patience
from vlmrag.assistant import Assistant
from vlmrag.records import record_answer
from vlmrag.search.question import read_question
from vlmrag.types import Answer, Filters

STAGED = "Which models freeze the language model in the first stage?"
FROZEN = "第一阶段冻结语言模型"
TRAINED = "第二阶段语言模型也参与训练"
SOON = Patience(reach=20.0, stall=0.3, whole=60.0)


def ask(library: Assistant, judge: Judge, question: str = STAGED, name: str = "reader") -> Answer:
    return library.ask(question, generator=Reader(judge, name=name))


def tell_verdicts(answer: Answer) -> dict[str, str]:
    return {v.paper.name: v.says for v in (*answer.papers, *answer.considered)}


def forget(answer: Answer) -> Answer:
    """An answer without what models are said to have read and written."""
    return replace(answer, consulted=None, generated=None, seconds=0.0)


def test_a_verdict_that_its_sentence_bears_out_settles_what_the_rules_leave_open(small: Assistant) -> None:
    base = small.ask(STAGED)
    assert tell_verdicts(base) == {"Lumen-1": "yes", "Ermine": "yes", "Marten": "depends", "Lumen-2": "no"}
    answer = ask(small, point_at(FROZEN))
    assert tell_verdicts(answer) == {"Lumen-1": "yes", "Ermine": "yes", "Marten": "yes", "Lumen-2": "no"}
    assert [(v.paper.name, v.by) for v in answer.papers] == [("Lumen-1", ""), ("Ermine", ""), ("Marten", "reader")]
    assert answer.coverage == replace(base.coverage, yes=3, depends=0)  # type: ignore[type-var]
    marten = answer.papers[2]
    assert answer.citations[marten.citations[0] - 1].quote == f"{FROZEN}，只训练投影层。"
    assert answer.consulted is not None
    assert (answer.consulted.verdicts, answer.consulted.settled, answer.consulted.refused) == (1, 1, ())


def test_what_a_model_settled_is_told(small: Assistant) -> None:
    answer = ask(small, point_at(FROZEN))
    assert answer.text.startswith(
        "Read by a model where the rules were unsure, each borne out by its sentence: Marten (yes). "
        "**3 of the 7 papers** say so.\n\n"
    )
    assert f"\n- **Marten** (2023), as a model reads it: “{FROZEN}，只训练投影层。” [" in answer.text
    record = record_answer(answer)
    assert [paper.get("by") for paper in record["papers"]] == [None, None, "reader"]
    assert record["consulted"] == {
        "model": "reader", "read_as": "", "verdicts": 1, "settled": 1, "refused": [], "spent": None, "problem": "",
    }  # fmt: skip
    plain = record_answer(small.ask(STAGED))
    assert "consulted" not in plain
    assert not any("by" in paper for paper in plain["papers"])


def find(words: str, sentences: Sentences) -> int:
    return next(number for number, text in sentences if words in text)


UNPROVEN: dict[str, tuple[Judge, str]] = {
    "invents words": (
        lambda s: give("yes", find(FROZEN, s), "第一阶段完全冻结语言模型"),
        r"its words do not stand in sentence \[\d\]",
    ),
    "points at another sentence": (
        lambda s: give("yes", find(TRAINED, s), FROZEN),
        r"its words do not stand in sentence \[\d\]",
    ),
    "points nowhere": (lambda s: give("yes", 99, FROZEN), r"there is no sentence \[99\]"),
    "gives no sentence": (lambda s: '{"verdict": "yes"}', r"there is no sentence \[0\]"),
    "gives too few words": (lambda s: give("yes", find(FROZEN, s), "语言模型"), "its words do not hold what is asked"),
    "gives other words": (
        lambda s: give("yes", find("音频", s), "不支持音频"),
        "the sentence does not bear it out",
    ),
    "turns it around": (lambda s: give("no", find(FROZEN, s), FROZEN), "the sentence does not bear it out"),
    "takes the other stage": (lambda s: give("no", find(TRAINED, s), TRAINED), "the sentence does not bear it out"),
    "says something else": (lambda s: give("perhaps", find(FROZEN, s), FROZEN), "it is no verdict in the form .*"),
    "talks": (lambda s: "Yes, Marten freezes the language model [3].", "it is no verdict in the form .*"),
    "breaks its record": (lambda s: '{"verdict": "yes", "sentence": [1', "it is no verdict in the form .*"),
    "nests": (lambda s: "{" * 100_000, "it is no verdict in the form .*"),
    "gives a list": (lambda s: '{"verdict": ["yes"], "sentence": "three", "words": 1}', "it is no verdict .*"),
}


@pytest.mark.parametrize(("judge", "why"), UNPROVEN.values(), ids=UNPROVEN)
def test_a_verdict_without_proof_changes_nothing(small: Assistant, judge: Judge, why: str) -> None:
    answer = ask(small, judge)
    assert forget(answer) == forget(small.ask(STAGED))
    assert answer.consulted is not None
    assert (answer.consulted.verdicts, answer.consulted.settled) == (1, 0)
    [refused] = answer.consulted.refused
    assert re.fullmatch(why, refused.why)


def test_a_model_that_is_unsure_too_changes_nothing(small: Assistant) -> None:
    answer = ask(small, lambda _: '```json\n{"verdict": "unclear", "sentence": null}\n```')
    assert forget(answer) == forget(small.ask(STAGED))
    assert answer.consulted is not None
    assert (answer.consulted.verdicts, answer.consulted.refused) == (1, ())


QUESTIONS = [
    STAGED,
    "哪些模型在第二阶段训练语言模型？",
    "Which models freeze the language model?",
    "Which models train the language model?",
    "Which models train only the projection layer?",
    "Which models handle long video?",
    "Which models compare with Corvid on long video?",
    "Which models do not handle audio?",
    "Which models generate images and freeze the language model?",
]


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_insisting_settles_what_is_not_so(small: Assistant, question: str) -> None:
    """Whatever verdict a model gives by whatever sentence, what the rules decided stays, and no paper joins."""
    base = small.ask(question)
    sure = {name: says for name, says in tell_verdicts(base).items() if says in ("yes", "no")}
    right = {STAGED: {"Marten": "yes"}, QUESTIONS[1]: {"Marten": "yes"}}.get(question, {})
    for verdict, at in itertools.product(("yes", "no", "depends"), range(8)):

        def insist(sentences: Sentences, verdict: str = verdict, at: int = at) -> str:
            number, text = sentences[at % len(sentences)]
            return give(verdict, number, text)

        answer = ask(small, insist, question, f"{verdict} {at}")
        assert tell_verdicts(answer).keys() == tell_verdicts(base).keys()
        settled = {v.paper.name: v.says for v in (*answer.papers, *answer.considered) if v.by}
        assert settled.items() <= right.items()
        assert sure.items() <= tell_verdicts(answer).items()


CHECKED = [
    ("Does Marten freeze the language model in the first stage?", FROZEN, "yes", "**Yes.** Of Marten (2023)"),
    ("Does Marten freeze the language model in the second stage?", TRAINED, "no", "**No,** not as the library has it."),
    ("Marten 在第二阶段训练语言模型吗？", TRAINED, "yes", "**是。** 关于 Marten (2023)"),
]
TOLD_ONCE = """# Notes

## Gamma-1: A Model
- paper: https://arxiv.org/abs/2401.00001
- In the first stage, the language model is frozen, and the projection layer is trained.
- In the second stage, the projection layer is frozen, and the language model is trained.
"""


@pytest.mark.parametrize(("question", "words", "verdict", "lead"), CHECKED)
def test_a_question_of_yes_or_no_is_settled_too(
    small: Assistant, question: str, words: str, verdict: str, lead: str
) -> None:
    base = small.ask(question)
    assert [(v.paper.name, v.says) for v in base.papers] == [("Marten", "depends")]
    answer = ask(small, point_at(words, verdict), question)
    assert [(v.paper.name, v.says, v.by) for v in answer.papers] == [("Marten", verdict, "reader")]
    assert lead in answer.text.split("\n")[0]
    assert words in answer.citations[0].quote
    other = {"yes": "no", "no": "yes"}[verdict]
    assert forget(ask(small, point_at(words, other), question, "other")) == forget(base)


def test_a_stage_is_told_once_for_all_that_a_sentence_says(tmp_path: Path) -> None:
    library = make_library(tmp_path, {"gamma.md": TOLD_ONCE})
    question = "Which models train the projection layer in the first stage?"
    base = library.ask(question)
    assert tell_verdicts(base) == {"Gamma-1": "depends"}
    assert tell_verdicts(ask(library, point_at("In the first stage"), question)) == {"Gamma-1": "yes"}
    for words, verdict in itertools.product(("In the first stage", "In the second stage"), ("yes", "no")):
        if (words, verdict) != ("In the first stage", "yes"):
            other = ask(library, point_at(words, verdict), question, f"{words} {verdict}")
            assert forget(other) == forget(base)


def test_a_no_by_the_opposite_is_settled(tmp_path: Path) -> None:
    """What is trained in that stage is not frozen in it, whatever the other stage has."""
    library = make_library(tmp_path, {"delta.md": DELTA})
    judge = point_at("trained in the first stage", "no")
    answer = ask(library, judge)
    assert [(v.paper.name, v.says, v.by, v.why) for v in answer.considered] == [
        ("Delta-1", "no", "reader", "says the opposite")
    ]
    assert answer.papers == ()


def test_what_no_sentence_could_settle_is_not_asked(small: Assistant) -> None:
    reader = Reader()
    small.ask("Which models freeze the language model?", generator=reader)
    assert reader.asked == []


DELTA = """# Notes

## Delta-1: A Model
- paper: https://arxiv.org/abs/2401.00002
- The language model is frozen in the second stage.
- The language model is trained in the first stage.
"""
PARTED = """# Readers

## Heron: A Reader
- paper: https://arxiv.org/abs/2401.00001
- The bridge, which has many layers and was made by three people in a summer of rain, reads speech.

## Stork: Another
- paper: https://arxiv.org/abs/2401.00002
- It has a bridge.
- It reads speech.
"""


def test_one_sentence_must_hold_all_that_is_asked(tmp_path: Path) -> None:
    """What stands in two sentences is not put together: the bridge and what reads speech may be two things."""
    library = make_library(tmp_path, {"readers.md": PARTED})
    question = "Which models have a bridge that reads speech?"
    for words in ("bridge", "speech"):
        answer = ask(library, point_at(words), question, words)
        assert not any(v.by for v in answer.papers if v.paper.name == "Stork")


def test_nothing_is_asked_twice(small: Assistant) -> None:
    first, again = Reader(point_at(FROZEN)), Reader(lambda _: "something else")
    one, two = small.ask(STAGED, generator=first), small.ask(STAGED, generator=again)
    assert (len(first.asked), len(again.asked)) == (1, 0)
    assert replace(two, seconds=one.seconds) == one
    other = Reader(point_at(FROZEN), name="another")
    small.ask(STAGED, generator=other)
    assert len(other.asked) == 1


@pytest.mark.slow
def test_a_note_that_changes_is_asked_anew(tmp_path: Path) -> None:
    make_library(tmp_path, NOTES).ask(STAGED, generator=Reader(point_at(FROZEN)))
    changed = DIARY.replace("只训练投影层", "只训练连接层")
    library = make_library(tmp_path, {**NOTES, "diary.md": changed})
    reader = Reader(point_at(FROZEN))
    assert tell_verdicts(library.ask(STAGED, generator=reader))["Marten"] == "yes"
    assert len(reader.asked) == 1


def test_damaged_memory_is_told_and_asked_again(small: Assistant) -> None:
    told: list[str] = []
    small.tell = told.append
    first = small.ask(STAGED, generator=Reader(point_at(FROZEN)))
    kept = list((small.config.home / "indexes" / ".written").rglob("*.json"))
    for file in kept:
        file.write_bytes(b"\xff{" * 9)
    again = Reader(point_at(FROZEN))
    answer = small.ask(STAGED, generator=again)
    del small.tell
    assert sorted(told) == sorted(f"{file} is damaged: the model is asked again" for file in kept)
    assert (len(again.asked), replace(answer, seconds=first.seconds)) == (1, first)


FAILS = {
    "silent": "silent took too long to read",
    "drips": "drips took too long to read",
    "dies": "the connection broke off",
    "broken": "answers 500: the model crashed",
    "bad_json": "the server sends what is no JSON",
    "nobody": "has no model nobody",
}


@pytest.mark.parametrize(("model", "why"), FAILS.items(), ids=FAILS)
def test_where_a_model_fails_the_rules_stand(small: Assistant, server: FakeServer, model: str, why: str) -> None:
    server.text = give("yes", 3, FROZEN) * 9
    catalogue = small._catalogue
    question = read_question(STAGED, catalogue)
    asked = Asked(question, small._draft(question), (), Filters())
    endpoint = Endpoint(f"{server.url}#{model}", patience=Patience(20.0, 20.0, 60.0))
    adviser = Adviser(endpoint, bounds=Bounds(seconds=0.3 if why.endswith("read") else 60.0))
    answer = consult(asked, catalogue, small._retriever, adviser)
    assert answer is not None
    assert forget(answer) == forget(small.ask(STAGED))
    assert answer.consulted is not None
    assert why in answer.consulted.problem
    assert adviser.failed


def test_a_model_that_fails_to_read_is_not_asked_to_write(small: Assistant, server: FakeServer) -> None:
    answer = small.ask(STAGED, generator=Endpoint(f"{server.url}#silent", patience=SOON))
    assert forget(answer) == forget(small.ask(STAGED))
    assert answer.generated is not None
    assert "not a byte for 0.3 s" in answer.generated.problem
    assert len(server.asked) == 1


@pytest.mark.slow
def test_no_more_is_asked_than_is_allowed(tmp_path: Path) -> None:
    entry = DIARY.partition("## Marten")[2].partition("## Sable")[0].partition("2303.00004")
    many = "# 日记\n" + "".join(f"\n## Marten-{n:02}{entry[0]}2303.{n:05}{entry[2]}" for n in range(1, 8))
    library = make_library(tmp_path, {"diary.md": many})
    question = read_question(STAGED, library._catalogue)
    asked = Asked(question, library._draft(question), (), Filters())
    reader = Reader(point_at(FROZEN))
    adviser = Adviser(reader, bounds=Bounds(calls=3))
    answer = consult(asked, library._catalogue, library._retriever, adviser)
    assert answer is not None
    assert answer.consulted is not None
    assert (len(reader.asked), answer.consulted.settled) == (3, 3)
    assert answer.consulted.problem == "reader was not asked all: that was too much for one answer"
    assert not adviser.failed
    assert answer.coverage is not None
    assert (answer.coverage.yes, answer.coverage.depends) == (3, 4)


def test_a_model_that_holds_too_little_is_not_asked(small: Assistant) -> None:
    reader = Reader(point_at(FROZEN), context=500)
    answer = small.ask(STAGED, generator=reader)
    assert reader.asked == []
    assert answer.consulted is not None
    assert answer.consulted.problem == "reader holds 500 tokens, too few for what it was to read"


def test_thoughts_are_left_out(small: Assistant) -> None:
    def think(sentences: Sentences) -> str:
        return f"<think>{give('no', 1, 'Marten')}</think>\n{point_at(FROZEN)(sentences)}"

    assert tell_verdicts(ask(small, think))["Marten"] == "yes"


def test_verdicts_are_held_anew(small: Assistant) -> None:
    """The recheck finds nothing in an answer of ours, and finds a verdict that was put into one."""
    catalogue = small._catalogue
    question = read_question(STAGED, catalogue)
    answer = ask(small, point_at(FROZEN))
    assert recheck_verdicts(answer, question, catalogue) == []
    forged = replace(answer, papers=tuple(replace(v, by="reader") for v in answer.papers))
    wrong = replace(answer, considered=tuple(replace(v, says="yes", by="reader") for v in answer.considered))
    assert [one.text for one in recheck_verdicts(forged, question, catalogue)] == ["Lumen-1: yes", "Ermine: yes"]
    assert [one.text for one in recheck_verdicts(wrong, question, catalogue)] == ["Lumen-2: yes"]


def test_what_is_asked_is_numbered_data(small: Assistant) -> None:
    reader = Reader()
    small.ask(STAGED, generator=reader)
    lines = reader.asked[0].split("\n")
    assert lines[0] == f"Question: {json.dumps(STAGED)}"
    assert lines[1].removeprefix("<") == lines[-2].removeprefix("</")
    assert {json.loads(line.partition(" ")[2])["paper"] for line in lines[2:-2]} == {"Marten"}
