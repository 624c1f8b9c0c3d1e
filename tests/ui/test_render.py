"""Whole pieces of the page, compared as the HTML they are."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from tests.ui.fake_library import (
    ATLAS,
    BROOK,
    COVERAGE,
    FROZEN,
    HOSTILE,
    LANTERN,
    FakeLibrary,
    cite,
    judge,
    make_answer,
)
from vlmrag.types import Citation, Coverage, Filters, Generated, Struck, Worded
from vlmrag.ui.conversation import Exchange
from vlmrag.ui.desk import Desk
from vlmrag.ui.html.answer import render_answer, render_conversation
from vlmrag.ui.html.passages import render_lost_passage, render_passage
from vlmrag.ui.html.pieces import render_chip, render_masthead, render_welcome
from vlmrag.ui.words import load_words

EN = load_words("en")
CHIP = (
    '<button type="button" class="chip" data-exchange="{0}" data-marker="{1}"'
    ' aria-label="Citation {1}: {2}" title="Citation {1}: {2}"{3}>{1}</button>'
)
ATLAS_CHIP = CHIP.format(0, 1, "notes/atlas.md, line 5", "")
NAMED = '<th scope="row"><button type="button" class="paper" data-paper="{0.id}">{0.name}</button></th>'


def test_a_fact_is_its_text_with_chips() -> None:
    answer = make_answer("q", "en", "fact", "**Atlas** is frozen [1].", citations=FROZEN[:1])
    assert render_answer(answer, 0, None, EN) == (
        '<article class="answer" lang="en">'
        f'<div class="text"><p><strong>Atlas</strong> is frozen {ATLAS_CHIP}.</p></div></article>'
    )


def test_the_opened_chip_is_marked_in_its_own_exchange_only() -> None:
    answer = make_answer("q", "en", "fact", "x [1]", citations=FROZEN[:1])
    html = render_conversation((Exchange("q", answer), Exchange("q", answer)), (1, 1), EN)
    place = "notes/atlas.md, line 5"
    assert CHIP.format(0, 1, place, "") in html
    assert CHIP.format(1, 1, place, ' aria-current="true"') in html
    assert html.count("aria-current") == 1


def test_a_list_is_coverage_lead_table_and_what_was_looked_at() -> None:
    answer = make_answer(
        "q",
        "en",
        "list",
        "1 of 3 says so.\n\n- **Atlas** (2021): “…” [1]\n\n3 of 3 papers: 1, 1, 1, 0",
        papers=(judge(ATLAS, "yes", 1),),
        considered=(judge(LANTERN, "depends", 3, why="both are said"), judge(BROOK, "not stated")),
        citations=(FROZEN[0], FROZEN[2]),
        coverage=Coverage(papers=3, examined=3, yes=1, no=1, depends=1, not_stated=0),
    )
    head = (
        '<table class="verdicts"><thead><tr><th scope="col"><button type="button" data-sort="0">Paper</button></th>'
        '<th scope="col"><button type="button" data-sort="1">Year</button></th>'
        '<th scope="col"><button type="button" data-sort="2">Says</button></th>'
        '<th scope="col">Evidence</th></tr></thead><tbody>'
    )
    atlas_chip = CHIP.format(2, 1, "notes/atlas.md, line 5", "")
    lantern_chip = CHIP.format(2, 3, "notes/lantern &lt;b&gt;.md, line 7", "")
    assert render_answer(answer, 2, None, EN) == (
        '<article class="answer" lang="en">'
        '<p class="coverage">3 of 3 papers examined: 1 yes, 1 no, 1 depends, 0 not stated.</p>'
        '<div class="text"><p>1 of 3 says so.</p></div>'
        f'{head}<tr>{NAMED.format(ATLAS)}<td class="year">2021</td>'
        '<td data-rank="0"><span class="says yes">yes</span></td>'
        '<td><p class="quote">The language model is kept frozen; only a small bridge is trained'
        f'<span class="tail">. {atlas_chip}</span></p></td></tr></tbody></table>'
        "<details><summary>Also looked at (2)</summary>"
        f'{head}<tr>{NAMED.format(LANTERN)}<td class="year">2023</td>'
        '<td data-rank="1"><span class="says depends">depends</span></td>'
        f'<td><p class="quote">Lantern 訓練整個模型，沒有凍結任何部分<span class="tail">。 {lantern_chip}</span></p>'
        '<p class="why">both are said</p></td></tr>'
        f'<tr>{NAMED.format(BROOK)}<td class="year">2023</td>'
        '<td data-rank="3"><span class="says not-stated">not stated</span></td><td></td></tr></tbody></table></details>'
        "</article>"
    )


def test_an_answer_that_comes_shows_so_many_lines_and_no_more() -> None:
    answer = make_answer(
        "q",
        "en",
        "list",
        "Two say so:\n\n- **Atlas** [1]\n- **Brook** [2]",
        papers=(judge(ATLAS, "yes", 1), judge(BROOK, "yes", 2)),
        considered=(judge(LANTERN, "no"),),
        citations=FROZEN[:2],
        coverage=COVERAGE,
    )
    shown = [render_answer(answer, 0, None, EN, step) for step in (1, 2, 3, None)]
    assert [html.count("<tr>") for html in shown] == [0, 2, 3, 5]
    assert ["Two say so" in html for html in shown] == [True] * 4
    assert [html.count("<details") for html in shown] == [0, 0, 0, 1]


def test_below_an_answer_stands_who_made_it_and_what_can_be_done_with_it() -> None:
    answer = make_answer("q", "en", "fact", 'x "y" [1]', citations=FROZEN[:1])
    first, last = Exchange("q", answer), Exchange("q", answer, filters=Filters(years=(2021, 9999), kind="pdf"))
    html = render_conversation((first, last), None, EN)
    copy = (
        '<button type="button" data-copy="### q\n\nx &quot;y&quot; [1]\n\n'
        '[1] Atlas: “The language model is kept frozen; only a small bridge is trained.” (notes/atlas.md, line 5)  \n" '
        'data-done="Copied">Copy as Markdown</button>'
    )
    made = '<div class="after"><span class="maker">extractive, 0.01 s</span>'
    again = '<button type="button" data-again>Ask again</button>'
    assert f"{made}{copy}</div></section>" in html
    assert f"{made}{copy}{again}</div></section>" in html
    assert html.count("data-again") == 1
    assert '<p class="limits">2021– · PDFs</p>' in html


def test_of_a_model_is_told_how_much_of_its_words_is_proven() -> None:
    model = Generated("tiny", sentences=3, supported=2, struck=())
    answer = replace(make_answer("q", "en", "fact", "x"), generator="tiny", generated=model)
    told = '<p class="written">tiny: 2 of 3 sentences proven</p>'
    assert told in render_conversation((Exchange("q", answer),), None, EN)
    failed = replace(answer, generator="extractive", generated=Generated("tiny", 0, 0, (), problem="<gone>"))
    html = render_conversation((Exchange("q", failed),), None, EN)
    assert (
        '<p class="written">tiny: <strong>The answer is quotes alone:</strong> <bdi lang="en">&lt;gone&gt;</bdi></p>'
        in html
    )
    assert '<span class="maker">extractive, 0.01 s</span>' in html


def test_what_a_model_invented_is_struck_and_many_are_folded() -> None:
    struck = tuple(Struck(f"<b>{n}", "why") for n in range(5))
    answer = replace(make_answer("q", "en", "fact", "x"), generated=Generated("tiny", 6, 1, struck))
    html = render_conversation((Exchange("q", answer),), None, EN)
    assert "1 of 6 sentences proven, 5 not supported and left out" in html
    shown, folded = html.split("<details>")
    assert [shown.count(f"<del>&lt;b&gt;{n}</del>") for n in range(5)] == [1, 1, 1, 0, 0]
    assert [folded.count(f"<del>&lt;b&gt;{n}</del>") for n in range(5)] == [0, 0, 0, 1, 1]


def test_what_a_model_words_stands_in_the_place_of_its_quote() -> None:
    worded = Worded("Atlas freezes <it>.", (1,))
    answer = make_answer(
        "q",
        "en",
        "list",
        "Two:\n\n- **Atlas** [1]\n- **Brook** [2]",
        papers=(judge(ATLAS, "yes", 1), judge(BROOK, "yes", 2)),
        citations=FROZEN[:2],
        coverage=COVERAGE,
    )
    plain = render_answer(answer, 0, None, EN)
    told = render_answer(replace(answer, generated=Generated("tiny", 1, 1, (), worded=(worded,))), 0, None, EN)
    chip = render_chip(FROZEN[0], 0, False, EN)
    assert f'<p class="quote">Atlas freezes &lt;it&gt;. <span class="tail">{chip}</span></p>' in told
    assert [FROZEN[0].quote[:-1] in html for html in (plain, told)] == [True, False]
    assert [html.count(FROZEN[1].quote[:-1]) for html in (plain, told)] == [1, 1]


def test_what_comes_or_was_stopped_says_so() -> None:
    answer = make_answer("q", "en", "fact", "x [1]\ny", citations=FROZEN[:1])
    html = [render_conversation((e,), None, EN) for e in (Exchange("q"), Exchange("q", answer, shown=1))]
    assert all('<section class="exchange pending">' in h and "data-again" not in h for h in html)
    stopped = render_conversation((Exchange("q", stopped=True),), None, EN)
    assert '<section class="exchange">' in stopped
    assert '<p class="stopped">Stopped.</p>' in stopped


def test_a_list_keeps_its_own_words_where_they_prove_more() -> None:
    answer = make_answer(
        "q",
        "en",
        "list",
        "Lead.\n\n- Atlas [1]\n- Brook [2]",
        papers=(judge(ATLAS, "yes", 1),),
        citations=FROZEN[:2],
        coverage=Coverage(papers=3, examined=3, yes=1, no=0, depends=0, not_stated=2),
    )
    assert f"<li>Brook {CHIP.format(0, 2, 'notes/日记.md, line 5', '')}</li>" in render_answer(answer, 0, None, EN)


def test_a_refusal_looks_like_one_and_shows_the_nearest() -> None:
    answer = make_answer(
        "q",
        "en",
        "fact",
        "Not here.",
        abstained=True,
        considered=(judge(ATLAS, "not stated", 1),),
        citations=FROZEN[:1],
    )
    nearest = (
        '<ul class="nearest"><li><strong>Atlas</strong><p class="quote">The language model is kept frozen; '
        f'only a small bridge is trained<span class="tail">. {ATLAS_CHIP}</span></p></li></ul>'
    )
    assert render_answer(answer, 0, None, EN) == (
        '<article class="refusal" lang="en"><p class="refused">Not in the library</p>'
        f'<div class="text"><p>Not here.</p></div><h3>The nearest passages</h3>{nearest}</article>'
    )
    led = replace(answer, text="Not here.\n\nOf Atlas it does say:\n\n- **Atlas**: “…” [1]")
    assert render_answer(led, 0, None, EN) == (
        '<article class="refusal" lang="en"><p class="refused">Not in the library</p>'
        f'<div class="text"><p>Not here.</p><p>Of Atlas it does say:</p></div>{nearest}</article>'
    )


def test_a_passage_stands_marked_among_its_neighbours() -> None:
    citation, context = FROZEN[1], FakeLibrary().read_context(FROZEN[1])
    address = f"/note/{context.sha256}?start={citation.start}&end={citation.end}#quote"
    assert render_passage(citation, context, EN) == (
        '<section class="passage" aria-label="Passage 2"><header><span class="number" aria-hidden="true">2</span><div>'
        '<h2>Brook</h2><p class="place"><span class="file">notes/日记.md</span> line 5</p>'
        '<p class="path">阅读日记 › 三月</p></div>'
        '<button type="button" class="close" aria-label="Close" title="Close">×</button></header>'
        '<div class="passage-text" tabindex="0"># 阅读日记\n\n## 三月\n\n今天读了 Brook。'
        "<mark>它冻结了语言模型，只训练视觉编码器。</mark>明天再读一遍。\n</div>"
        f'<div class="foot"><nav><a href="{escape(address)}" target="_blank" rel="noopener">Open the note there</a>'
        "</nav></div></section>"
    )


def test_a_lost_passage_says_why_and_keeps_the_quote() -> None:
    lost = replace(FROZEN[0], source="gone & away.md")
    html = Desk(FakeLibrary()).draw_passage(
        (Exchange("q", make_answer("q", "en", "fact", "", citations=(lost,))),), (0, 1), "en"
    )
    assert html == render_lost_passage(lost, "gone & away.md: the file is gone", EN)
    assert "This passage cannot be shown. gone &amp; away.md: the file is gone" in html
    assert f"<mark>{lost.quote}</mark>" in html


def test_a_page_of_a_pdf_is_named() -> None:
    citation = Citation(1, None, None, "a.pdf", None, None, None, "", "q", page=4)
    assert 'aria-label="Citation 1: a.pdf, page 4"' in render_chip(citation, 0, False, EN)
    assert 'aria-label="Citation 1: a.pdf"' in render_chip(replace(citation, page=None), 0, False, EN)


def test_hostile_notes_questions_and_names_stay_text() -> None:
    paper = replace(LANTERN, name=HOSTILE)
    citation = replace(
        cite(1, LANTERN, "notes/lantern <b>.md", HOSTILE), source=HOSTILE, paper_name=HOSTILE, heading=HOSTILE
    )
    answer = make_answer(
        HOSTILE,
        '"><script>',
        "list",
        HOSTILE + " [1]",
        papers=(judge(paper, "yes", 1, why=HOSTILE),),
        considered=(judge(paper, "no", 1, why=HOSTILE),),
        citations=(citation,),
        coverage=Coverage(1, 1, 1, 0, 0, 0),
    )
    context = replace(FakeLibrary().read_context(FROZEN[2]), source=HOSTILE, heading=(HOSTILE,))
    pieces = [
        render_conversation((Exchange(HOSTILE, answer), Exchange(HOSTILE, problem=HOSTILE)), None, EN),
        render_passage(citation, context, EN),
        render_lost_passage(citation, HOSTILE, EN),
        render_welcome([HOSTILE], EN, empty=False),
        render_masthead(replace(FakeLibrary().status(), stale=(HOSTILE,)), EN),
    ]
    for html in pieces:
        assert "&lt;script&gt;" in html
        html = html.replace(f'<a href="/note/{context.sha256}?', "")
        for live in ("<script", "<img", "<a ", "href", 'onerror="', "'"):
            assert live not in html


def test_an_empty_library_says_what_to_do() -> None:
    assert render_welcome([], EN, empty=True) == (
        '<div class="welcome"><p>The library is empty. Read notes into it with: vlmrag ingest PATH</p></div>'
    )


def test_the_masthead_names_three_changed_files_and_counts_the_rest() -> None:
    html = render_masthead(replace(FakeLibrary().status(), stale=("a", "b", "c", "d", "e")), EN)
    assert "Changed since they were read: a, b, c, … (5). Bring" in html


def test_the_masthead_counts_and_warns() -> None:
    status = replace(FakeLibrary().status(), stale=("a.md", "b.md"))
    assert render_masthead(status, EN) == (
        '<h1>vlmrag <span class="subtitle">Ask your paper notes</span></h1>'
        '<p class="library">3 papers in 3 files. Everything stays on this machine.</p>'
        '<p class="stale">Changed since they were read: a.md, b.md. '
        "Bring the library up to date with: vlmrag ingest</p>"
    )
