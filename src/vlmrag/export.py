"""Papers for other programs: BibTeX for LaTeX, RIS for reference managers, CSV for tables, JSON for scripts.

The same papers give the same bytes, in the order of the library. A key of BibTeX is made of what the notes call the
paper and its year, so that it stays when authors or a venue become known later.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from vlmrag.records import record_paper
from vlmrag.types import Paper

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_JOURNAL = re.compile(r"\b(?:journal|transactions|trans\.|letters|magazine|annals|bulletin)(?!\w)", re.IGNORECASE)
_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%#_{}$"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
_SEVERAL = re.compile(r"\band\b|^others$", re.IGNORECASE)
"""Names that BibTeX would take for two people, or for all others."""
_MATH = re.compile(r"(\$[^$]+\$)")
_COLUMNS = (
    "id", "name", "title", "authors", "year", "date", "venue", "arxiv", "doi", "url", "orgs", "tags", "aliases", "pdf",
)  # fmt: skip
_KEY_WORDS = 4
"""Words of a title that make a key, where a paper has no shorter name."""


def export_papers(papers: Sequence[Paper], form: str) -> str:
    """Return papers as one text in one of the `FORMS`."""
    return FORMS[form](papers)


def write_bibtex(papers: Sequence[Paper]) -> str:
    """Return an entry per paper, in UTF-8, with the signs of LaTeX escaped; formulas stay formulas."""
    entries = []
    for key, paper in zip(make_keys(papers), papers, strict=True):
        fields = "".join(f"  {name} = {value},\n" for name, value in _bibtex_fields(paper))
        entries.append(f"@{_find_type(paper)}{{{key},\n{fields}}}\n")
    return "\n".join(entries)


def write_ris(papers: Sequence[Paper]) -> str:
    """Return a record per paper: https://en.wikipedia.org/wiki/RIS_(file_format)."""
    kinds = {"article": "JOUR", "inproceedings": "CONF", "misc": "GEN"}
    records = []
    for key, paper in zip(make_keys(papers), papers, strict=True):
        lines = [("TY", kinds[_find_type(paper)]), ("ID", key), *_ris_fields(paper), ("ER", "")]
        records.append("".join(f"{tag}  - {_one_line(value)}\n" for tag, value in lines))
    return "\n".join(records)


def write_csv(papers: Sequence[Paper]) -> str:
    """Return a row per paper below a head; several values in one cell are parted by a semicolon."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for paper in papers:
        values = (getattr(paper, column) for column in _COLUMNS)
        cells = ("; ".join(value) if isinstance(value, tuple) else value for value in values)
        writer.writerow("" if cell is None else _one_line(str(cell)) for cell in cells)
    return file.getvalue()


def write_json(papers: Sequence[Paper]) -> str:
    """Return a paper a line, as `vlmrag papers --json` does."""
    return "".join(f"{json.dumps(record_paper(paper), ensure_ascii=False)}\n" for paper in papers)


FORMS: Final[dict[str, Callable[[Sequence[Paper]], str]]] = {
    "bibtex": write_bibtex,
    "csv": write_csv,
    "json": write_json,
    "ris": write_ris,
}


def make_keys(papers: Iterable[Paper]) -> list[str]:
    """Return a key for each paper, none twice: `blip-2-2023`."""
    keys: dict[str, None] = {}
    for paper in papers:
        stem = _make_stem(paper)
        key, number = stem, 2
        while key in keys:
            key, number = f"{stem}-v{number}", number + 1
        keys[key] = None
    return list(keys)


def escape_latex(text: str) -> str:
    """Return a text as LaTeX prints it; what stands between dollar signs, braces in pairs, stays a formula."""
    parts = _MATH.split(_one_line(text))
    return "".join(
        part if part.startswith("$") and part.endswith("$") and len(part) > 1 and _is_balanced(part)
        else part.translate(_LATEX)
        for part in parts
    )  # fmt: skip


def _bibtex_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{{{escape_latex(paper.title or paper.name)}}}}}"
    if paper.authors:
        yield "author", f"{{{' and '.join(map(_escape_author, paper.authors))}}}"
    if paper.year:
        yield "year", f"{{{paper.year}}}"
    if paper.date and len(paper.date) >= 7:
        yield "month", _MONTHS[int(paper.date[5:7]) - 1]
    if paper.venue:
        yield {"article": "journal"}.get(_find_type(paper), "booktitle"), f"{{{escape_latex(paper.venue)}}}"
    if paper.arxiv:
        yield "eprint", f"{{{paper.arxiv}}}"
        yield "archiveprefix", "{arXiv}"
    if paper.doi:
        yield "doi", f"{{{_without_braces(paper.doi)}}}"
    if paper.url:
        yield "url", f"{{{_without_braces(paper.url)}}}"


def _ris_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "TI", paper.title or paper.name
    yield from (("AU", _family_first(name)) for name in paper.authors)
    if paper.year:
        yield "PY", str(paper.year)
    if paper.date:
        year, month, day = (*paper.date.split("-"), "", "")[:3]
        yield "DA", f"{year}/{month}/{day}/"
    if paper.venue:
        yield "T2", paper.venue
    if paper.doi:
        yield "DO", paper.doi
    if paper.arxiv:
        yield "AN", f"arXiv:{paper.arxiv}"
    if paper.url:
        yield "UR", paper.url
    yield from (("KW", tag) for tag in paper.tags)


def _find_type(paper: Paper) -> str:
    if not paper.venue:
        return "misc"
    return "article" if _JOURNAL.search(paper.venue) else "inproceedings"


def _make_stem(paper: Paper) -> str:
    """Return what a paper is called and its year, in small ASCII letters, digits and hyphens."""
    words = re.findall(r"[a-z0-9]+", _to_ascii(paper.name)) or re.findall(r"[a-z0-9]+", _to_ascii(paper.title or ""))
    words = words[:_KEY_WORDS] or re.findall(r"[a-z0-9]+", _to_ascii(paper.id))
    return "-".join([*words, *([str(paper.year)] if paper.year else [])]) or "paper"


def _to_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _escape_author(name: str) -> str:
    """Return a name for BibTeX; one that it would take for two people, or for "others", in braces."""
    escaped = escape_latex(name)
    return f"{{{escaped}}}" if _SEVERAL.search(name) else escaped


def _family_first(name: str) -> str:
    """Return `Stone, Ada` for `Ada Stone`; a group, a name with a comma, or one of one word, as it is."""
    given, _, family = name.strip().rpartition(" ")
    whole = not given or "," in name or _SEVERAL.search(name)
    return name if whole else f"{family}, {given}"


def _is_balanced(text: str) -> bool:
    depth = 0
    for sign in re.sub(r"\\.", "", text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0


def _without_braces(text: str) -> str:
    return _one_line(text).replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")


def _one_line(text: str) -> str:
    return " ".join(text.split())
