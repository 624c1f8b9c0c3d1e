"""The papers on a map, those said alike near each other, and on a line of years. Each is a button that opens its page.

A point is placed in shares of the plane, so that it is as large, and as easy to hit, in a narrow window as in a wide
one; the plane can be drawn larger than the window and moved. What is near the edge of a crowd is spread a little: the
order of the papers along either side stays as it was, the distances do not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from html import escape

from vlmrag.types import Paper
from vlmrag.ui.sift import list_variants, make_key
from vlmrag.ui.words import Words

Placed = Sequence[tuple[Paper, float, float]]

HUES = 8
"""Colours of the style sheet that tell years or topics apart; of topics the last is all others."""
_SPREAD = 0.6
"""The share of a place that its rank makes: 1 would spread the papers evenly, 0 leaves a crowd as dense as it is."""
_COMMON = 0.6
"""The share of the papers above which a topic tells none from the others."""
_DATED = re.compile(r"(?:19|20)\d\d")
_MARGIN = 3.0
"""Per cent of the plane that no point enters."""


def render_map(places: Placed, words: Words) -> str:
    """Return the map with its legends, and the line of years below it."""
    if not places:
        return f'<div class="hint"><p>{escape(words["empty"])}</p></div>'
    papers = [paper for paper, _, _ in places]
    years, topics = group_years(papers), choose_topics(papers)
    keys = [make_key(paper) for paper in papers]
    xs, ys = spread([x for _, x, _ in places]), spread([y for _, _, y in places])
    points = "".join(
        _render_point(paper, x, 100 - y, key, years, topics)
        for paper, x, y, key in zip(papers, xs, ys, keys, strict=True)
    )
    legends = _render_legend("year", _name_years(years), words)
    legends += _render_legend("topic", _name_topics(topics, words), words)
    return (
        f'<div class="chart" data-hue="year" data-variants="{list_variants(keys)}">{_render_tools(words)}{legends}'
        f'<div class="plane-frame"><div class="plane" role="group" aria-label="{escape(words["map_label"])}">{points}'
        f'</div></div><p class="tip" hidden></p><p class="hint">{escape(words["map_hint"])}</p>'
        f"<h3>{escape(words['timeline'])}</h3>{render_years(papers, years, topics, words)}</div>"
    )


def spread(values: Sequence[float]) -> list[float]:
    """Return places in per cent, in the order of the values: partly by how large each is, partly by its rank."""
    order = sorted(values)
    low, wide = order[0], (order[-1] - order[0]) or 1.0
    last = max(1, len(order) - 1)
    shares = [
        (1 - _SPREAD) * (v - low) / wide + _SPREAD * (bisect_left(order, v) + bisect_right(order, v) - 1) / 2 / last
        for v in values
    ]
    return [round(_MARGIN + (100 - 2 * _MARGIN) * share, 2) for share in shares]


def group_years(papers: Sequence[Paper]) -> dict[int, int]:
    """Return the colour of each year, 0 for the first; where there are more years than colours, the first share one."""
    years = sorted({paper.year for paper in papers if paper.year})
    shared = max(0, len(years) - HUES)
    return {year: max(0, at - shared) for at, year in enumerate(years)}


def list_topics(paper: Paper) -> tuple[str, ...]:
    """Return what a paper is about as the notes have it: its tags, then the headings that it stands below.

    What a note calls itself, a date and the paper's own name are no topics.
    """
    headings = [part for place in paper.sources for part in place.heading.split(" > ")[1:]]
    names = {paper.name, paper.title, *paper.aliases}
    return tuple(dict.fromkeys([*paper.tags, *(h for h in headings if h and h not in names and not _DATED.search(h))]))


def choose_topics(papers: Sequence[Paper]) -> list[str]:
    """Return the topics that most papers have, as many as there are colours but one; ties by name.

    What only one paper has, or most of them, tells none from the others.
    """
    counts = Counter(topic for paper in papers for topic in list_topics(paper))
    telling = [item for item in counts.items() if 1 < item[1] <= max(2, _COMMON * len(papers))]
    return [topic for topic, _ in sorted(telling, key=lambda item: (-item[1], item[0]))[: HUES - 1]]


def _hue_classes(paper: Paper, years: dict[int, int], topics: Sequence[str]) -> str:
    year = f"y{years[paper.year]}" if paper.year else "yn"
    mine = list_topics(paper)
    topic = next((f"t{at}" for at, topic in enumerate(topics) if topic in mine), "tn")
    return f"{year} {topic}"


def _describe(paper: Paper) -> str:
    title = paper.title or paper.name
    named = title if title.startswith(paper.name) else f"{paper.name}: {title}"
    return f"{named} ({paper.year})" if paper.year else named


def _render_point(paper: Paper, x: float, y: float, key: str, years: dict[int, int], topics: Sequence[str]) -> str:
    return (
        f'<button type="button" class="point {_hue_classes(paper, years, topics)}" tabindex="-1" '
        f'style="left:{x:g}%;top:{round(y, 2):g}%" data-paper="{escape(paper.id)}" data-key="{escape(key)}" '
        f'data-name="{escape(paper.name)}" aria-label="{escape(_describe(paper))}"></button>'
    )


def _render_tools(words: Words) -> str:
    def choose(hue: str, pressed: str) -> str:
        return (
            f'<button type="button" data-choose="{hue}" aria-pressed="{pressed}">{escape(words[f"by_{hue}"])}</button>'
        )

    find = escape(words["find"])
    return (
        f'<div class="tools"><span class="choice" role="group" aria-label="{escape(words["colour"])}">'
        f"{choose('year', 'true')}{choose('topic', 'false')}</span>"
        f'<input type="search" aria-label="{find}" placeholder="{find}" autocomplete="off" spellcheck="false">'
        f'<span class="zoom"><button type="button" data-zoom="-1" aria-label="{escape(words["zoom_out"])}">−</button>'
        f'<button type="button" data-zoom="1" aria-label="{escape(words["zoom_in"])}">+</button></span></div>'
    )


def _name_years(years: dict[int, int]) -> list[tuple[str, str]]:
    """Return class and name of each colour that years have: `2019`, or `2014–2016` where they share it."""
    named = []
    for hue in sorted(set(years.values())):
        mine = [year for year, its in years.items() if its == hue]
        named.append((f"y{hue}", str(mine[0]) if len(mine) == 1 else f"{mine[0]}–{mine[-1]}"))
    return named


def _name_topics(topics: Sequence[str], words: Words) -> list[tuple[str, str]]:
    return [*((f"t{at}", topic) for at, topic in enumerate(topics)), ("tn", words["other_topics"])]


def _render_legend(hue: str, named: Sequence[tuple[str, str]], words: Words) -> str:
    buttons = "".join(
        f'<button type="button" class="key {name}" data-only="{name}" aria-pressed="false">{escape(text)}</button>'
        for name, text in named
    )
    return f'<div class="legend of-{hue}" role="group" aria-label="{escape(words[f"by_{hue}"])}">{buttons}</div>'


def render_years(papers: Sequence[Paper], years: dict[int, int], topics: Sequence[str], words: Words) -> str:
    """Return a column for each year that has papers, a point for each of them, by date."""
    dated = sorted((p for p in papers if p.year), key=lambda p: (p.date or str(p.year), p.name))
    without = len(papers) - len(dated)
    by_year: dict[int, list[Paper]] = {}
    for paper in dated:
        by_year.setdefault(paper.year or 0, []).append(paper)
    most = max(map(len, by_year.values()), default=1)
    columns = "".join(
        f'<li><div class="stack">{"".join(_render_mark(p, years, topics) for p in by_year[year])}</div>'
        f'<span class="of">{year}</span><span class="how-many">{len(by_year[year])}</span></li>'
        for year in sorted(by_year)
    )
    undated = f'<p class="hint">{escape(words["undated"].format(count=without))}</p>' if without else ""
    return f'<ol class="years" style="--most:{most}">{columns}</ol>{undated}'


def _render_mark(paper: Paper, years: dict[int, int], topics: Sequence[str]) -> str:
    return (
        f'<button type="button" class="mark {_hue_classes(paper, years, topics)}" tabindex="-1" '
        f'data-paper="{escape(paper.id)}" data-name="{escape(paper.name)}" '
        f'aria-label="{escape(_describe(paper))}"></button>'
    )
