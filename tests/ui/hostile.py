"""What a note, a question, a heading or the name of a file may hold, and a library that is made of nothing else.

Each line tries to run something that sets `window.hit`, or to load something whose address has `canary` in it. Run as a
program it serves the page, as fake_library.py does.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import replace

from tests.ui.fake_library import FakeLibrary
from vlmrag.errors import SourceError
from vlmrag.reports import Status
from vlmrag.search.reading import Context
from vlmrag.types import Answer, Citation, Coverage, Filters, Paper, Place, Turn, Verdict

LINES = (
    # scripts
    "<script>window.hit=1</script>",
    "<SCRIPT SRC=//canary.example/x.js></SCRIPT>",
    "<script type=module>import('/canary.js')</script>",
    "</section></article><script>window.hit=1</script>",
    "--><script>window.hit=1</script><!--",
    "<scr<script>ipt>window.hit=1</scr</script>ipt>",
    '<noscript><p title="</noscript><script>window.hit=1</script>">',
    "<textarea></textarea><script>window.hit=1</script>",
    "</template><script>window.hit=1</script>",
    "</style></title><script>window.hit=1</script>",
    # event handlers
    "<img src=x onerror=window.hit=1>",
    "<img src=/canary.png onload=window.hit=1>",
    "\"><img src=x onerror='window.hit=1'>",
    "' onmouseover='window.hit=1' x='",
    '" onfocus="window.hit=1" autofocus tabindex=1 x="',
    "<body onload=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<video autoplay><source src=/canary.mp4 onerror=window.hit=1></video>",
    "<input autofocus onfocus=window.hit=1>",
    "<marquee onstart=window.hit=1>x</marquee>",
    "<a href=x style=animation-name:wait onanimationstart=window.hit=1>x</a>",
    # SVG and MathML
    "<svg onload=window.hit=1>",
    "<svg><script href=/canary.js></script></svg>",
    "<svg><image href=/canary.svg></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x><script>window.hit=1</script></svg>#x'></svg>",
    '<math><mi xlink:href="javascript:window.hit=1">x</mi></math>',
    # addresses that run or load
    '<a href="javascript:window.hit=1">x</a>',
    '<a href="&#106;avascript:window.hit=1">x</a>',
    '<a href="data:text/html,<script>opener.hit=1</script>">x</a>',
    "<iframe src=/canary.html></iframe>",
    '<iframe srcdoc="<script>parent.hit=1</script>"></iframe>',
    "<object data=/canary.swf></object><embed src=/canary.swf>",
    "<link rel=stylesheet href=/canary.css>",
    "<style>@import '/canary.css'; body{background:url(/canary.png)}</style>",
    '<meta http-equiv=refresh content="0;url=/canary">',
    "<base href=//canary.example/>",
    "<form action=/canary><button formaction=/canary>x</button></form>",
    # Markdown, templates and marks
    "![x](http://canary.example/p.png)",
    '![x](/canary.png "onerror=window.hit=1")',
    "[x](javascript:window.hit=1)",
    "[x]: http://canary.example/p.png",
    "<http://canary.example/>",
    "**[1]** ** [1](javascript:window.hit=1) \\[1\\]",
    "`<img src=/canary.png>` ```html <img src=/canary.png>",
    "${window.hit=1} {{constructor.constructor('window.hit=1')()}}",
    "{{#if value}}{{{value}}}{{/if}} @children <%= window.hit=1 %>",
    "$$\\href{javascript:window.hit=1}{x}$$ \\(\\includegraphics{/canary.png}\\)",
    # names of files
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    'notes/a.md"><img src=/canary.png>.md',
    "file:///etc/passwd#canary",
    "\u202egpj.exe\u0000\u0008<img src=/canary.png>",
    # words that mean something to a program
    "__proto__ constructor toString",
    "']); window.hit=1; //",
    "\\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e",
)
PAPERS = tuple(
    Paper(
        f"name:{number} {line}",
        line,
        title=line,
        aliases=(line,),
        year=2021 + number % 3,
        venue=line,
        orgs=(line,),
        authors=(line,),
        tags=(line,),
        sources=(Place(line, number + 1, line),),
        documents=(str(number),),
    )
    for number, line in enumerate(LINES)
)


def prove(number: int) -> Citation:
    """Return a citation whose words, file and heading are a hostile line."""
    line, paper = LINES[number], PAPERS[number]
    return Citation(number + 1, paper.id, line, line, 0, len(line), 1, f"{line} > {line}", line)


class HostileLibrary(FakeLibrary):
    """Answers everything with everything."""

    def ask(self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        citations = tuple(map(prove, range(len(LINES))))
        verdicts = tuple(Verdict(p, "yes", (c.marker,), why=p.name) for p, c in zip(PAPERS, citations, strict=True))
        text = "\n\n".join(f"{line} [{number}]" for number, line in enumerate(LINES, start=1))
        count = len(LINES)
        return Answer(
            question=question,
            lang=LINES[0],
            kind="list",
            abstained=False,
            text=text,
            papers=verdicts,
            considered=verdicts,
            citations=citations,
            coverage=Coverage(count, count, count, 0, 0, 0),
            generator=LINES[0],
            index=LINES[0],
            seconds=0.01,
        )

    def read_context(self, citation: Citation, around: int = 600) -> Context:
        line = citation.quote
        if citation.marker % 2:
            raise SourceError(citation.source, line)  # the words of a problem are shown too
        sha256 = hashlib.sha256(line.encode()).hexdigest()
        return Context(citation.source, 1, (line, line), line, line, line, sha256, len(line))

    def read_note(self, sha256: str) -> tuple[str, str]:
        for line in LINES:
            if hashlib.sha256(line.encode()).hexdigest() == sha256:
                return line, line * 3
        raise SourceError("this note", "is not in the library")

    def papers(self) -> list[Paper]:
        return list(PAPERS)

    def status(self) -> Status:
        return replace(super().status(), papers=len(LINES), stale=LINES)


if __name__ == "__main__":
    from vlmrag.ui.page import serve_page

    serve_page(HostileLibrary(), port=int(sys.argv[1]), ready=lambda url: print("ready", url, flush=True))
