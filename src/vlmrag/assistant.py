"""The one place where the parts are put together: the Python API.

    from vlmrag import Assistant

    assistant = Assistant()
    assistant.ingest(["~/notes"])
    answer = assistant.ask("Which models keep the LLM frozen?")
    print(answer.text)
    for citation in answer.citations:
        print(citation.marker, citation.source, citation.line, citation.quote)

Reading opens no socket and loads no torch: a question is encoded with numpy on the same weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vlmrag.asking import Asking
from vlmrag.errors import IndexMissing, UsageError
from vlmrag.reports import FetchReport, FigureCount, Missed, Report, Status
from vlmrag.types import Citation, Figure, Filters, Hit, Paper, Progress, Rect

if TYPE_CHECKING:
    from vlmrag.answer.claims import Claim
    from vlmrag.answer.profile import Profile
    from vlmrag.answer.similar import SimilarPaper
    from vlmrag.answer.table import Row
    from vlmrag.answer.verification import Checked
    from vlmrag.ingest.arxiv import ArxivId
    from vlmrag.ingest.fetching import Client, Manners
    from vlmrag.ingest.findings import Finding
    from vlmrag.ingest.names import PaperNames
    from vlmrag.search.figures import FoundFigure
    from vlmrag.search.reading import Context, PageImage

    _Placed = TypeVar("_Placed", Claim, Finding)


class Assistant(Asking):
    """Reads a library into its index, and answers questions over it."""

    def ingest(
        self, paths: Iterable[str | Path] = (), *, rebuild: bool = False, progress: Progress | None = None
    ) -> Report:
        """Read files and folders into the index; only what changed is read again, and what is gone leaves it.

        Without `paths`: `data/notes`, `data/pdfs` and every path given before. Files that cannot be read are in
        `Report.skipped`; the rest is done. Raises IndexBusy while another process writes, IndexMismatch when the
        index is of another encoder and `rebuild` is not asked for.
        """
        from vlmrag.index.intake import Intake

        given = list(paths)
        if "" in given:
            raise UsageError("ingest what? One of the paths is empty")
        self.close()
        config = self.config
        intake = Intake(
            home=config.home,
            folder=config.index_dir,
            encoder=self._encoder,
            glossary=self._glossary,
            limit=config.chunk_pieces,
            overlap=config.chunk_overlap,
            make_rules=self._make_rules,
            find_pictures=lambda: self._picture_encoder,
        )
        return intake.take_in([Path(p) for p in given], rebuild=rebuild, progress=progress)

    def fetch(
        self,
        ids: Iterable[str] = (),
        *,
        filters: Filters | None = None,
        update: bool = False,
        dry_run: bool = False,
        max_bytes: int | None = None,
        manners: Manners | None = None,
        progress: Progress | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> FetchReport:
        """Download papers from arXiv, and what arXiv says of them, into `data/pdfs`; `ingest` then reads both.

        `ids` are arXiv ids in any form, or names of papers of the library; without any, every paper of it that meets
        the filters and has an id. What is there is not asked for again, unless `update` looks for newer versions.
        `dry_run` opens no connection. No PDF is larger than `max_bytes`; `manners` say how politely the server is
        asked, `tell` hears of long waits. A paper that cannot be had is in `FetchReport.missed`; the rest is done.
        Raises UsageError for an address that is none, IndexBusy while another process fetches.
        """
        from vlmrag.index.lock import WriterLock
        from vlmrag.ingest.acquire import MOST_BYTES, Acquisition, read_ids, split_present

        started = time.perf_counter()
        folder, shown, given = self.config.pdf_dir, "data/pdfs", list(ids)
        wanted, missed = read_ids(given, self._find_names) if given else self._list_ids(filters)
        present, missing = ([], wanted) if update else split_present(folder, wanted)
        planned: list[ArxivId] = []
        run = Acquisition(folder, shown, self._make_client(manners, tell), max_bytes or MOST_BYTES, progress)
        if dry_run:
            planned = missing
        elif missing:
            folder.mkdir(parents=True, exist_ok=True)
            with WriterLock(folder):
                run.run(missing)
        return FetchReport(
            fetched=tuple(run.fetched),
            present=tuple(map(str, [*present, *run.present])),
            planned=tuple(map(str, planned)),
            missed=(*missed, *run.missed),
            folder=shown,
            seconds=time.perf_counter() - started,
        )

    def search(self, query: str, k: int = 10, *, filters: Filters | None = None) -> list[Hit]:
        """Return the `k` best passages, best first."""
        limited = filters is not None and filters != Filters()
        documents = self._catalogue.select_documents(filters) if filters and limited else None
        return self._retriever.search(query, k, documents)

    def similar(
        self, like: str, k: int = 10, *, text: bool = False, filters: Filters | None = None, lang: str = "en"
    ) -> list[SimilarPaper]:
        """Return the `k` papers most like a paper, or like a text, each with its reasons, best first.

        `like` is any form of a paper's name, else a text; always one with `text`. The reasons are in `lang`: `en`,
        `zh-Hans` or `zh-Hant`. Raises UsageError for a name or an id that the library does not know.
        """
        from vlmrag.answer.similar import find_similar
        from vlmrag.search.similar import find_like

        catalogue = self._catalogue
        sample = like if text else find_like(like, catalogue)
        return find_similar(sample, catalogue, k, catalogue.select(filters or Filters()), lang)

    def papers(self, *, filters: Filters | None = None) -> list[Paper]:
        """Return the papers that meet the filters, in the order of the library."""
        return self._catalogue.select(filters or Filters())

    def profile(self, name: str) -> Profile:
        """Return all that the library has of a paper, by its id or any form of its name. Raises UsageError for none."""
        from vlmrag.answer.profile import describe_paper

        return describe_paper(self._find_paper(name), self._catalogue)

    def table(
        self, columns: Sequence[str], *, papers: Sequence[str] | None = None, filters: Filters | None = None
    ) -> list[Row]:
        """Return papers with what they state in `columns`: attributes by name, and questions put to every paper.

        `papers` names the rows, in any form that a question would, by default all that meet the filters. Raises
        UsageError for a name that no paper of the library goes by.
        """
        from vlmrag.answer.table import build_table

        chosen = self._catalogue.select(filters or Filters())
        if papers is not None:
            chosen = [paper for paper in map(self._find_paper, papers) if paper in chosen]
        return build_table(chosen, columns, self._catalogue, self._attributes)

    def _find_paper(self, name: str) -> Paper:
        known = {paper.id: paper for paper in self._catalogue.papers}
        found = [known[name]] if name in known else [p for p, _, _ in self._catalogue.names.find(name, typos=True)]
        if not found:
            raise UsageError(f"no paper called {name!r}; see: vlmrag papers")
        return found[0]

    def check(self, *, filters: Filters | None = None, today: date | None = None) -> list[Finding]:
        """Return what is probably wrong in the notes, in the order of the library.

        That is what the notes alone tell, and what the library's papers contradict. With filters, only what is wrong in
        the entries that meet them. What is dated after `today` lies in the future.
        """
        from vlmrag.answer.claims import add_contradicted
        from vlmrag.ingest.findings import find_problems

        index, catalogue = self._index, self._catalogue
        sources = [index.source(source.path) for source in index.sources() if source.kind == "note"]
        documents = list(catalogue.documents.values())
        found = find_problems(sources, documents, catalogue.papers, today or date.today())
        return self._limit(add_contradicted(found, self._claims, documents), filters)

    def claims(self, *, filters: Filters | None = None) -> list[Claim]:
        """Return what the notes claim of papers that the library holds, each with what the paper makes of it."""
        return self._limit(self._claims, filters)

    def _limit(self, found: Sequence[_Placed], filters: Filters | None) -> list[_Placed]:
        """Return what stands in the entries that meet the filters."""
        if filters is None or filters == Filters():
            return list(found)
        catalogue = self._catalogue
        chosen = [catalogue.documents[ident] for ident in catalogue.select_documents(filters)]
        return [f for f in found if any(d.source == f.source and d.start <= f.start < d.end for d in chosen)]

    def verify(self, text: str, name: str = "") -> list[Checked]:
        """Check every quote of an answer against its source, or against all of them where it names none.

        `text` is an answer of ours as JSON or JSON Lines, or Markdown; `name`, its file's, tells which by its ending.
        Files are checked as they lie on the disk now. Raises UsageError for JSON that is no answer.
        """
        from vlmrag.answer.quotes import read_quotes
        from vlmrag.answer.verification import Verifier, find_page, read_texts

        checked = Verifier(read_texts(self._index, self.config.home)).check(read_quotes(text, name))
        return [find_page(one, self._index) for one in checked]

    def map_papers(self) -> list[tuple[Paper, float, float]]:
        """Return each paper with its place, x and y in -1..1, on a map where papers said alike lie near."""
        from vlmrag.search.map import project_papers

        return project_papers(self._catalogue)

    def read_context(self, citation: Citation, around: int = 600) -> Context:
        """Return the passage of a citation with up to `around` characters on each side, cut at line ends."""
        from vlmrag.search.reading import read_context

        return read_context(self._index, citation, around)

    def render_page(self, source: str, number: int, rects: Sequence[Rect] = ()) -> PageImage:
        """Return a page of a PDF, from 1, as PNG, with the rectangles marked.

        Raises SourceError where the library has no such page, or the file changed since it was read.
        """
        from vlmrag.search.reading import draw_page

        return draw_page(self._index, self.config.home, source, number, rects)

    def figures(self, query: str, k: int = 5, *, filters: Filters | None = None) -> list[FoundFigure]:
        """Return the `k` figures that a query means: by their captions, what the text says of them, what they show.

        The last where a model of pictures has looked at them, see `count_figures`.
        """
        from vlmrag.search.figures import find_figures

        catalogue = self._catalogue
        documents = catalogue.select_documents(filters or Filters())
        encoder = self._picture_encoder if self.count_figures().pictured else None
        return find_figures(query, k, catalogue, documents, encoder)

    def count_figures(self) -> FigureCount:
        """Return how many figures there are, and how many of them can be found by what they show."""
        return self._index.count_figures()

    def crop_figure(self, figure: Figure) -> bytes:
        """Return a PDF's figure as PNG, or a note's image file as it is. Raises SourceError as `render_page` does."""
        from vlmrag.search.reading import crop_figure

        return crop_figure(self._index, self.config.home, figure)

    def read_pdf(self, sha256: str) -> tuple[str, bytes]:
        """Return path and bytes of the library's PDF with this hash. Raises SourceError as `render_page` does."""
        from vlmrag.search.reading import read_pdf

        return read_pdf(self._index, self.config.home, sha256)

    def read_note(self, sha256: str) -> tuple[str, str]:
        """Return path and text of the library's note with this hash, as it was read; raises SourceError."""
        from vlmrag.search.reading import read_note

        return read_note(self._index, sha256)

    def status(self) -> Status:
        """Return the state of the library; raises IndexMissing where there is none yet."""
        from vlmrag.index.intake import find_stale

        index, counts = self._index, self._index.counts()
        folder = self.config.index_dir
        return Status(
            home=str(self.config.home),
            index=str(folder),
            fingerprint=index.fingerprint,
            version=index.version,
            generation=index.generation,
            encoder=index.encoder.name,
            dimension=index.encoder.dimension,
            files=counts["sources"],
            documents=counts["documents"],
            papers=counts["papers"],
            sentences=counts["sentences"],
            chunks=counts["chunks"],
            bytes=sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()),
            stale=tuple(find_stale(index, self.config.home)),
            figures=self.count_figures(),
            dense=index.describe_dense(),
            attributes_stored=index.has_attributes(self._attributes.key),
        )

    def _make_client(self, manners: Manners | None, tell: Callable[[str], None]) -> Client:
        from vlmrag import __version__
        from vlmrag.ingest.connection import find_proxy
        from vlmrag.ingest.fetching import Client, Manners

        base = self.config.arxiv
        return Client(base, manners or Manners(), agent=f"vlmrag/{__version__}", proxy=find_proxy(base), tell=tell)

    def _list_ids(self, filters: Filters | None) -> tuple[list[ArxivId], list[Missed]]:
        """Return the arXiv ids of the papers that meet the filters, and those that are none."""
        from vlmrag.ingest.acquire import read_ids

        return read_ids((p.arxiv for p in self.papers(filters=filters) if p.arxiv), self._find_names)

    def _find_names(self) -> PaperNames:
        """Return the names that the papers go by; none where there is no library yet."""
        from vlmrag.ingest.names import PaperNames

        try:
            return self._catalogue.names
        except IndexMissing:
            return PaperNames([])
