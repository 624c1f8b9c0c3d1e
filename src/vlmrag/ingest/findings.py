"""What is wrong in the notes, told from the notes alone: nothing is fetched, and nothing is changed.

    find_problems      all checks, in the order of the library
    check_ids.py       ids shared by two papers, two on one paper, ruled out by a date
    check_dates.py     dates that contradict each other, the diary or the calendar
    check_links.py     links to another paper's project, addresses that cannot be opened
    check_story.py     an entry that tells another paper's story
    check_text.py      mis-encoded characters, unfinished entries

A check rather stays silent than cries wolf: where a harmless reason is at hand (a venue explains a late date, the
account of a repository is the paper's own organisation), nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain

from vlmrag.ingest.check_dates import check_between_entries, check_calendar
from vlmrag.ingest.check_ids import check_ids
from vlmrag.ingest.check_links import check_links, check_urls
from vlmrag.ingest.check_story import check_stories
from vlmrag.ingest.check_text import check_encoding, check_unfinished
from vlmrag.ingest.mentions import Finding, Shelf
from vlmrag.types import Document, Paper, Source

__all__ = ["Finding", "find_problems"]


def find_problems(
    sources: Iterable[Source], documents: Sequence[Document], papers: Sequence[Paper], today: date
) -> list[Finding]:
    """Return what is probably wrong, in the order of `documents` and, within a source, of the text.

    `sources` hold their text, `papers` were merged from `documents`; what is dated after `today` lies in the future.
    """
    shelf = Shelf(sources, documents, papers)
    checks = (
        check_ids(shelf),
        check_calendar(shelf, today),
        check_between_entries(shelf),
        check_links(shelf),
        check_stories(shelf),
        check_urls(shelf),
        check_encoding(shelf),
        check_unfinished(shelf),
    )
    found: dict[tuple[str, int, int, str], Finding] = {}
    for finding in chain.from_iterable(checks):
        # of two of a kind at one place the first one says enough
        found.setdefault((finding.source, finding.start, finding.end, finding.kind), finding)
    order = {document.source: i for i, document in enumerate(documents)}
    return sorted(found.values(), key=lambda f: (order[f.source], f.start, f.end, f.kind))
