"""What a person reads in the terminal: colours, marks and links one can click there; plain lines in a pipe."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.style import Style
from rich.table import Table
from rich.text import Text

from vlmrag.answer.proof import MARK
from vlmrag.types import Answer, Citation, Hit, Paper, Report, Status
from vlmrag.types import Progress as ProgressCall

if TYPE_CHECKING:
    from vlmrag.answer.verification import Checked
    from vlmrag.ingest.findings import Finding

_TOKEN = re.compile(r"\*\*(.+?)\*\*|(?<!\\)\[(\d+)\]|(“[^“]*”)(?= \[\d+\])|\\([\[\]])")
_WIDEST = 100
"""Columns of running text; longer lines are hard to read."""
_QUOTED = 120
"""Characters of a checked quote that are shown."""
_COLOURS = {"exact": "green", "same after normalisation": "green", "altered": "bold yellow", "absent": "bold red"}


class Terminal:
    """Prints answers, hits, papers and states; `home` turns a source into a file that one can click."""

    def __init__(self, home: Path, console: Console | None = None) -> None:
        """Print to `console`, by default standard output."""
        self.home = home
        self.console = console or Console(highlight=False, soft_wrap=not sys.stdout.isatty())

    def print_answer(self, answer: Answer) -> None:
        """Print an answer with its marks, then what each mark stands for."""
        width = min(self.console.width, _WIDEST)
        places = {c.marker: c for c in answer.citations}
        for line in answer.text.splitlines():
            body, indent = line, 0
            if line.startswith("> ") or line == ">":
                body, indent = line[2:], 2
            elif line.startswith("- "):
                body, indent = "• " + line[2:], 2
            text = self._mark_up(body, places)
            if answer.abstained and line == answer.text.splitlines()[0]:
                text.stylize("bold yellow")
            self._print(Padding(text, (0, 0, 0, indent)) if self.console.is_terminal else text, width)
        shown = {int(n) for n in MARK.findall(answer.text)}
        if shown:
            self.console.print()
            for c in answer.citations:
                if c.marker in shown:
                    self._print(self._place(c), width)
        near = ", ".join(f"{v.paper.name} ({v.why})" if v.why else v.paper.name for v in answer.considered)
        if near and not answer.abstained:
            self.console.print()
            self._print(Text(f"≈ {near}", "dim"), width)

    def print_hits(self, hits: Sequence[Hit], papers: dict[str, Paper]) -> None:
        """Print passages, best first."""
        for hit in hits:
            chunk = hit.chunk
            name = papers[hit.papers[0]].name if hit.papers else "·"
            head = Text(f"{hit.rank:>2}. ", "dim")
            head.append(name, "bold")
            head.append(f"  {hit.score:.2f}  ", "cyan")
            head.append(f"{chunk.source}:{chunk.line}", self._link(chunk.source, chunk.line))
            self.console.print(head)
            body = " ".join(chunk.text.split())
            self._print(Padding(Text(body[:400] + (" …" if len(body) > 400 else "")), (0, 0, 1, 4)), _WIDEST)

    def print_papers(self, papers: Sequence[Paper]) -> None:
        """Print papers, one a line."""
        if not self.console.is_terminal:
            for p in papers:
                self.console.print("\t".join([p.name, str(p.year or ""), p.arxiv or "", p.title or ""]), markup=False)
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("Paper", "Year", "arXiv", "Title"):
            table.add_column(column, overflow="fold" if column == "Title" else "ellipsis")
        for p in papers:
            url = f"https://arxiv.org/abs/{p.arxiv}" if p.arxiv else None
            arxiv = Text(p.arxiv or "", Style(link=url) if url else "")
            table.add_row(Text(p.name, "bold"), str(p.year or ""), arxiv, Text(p.title or "", "dim"))
        self.console.print(table)
        self.console.print(f"{len(papers)} papers", style="dim")

    def print_findings(self, findings: Sequence[Finding]) -> None:
        """Print what is wrong in the notes: one a line in a pipe, by file in a terminal."""
        if not self.console.is_terminal:
            for f in findings:
                self.console.print(f"{f.source}:{f.line}: {f.what} — {f.why}", markup=False)
            return
        for source, found in groupby(findings, key=lambda f: f.source):
            table = Table.grid(padding=(0, 1))
            table.add_column(justify="right", min_width=5)
            table.add_column(style="yellow", min_width=10)
            table.add_column(overflow="fold")
            for f in found:
                words = Text(f"{f.what}\n").append(f.why, "dim")
                table.add_row(Text(str(f.line), self._link(source, f.line)), f.kind, words)
            self.console.print(Text(source, "bold"))
            self.console.print(table, width=min(self.console.width, _WIDEST))
            self.console.print()

    def print_checked(self, checked: Sequence[Checked], name: str) -> None:
        """Print a verdict per quote of the file `name`, with its place in the source and what differs."""
        for found in checked:
            quote = found.quote
            line = Text(f"{name}:{quote.line}  ", "dim")
            line.append(f"{found.verdict}", _COLOURS[found.verdict])
            if found.source:
                line.append("  ")
                place = f"{found.source}:{found.line}"
                line.append(f"{place} ({found.start}-{found.end})", self._link(found.source, found.line))
            words = " ".join(quote.words.split())
            line.append(f"  “{words[:_QUOTED]}{' …' if len(words) > _QUOTED else ''}”")
            self._print(line, _WIDEST)
            for change in found.changes:
                self._print(Text(f"    {_show(change.source)} → {_show(change.quote)}", "yellow"), _WIDEST)
            if found.note:
                self._print(Text(f"    {found.note}", "dim"), _WIDEST)
        counts: Counter[str] = Counter(found.verdict for found in checked)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _COLOURS if counts[verdict])
        self.console.print(f"{len(checked)} quotes: {told}" if checked else f"{name}: no quotes found", style="bold")

    def print_report(self, report: Report) -> None:
        """Print what an ingest did."""
        self.console.print(
            f"[bold]{report.files} files[/], {report.papers} papers, {report.documents} entries, "
            f"{report.chunks} passages in {report.seconds:.1f} s: {report.read} read, {report.unchanged} unchanged, "
            f"{report.gone} gone; {report.embedded} passages embedded"
        )

    def print_status(self, status: Status) -> None:
        """Print the state of a library."""
        rows = {
            "home": status.home,
            "index": f"{status.index}  (format {status.version}, generation {status.generation})",
            "fingerprint": status.fingerprint,
            "encoder": f"{status.encoder}, {status.dimension} dimensions",
            "library": f"{status.files} files, {status.papers} papers, {status.documents} entries, "
            f"{status.sentences} sentences, {status.chunks} passages",
            "on disk": f"{status.bytes / 1e6:.1f} MB",
            "stale": ", ".join(status.stale) or "nothing: the index is up to date",
        }
        for name, value in rows.items():
            line = Text(f"{name:12}", "dim")
            line.append(value, "yellow" if name == "stale" and status.stale else "")
            self.console.print(line)

    def print_tables(self, tables: Sequence[tuple[Sequence[str], Sequence[Sequence[str]]]]) -> None:
        """Print tables of heads and rows, an empty line between two."""
        for number, (head, rows) in enumerate(tables):
            if number:
                self.console.print()
            self._print_table(head, rows)

    def _print_table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table, its first column in bold; in a pipe, aligned columns of plain text."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        numbers = [all(re.fullmatch(r"[\d.,]*( ms)?", row[at]) for row in rows) for at in range(len(head))]
        for at, column in enumerate(head):
            table.add_column(Text(column), justify="right" if numbers[at] else "left", style="bold" if at == 0 else "")
        for row in rows:
            table.add_row(*map(Text, row))
        if self.console.is_terminal:
            self.console.print(table)
        else:
            widest = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
            for line in (head, *rows):
                cells = zip(line, widest, numbers, strict=True)
                padded = [" " * (w - cell_len(c)) + c if n else c + " " * (w - cell_len(c)) for c, w, n in cells]
                self.console.print("  ".join(padded).rstrip(), markup=False)

    @contextmanager
    def show_progress(self) -> Iterator[ProgressCall]:
        """Show a bar per stage on standard error, where there is a terminal."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            tasks = {}

            def report(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=total)
                bars.update(tasks[stage], completed=done, total=total)

            yield report

    def _mark_up(self, line: str, places: dict[int, Citation]) -> Text:
        """Bold names, quotes in green, marks that lead to their place."""
        text, at = Text(), 0
        for m in _TOKEN.finditer(line):
            text.append(line[at : m.start()])
            at = m.end()
            bold, mark, quote, bracket = m.groups()
            if bold:
                text.append(bold, "bold")
            elif quote:
                text.append(re.sub(r"\\([\[\]])", r"\1", quote), "green")
            elif bracket:
                text.append(bracket)
            elif int(mark) in places:
                c = places[int(mark)]
                text.append(f"[{mark}]", self._link(c.source, c.line))
            else:
                text.append(m.group())
        text.append(line[at:])
        return text

    def _place(self, c: Citation) -> Text:
        line = Text(f"[{c.marker}] ", "cyan")
        place = f"{c.source}:{c.line}" if c.page is None else f"{c.source} p. {c.page}"
        line.append(place, self._link(c.source, c.line))
        if c.heading:
            line.append(f"  {c.heading}", "dim")
        return line

    def _link(self, source: str, line: int | None) -> Style:
        path = Path(source) if Path(source).is_absolute() else self.home / source
        return Style(color="cyan", link=path.as_uri() + (f"#{line}" if line else ""))

    def _print(self, what: Text | Padding, width: int) -> None:
        self.console.print(what, width=width if self.console.is_terminal else None, markup=False)


def _show(words: str) -> str:
    return f"“{' '.join(words.split())}”" if words else "nothing"
