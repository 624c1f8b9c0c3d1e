"""The command line: read the arguments, call the Assistant, print.

Exit status: 0 done, 1 a problem told in one line on standard error, 2 wrong usage, 130 interrupted. Only what a
command needs is imported, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlmrag.errors import UsageError, VlmragError
from vlmrag.types import Filters, Turn

if TYPE_CHECKING:
    from vlmrag.assistant import Assistant
    from vlmrag.terminal import Terminal

HELP = "Ask your paper notes: every claim cited to its exact place, all of it on this machine."

EVAL_FILES = {
    "papers": "names of the gold papers (default: as the library has them)",
    "save": "keep the evaluation as JSON",
    "against": "what got better and worse since a kept evaluation",
    "plot": "draw figures and risk-coverage curves (.png, .svg)",
    "beir": "a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv",
    "run": "with --beir: write the rankings as a TREC run file",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    arguments = _build_parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except UsageError as error:
        return _complain(error, 2)
    except VlmragError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        print("vlmrag: interrupted; what was done so far is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader of the pipe has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _complain(f"{error.filename or 'the system'}: {error.strerror or error}", 1)


def _complain(error: object, status: int) -> int:
    print(f"vlmrag: {error}", file=sys.stderr)
    return status


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vlmrag", description=HELP)
    parser.add_argument("--version", action="version", version=_read_version())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    ingest = _add(commands, "ingest", _ingest, "read notes and papers into the index; only what changed is done again")
    ingest.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: data/ and those given before)"
    )
    ingest.add_argument("--rebuild", action="store_true", help="start over")
    ingest.add_argument("--encoder", help="a sentence-transformers name or folder (default: all-MiniLM-L6-v2, bundled)")

    ask = _add(commands, "ask", _ask, "answer a question, every claim cited", filters=True)
    ask.add_argument("question", nargs="?", help="in English, 简体 or 繁體")
    ask.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")

    search = _add(commands, "search", _search, "rank passages", filters=True)
    search.add_argument("query", nargs="?")
    search.add_argument("-k", type=_read_count, default=10, help="how many (default: 10)")
    search.add_argument("--batch", metavar="FILE", help="one JSON question a line; - reads standard input")

    _add(commands, "papers", _papers, "the papers known, one a line", filters=True)
    _add(commands, "check", _check, "what is probably wrong in the notes, and why", filters=True)
    _add(commands, "status", _status, "what the index holds, and what is stale")

    evaluate = _add(commands, "eval", _eval, "score answers against gold questions, or retrieval on a BEIR folder")
    evaluate.add_argument("questions", nargs="?", metavar="QUESTIONS.jsonl", help="one gold question a line")
    for flag, text in EVAL_FILES.items():
        name = "DIR" if flag == "beir" else "FILE"
        evaluate.add_argument(f"--{flag}", dest=f"{flag}_file", type=Path, metavar=name, help=text)
    evaluate.add_argument("-k", type=_read_count, default=100, help="with --beir: documents a query (default: 100)")

    chat = _add(commands, "chat", _chat, "open the page")
    chat.add_argument("--host", default="127.0.0.1")
    chat.add_argument("--port", type=int, default=7860)
    return parser


def _add(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str, filters: bool = False
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(run=run)
    parser.add_argument("--home", metavar="DIR", help="the folder that holds data/ and indexes/ (or VLMRAG_HOME)")
    parser.add_argument("--index", metavar="NAME", help="which folder below indexes/ (default: default)")
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.add_argument("--offline", action="store_true", help="refuse every network connection")
    if filters:
        group = parser.add_argument_group("filters")
        group.add_argument("--year", type=_read_years, metavar="2021[-2023]")
        for flag in ("org", "venue", "tag", "source", "paper"):
            group.add_argument(f"--{flag}", metavar="WORDS")
        group.add_argument("--kind", choices=("note", "pdf"))
    return parser


def _ingest(arguments: argparse.Namespace) -> int:
    assistant, terminal = _open(arguments)
    with terminal.show_progress() as progress:
        report = assistant.ingest(arguments.paths, rebuild=arguments.rebuild, progress=progress)
    if arguments.json:
        from vlmrag.records import record_report

        _print_json(record_report(report))
    else:
        terminal.print_report(report)
    for skipped in report.skipped:
        _complain(f"skipped {skipped.path}: {skipped.why}", 1)
    return 1 if report.skipped else 0


def _ask(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_answer

    if not arguments.batch and not (arguments.question or "").strip():
        raise UsageError('ask what? Give a question in quotes: vlmrag ask "Which models freeze the LLM?"')
    assistant, terminal = _open(arguments)
    filters = _read_filters(arguments)
    if arguments.batch:
        for qid, question, history in _read_batch(arguments.batch, "question"):
            _print_json(record_answer(assistant.ask(question, history=history, filters=filters), qid))
        return 0
    answer = assistant.ask(arguments.question, filters=filters)
    if arguments.json:
        _print_json(record_answer(answer))
    else:
        terminal.print_answer(answer)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_hit

    if not arguments.batch and not (arguments.query or "").strip():
        raise UsageError("search for what? Give a few words: vlmrag search 'query transformer'")
    assistant, terminal = _open(arguments)
    filters = _read_filters(arguments)
    papers = {p.id: p for p in assistant.papers()}
    if arguments.batch:
        for qid, query, _ in _read_batch(arguments.batch, "question", "query"):
            hits = assistant.search(query, arguments.k, filters=filters)
            _print_json({"id": qid, "query": query, "hits": [record_hit(h, papers) for h in hits]})
        return 0
    hits = assistant.search(arguments.query, arguments.k, filters=filters)
    if arguments.json:
        for hit in hits:
            _print_json(record_hit(hit, papers))
    else:
        terminal.print_hits(hits, papers)
    return 0


def _papers(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_paper

    assistant, terminal = _open(arguments)
    papers = assistant.papers(filters=_read_filters(arguments))
    if arguments.json:
        for paper in papers:
            _print_json(record_paper(paper))
    else:
        terminal.print_papers(papers)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_finding

    assistant, terminal = _open(arguments)
    findings = assistant.check(filters=_read_filters(arguments))
    if arguments.json:
        for finding in findings:
            _print_json(record_finding(finding))
    else:
        terminal.print_findings(findings)
    print(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}", file=sys.stderr)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_status

    assistant, terminal = _open(arguments)
    status = assistant.status()
    if arguments.json:
        _print_json(record_status(status))
    else:
        terminal.print_status(status)
    return 0


def _eval(arguments: argparse.Namespace) -> int:
    from vlmrag.evaluation.command import evaluate_answers, evaluate_retrieval

    if bool(arguments.questions) == bool(arguments.beir_file):
        raise UsageError("evaluate what? Give a file of gold questions, or --beir and a folder")
    assistant, terminal = _open(arguments)
    with terminal.show_progress() as progress:
        if arguments.beir_file:
            outcome = evaluate_retrieval(
                assistant.config, arguments.beir_file, k=arguments.k, run_file=arguments.run, progress=progress
            )
        else:
            given = {name: getattr(arguments, f"{name}_file") for name in ("papers", "save", "against", "plot")}
            outcome = evaluate_answers(assistant, Path(arguments.questions), **given, progress=progress)
    if arguments.json:
        _print_json(outcome.record)
    else:
        for table in outcome.tables:
            terminal.print_table(*table)
    for remark in outcome.remarks:
        print(remark, file=sys.stderr)
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from vlmrag.ui.page import serve_page

    assistant, _ = _open(arguments)
    assistant.status()  # tells at once if there is no index
    serve_page(
        assistant,
        host=arguments.host,
        port=arguments.port,
        ready=lambda url: print(f"The page is open at {url} (Ctrl-C ends it)", flush=True),
    )
    return 0


def _open(arguments: argparse.Namespace) -> tuple[Assistant, Terminal]:
    from vlmrag.assistant import Assistant
    from vlmrag.config import Config
    from vlmrag.terminal import Terminal

    config = Config.load(arguments.home, index=arguments.index, encoder=getattr(arguments, "encoder", None))
    return Assistant(config), Terminal(config.home)


def _read_filters(arguments: argparse.Namespace) -> Filters:
    return Filters(
        years=arguments.year,
        org=arguments.org,
        venue=arguments.venue,
        tag=arguments.tag,
        source=arguments.source,
        paper=arguments.paper,
        kind=arguments.kind,
    )


def _read_batch(file: str, *fields: str) -> Iterator[tuple[str | None, str, list[Turn]]]:
    """Yield id, question and history of each line; raises UsageError naming file and line."""
    shown = "standard input" if file == "-" else file
    try:
        lines = sys.stdin if file == "-" else Path(file).open(encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise UsageError(f"{shown}: {error.strerror}") from None
    with lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                question = next(record[f] for f in fields if f in record)
                history = [Turn(t["role"], t["content"]) for t in record.get("history") or []]
            except (ValueError, StopIteration, KeyError, TypeError):
                raise UsageError(f"{shown}:{number}: not a question: needs a JSON object with {fields[0]!r}") from None
            yield record.get("qid", record.get("id")), str(question), history


def _read_years(words: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", words)
    if not found:
        raise argparse.ArgumentTypeError(f"{words!r} is not a year or a range like 2021-2023")
    first, last = int(found.group(1)), int(found.group(2) or found.group(1))
    return min(first, last), max(first, last)


def _read_count(words: str) -> int:
    if not words.isdigit() or int(words) < 1:
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1")
    return int(words)


def _read_version() -> str:
    from vlmrag import __version__

    return f"vlmrag {__version__}"


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
