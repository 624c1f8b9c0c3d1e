"""Reading many PDFs one after the other keeps no memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAPER = ROOT.parent / "shared" / "pdfs" / "papers" / "2201.12086.pdf"
PROGRAM = """
import os, sys
from pathlib import Path
from tests.ingest.pages.made_pdf import read

def measure():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

for number in range(40):
    read(Path(sys.argv[1]))
    if number == 14:
        before = measure()
print(measure() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not PAPER.exists(), reason="the papers of ../shared/pdfs are not here")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not say what a process holds")
def test_forty_copies_need_no_more_memory_than_fifteen() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    command = [sys.executable, "-c", PROGRAM, str(PAPER)]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
    assert grown < 10
