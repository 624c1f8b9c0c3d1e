"""Citations, as an answer makes them: one number for one sentence of one paper, and on one page.

What is quoted from notes is placed by characters; what is quoted from a PDF by its page and the rectangles of its
words. A sentence that runs over the end of a page is two citations: each page shows its own half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vlmrag.ingest.pages.places import find_places
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Box, Citation, Document, Page, Paper, Rect, Sentence


class Citations:
    """The citations of one answer."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Begin with none; quotes are cut from the sources of `catalogue`."""
        self._catalogue = catalogue
        self._made: dict[tuple[str, int, int, str], Citation] = {}

    def cite(self, sentence: Sentence, paper: Paper) -> Citation:
        """Return the citation of a sentence as said of `paper`; of one that runs over a page's end, of its first part.

        It is numbered when it is first cited.
        """
        return next(self._cite(sentence, paper))

    def cite_all(self, sentence: Sentence, paper: Paper) -> list[Citation]:
        """Return the citations that hold the whole sentence between them: one, or one for each page."""
        return list(self._cite(sentence, paper))

    def all(self) -> tuple[Citation, ...]:
        """Return all that were made, by number."""
        return tuple(self._made.values())

    def _cite(self, sentence: Sentence, paper: Paper) -> Iterator[Citation]:
        document = self._catalogue.documents[sentence.document]
        index = self._catalogue.index
        pages = index.pages(document.source, sentence.start, sentence.end)
        if not pages:
            yield self._number(self._cite_text(document, sentence, paper), sentence.start, sentence.end)
            return
        text = index.source(document.source).text
        heading = " > ".join(index.heading_at(document.source, sentence.start) or document.heading)
        for page, start, end, rects in place_quote(pages, sentence.start, sentence.end):
            citation = Citation(
                marker=0,
                paper=paper.id,
                paper_name=paper.name,
                source=document.source,
                start=None,
                end=None,
                line=None,
                heading=heading,
                quote=text[start:end],
                page=page,
                rects=rects,
            )
            yield self._number(citation, start, end)

    def _cite_text(self, document: Document, sentence: Sentence, paper: Paper) -> Citation:
        text = self._catalogue.index.source(document.source).text
        return Citation(
            marker=0,
            paper=paper.id,
            paper_name=paper.name,
            source=document.source,
            start=sentence.start,
            end=sentence.end,
            line=document.line + text.count("\n", document.start, sentence.start),
            heading=" > ".join(document.heading),
            quote=text[sentence.start : sentence.end],
        )

    def _number(self, citation: Citation, start: int, end: int) -> Citation:
        key = (citation.source, start, end, citation.paper or "")
        if key not in self._made:
            self._made[key] = replace(citation, marker=len(self._made) + 1)
        return self._made[key]


def place_quote(pages: Sequence[Page], start: int, end: int) -> list[tuple[int, int, int, tuple[Rect, ...]]]:
    """Return the parts of a quote that stand on one page each: page, start and end in the text, and rectangles."""
    boxes = {page.number: [box for box in page.boxes if box[0] < end and start < box[1]] for page in pages}
    parts = [
        (number, max(start, boxes[number][0][0]), min(end, _end(boxes[number])), rects)
        for number, rects in find_places(pages, start, end)
    ]
    return sorted(parts, key=lambda part: part[1])


def _end(boxes: Sequence[Box]) -> int:
    return max(box[1] for box in boxes)


def read_words(page: Page, rects: Sequence[Rect], text: str) -> list[str]:
    """Return the words of a page that the rectangles touch, in the order of the source's text.

    A line of Chinese is one word: a rectangle may hold its first third.
    """
    return [text[box[0] : box[1]] for box in page.boxes if any(_touches(rect, box) for rect in rects)]


def _touches(rect: Rect, box: Box) -> bool:
    """Whether a word's middle line runs through a rectangle."""
    _, _, x0, y0, x1, y1 = box
    return rect[1] <= (y0 + y1) / 2 <= rect[3] and min(x1, rect[2]) > max(x0, rect[0])
