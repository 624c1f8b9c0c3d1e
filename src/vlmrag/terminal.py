"""What a person reads in the terminal: colours, marks and links one can click there; plain lines in a pipe."""

from __future__ import annotations

import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from vlmrag.answer.proof import MARK
from vlmrag.columns import shorten_path, show_controls, wrap
from vlmrag.types import Answer, Citation, Hit, Paper, Verdict
from vlmrag.types import Progress as ProgressCall

if TYPE_CHECKING:
    from vlmrag.answer.decision import Explanation
    from vlmrag.answer.verification import Checked
    from vlmrag.ingest.findings import Finding
    from vlmrag.reports import Report, Status

_TOKEN = re.compile(r"\*\*(.+?)\*\*|(?<!\\)\[(\d+)\]|(“[^“]*”)(?= \[\d+\])|\\([\[\]])")
_BETWEEN_QUOTES = re.compile(r"(?<=\d\]); (?=“)")
_WIDEST = 100
"""Columns of running text; longer lines are hard to read."""
_NARROWEST = 24
"""Columns that a heading needs beside its place; with fewer it goes below."""
_PASSAGE, _QUOTED = 400, 120
"""Characters of a passage that was found, and of a quote that was checked, that a terminal shows."""
_PATIENCE = 1.0
"""Seconds without a word before a terminal is told what is being waited for."""
_COLOURS = {"exact": "green", "same after normalisation": "green", "altered": "bold yellow", "absent": "bold red"}


class Terminal:
    """Prints answers, hits, papers and states; `home` turns a source into a file that one can click."""

    def __init__(self, home: Path, console: Console | None = None) -> None:
        """Print to `console`, by default standard output."""
        self.home = home
        self.console = console or Console(highlight=False, soft_wrap=not sys.stdout.isatty())

    def print_answer(self, answer: Answer) -> None:
        """Print an answer with its marks, then what each mark stands for, then what was looked at and not counted."""
        places = {c.marker: c for c in answer.citations}
        for number, line in enumerate(answer.text.split("\n")):
            if answer.abstained and number == 0:
                self._flow("", self._mark_up(line, places, Style(color="yellow", bold=True)))
            else:
                self._print_line(line, places, answer.abstained)
        shown = {int(n) for n in MARK.findall(answer.text)}
        if shown:
            self.console.print()
            self._print_places([c for c in answer.citations if c.marker in shown])
        if answer.considered and not answer.abstained:
            self.console.print()
            self._print_considered(answer.considered)

    def _print_line(self, line: str, places: dict[int, Citation], faint: bool) -> None:
        """Print one line of an answer; the quotes of a bullet each on a line of their own in a terminal."""
        style = Style(dim=True) if faint else Style()
        terminal = self.console.is_terminal
        if line.startswith("- "):
            quotes = _BETWEEN_QUOTES.split(line[2:]) if terminal else [line[2:]]
            if len(quotes) > 1:
                name, _, quotes[0] = quotes[0].partition(": “")
                self._flow("  • ", self._mark_up(name, places, style))
                for quote in (f"“{quotes[0]}", *quotes[1:]):
                    self._flow("    ", self._mark_up(quote, places, style))
            else:
                self._flow("  • " if terminal else "• ", self._mark_up(quotes[0], places, style))
        elif line.startswith("> ") or line == ">":
            self._flow("  " if terminal else "", self._mark_up(line[2:], places, style))
        else:
            self._flow("", self._mark_up(line, places, Style()))

    def _print_places(self, citations: Sequence[Citation]) -> None:
        """Print what each mark stands for: places in one column, headings cut to what is left, a path never."""
        width = self._width()
        names = [_name_place(c) for c in citations]
        marks = [f"[{c.marker}]" for c in citations]
        first = max(map(cell_len, marks))
        second = max(map(cell_len, names))
        room = width - first - second - 3
        for c, mark, name in zip(citations, marks, names, strict=True):
            line = Text(mark.rjust(first) if self.console.is_terminal else mark, "cyan").append(" ")
            line.append(name, self._link(c.source, c.line, c.page))
            heading = show_controls(c.heading)
            if not self.console.is_terminal:
                line.append(f"  {heading}" if heading else "", "dim")
            elif heading and room >= _NARROWEST:
                line.append(" " * (second - cell_len(name) + 2) + shorten_path(heading, room), "dim")
            elif heading:
                line.append("\n" + " " * (first + 1) + shorten_path(heading, width - first - 1), "dim")
            self._print(line)

    def _print_considered(self, considered: Sequence[Verdict]) -> None:
        """Print the papers that were looked at and not counted: by reason in a terminal, in one line in a pipe."""
        if not self.console.is_terminal:
            near = ", ".join(f"{v.paper.name} ({v.why})" if v.why else v.paper.name for v in considered)
            self._print(Text(f"≈ {show_controls(near)}"))
            return
        reasons: dict[str, list[str]] = {}
        for v in considered:
            reasons.setdefault(v.why, []).append(show_controls(v.paper.name))
        for why, names in reasons.items():
            self._flow("≈ ", Text(f"{why}: " if why else "", "dim").append(", ".join(names), "dim"))

    def print_explanation(self, explanation: Explanation) -> None:
        """Print how a question was understood and what decided its answer: names on the left, what is said beside."""
        for rows in (explanation.understood, explanation.decided):
            self.console.print()
            widest = max(cell_len(name) for name, _ in rows)
            for name, said in rows:
                padding = " " * (widest - cell_len(name) + 2)
                self._print(Text(f"{show_controls(name)}{padding}{show_controls(said)}", "dim"))

    def print_hits(self, hits: Sequence[Hit], papers: dict[str, Paper]) -> None:
        """Print passages, best first: whole in a pipe, their beginning in a terminal."""
        for hit in hits:
            chunk = hit.chunk
            name = papers[hit.papers[0]].name if hit.papers else "·"
            head = Text(f"{hit.rank:>2}. ", "dim")
            head.append(show_controls(name), "bold")
            head.append(f"  {hit.score:.2f}  ", "cyan")
            place = f"{chunk.source}:{chunk.line}" if chunk.page is None else f"{chunk.source} p. {chunk.page}"
            head.append(show_controls(place), self._link(chunk.source, chunk.line, chunk.page))
            self._print(head)
            body = show_controls(" ".join(chunk.text.split()))
            if self.console.is_terminal and len(body) > _PASSAGE:
                body = body[:_PASSAGE].rstrip() + " …"
            self._flow("    ", Text(body))
            self.console.print()

    def print_papers(self, papers: Sequence[Paper]) -> None:
        """Print papers, one a line; in a terminal a line fits, and no title repeats the name."""
        if not self.console.is_terminal:
            for p in papers:
                cells = [p.name, str(p.year or ""), p.arxiv or "", p.title or ""]
                self._print(Text("\t".join(show_controls(" ".join(cell.split())) for cell in cells)))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        widest = max((cell_len(p.name) for p in papers), default=5)
        name = max(5, min(widest, self.console.width // 3))
        title = max(5, self.console.width - name - 20)  # what year, arXiv id and the gaps leave
        for column, width in (("Paper", name), ("Year", 4), ("arXiv", 10), ("Title", title)):
            table.add_column(column, overflow="ellipsis", no_wrap=True, width=width)
        for p in papers:
            url = f"https://arxiv.org/abs/{p.arxiv}" if p.arxiv else None
            arxiv = Text(p.arxiv or "", Style(link=url) if url else "")
            rest = Text(show_controls((p.title or "").removeprefix(f"{p.name}: ")), "dim")
            table.add_row(Text(show_controls(p.name), "bold"), str(p.year or ""), arxiv, rest)
        self.console.print(table)
        self.console.print(f"{len(papers)} papers", style="dim")

    def print_findings(self, findings: Sequence[Finding]) -> None:
        """Print what is wrong in the notes: one a line in a pipe, by file in a terminal."""
        if not self.console.is_terminal:
            for f in findings:
                self._print(Text(show_controls(f"{f.source}:{f.line}: {f.what} — {f.why}")))
            return
        for source, found in groupby(findings, key=lambda f: f.source):
            table = Table.grid(padding=(0, 1))
            table.add_column(justify="right", min_width=5)
            table.add_column(style="yellow", min_width=10)
            table.add_column(overflow="fold")
            for f in found:
                words = Text(f"{show_controls(f.what)}\n").append(show_controls(f.why), "dim")
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
                place = f"{found.source}:{found.line} ({found.start}-{found.end})"
                place = place if found.page is None else f"{found.source} p. {found.page}"
                line.append(place, self._link(found.source, found.line, found.page))
            words = show_controls(" ".join(quote.words.split()))
            cut = self.console.is_terminal and len(words) > _QUOTED
            line.append(f"  “{words[:_QUOTED]} …”" if cut else f"  “{words}”")
            self._flow("", line)
            for change in found.changes:
                self._flow("    ", Text(f"{_show(change.source)} → {_show(change.quote)}", "yellow"))
            if found.note:
                self._flow("    ", Text(found.note, "dim"))
        counts: Counter[str] = Counter(found.verdict for found in checked)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _COLOURS if counts[verdict])
        self._print(Text(f"{len(checked)} quotes: {told}" if checked else f"{name}: no quotes found", "bold"))

    def print_report(self, report: Report) -> None:
        """Print what an ingest did."""
        self.console.print(
            f"[bold]{report.files} files[/], {report.papers} papers, {report.documents} entries, "
            f"{report.chunks} passages in {report.seconds:.1f} s: {report.read} read, {report.unchanged} unchanged, "
            f"{report.gone} gone; {report.embedded} passages embedded"
            + (f", {report.pictures} figures looked at" if report.pictures else "")
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
            "nearest": status.dense.describe(),
            "figures": status.figures.describe(),
            "attributes": "stored" if status.attributes_stored else "of other words or rules: vlmrag ingest reads them",
            "on disk": f"{status.bytes / 1e6:.1f} MB",
            "stale": ", ".join(status.stale) or "nothing: the index is up to date",
        }
        for name, value in rows.items():
            words = Text(show_controls(value), "yellow" if name == "stale" and status.stale else "")
            lead = Text(f"{name:12}", "dim")
            if name in ("home", "index", "fingerprint"):
                self._print(lead + words)  # whole, to be copied
            else:
                self._flow(lead, words)

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
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            tasks = {}

            def report(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=total)
                bars.update(tasks[stage], completed=done, total=total)

            yield report

    @contextmanager
    def show_waiting(self, what: str) -> Iterator[None]:
        """Say on standard error what is being waited for, where there is a terminal and it takes over a second."""
        console = Console(stderr=True)
        if not console.is_terminal:
            yield
            return
        status = console.status(what)
        timer = threading.Timer(_PATIENCE, status.start)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            status.stop()

    def _mark_up(self, line: str, places: dict[int, Citation], style: Style) -> Text:
        """Bold names, quotes in green unless `style` is faint, marks that lead to their place."""
        line = show_controls(line)
        text, at = Text(style=style), 0
        for m in _TOKEN.finditer(line):
            text.append(line[at : m.start()])
            at = m.end()
            bold, mark, quote, bracket = m.groups()
            if bold:
                text.append(bold, "bold")
            elif quote:
                text.append(re.sub(r"\\([\[\]])", r"\1", quote), "" if style.dim else "green")
            elif bracket:
                text.append(bracket)
            elif int(mark) in places:
                c = places[int(mark)]
                text.append(f"[{mark}]", self._link(c.source, c.line, c.page))
            else:
                text.append(m.group())
        text.append(line[at:])
        return text

    def _link(self, source: str, line: int | None, page: int | None = None) -> Style:
        path = Path(source) if Path(source).is_absolute() else self.home / source
        place = f"#page={page}" if page else f"#{line}" if line else ""
        return Style(color="cyan", link=path.as_uri() + place)

    def _width(self) -> int:
        return min(self.console.width, _WIDEST)

    def _flow(self, lead: str | Text, body: Text) -> None:
        """Print `body` after `lead`; in a terminal its lines hang below each other, in a pipe it is one line."""
        if not self.console.is_terminal:
            self._print(Text.assemble(lead, body))
            return
        indent = " " * cell_len(str(lead))
        for number, line in enumerate(wrap(body, max(10, self._width() - len(indent)))):
            self._print(Text.assemble(indent if number else lead, line))

    def _print(self, line: Text) -> None:
        """Print a line as it is: nothing is cut, and only the terminal itself breaks it."""
        if self.console.is_terminal:
            self.console.print(line, soft_wrap=True, markup=False)
        else:
            self.console.file.write(f"{line.plain}\n")  # rich would turn tabs into blanks


def _name_place(c: Citation) -> str:
    return show_controls(f"{c.source}:{c.line}" if c.page is None else f"{c.source} p. {c.page}")


def _show(words: str) -> str:
    return f"“{' '.join(words.split())}”" if words else "nothing"
