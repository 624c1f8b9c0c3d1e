"""The same work is one Paper: works of many documents are merged by title, identifier and name.

Titles and names outvote a lone identifier: an arXiv id that two clearly different titles share was pasted wrongly
somewhere, and merges nothing. A bare name joins a paper of that name, and never bridges two papers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from vlmrag.ingest.companions import find_file_keys
from vlmrag.ingest.names import PaperNames
from vlmrag.ingest.titles import is_acronym, is_coined
from vlmrag.language.fold import fold, name_key
from vlmrag.language.glossary import Glossary
from vlmrag.types import Document, Paper, Place, Work

__all__ = ["PaperNames", "merge_papers"]

_SIMILAR = 0.6
"""Share of words from which on two titles are one."""
_WORD = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_SHORT_TITLE = 4
"""Words up to which what a list of files calls a paper need not be its title."""
_SHORTEST_TITLE = 12
"""Characters of its key from which on a title identifies a work."""


@dataclass
class _Cluster:
    """Works that are one paper."""

    members: list[tuple[Document, Work]]
    order: int
    parent: _Cluster | None = None
    _titles: list[frozenset[str]] | None = field(default=None, repr=False)

    def values(self, *names: str) -> list[str]:
        """Return the values that the members state for these fields, in order."""
        return [f.value for _, work in self.members for f in work.fields if f.name in names]

    @property
    def titles(self) -> list[frozenset[str]]:
        """The words of each title that a member states."""
        if self._titles is None:
            self._titles = [frozenset(_title_words(title)) for title in dict.fromkeys(self.values("title"))]
        return self._titles

    @property
    def arxiv(self) -> set[str]:
        """The arXiv ids that members state."""
        return set(self.values("arxiv"))


class _Merger:
    """Union-find over clusters; the earlier one stays."""

    def __init__(self, documents: Iterable[Document]) -> None:
        works = [(document, work) for document in documents for work in document.works]
        self.clusters = [_Cluster([pair], i) for i, pair in enumerate(works)]

    def find(self, cluster: _Cluster) -> _Cluster:
        """Return the cluster that this one became part of."""
        while cluster.parent is not None:
            cluster = cluster.parent
        return cluster

    def live(self) -> list[_Cluster]:
        """Return the clusters that are left, in order of first appearance."""
        return [cluster for cluster in self.clusters if cluster.parent is None]

    def merge_by(self, keys: Callable[[_Cluster], Iterable[str]], may: Callable[[_Cluster, _Cluster], bool]) -> None:
        """Merge clusters that share a key, where `may` allows it."""
        holders: dict[str, list[_Cluster]] = {}
        for cluster in self.live():
            for key in dict.fromkeys(keys(cluster)):
                known = holders.setdefault(key, [])
                mine = self.find(cluster)
                match = next((c for c in map(self.find, known) if c is not mine and may(c, mine)), None)
                if match is not None:
                    self._join(match, mine)
                known.append(self.find(cluster))

    def _join(self, first: _Cluster, second: _Cluster) -> None:
        if second.order < first.order:
            first, second = second, first
        first.members = first.members + second.members
        first._titles = None
        second.parent = first


def merge_papers(documents: Iterable[Document]) -> list[Paper]:
    """Return the papers that the documents speak of, in order of first appearance."""
    merger = _Merger(documents)
    merger.merge_by(_title_keys, lambda a, b: True)
    merger.merge_by(lambda c: c.values("doi"), _agree)
    merger.merge_by(_rich_name_keys, _may_share_name)
    merger.merge_by(lambda c: c.values("arxiv"), _may_share_id)
    clusters = merger.live()
    files = dict(zip((c.order for c in clusters), find_file_keys([c.members for c in clusters]), strict=True))
    merger.merge_by(lambda c: files[c.order], _may_share_file)
    merger.merge_by(_name_keys, _may_share_name)
    return _PaperMaker(merger.live()).make()


def _title_words(title: str) -> list[str]:
    return _WORD.findall(fold(title))


def _title_keys(cluster: _Cluster) -> Iterable[str]:
    """Yield the keys of the titles: whole, and without the name before the colon."""
    for title in cluster.values("title"):
        key = name_key(title)
        if len(key) >= _SHORTEST_TITLE:
            yield key
        head, _, tail = title.partition(":") if ":" in title else title.partition("：")
        if len(tail.split()) >= 4 and len(head) <= 48:
            yield name_key(tail)


def _rich_name_keys(cluster: _Cluster) -> Iterable[str]:
    """Yield the names of works of which more is known than the name."""
    return _name_keys(cluster) if cluster.titles or cluster.values("arxiv", "doi") else ()


def _name_keys(cluster: _Cluster) -> Iterable[str]:
    return [key for value in cluster.values("name", "alias") if (key := name_key(value))]


def _agree(a: _Cluster, b: _Cluster) -> bool:
    """Whether titles do not contradict each other."""
    if not a.titles or not b.titles:
        return True
    return any(_similar(x, y) for x in a.titles for y in b.titles)


def _similar(x: frozenset[str], y: frozenset[str]) -> bool:
    return len(x & y) >= _SIMILAR * min(len(x), len(y)) and len(x & y) >= 0.4 * max(len(x), len(y))


def _may_share_name(a: _Cluster, b: _Cluster) -> bool:
    """Whether two works of one name are one: titles agree, and years that are told by ids are near."""
    apart = bool(a.arxiv and b.arxiv) and not a.arxiv & b.arxiv
    if a.titles and b.titles:
        return _agree(a, b) and not apart
    if apart:
        years = [int(min(ids)[:2]) if min(ids)[:2].isdigit() else 0 for ids in (a.arxiv, b.arxiv)]
        return abs(years[0] - years[1]) <= 1
    return True


def _may_share_id(a: _Cluster, b: _Cluster) -> bool:
    """Whether two works of one id are one: not when titles, or two coined names, say otherwise."""
    if a.titles and b.titles:
        return _agree(a, b)
    names_a, names_b = a.values("name", "alias"), b.values("name", "alias")
    if not names_a or not names_b:
        return True
    return any(_related(x, y) for x in names_a for y in names_b)


def _may_share_file(a: _Cluster, b: _Cluster) -> bool:
    """Whether a work and the file that a list links to may be one: what a list calls a paper may be a few words."""
    return _agree(a, b) or any(len(title) <= _SHORT_TITLE for title in (*a.titles, *b.titles))


def _related(x: str, y: str) -> bool:
    """Whether one name could be another way to say the other."""
    if not (_is_single_coinage(x) and _is_single_coinage(y)):
        return True
    return is_acronym(x, y) or is_acronym(y, x)


def _is_single_coinage(name: str) -> bool:
    return len(name.split()) == 1 and is_coined(name)


class _PaperMaker:
    """Turns clusters into papers: one value for each field, chosen by what most documents state."""

    def __init__(self, clusters: list[_Cluster]) -> None:
        self._clusters = clusters
        self._arxiv = _choose_ids(clusters)

    @cached_property
    def _glossary(self) -> Glossary:
        return Glossary.load()

    def make(self) -> list[Paper]:
        """Return the papers; an id that two claim names the first one only."""
        papers: list[Paper] = []
        taken: set[str] = set()
        for cluster, arxiv in zip(self._clusters, self._arxiv, strict=True):
            papers.append(self._make_paper(cluster, arxiv, taken))
        return papers

    def _make_paper(self, cluster: _Cluster, arxiv: str | None, taken: set[str]) -> Paper:
        title = _most_stated(cluster.values("title"))
        name = _best_spelling(cluster.values("name")) or title or _most_stated(cluster.values("alias")) or "?"
        doi = _most_stated(cluster.values("doi"))
        date = _choose_date(cluster, arxiv)
        aliases = _distinct([*cluster.values("name"), *cluster.values("alias")], {name, title or ""})
        tags = _distinct(cluster.values("tag"))
        return Paper(
            id=_make_paper_id(name, arxiv, doi, taken),
            name=name,
            title=title,
            aliases=aliases,
            arxiv=arxiv,
            doi=doi,
            url=_choose_url(cluster, arxiv),
            year=int(date[:4]) if date else None,
            date=date,
            venue=_most_stated(cluster.values("venue")),
            orgs=_distinct(self._glossary.org(org) or org for org in cluster.values("org")),
            authors=_distinct(cluster.values("author")),
            tags=tags,
            sources=tuple(_place(document) for document, _ in cluster.members),
            documents=tuple(dict.fromkeys(document.id for document, _ in cluster.members)),
        )


def _make_paper_id(name: str, arxiv: str | None, doi: str | None, taken: set[str]) -> str:
    plain = f"name:{name_key(name) or fold(name)}"
    options = [f"arxiv:{arxiv}"] * bool(arxiv) + [f"doi:{doi}"] * bool(doi) + [plain]
    ident = next((option for option in options if option not in taken), None)
    number = 2
    while ident is None or ident in taken:
        ident, number = f"{plain}-{number}", number + 1
    taken.add(ident)
    return ident


def _place(document: Document) -> Place:
    return Place(document.source, document.line, " > ".join(document.heading))


def _most_stated(values: list[str]) -> str | None:
    """Return the value that is stated most often; of equals, the first."""
    return Counter(values).most_common(1)[0][0] if values else None


def _best_spelling(names: list[str]) -> str | None:
    """Return the name that is stated most often, in its most usual spelling.

    Of equals, one that mixes capitals and small letters inside a word comes first (`MoCo` before `Moco` and `MOCO`),
    then the one with more capitals, then the earlier.
    """
    if not names:
        return None
    key = _most_stated([name_key(name) for name in names])
    spellings = Counter(name for name in names if name_key(name) == key)
    return max(spellings, key=lambda name: (spellings[name], _is_mixed(name), sum(char.isupper() for char in name)))


def _is_mixed(name: str) -> bool:
    return bool(_MIXED.search(name))


def _distinct(values: Iterable[str], known: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the values without repetitions, spellings of one name counting as one."""
    seen = {name_key(value) or value for value in known}
    kept = []
    for value in values:
        key = name_key(value) or value
        if key not in seen:
            seen.add(key)
            kept.append(value)
    return tuple(kept)


def _choose_url(cluster: _Cluster, arxiv: str | None) -> str | None:
    return _most_stated(cluster.values("url")) or (f"https://arxiv.org/abs/{arxiv}" if arxiv else None)


def _month_of(arxiv: str) -> str | None:
    """Return the month in which an arXiv id was given, as YYYY-MM."""
    if re.fullmatch(r"\d{4}\.\d{4,5}", arxiv):
        return f"20{arxiv[:2]}-{arxiv[2:4]}"
    old = re.search(r"/(\d{2})(\d{2})", arxiv)
    return f"{'19' if old[1] > '80' else '20'}{old[1]}-{old[2]}" if old else None


def _choose_date(cluster: _Cluster, arxiv: str | None) -> str | None:
    """Return the date of publication: the year that most state, told apart by the id; the fullest date of that year."""
    stated = cluster.values("date", "year")
    month = _month_of(arxiv) if arxiv else None
    years = Counter(value[:4] for value in stated)
    if not years:
        found = [re.search(r"((?:19|20)\d{2})|['’](\d{2})\b", venue) for venue in cluster.values("venue")]
        venue_years = [match[1] or f"20{match[2]}" for match in found if match]
        return month or (venue_years[0] if venue_years else None)
    top = max(years.values())
    best = [year for year, count in years.items() if count == top]
    year = month[:4] if month and month[:4] in years else min(best)
    full = [value for value in stated if value[:4] == year]
    date = max(full, key=len)
    return month if len(date) == 4 and month and month[:4] == year else date


def _choose_ids(clusters: list[_Cluster]) -> list[str | None]:
    """Return the arXiv id of each cluster; two works of one file whose ids were swapped get them back."""
    chosen = [_most_stated(cluster.values("arxiv")) for cluster in clusters]
    early = [i for i, c in enumerate(clusters) if chosen[i] and _too_young(chosen[i] or "", c)]
    for i in early:
        if not _too_young(chosen[i] or "", clusters[i]):
            continue
        sources = {document.source for document, _ in clusters[i].members}
        for j, other in enumerate(clusters):
            if j == i or not chosen[j] or not sources & {document.source for document, _ in other.members}:
                continue
            fit = _dates_fit(chosen[j] or "", clusters[i]) and _dates_fit(chosen[i] or "", other, exact=False)
            if fit and len(clusters[i].arxiv) == 1 == len(other.arxiv):
                chosen[i], chosen[j] = chosen[j], chosen[i]
                break
    return chosen


def _dated_months(cluster: _Cluster) -> list[str]:
    return [value[:7] for value in cluster.values("date") if len(value) >= 7]


def _too_young(arxiv: str, cluster: _Cluster) -> bool:
    """Whether an id was given after the month that the entry itself states: it cannot be this work's."""
    month, months = _month_of(arxiv), _dated_months(cluster)
    return bool(month and months and month > max(months))


def _dates_fit(arxiv: str, cluster: _Cluster, *, exact: bool = True) -> bool:
    """Whether an id was given in a stated month, or, not `exact`, in the two months before."""
    month, months = _month_of(arxiv), _dated_months(cluster)
    if not month or not months:
        return False
    return any(0 <= _months_between(month, stated) <= (0 if exact else 2) for stated in months)


def _months_between(first: str, second: str) -> int:
    return (int(second[:4]) - int(first[:4])) * 12 + int(second[5:7]) - int(first[5:7])
