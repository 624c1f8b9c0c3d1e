"""A library one can compute in one's head: three notes in three languages, and answers by one word of the question.

Run as a program it serves the page on the port given and prints its address; every host that the process looks up or
connects to is printed as a line `net ...`, so that a test can count them.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from vlmrag.answer.generator import Generator
from vlmrag.answer.profile import Fact, Profile
from vlmrag.answer.similar import Reason, SimilarPaper
from vlmrag.answer.table import Cell, Row
from vlmrag.answer.writing.local import LocalModel
from vlmrag.config import Config
from vlmrag.errors import SourceError, UsageError
from vlmrag.ingest.findings import Finding
from vlmrag.reports import FetchReport, Report, Status
from vlmrag.search.reading import Context, PageImage
from vlmrag.types import Answer, Citation, Coverage, Figure, Filters, Paper, Place, Progress, Says, Turn, Verdict

HOSTILE = (
    'Lantern\'s notes: <script>document.title="hacked"</script> <img src=x onerror="document.title=\'hacked\'"> '
    "![pixel](http://tracker.example/p.png) [a link](javascript:alert(1)) ${document.title='hacked'} {{value}} "
    "**bold [9] marks** and `code`."
)
NOTES = {
    "notes/atlas.md": "# Bridges\n\n## Atlas (2021)\n\n"
    + "Atlas reads a picture and a question together. " * 12
    + "The language model is kept frozen; only a small bridge is trained. "
    + "Later runs changed the data and nothing else. " * 12
    + "\n",
    "notes/日记.md": "# 阅读日记\n\n## 三月\n\n今天读了 Brook。它冻结了语言模型，只训练视觉编码器。明天再读一遍。\n",
    "notes/lantern <b>.md": f"# 隨筆\n\n## Lantern 與 $$x$$\n\n{HOSTILE}\n\nLantern 訓練整個模型，沒有凍結任何部分。\n",
}
ATLAS = Paper(
    "name:atlas",
    "Atlas",
    year=2021,
    orgs=("North Lab",),
    tags=("bridges",),
    sources=(Place("notes/atlas.md", 3, "Bridges"),),
    documents=("a1", "a2"),
)
BROOK = Paper("name:brook", "Brook", year=2023, orgs=("North Lab",), tags=("bridges",), documents=("b1",))
LANTERN = Paper("name:lantern", "Lantern", year=2023, tags=("bridges",), documents=("c1",))


def cite(marker: int, paper: Paper, source: str, quote: str, heading: str = "") -> Citation:
    start = NOTES[source].index(quote)
    line = NOTES[source].count("\n", 0, start) + 1
    return Citation(marker, paper.id, paper.name, source, start, start + len(quote), line, heading, quote)


FROZEN = (
    cite(1, ATLAS, "notes/atlas.md", "The language model is kept frozen; only a small bridge is trained.", "Bridges"),
    cite(2, BROOK, "notes/日记.md", "它冻结了语言模型，只训练视觉编码器。", "阅读日记"),
    cite(3, LANTERN, "notes/lantern <b>.md", "Lantern 訓練整個模型，沒有凍結任何部分。", "隨筆"),
)
COVERAGE = Coverage(papers=3, examined=3, yes=2, no=1, depends=0, not_stated=0)


def make_answer(question: str, lang: str, kind: str, text: str, **more: Any) -> Answer:
    given: dict[str, Any] = {"papers": (), "considered": (), "citations": (), "coverage": None, "abstained": False}
    return Answer(
        question, lang, kind, text=text, generator="extractive", index="sha256:0", seconds=0.01, **(given | more)
    )


def judge(paper: Paper, says: Says, *markers: int, why: str = "") -> Verdict:
    return Verdict(paper, says, markers, why)


def meets(paper: Paper, filters: Filters | None) -> bool:
    """Whether a paper is of the years asked for."""
    first, last = filters.years if filters and filters.years else (0, 9999)
    return first <= (paper.year or 0) <= last


class FakeLibrary:
    """Answers by a word of the question: a list, a fact, hostile text, a refusal or an error."""

    def ask(self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        if "broken" in question:
            raise RuntimeError("a defect")
        if len(question) > 1000:
            raise UsageError("The question is too long: 1,000 characters are enough.")
        if "slow" in question:
            time.sleep(1)
        if any(word in question for word in ("free", "冻结", "凍結")):
            lang = "zh-Hans" if "冻结" in question else "zh-Hant" if "凍結" in question else "en"
            return make_answer(
                question,
                lang,
                "list",
                "2 of the 3 papers say so:\n\n- **Atlas** [1]\n- **Brook** [2]",
                papers=tuple(v for v in (judge(ATLAS, "yes", 1), judge(BROOK, "yes", 2)) if meets(v.paper, filters)),
                considered=(judge(LANTERN, "no", 3, why="trains everything"),),
                citations=FROZEN,
                coverage=COVERAGE,
            )
        if "hostile" in question:
            quote = cite(1, LANTERN, "notes/lantern <b>.md", HOSTILE)
            return make_answer(question, "en", "fact", f"{HOSTILE} [1]", citations=(quote,))
        if "it" in question.split() and history:
            told = f"You asked {len(history) // 2} before, first: {history[0].content} [1]"
            return make_answer(question, "en", "fact", told, citations=FROZEN[:1])
        if "Atlas" in question:
            text = "**Atlas** keeps the language model frozen [1].\n\n> only a small bridge is trained [1]"
            return make_answer(question, "en", "fact", text, papers=(judge(ATLAS, "yes", 1),), citations=FROZEN[:1])
        return make_answer(
            question,
            "en",
            "fact",
            "The library does not hold an answer to this.",
            abstained=True,
            considered=(judge(ATLAS, "not stated", 1),),
            citations=FROZEN[:1],
        )

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        yield self.ask(question, history=history, filters=filters)

    def word(
        self, answer: Answer, generator: Generator, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        return iter(())

    def open_generator(
        self, address: str | None = None, *, allow_remote: bool = False, tell: Callable[[str], None] = lambda line: None
    ) -> Generator | None:
        return None

    def list_local_models(self) -> list[LocalModel]:
        return []

    def read_context(self, citation: Citation, around: int = 600) -> Context:
        if citation.source not in NOTES or citation.start is None or citation.end is None or citation.line is None:
            raise SourceError(citation.source, "the file is gone")
        text, start, end = NOTES[citation.source], citation.start, citation.end
        heading = tuple(line.lstrip("# ") for line in text[:start].split("\n") if line.startswith("#"))
        before, after = text[max(0, start - around) : start], text[end : end + around]
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return Context(citation.source, citation.line, heading, before, text[start:end], after, sha256, start)

    def read_note(self, sha256: str) -> tuple[str, str]:
        for path, text in NOTES.items():
            if hashlib.sha256(text.encode()).hexdigest() == sha256:
                return path, text
        raise SourceError("this note", "is not in the library; run vlmrag ingest")

    def render_page(self, source: str, number: int) -> PageImage:
        raise SourceError(source, "is gone since it was read; run vlmrag ingest")

    def read_pdf(self, sha256: str) -> tuple[str, bytes]:
        raise SourceError("this PDF", "is not in the library; run vlmrag ingest")

    def papers(self) -> list[Paper]:
        return [ATLAS, BROOK, LANTERN]

    def status(self) -> Status:
        return Status(
            home="/home",
            index="/home/indexes/default",
            fingerprint="sha256:0",
            version=1,
            generation=1,
            encoder="fake",
            dimension=2,
            files=3,
            documents=4,
            papers=3,
            sentences=30,
            chunks=4,
            bytes=1000,
            stale=(),
        )

    @property
    def config(self) -> Config:
        return Config(Path("/home"))

    def profile(self, name: str) -> Profile:
        paper = next((p for p in self.papers() if name in (p.id, p.name)), None)
        if paper is None:
            raise UsageError(f"no paper called {name!r}")
        cited = tuple(c for c in FROZEN if c.paper == paper.id)
        return Profile(paper, (Fact("name", paper.name, cited),), cited, (), ())

    def similar(self, like: str, k: int = 10, *, lang: str = "en") -> list[SimilarPaper]:
        reason = Reason("tag", "both are bridges", 0.5, FROZEN[:1])
        return [SimilarPaper(p, 0.5, (reason,)) for p in self.papers() if p.id != like][:k]

    def table(self, columns: Sequence[str], *, papers: Sequence[str] | None = None) -> list[Row]:
        chosen = [p for name in papers or () for p in self.papers() if name in (p.id, p.name)]
        cells = {c.paper: (Cell("llm", "kept frozen", None, "yes", 1.0, c),) for c in FROZEN[:2]}
        return [Row(p, {c: cells.get(p.id, ()) if c == "frozen" else () for c in columns}) for p in chosen]

    def map_papers(self) -> list[tuple[Paper, float, float]]:
        return [(ATLAS, -1.0, -1.0), (BROOK, 0.0, 1.0), (LANTERN, 1.0, 0.5)]

    def check(self) -> list[Finding]:
        return []

    def crop_figure(self, figure: Figure) -> bytes:
        raise SourceError(figure.source, "is gone since it was read; run vlmrag ingest")

    def ingest(self, paths: Iterable[str | Path] = (), *, progress: Progress | None = None) -> Report:
        raise UsageError("this library is written by nobody")

    def fetch(self, ids: Iterable[str] = (), *, progress: Progress | None = None) -> FetchReport:
        raise UsageError("this library is written by nobody")


def watch_network(event: str, args: tuple[Any, ...]) -> None:
    """Print every host name looked up and every address connected to."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        print("net", args[0], flush=True)
    elif event == "socket.connect":
        print("net", args[1][0] if isinstance(args[1], tuple) else args[1], flush=True)


if __name__ == "__main__":
    sys.addaudithook(watch_network)
    from vlmrag.ui.page import serve_page

    serve_page(FakeLibrary(), port=int(sys.argv[1]), ready=lambda url: print("ready", url, flush=True))
