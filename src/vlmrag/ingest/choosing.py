"""Many documents state one paper: one value for each field, chosen by who states it and how many do.

What a note says goes first, and stands even where a catalogue says otherwise; the catalogue completes it, and the
paper itself comes last, since its title page is read and not stated. What all of them state stays in their documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from vlmrag.ingest.arxiv import read_version
from vlmrag.language.fold import fold, name_key
from vlmrag.language.glossary import Glossary
from vlmrag.types import Document, Kind, Paper, Place, Work

_KINDS: tuple[Kind, ...] = ("note", "record", "pdf")
"""Who is believed before whom."""
_WORD = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")


@dataclass
class Cluster:
    """Works that are one paper."""

    members: list[tuple[Document, Work]]
    order: int
    parent: Cluster | None = None
    _titles: list[frozenset[str]] | None = field(default=None, repr=False)

    def values(self, *names: str, kinds: Container[Kind] = _KINDS) -> list[str]:
        """Return the values that members, of these kinds, state for these fields, in order."""
        members = (work for document, work in self.members if document.kind in kinds)
        return [f.value for work in members for f in work.fields if f.name in names]

    def first_values(self, *names: str) -> list[str]:
        """Return what the notes state for these fields; what a catalogue, then what the paper itself does if none."""
        return next((values for kind in _KINDS if (values := self.values(*names, kinds=(kind,)))), [])

    def take_over(self, other: Cluster) -> None:
        """Make another cluster part of this one."""
        self.members = self.members + other.members
        self._titles = None
        other.parent = self

    @property
    def titles(self) -> list[frozenset[str]]:
        """The words of each title that a member states."""
        if self._titles is None:
            self._titles = [frozenset(title_words(title)) for title in dict.fromkeys(self.values("title"))]
        return self._titles

    @property
    def arxiv(self) -> set[str]:
        """The arXiv ids that members state."""
        return set(self.values("arxiv"))

    @property
    def listed(self) -> set[str]:
        """The arXiv ids under which a catalogue lists it."""
        return set(self.values("arxiv", kinds=("record",)))


def make_papers(clusters: list[Cluster]) -> list[Paper]:
    """Return the paper that each cluster is; an id that two claim names the first one only."""
    return _PaperMaker(clusters).make()


def title_words(title: str) -> list[str]:
    """Return the words of a title, folded."""
    return _WORD.findall(fold(title))


class _PaperMaker:
    """Turns clusters into papers."""

    def __init__(self, clusters: list[Cluster]) -> None:
        self._clusters = clusters
        self._arxiv = _choose_ids(clusters)

    @cached_property
    def _glossary(self) -> Glossary:
        return Glossary.load()

    def make(self) -> list[Paper]:
        papers: list[Paper] = []
        taken: set[str] = set()
        for cluster, arxiv in zip(self._clusters, self._arxiv, strict=True):
            papers.append(self._make_paper(cluster, arxiv, taken))
        return papers

    def _make_paper(self, cluster: Cluster, arxiv: str | None, taken: set[str]) -> Paper:
        title = _most_stated(cluster.first_values("title"))
        name = _best_spelling(cluster.first_values("name")) or title or _most_stated(cluster.values("alias")) or "?"
        doi = _most_stated(cluster.first_values("doi"))
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
            venue=_most_stated(cluster.first_values("venue")),
            orgs=_distinct(self._glossary.org(org) or org for org in cluster.values("org")),
            authors=_choose_authors(cluster),
            tags=tags,
            sources=tuple(_place(document) for document, _ in cluster.members),
            pdf=_choose_pdf(cluster),
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


def _choose_authors(cluster: Cluster) -> tuple[str, ...]:
    """Return the authors whom the notes name; the catalogue's whole list where they name only some of those."""
    noted, listed = (cluster.values("author", kinds=(kind,)) for kind in ("note", "record"))
    if {_family_name(name) for name in noted} <= {_family_name(name) for name in listed}:
        noted = []
    return _distinct([*noted, *listed] or cluster.values("author"))


def _family_name(name: str) -> str:
    """Return the key of the family name of `Ada Stone`, `Stone, A.` or `Stone`."""
    return name_key((name.partition(",")[0] or name).split()[-1]) if name.strip(" ,") else ""


def _choose_pdf(cluster: Cluster) -> str | None:
    """Return the file that is the paper itself: of several versions the newest."""
    files = [document.source for document, _ in cluster.members if document.kind == "pdf"]
    return max(files, key=read_version, default=None)


def _choose_url(cluster: Cluster, arxiv: str | None) -> str | None:
    return _most_stated(cluster.first_values("url")) or (f"https://arxiv.org/abs/{arxiv}" if arxiv else None)


def _month_of(arxiv: str) -> str | None:
    """Return the month in which an arXiv id was given, as YYYY-MM."""
    if re.fullmatch(r"\d{4}\.\d{4,5}", arxiv):
        return f"20{arxiv[:2]}-{arxiv[2:4]}"
    old = re.search(r"/(\d{2})(\d{2})", arxiv)
    return f"{'19' if old[1] > '80' else '20'}{old[1]}-{old[2]}" if old else None


def _choose_date(cluster: Cluster, arxiv: str | None) -> str | None:
    """Return the date of publication: the year that most state, told apart by the id; the fullest date of that year."""
    stated = cluster.first_values("date", "year")
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
    date = month if len(date) == 4 and month and month[:4] == year else date
    return next((value for value in cluster.values("date", kinds=("record",)) if value.startswith(date)), date)


def _choose_ids(clusters: list[Cluster]) -> list[str | None]:
    """Return the arXiv id of each cluster; two works of one file whose ids were swapped get them back."""
    chosen = [_most_stated(c.values("arxiv", kinds=("record",)) or c.first_values("arxiv")) for c in clusters]
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


def _dated_months(cluster: Cluster) -> list[str]:
    return [value[:7] for value in cluster.values("date") if len(value) >= 7]


def _too_young(arxiv: str, cluster: Cluster) -> bool:
    """Whether an id was given after the month that the entry itself states: it cannot be this work's."""
    month, months = _month_of(arxiv), _dated_months(cluster)
    return bool(month and months and month > max(months))


def _dates_fit(arxiv: str, cluster: Cluster, *, exact: bool = True) -> bool:
    """Whether an id was given in a stated month, or, not `exact`, in the two months before."""
    month, months = _month_of(arxiv), _dated_months(cluster)
    if not month or not months:
        return False
    return any(0 <= _months_between(month, stated) <= (0 if exact else 2) for stated in months)


def _months_between(first: str, second: str) -> int:
    return (int(second[:4]) - int(first[:4])) * 12 + int(second[5:7]) - int(first[5:7])
