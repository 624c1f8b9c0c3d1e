"""The command line: read the arguments, call the Assistant, print.

Exit status: 0 done, 1 a problem told in one line on standard error, 2 wrong usage, 130 interrupted. Only what a
command needs is imported, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlmrag.arguments import Batch, Command, build_parser, read_filters
from vlmrag.errors import UsageError, VlmragError
from vlmrag.reports import Skipped

if TYPE_CHECKING:
    from vlmrag.assistant import Assistant
    from vlmrag.terminal import Terminal


NEXT_STEPS = {
    errno.ENOSPC: "make room on the disk, then do it again",
    errno.EACCES: "see to the rights on it",
    errno.EPERM: "see to the rights on it",
    errno.EROFS: "choose another folder with --home",
    errno.EEXIST: "a folder is needed where this file lies",
    errno.ENOTDIR: "a folder is needed where a file lies",
}
"""What to do about a problem that the system reports."""

LOADING = "reading the library"
FEW = 3
"""As many skipped files with one reason are told one by one."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    _prepare_streams()
    try:
        arguments = build_parser(COMMANDS).parse_args(argv)
        run: Command = arguments.run
        status = run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(error, 2)
    except VlmragError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return _complain("interrupted; the library is as it was, and the next run goes on from what was done", 130)
    except BrokenPipeError:
        _drop_output()  # the reader of the pipe has gone: nobody is left to tell
        return 1
    except OSError as error:
        _drop_output()
        hint = NEXT_STEPS.get(error.errno or 0)
        why = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        return _complain(f"{why}; {hint}" if hint else why, 1)
    return status


def _prepare_streams() -> None:
    """Let no text fail for the terminal's encoding, and nothing fail for a stream that is closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end of the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _drop_output() -> None:
    """Send what still waits to be printed nowhere, so that Python does not complain at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


def _complain(error: object, status: int) -> int:
    line = re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda control: repr(control[0])[1:-1], str(error))
    print(f"vlmrag: {line}", file=sys.stderr)
    return status


def _ingest(arguments: argparse.Namespace) -> int:
    assistant, terminal = _open(arguments)
    with terminal.show_progress() as progress:
        report = assistant.ingest(arguments.paths, rebuild=arguments.rebuild, progress=progress)
    if arguments.json:
        from vlmrag.records import record_report

        _print_json(record_report(report))
    else:
        terminal.print_report(report)
    _name_skipped(report.skipped)
    return 1 if report.skipped else 0


def _name_skipped(skipped: Sequence[Skipped]) -> None:
    """Name the files that were skipped: one a line, or one line where many are for the same reason."""
    by_reason = defaultdict(list)
    for file in skipped:
        by_reason[file.why].append(file.path)
    for why, paths in by_reason.items():
        if len(paths) > FEW:
            more = f"{', '.join(paths[:FEW])} and {len(paths) - FEW:,} more (--json names all)"
            _complain(f"skipped {len(paths):,} files: {why}: {more}", 1)
        else:
            for path in paths:
                _complain(f"skipped {path}: {why}", 1)


def _ask(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_answer

    if not arguments.batch and not (arguments.question or "").strip():
        raise UsageError('ask what? Give a question in quotes: vlmrag ask "Which models keep the LLM frozen?"')
    assistant, terminal = _open(arguments)
    filters = read_filters(arguments)
    if arguments.batch:
        batch = Batch(arguments.batch, "question", complain=_complain)
        for qid, question, history in batch:
            answer = assistant.ask(question, history=history, filters=filters)
            why = assistant.explain(question, history=history, filters=filters) if arguments.explain else None
            _print_json(record_answer(answer, qid, why))
        return batch.status
    with terminal.show_waiting(LOADING):
        answer = assistant.ask(arguments.question, filters=filters)
    why = assistant.explain(arguments.question, filters=filters) if arguments.explain else None
    if arguments.json:
        _print_json(record_answer(answer, explanation=why))
    else:
        terminal.print_answer(answer)
        if why:
            terminal.print_explanation(why)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_hit

    if not arguments.batch and not (arguments.query or "").strip():
        raise UsageError("search for what? Give a few words: vlmrag search 'query transformer'")
    assistant, terminal = _open(arguments)
    filters = read_filters(arguments)
    with terminal.show_waiting(LOADING):
        papers = {p.id: p for p in assistant.papers()}
    if arguments.batch:
        batch = Batch(arguments.batch, "question", "query", complain=_complain)
        for qid, query, _ in batch:
            hits = assistant.search(query, arguments.k, filters=filters)
            _print_json({"id": qid, "query": query, "hits": [record_hit(h, papers) for h in hits]})
        return batch.status
    with terminal.show_waiting(LOADING):
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
    with terminal.show_waiting(LOADING):
        papers = assistant.papers(filters=read_filters(arguments))
    if arguments.json:
        for paper in papers:
            _print_json(record_paper(paper))
    else:
        terminal.print_papers(papers)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from vlmrag.records import record_finding

    assistant, terminal = _open(arguments)
    with terminal.show_waiting("looking through the notes"):
        findings = assistant.check(filters=read_filters(arguments))
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
    from vlmrag.evaluation import command

    if bool(arguments.questions) == bool(arguments.beir_file):
        raise UsageError("evaluate what? Give a file of gold questions, or --beir and a folder")
    others = (arguments.beir_file, arguments.save_file, arguments.against_file, arguments.plot_file)
    if (arguments.ablate or arguments.calibrate) and any(others):
        raise UsageError("--ablate and --calibrate go with a file of gold questions alone; --json gives what to keep")
    assistant, terminal = _open(arguments)
    with terminal.show_progress() as progress:
        if arguments.beir_file:
            outcome = command.evaluate_retrieval(
                assistant.config, arguments.beir_file, k=arguments.k, run_file=arguments.run_file, progress=progress
            )
        elif arguments.ablate:
            questions, papers = Path(arguments.questions), arguments.papers_file
            outcome = command.ablate_answers(assistant, questions, papers=papers, progress=progress)
        elif arguments.calibrate:
            outcome = command.calibrate_refusals(assistant, Path(arguments.questions), progress=progress)
        else:
            given = {name: getattr(arguments, f"{name}_file") for name in ("papers", "save", "against", "plot")}
            outcome = command.evaluate_answers(assistant, Path(arguments.questions), **given, progress=progress)
    if arguments.json:
        _print_json(outcome.record)
    else:
        terminal.print_tables(outcome.tables)
    for remark in outcome.remarks:
        print(remark, file=sys.stderr)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from vlmrag.ingest.text import read_text
    from vlmrag.records import record_checked

    assistant, terminal = _open(arguments)
    name = str(arguments.file)
    checked = assistant.verify(read_text(arguments.file, name).text, name)
    if arguments.json:
        for found in checked:
            _print_json(record_checked(found))
    else:
        terminal.print_checked(checked, name)
    return int(any(found.verdict in ("altered", "absent") for found in checked))


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


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False), flush=True)


COMMANDS: dict[str, Command] = {
    "ingest": _ingest,
    "ask": _ask,
    "search": _search,
    "papers": _papers,
    "check": _check,
    "status": _status,
    "eval": _eval,
    "verify": _verify,
    "chat": _chat,
}


if __name__ == "__main__":
    sys.exit(main())
