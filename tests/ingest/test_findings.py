"""What `check` finds in notes, and what it must leave alone: each fault has a harmless twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.cli import main
from vlmrag.ingest.findings import Finding, find_problems
from vlmrag.ingest.notes import read_documents
from vlmrag.ingest.papers import merge_papers
from vlmrag.ingest.text import read_text
from vlmrag.language.glossary import Glossary
from vlmrag.types import Source

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
TODAY = date(2026, 11, 21)


def check_sources(sources: list[Source]) -> list[Finding]:
    glossary = Glossary.load()
    documents = [d for s in sources for d in read_documents(s, lambda words: glossary.spans(words, "org"))]
    found = find_problems(sources, documents, merge_papers(documents), TODAY)
    texts = {source.path: source.text for source in sources}
    for f in found:
        assert texts[f.source][f.start : f.end] == f.quote
        assert texts[f.source][: f.start].count("\n") + 1 == f.line
    return found


def check(*notes: str) -> list[Finding]:
    """Check notes that lie in n0.md, n1.md, ..."""
    return check_sources([Source(f"n{i}.md", "note", "", 0, 0, "utf-8", text) for i, text in enumerate(notes)])


def check_folder(folder: Path) -> list[Finding]:
    return check_sources([read_text(path, path.name) for path in sorted(folder.iterdir())])


def brief(found: list[Finding]) -> list[tuple[str, int, str]]:
    return [(f.kind, f.line, f.quote) for f in found]


TITLES = {
    "A": "Reading Street Signs With Frozen Networks",
    "B": "Tagged Objects as Anchors Between Modalities",
    "C": "Counting Birds From Satellite Pictures",
    "D": "Long Videos Need Little Memory",
    "E": "Speech and Depth in One Decoder",
    "F": "Learned Prompts for Medical Scans",
    "G": "Robots That Ask Before They Grasp",
    "T": "Every Pretrained Transformer Under One Roof",
    "V": "Conversation About Moving Images",
}


def entry(name: str, *lines: str) -> str:
    """An entry of one paper; its title begins on line 1, `lines` on line 2, its tags follow."""
    listed = [f"- {line}" for line in (*lines, f"paper: https://openreview.net/forum?id={name}", "tags: testing")]
    return "\n".join([f"## {name}: {TITLES[name[0]]}", *listed, "", ""])


# -- ids ---------------------------------------------------------------------------------------------------------


def test_two_ids_that_were_swapped_name_each_other() -> None:
    note = entry("AlphaNet", "paper: https://arxiv.org/abs/2307.11111", "date: 2023-05") + entry(
        "BetaNet", "paper: https://arxiv.org/abs/2305.22222", "date: 2023-08"
    )
    first, second = check(note)
    assert first == Finding(
        source="n0.md",
        line=2,
        start=note.index("2307"),
        end=note.index("2307") + 10,
        quote="2307.11111",
        kind="id",
        what="arXiv 2307.11111 does not fit AlphaNet: it seems to be swapped with the id of BetaNet",
        why="the entry is dated 2023-05 and the id was given in 2023-07; 2305.22222, which BetaNet has at line 8, fits "
        "this date, and this id fits that entry",
        papers=("arxiv:2305.22222", "arxiv:2307.11111"),
    )
    assert (second.line, second.quote, second.papers) == (8, "2305.22222", first.papers[::-1])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("arxiv: 2311.17911", "date: 2023-10"), True),
        (("arxiv: 2311.00041", "date: 2023-10"), False),  # handed in on the last day of October
        (("arxiv: 2311.17911", "date: 2023-11"), False),
        (("arxiv: 2311.17911", "date: 2024-05"), False),  # a revision
        (("arxiv: 2311.17911", "date: 2025-05"), True),
        (("arxiv: 2311.17911", "date: 2025-05", "venue: ICML 2025"), False),
        (("arxiv: 2311.17911", "date: 2023-06", "venue: CVPR 2023"), False),  # printed first
        (("arxiv: 2311.17911", "year: 2023"), False),
        (("arxiv: 2311.17911", "year: 2022"), True),
        (("arxiv: 1412.2306", "year: 2014"), False),
    ],
)
def test_an_id_must_fit_its_entrys_date(lines: tuple[str, ...], told: bool) -> None:
    found = check(entry("AlphaNet", *lines))
    assert brief(found) == ([("id", 2, lines[0].split()[1])] if told else [])


def test_the_day_of_a_note_is_not_the_papers() -> None:
    front = "---\ntitle: 'AlphaNet: {}'\ndate: 2025-06-01\narxiv: 2204.14198\n---\n\nA note on AlphaNet.\n"
    assert check(front.format(TITLES["A"])) == []


def test_one_id_on_two_papers() -> None:
    notes = entry("AlphaNet", "arxiv: 2301.00001"), entry("BetaSeg", "arxiv: 2301.00001")
    (found,) = check(*notes)
    assert (found.source, found.what) == ("n1.md", "arXiv id 2301.00001 stands on two papers, AlphaNet and BetaSeg")
    assert found.why == "AlphaNet has it at n0.md:2; one id names one paper"
    tied = entry("BetaSeg", "arxiv: 2301.00001", "point: the data set that comes with AlphaNet.")
    assert check(notes[0], tied) == []


def test_two_ids_on_one_paper() -> None:
    found = check(entry("AlphaNet", "arxiv: 2301.00001"), entry("AlphaNet", "arxiv: 2302.00002"))
    assert brief(found) == [("id", 2, "2302.00002")]
    cited = entry(
        "AlphaNet", "arxiv: 2301.00001", "point: goes beyond earlier work such as https://arxiv.org/abs/2205.00002"
    )
    assert check(cited) == []


def test_a_number_that_is_no_id() -> None:
    assert brief(check("A thought on arXiv:2313.12345 and arXiv 2401.1234.\n")) == [
        ("id", 1, "2313.12345"),
        ("id", 1, "2401.1234"),
    ]
    assert check("Good ones: arXiv:2312.12345v2, arXiv:1412.2306, arXiv 2401.00025，v3\n") == []


# -- dates -------------------------------------------------------------------------------------------------------


def test_a_paper_is_not_younger_than_the_day_on_which_it_was_read() -> None:
    diary = "# 2024.1\n\n## 2024.1.17\n\n《AlphaNet: A Vision Model》\n\n{} 加州大学的工作，要点：\n\n1. 冻结语言模型\n"
    (found,) = check(diary.format("2024.10"))
    assert (found.line, found.quote, found.kind) == (7, "2024.10", "date")
    assert found.what == "AlphaNet is dated 2024-10, later than the date that it stands under, 2024-01-17"
    assert check(diary.format("2024.1")) == []
    assert check(diary.format("2023.10")) == []


def test_nothing_is_dated_in_the_future() -> None:
    assert brief(check(entry("AlphaNet", "date: 2027-02"))) == [("date", 2, "2027-02")]
    assert check(entry("AlphaNet", "date: 2026-11")) == []


def test_entries_of_one_paper_agree_on_its_date() -> None:
    table = "| Model | Year | Paper |\n|---|---|---|\n| AlphaNet | 2021 | https://arxiv.org/abs/2112.03857 |\n"
    (found,) = check(entry("AlphaNet", "date: 2022-06"), table)
    assert (found.source, found.quote, found.what) == (
        "n0.md",
        "2022-06",
        "AlphaNet is dated 2022-06 here and 2021 elsewhere",
    )
    assert check(entry("AlphaNet", "date: 2022-02"), table) == []
    assert check(entry("AlphaNet", "date: 2022-06", "venue: CVPR 2022"), table) == []


def test_a_conference_of_every_other_year() -> None:
    assert brief(check(entry("AlphaNet", "venue: ECCV 2023"))) == [("date", 2, "ECCV 2023")]
    assert check(entry("AlphaNet", "venue: ECCV 2022"), entry("BetaNet", "venue: ICCV 2023")) == []


# -- links and addresses -----------------------------------------------------------------------------------------

TOOLBOX = entry("TOOLBOX", "point: a library of models", "code: https://github.com/salesforce/TOOLBOX")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("org: Google Research", "code: https://github.com/salesforce/TOOLBOX"), True),
        (("org: Salesforce", "code: https://github.com/salesforce/TOOLBOX"), False),
        (("code: https://github.com/salesforce/TOOLBOX",), False),  # nothing speaks against a shared repository
        (("org: Google Research", "code: https://github.com/salesforce/TOOLBOX/tree/main/alphanet"), False),
        (("org: Google Research", "code: https://github.com/salesforce/TOOLBOX", "point: now in TOOLBOX."), False),
        (("org: Google Research", "code: https://github.com/google-research/alphanet"), False),
    ],
)
def test_a_link_to_another_papers_project(lines: tuple[str, ...], told: bool) -> None:
    found = check(entry("AlphaNet", *lines), TOOLBOX)
    assert brief(found) == ([("link", 3, "https://github.com/salesforce/TOOLBOX")] if told else [])


def test_a_name_with_another_papers_link() -> None:
    known = entry("VideoTalk", "arxiv: 2305.00002", "date: 2023-05")
    found = check("# Projects\n\nVideo Talk: https://github.com/somebody/Video-TalkGPT\n", known)
    assert brief(found) == [("link", 3, "Video Talk")]
    assert check("# Projects\n\nVideo Talk: https://github.com/somebody/VideoTalk\n", known) == []


@pytest.mark.parametrize(
    ("line", "quote"),
    [
        ("[AlphaNet](arxiv.org/abs/2301.12597)", "arxiv.org/abs/2301.12597"),
        ("[AlphaNet](https://arxiv.org/abs/2301 .12597)", "https://arxiv.org/abs/2301 .12597"),
        ("https://arxiv.org/abs/", "https://arxiv.org/abs"),
        ("https://arxiv.org/pdf/2506.XXXXX", "https://arxiv.org/pdf/2506.XXXXX"),
        ("see https://github.com/someone/al...", "https://github.com/someone/al"),
        ("http:/example.org/x", "http:/"),
        ("https//example.org/x", "https//"),
        ("htps://example.org/x", "htps://"),
        ("https：//example.org/x", "https：//"),
        ("https://https://example.org/x", "https://https://"),
        ("https://example/page/one", "https://example/page/one"),
        (
            "https://link.zhihu.com/?target=https%3A//example.org/x",
            "https://link.zhihu.com/?target=https%3A//example.org/x",
        ),
        ("[code]()", "[code]()"),
    ],
)
def test_broken_addresses(line: str, quote: str) -> None:
    found = check(f"# Reading\n\n{line}\n")
    assert [(f.kind, f.quote.rstrip("/") if "abs" in quote else f.quote) for f in found] == [("url", quote)]


@pytest.mark.parametrize(
    "line",
    [
        "[AlphaNet](https://arxiv.org/abs/2301.12597)",
        '[AlphaNet](https://example.org/x "a title")',
        "[next](../beta.md), [above](#alpha), [mail](mailto:a@example.org)",
        "github.com/someone/alpha is where it lives",
        "http://localhost:7860 and http://127.0.0.1/x",
        "https://arxiv.org/list/cs.CV/recent",
        "https://www.youtube.com/watch?v=UtcaO3zTCKQ",
        "`items[0]()`, `[code]()` and https://user:pass@proxy:8080",
        "```\ncurl http:/x [code]()\n```",
        "HTTP/1.1, tp/fp, http vs https",
        "https://example.org/search?q=llava",
    ],
)
def test_good_addresses(line: str) -> None:
    assert check(f"# Reading\n\n{line}\n") == []


# -- stories -----------------------------------------------------------------------------------------------------

ROWS = """| Model | Year | Idea | Mechanism |
|---|---|---|---|
| [AlphaNet](https://arxiv.org/abs/1909.11059) | 2019 | one encoder for two tasks | {} |
| [BetaSeg](https://arxiv.org/abs/2004.06165) | 2020 | tags are anchors | {} |
"""
BETA_STORY = "提出 BetaSeg，利用影像中检测到的物件标签作为锚点，显著简化了图文对齐的学习。"


def test_a_row_that_tells_another_rows_story() -> None:
    found = check(
        ROWS.format(
            "這篇論文描述了 **BetaSeg**：利用影像中檢測到的物件標籤作為錨點，顯著簡化圖文對齊的學習。", BETA_STORY
        )
    )
    assert [(f.kind, f.line, f.what) for f in found] == [
        ("story", 3, "the entry of AlphaNet tells what is said of BetaSeg")
    ]
    assert found[0].papers == ("arxiv:1909.11059", "arxiv:2004.06165")
    assert (
        check(
            ROWS.format("不像 BetaSeg 那样依赖检测器，它用一个编码器统一理解与生成两类任务，靠遮罩切换。", BETA_STORY)
        )
        == []
    )


def test_two_entries_that_say_the_same_without_a_name() -> None:
    story = "利用影像中检测到的物件标签作为锚点，显著简化了图文对齐的学习，并且不需要额外的标注。"
    found = check(ROWS.format(story, story))
    assert [(f.line, f.what) for f in found] == [(4, "the entries of BetaSeg and AlphaNet say nearly the same")]


def test_an_entry_that_presents_another_paper_as_its_own() -> None:
    beta = entry("BetaSeg", "point: tags are anchors.")
    found = check(entry("AlphaNet", "point: This paper proposes BetaSeg, with tags as anchors."), beta)
    assert brief(found) == [("story", 2, "point: This paper proposes BetaSeg, with tags as anchors.")]
    assert check(entry("AlphaNet", "point: This paper proposes AlphaNet, which beats BetaSeg."), beta) == []
    assert check(entry("AlphaNet", "point: Builds AlphaNet on what this paper introduces, BetaSeg."), beta) == []


# -- characters and gaps -----------------------------------------------------------------------------------------


@given(
    st.text(
        st.characters(min_codepoint=0x2010, max_codepoint=0xFF5E, categories=("L", "P", "S")), min_size=1, max_size=4
    )
)
def test_what_was_read_in_a_wrong_encoding_is_told_as_it_was(words: str) -> None:
    try:
        broken = words.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return
    found = check(f"# Reading\n\nGoogle brain {broken} BYOL\n")
    assert [(f.kind, f.what) for f in found] == [("encoding", f"{broken!r} is mis-encoded: it was {words!r}")]


def test_accents_signs_and_chinese_are_in_order() -> None:
    assert check("# Reading\n\nMüller, Ångström, São Paulo, 3×–5×, naïve “quotes”, 中文，标点。 café… × ÷\n") == []
    assert brief(check("# Reading\n\na lost \ufffd\ufffd one\n")) == [("encoding", 3, "\ufffd\ufffd")]


def test_marks_of_what_is_still_to_be_written() -> None:
    note = entry("AlphaNet", "point: TBD", "results: better (TODO)") + entry("BetaNet", "point: 待补充")
    found = check(note)
    assert brief(found) == [("unfinished", 2, "TBD"), ("unfinished", 8, "待补充")]
    assert found[0].what == "marked 'TBD', and 1 more times below"
    assert check("## TODO\n\n- [ ] AlphaNet: A Vision Model\n- [ ] 方法尚未完全理解，待补充实验很多\n") == []


def test_empty_fields() -> None:
    note = entry(
        "AlphaNet", "paper: https://arxiv.org/abs/2301.00001", "code:", "date: 2023-01", "authors:\n  - Ada Stone"
    )
    assert brief(check(note)) == [("unfinished", 3, "code:")]
    habit = "".join(entry(f"{c}ivNet", "code:", f"arxiv: 2301.0000{i}") for i, c in enumerate("ABCDE"))
    (found,) = check(habit)
    assert found.what == "the field code of AivNet is empty, and so in 4 more entries of this file"


def test_an_entry_that_is_a_title_only() -> None:
    told = "《{0}Net: A Vision Model》\n\n2023.{1} 加州大学的工作，要点：\n\n1. 冻结语言模型 {0}\n\n"
    diary = "# 2024\n\n## 2024.1.17\n\n" + "".join(told.format(c, i) for i, c in enumerate("ABC", start=1))
    assert brief(check(diary + "《OmegaNet: A Model Without Words》\n")) == [
        ("unfinished", 23, "《OmegaNet: A Model Without Words》")
    ]
    assert check(diary + "《OmegaNet: A Model Without Words》\n《PsiNet: Its Sister》\n\n2023.4 两篇一起读\n") == []


# -- whole libraries ---------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=2, max_size=7, unique=True), st.data())
def test_any_two_swapped_ids_are_found_and_nothing_else(months: list[int], data: st.DataObject) -> None:
    days = [f"{15 + m // 12}{m % 12 + 1:02}" for m in months]
    ids = [f"{day}.1{i:04}" for i, day in enumerate(days)]
    a, b = data.draw(st.sampled_from([(a, b) for a in range(len(days)) for b in range(len(days)) if a != b]))

    def write(given: list[str]) -> str:
        rows = zip("ABCDEFG", days, given, strict=False)
        return "".join(entry(f"{c}ivNet", f"arxiv: {i}", f"date: 20{d[:2]}-{d[2:]}") for c, d, i in rows)

    assert check(write(ids)) == []
    swapped = list(ids)
    swapped[a], swapped[b] = ids[b], ids[a]
    found = check(write(swapped))
    assert {f.quote for f in found} <= {ids[a], ids[b]}
    later = ids[max(a, b, key=lambda i: months[i])]
    assert later in {f.quote for f in found}


def test_the_shipped_notes_are_in_order() -> None:
    assert check_folder(ROOT / "data" / "notes") == []


def test_known_faults_of_real_notes_are_found() -> None:
    if not (SHARED / "notes").is_dir():
        pytest.skip("../shared/notes is missing")
    found = check_folder(SHARED / "notes")
    quotes = {(f.kind, f.quote) for f in found}
    assert {
        ("id", "2307.16449v2"),
        ("id", "2305.06355"),
        ("link", "https://github.com/salesforce/LAVIS"),
        ("date", "2024.10"),
        ("encoding", "ï¼Œ"),
        ("url", "arxiv.org/abs/2301.12597"),
    } <= quotes
    assert ["name:moco", "name:lavis"] in [list(f.papers) for f in found if f.kind == "link"]
    assert [f.papers[1] for f in found if f.kind == "story"] == ["arxiv:2004.06165"]
    assert len(found) < 20


# -- the command -------------------------------------------------------------------------------------------------


def test_the_command_prints_findings_and_ends_well(
    ingest_note: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    note = entry("AlphaNet", "venue: ECCV 2023") + entry("BetaSeg", "point: TBD")
    ingest_note(note)
    capsys.readouterr()
    assert main(["check"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "data/notes/two.md:2: there was no ECCV in 2023, where AlphaNet is said to have appeared — "
        "ECCV is held in even years",
        "data/notes/two.md:7: marked 'TBD' — such a mark stands for something that is still to be written",
    ]
    assert err == "2 findings\n"
    assert main(["check", "--json", "--paper", "betaseg"]) == 0
    out, err = capsys.readouterr()
    start = note.index("TBD")
    assert json.loads(out) == {
        "source": "data/notes/two.md",
        "line": 7,
        "start": start,
        "end": start + 3,
        "quote": "TBD",
        "kind": "unfinished",
        "what": "marked 'TBD'",
        "why": "such a mark stands for something that is still to be written",
        "papers": ["name:betaseg"],
    }
    assert err == "1 finding\n"
