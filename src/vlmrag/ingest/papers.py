"""The same work is one Paper: works of many documents are merged by title, identifier and name.

Titles and names outvote a lone identifier: an arXiv id that two clearly different titles share was pasted wrongly
somewhere, and merges nothing. A bare name joins a paper of that name, and never bridges two papers. What a catalogue
lists as two papers stays two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vlmrag.ingest.choosing import Cluster, make_papers
from vlmrag.ingest.companions import find_file_keys
from vlmrag.ingest.names import PaperNames
from vlmrag.ingest.titles import is_acronym, is_coined
from vlmrag.language.fold import name_key
from vlmrag.types import Document, Paper

__all__ = ["PaperNames", "merge_papers"]

_SIMILAR = 0.6
"""Share of words from which on two titles are one."""
_SHORT_TITLE = 4
"""Words up to which what a list of files calls a paper need not be its title."""
_SHORTEST_TITLE = 12
"""Characters of its key from which on a title identifies a work."""


class _Merger:
    """Union-find over clusters; the earlier one stays."""

    def __init__(self, documents: Iterable[Document]) -> None:
        works = [(document, work) for document in documents for work in document.works]
        self.clusters = [Cluster([pair], i) for i, pair in enumerate(works)]

    def find(self, cluster: Cluster) -> Cluster:
        """Return the cluster that this one became part of."""
        while cluster.parent is not None:
            cluster = cluster.parent
        return cluster

    def live(self) -> list[Cluster]:
        """Return the clusters that are left, in order of first appearance."""
        return [cluster for cluster in self.clusters if cluster.parent is None]

    def merge_by(self, keys: Callable[[Cluster], Iterable[str]], may: Callable[[Cluster, Cluster], bool]) -> None:
        """Merge clusters that share a key, where `may` allows it."""
        holders: dict[str, list[Cluster]] = {}
        for cluster in self.live():
            for key in dict.fromkeys(keys(cluster)):
                known = holders.setdefault(key, [])
                mine = self.find(cluster)
                others = (c for c in map(self.find, known) if c is not mine and not _are_listed_apart(c, mine))
                match = next((c for c in others if may(c, mine)), None)
                if match is not None:
                    self._join(match, mine)
                known.append(self.find(cluster))

    def _join(self, first: Cluster, second: Cluster) -> None:
        if second.order < first.order:
            first, second = second, first
        first.take_over(second)


def merge_papers(documents: Iterable[Document]) -> list[Paper]:
    """Return the papers that the documents speak of, in order of first appearance."""
    merger = _Merger(documents)
    merger.merge_by(lambda c: c.values("arxiv"), _are_listed_as_one)
    merger.merge_by(_title_keys, lambda a, b: True)
    merger.merge_by(lambda c: c.values("doi"), _agree)
    merger.merge_by(_rich_name_keys, _may_share_name)
    merger.merge_by(lambda c: c.values("arxiv"), _may_share_id)
    clusters = merger.live()
    files = dict(zip((c.order for c in clusters), find_file_keys([c.members for c in clusters]), strict=True))
    merger.merge_by(lambda c: files[c.order], _may_share_file)
    merger.merge_by(_name_keys, _may_share_name)
    return make_papers(merger.live())


def _title_keys(cluster: Cluster) -> Iterable[str]:
    """Yield the keys of the titles: whole, and without the name before the colon."""
    for title in cluster.values("title"):
        key = name_key(title)
        if len(key) >= _SHORTEST_TITLE:
            yield key
        head, _, tail = title.partition(":") if ":" in title else title.partition("：")
        if len(tail.split()) >= 4 and len(head) <= 48:
            yield name_key(tail)


def _rich_name_keys(cluster: Cluster) -> Iterable[str]:
    """Yield the names of works of which more is known than the name."""
    return _name_keys(cluster) if cluster.titles or cluster.values("arxiv", "doi") else ()


def _name_keys(cluster: Cluster) -> Iterable[str]:
    return [key for value in cluster.values("name", "alias") if (key := name_key(value))]


def _are_listed_apart(a: Cluster, b: Cluster) -> bool:
    """Whether a catalogue lists the two as different papers: then no title that they share makes them one."""
    return bool(a.listed and b.listed) and not a.listed & b.listed


def _are_listed_as_one(a: Cluster, b: Cluster) -> bool:
    """Whether a catalogue gives the title of one to the id of both."""
    return bool((a.listed or b.listed) and a.titles and b.titles) and _agree(a, b)


def _agree(a: Cluster, b: Cluster) -> bool:
    """Whether titles do not contradict each other."""
    if not a.titles or not b.titles:
        return True
    return any(_similar(x, y) for x in a.titles for y in b.titles)


def _similar(x: frozenset[str], y: frozenset[str]) -> bool:
    return len(x & y) >= _SIMILAR * min(len(x), len(y)) and len(x & y) >= 0.4 * max(len(x), len(y))


def _may_share_name(a: Cluster, b: Cluster) -> bool:
    """Whether two works of one name are one: titles agree, and years that are told by ids are near."""
    apart = bool(a.arxiv and b.arxiv) and not a.arxiv & b.arxiv
    if a.titles and b.titles:
        return _agree(a, b) and not apart
    if apart:
        years = [int(min(ids)[:2]) if min(ids)[:2].isdigit() else 0 for ids in (a.arxiv, b.arxiv)]
        return abs(years[0] - years[1]) <= 1
    return True


def _may_share_id(a: Cluster, b: Cluster) -> bool:
    """Whether two works of one id are one: not when titles, or two coined names, say otherwise."""
    if a.titles and b.titles:
        return _agree(a, b)
    names_a, names_b = a.values("name", "alias"), b.values("name", "alias")
    if not names_a or not names_b:
        return True
    return any(_related(x, y) for x in names_a for y in names_b)


def _may_share_file(a: Cluster, b: Cluster) -> bool:
    """Whether a work and the file that a list links to may be one: what a list calls a paper may be a few words."""
    return _agree(a, b) or any(len(title) <= _SHORT_TITLE for title in (*a.titles, *b.titles))


def _related(x: str, y: str) -> bool:
    """Whether one name could be another way to say the other."""
    if not (_is_single_coinage(x) and _is_single_coinage(y)):
        return True
    return is_acronym(x, y) or is_acronym(y, x)


def _is_single_coinage(name: str) -> bool:
    return len(name.split()) == 1 and is_coined(name)
