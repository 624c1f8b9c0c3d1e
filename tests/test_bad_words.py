"""What people really type, and where they run it: a plain line where it cannot be done, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made_notes import NOTE, find_frozen, run, take_in
from vlmrag.cli import main

ROOT = Path(__file__).parents[1]


@pytest.fixture
def notes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notes with one good note, in a home that is read with the double of the encoder."""
    monkeypatch.setenv("VLMRAG_HOME", str(home))
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    (home / "data/notes/good.md").write_text(NOTE, "utf-8")
    return home / "data/notes"


# -- what is typed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("ingest /no/such", 1, "skipped /no/such: does not exist"),
        ("ingest /dev/null", 1, "skipped /dev/null: is not a file that can be read"),
        ("ingest|", 2, "ingest what? One of the paths is empty"),
        ("search|x|-k|0", 2, "-k: '0' is not a whole number from 1 to 999999999. See: vlmrag search --help"),
        ("search|x|-k|²", 2, "-k: '²' is not a whole number"),
        ("papers --year 23", 2, "--year: '23' is not a year or a range like 2021-2023"),
        ("chat --port 99999", 2, "--port 99999 is no port"),
        ("status --index ../x", 2, "../x is no name of an index"),
        ("status --index nope", 1, "There is no index in "),
        ("ask|", 2, "ask what? Give a question in quotes"),
        ("ask|x|--kind|video", 2, "--kind: invalid choice: 'video'"),
        ("nonsense", 2, "COMMAND: invalid choice: 'nonsense'"),
        ("ask a b", 2, "unrecognized arguments: b"),
        ("ask --batch no.jsonl", 2, "no.jsonl: No such file or directory"),
    ],
)
def test_wrong_words_are_one_plain_line(
    notes: Path, capsys: pytest.CaptureFixture[str], arguments: str, status: int, said: str
) -> None:
    main(["ingest"])
    got, _, err = run(capsys, *arguments.split("|" if "|" in arguments else " "))
    assert got == status
    assert err.startswith(f"vlmrag: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        "🧊🧊",
        "\x01\x02\x1b[31m",
        "שלום מה",
        ".*+?[](){}^$|\\",
        "\"}]'; DROP TABLE papers; --",
        "*",
        "AND OR NOT",
        "\udcff x",
    ],
)
def test_any_question_is_answered_or_refused(notes: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    main(["ingest"])
    status, out, err = run(capsys, "ask", words, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["question"].strip()
    assert run(capsys, "ask", words)[::2] == (0, "")
    assert run(capsys, "search", words)[::2] == (0, "")


def test_years_the_wrong_way_round_are_the_same_years(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ingest"])
    assert run(capsys, "papers", "--year", "2022-2021") == run(capsys, "papers", "--year", "2021-2022")


GOOD = json.dumps({"qid": "a", "question": "What does Alpha-1 freeze?"})


@pytest.mark.parametrize(
    ("data", "answers"),
    [(f"\ufeff{GOOD}\r\n\r\n{GOOD}\r\n".encode(), 2), (b"", 0), (b"\n \n", 0), (GOOD.encode(), 1)],
)
def test_a_batch_in_any_dress(
    notes: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: bytes, answers: int
) -> None:
    main(["ingest"])
    (tmp_path / "batch.jsonl").write_bytes(data)
    status, out, err = run(capsys, "ask", "--batch", str(tmp_path / "batch.jsonl"))
    assert (status, err) == (0, "")
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["a"] * answers


def test_bad_lines_of_a_batch_are_named_and_the_others_are_answered(
    notes: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["ingest"])
    bad = ["not json", "[1]", "null", '{"question": 1}', '{"question": "x", "history": [{"role": 1}]}', "[" * 99_999]
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes("\n".join([GOOD, *bad, GOOD]).encode() + b'\n{"question": "\xff"}\n')
    status, out, err = run(capsys, "ask", "--batch", str(batch))
    assert status == 2
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["a", "a"]
    assert err.splitlines() == [
        f"vlmrag: {batch}:{line}: not a question: needs a JSON object with 'question'" for line in (2, 3, 4, 5, 6, 7, 9)
    ]


# -- what lies where the library should ------------------------------------------------------------------------------


def test_a_file_where_the_index_should_be(notes: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "indexes").mkdir()
    (home / "indexes/default").write_text("x", "utf-8")
    status, _, err = run(capsys, "ingest")
    assert (status, err.count("\n")) == (1, 1)
    assert err.endswith("indexes/default: File exists; a folder is needed where this file lies\n")


def test_a_full_disk_is_told_and_the_old_library_works(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["ingest"])
    (notes / "more.md").write_text("# Gamma\n- freezes.\n", "utf-8")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("vlmrag.index.store.Library.replace_papers", fail)
        status, _, err = run(capsys, "ingest")
    assert status == 1
    assert err == "vlmrag: No space left on device; make room on the disk, then do it again\n"
    assert {found[0] for found in find_frozen(capsys)} == {"Alpha-1"}
    assert take_in(capsys)[1]["files"] == 2


def shell(line: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell; `$V` is vlmrag."""
    own = {"V": f"{sys.executable} -m vlmrag.cli", "PYTHONPATH": str(ROOT / "src"), "VLMRAG_HOME": str(home)}
    env = {**os.environ, **own, "VLMRAG_ENCODER": "hashing", **environment}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, encoding="utf-8", env=env, check=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("$V papers --json | head -1 >/dev/null; exit ${PIPESTATUS[0]}", 0, ""),
        ("$V ask 'What is Beta?' | true; exit ${PIPESTATUS[0]}", 1, ""),
        ("$V ask 'What is Beta?' >&-", 0, ""),
        ("$V ask 'What is Beta?' 2>&- >/dev/null", 0, ""),
        ("$V ask --batch - <&-", 2, "vlmrag: standard input is closed\n"),
        ("$V ask 'What is Beta?' >/dev/full", 1, "vlmrag: No space left on device; make room on the disk, "),
        ("mkdir gone && cd gone && rmdir ../gone && $V status >/dev/null", 0, ""),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 $V search frozen | grep -q 视觉", 0, ""),
        ("env -u HOME $V status | grep -q 'up to date'", 0, ""),
    ],
)
def test_closed_full_and_foreign_streams(notes: Path, home: Path, line: str, status: int, said: str) -> None:
    main(["ingest"])
    done = shell(f"cd {home} && {line}", home)
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stderr[: len(said) or None]) == (status, said)


def test_a_second_ingest_is_told_of_the_first(notes: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from vlmrag.index.lock import WriterLock

    main(["ingest"])
    with WriterLock(home / "indexes/default"):
        status, _, err = run(capsys, "ingest")
        assert {found[0] for found in find_frozen(capsys)} == {"Alpha-1"}
    assert status == 1
    assert err.endswith(f"is being written by process {os.getpid()}. Wait until it is done, then try again.\n")


def test_an_empty_folder_is_no_problem(notes: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "empty").mkdir()
    assert take_in(capsys, str(home / "empty"))[::2] == (0, [])


def test_standard_input_is_read_as_utf8(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["ingest"])
    line = json.dumps({"id": 1, "question": "哪些模型凍結語言模型？"}, ensure_ascii=False)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line.encode()), encoding="latin-1"))
    assert json.loads(run(capsys, "ask", "--batch", "-")[1])["papers"][0]["name"] == "Alpha-1"
