"""Notes against papers: each kind of claim supported, contradicted and not found, in three scripts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.answer.claims import Claim
from vlmrag.answer.claims.quantities import read_quantities
from vlmrag.assistant import Assistant
from vlmrag.cli import main
from vlmrag.config import Config
from vlmrag.records import record_finding

SHARED = Path(__file__).parents[3] / "shared"
PDF = "data/pdfs/tidenet.pdf"
TITLE = "TideNet: Slow Currents for Grounded Image Captioning"
STAMP = "arXiv:2303.04567v1 [cs.CV] 8 Mar 2023"
BODY = (
    "In this paper we propose TideNet, a model that describes images of the sea.",
    "We use a frozen ViT-L/14 as our vision encoder and Vicuna-7B as our language model.",
    "We connect the vision encoder to the language model with a Q-Former.",
    "In TideNet the image encoder is kept frozen and the language model is fine-tuned.",
    "We pre-train TideNet on 8.1M image-text pairs from public harbours.",
    "We train all our models with a batch size of 2304 on a cluster.",
    "We mask 15% of the image patches at random before the first layer.",
    "One caption takes our model 0.4 s on a common desk.",
    "We split each image into patches of 14 × 14 pixels.",
)
NOTE = "data/notes/sea.md"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a paper of one page that was read: its organisation, its stamp and a sentence for each claim."""
    pymupdf: Any = import_module("pymupdf")
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 80), TITLE, fontsize=17)
    page.insert_text((220, 110), "Ada Marsh, Bo Reed", fontsize=12)
    page.insert_text((220, 128), "Salesforce Research", fontsize=12)
    page.insert_text((72, 165), "Abstract", fontsize=13)
    for i, sentence in enumerate(BODY):
        assert page.insert_textbox((72, 180 + 48 * i, 523, 228 + 48 * i), sentence, fontsize=11) > 0
    page.insert_text((72, 800), STAMP, fontsize=11)
    home = tmp_path_factory.mktemp("shelf")
    (home / "data" / "pdfs").mkdir(parents=True)
    document.save(home / PDF)
    with closing(Assistant(Config(home, encoder="hashing"))) as assistant:
        assert assistant.ingest().skipped == ()
    return home


@pytest.fixture
def sea(home: Path, shelf: Path) -> Path:
    """A home of the test's own with that paper in its library."""
    shutil.copytree(shelf, home, dirs_exist_ok=True)
    return home


@pytest.fixture
def ask(sea: Path) -> Callable[[str], Assistant]:
    """Return the library of that paper and of a note."""

    def read(note: str) -> Assistant:
        (sea / NOTE).write_text(note, "utf-8")
        assistant = Assistant(Config(sea, encoder="hashing"))
        report = assistant.ingest()
        assert (report.read, report.unchanged, report.skipped) == (1, 1, ())
        return assistant

    return read


def brief(claims: list[Claim]) -> list[tuple[str, str, str]]:
    return [(claim.kind, claim.quote, claim.verdict) for claim in claims]


BARE = f"# Sea\n\n## {TITLE}\n\n"
HEAD = f"{BARE}- paper: https://arxiv.org/abs/2303.04567\n"


ONE_BY_ONE = [
    ("- arXiv: 2303.04567", "arxiv", "2303.04567", "supported"),
    ("- arXiv: 2303.04576", "arxiv", "2303.04576", "contradicted"),
    ("- org: Salesforce", "org", "Salesforce", "supported"),
    ("- 机构：Salesforce Research", "org", "Salesforce Research", "supported"),
    ("- org: DeepMind", "org", "DeepMind", "contradicted"),
    ("- org: Brackwater Lab", "org", "Brackwater Lab", "not found"),
    ("- date: 2023-03", "date", "2023-03", "supported"),
    ("- date: 2019-05", "date", "2019-05", "contradicted"),
    ("- date: 2024-06", "date", "2024-06", "not found"),
    ("It is pre-trained on 8,100,000 image-text pairs.", "number", "8,100,000 image-text pairs", "supported"),
    ("它在 810 万图文对上预训练。", "number", "810 万图文对", "supported"),
    ("它在 810 萬圖文對上預訓練。", "number", "810 萬圖文對", "supported"),
    ("We mask 15% of the image patches at random.", "number", "15%", "supported"),
    ("隨機遮蔽 15% 的圖塊。", "number", "15%", "supported"),
    ("We mask 25% of the image patches at random.", "number", "25%", "contradicted"),
    ("All models train with a batch size of 2403.", "number", "2403", "contradicted"),
    ("A caption takes 400 ms.", "number", "400 ms", "supported"),
    ("A caption takes our model 700 ms on a desk.", "number", "700 ms", "contradicted"),
    ("The harbour has 61 layers of mud.", "number", "61 layers", "not found"),
    ("Patches are 14×14.", "number", "14×14", "supported"),
    ("- vision encoder: ViT-L/14", "component", "ViT-L/14", "supported"),
    ("- 视觉编码器：Swin-L", "component", "Swin-L", "contradicted"),
    ("- LLM: Vicuna-7B", "component", "Vicuna-7B", "supported"),
    ("The LLM is Mistral-7B.", "component", "Mistral-7B", "contradicted"),
]  # fmt: skip
"""What is said in a note of its own, and the claim that it makes: kind, quote and verdict."""


def test_one_claim_a_note(sea: Path) -> None:
    """Each against the one place that tells; the title above is supported every time."""
    for i, (said, kind, _, _) in enumerate(ONE_BY_ONE):
        head = BARE if kind == "arxiv" else HEAD
        (sea / f"data/notes/{i:02}.md").write_text(f"{head}{said}\n", "utf-8")
    assistant = Assistant(Config(sea, encoder="hashing"))
    assistant.ingest()
    claims = assistant.claims()
    for i, (said, kind, quote, verdict) in enumerate(ONE_BY_ONE):
        told = brief([claim for claim in claims if claim.source == f"data/notes/{i:02}.md"])
        assert ("title", TITLE, "supported") in told, said
        assert [claim for claim in told if claim[0] == kind] == [(kind, quote, verdict)], said


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            "The image encoder is frozen. 语言模型被微调。 The Q-Former is trained.",
            {"image_encoder frozen": "supported", "llm trained": "supported", "connector trained": "not found"},
        ),
        (
            "图像编码器参与训练，不冻结。 The LLM is frozen.",
            {"image_encoder trained": "contradicted", "llm frozen": "contradicted"},
        ),
        ("凍結影像編碼器。", {"image_encoder frozen": "supported"}),
    ],
)
def test_what_is_frozen(ask: Callable[[str], Assistant], said: str, found: dict[str, str]) -> None:
    claims = ask(f"{HEAD}{said}\n").claims()
    assert {c.value: c.verdict for c in claims if c.kind == "state"} == found


def test_both_places(ask: Callable[[str], Assistant]) -> None:
    """A contradiction is a finding with the words of the note, and those of the page with their rectangles."""
    assistant = ask(f"{HEAD}We mask 25% of the image patches at random.\n")
    (finding,) = assistant.check()
    text = (assistant.config.home / NOTE).read_text("utf-8")
    assert (finding.source, finding.line, text[finding.start : finding.end], finding.kind) == (NOTE, 6, "25%", "claim")
    against = finding.against
    assert against is not None
    assert finding.verdict == "contradicted"
    assert (against.source, against.page, " ".join(against.quote.split())) == (PDF, 1, BODY[6])
    assert finding.what == "TideNet: the paper does not say 25%, but 15%"
    assert finding.why == f"see {PDF}, page 1: “{BODY[6]}”"
    pymupdf: Any = import_module("pymupdf")
    page = pymupdf.open(assistant.config.home / PDF)[0]
    shown = " ".join(page.get_textbox(pymupdf.Rect(rect)) for rect in against.rects or ())
    assert "mask 15% of the image patches" in " ".join(shown.split())
    assert record_finding(finding)["against"]["page"] == 1


def test_an_id_of_another_paper(ask: Callable[[str], Assistant]) -> None:
    assistant = ask("# Sea\n\n## Learning to Sort Pebbles on Northern Beaches\n\n- arXiv: 2303.04567\n")
    (finding,) = assistant.check()
    assert (finding.kind, finding.quote) == ("id", "2303.04567")
    assert finding.what.endswith(f"the id belongs to “{TITLE}”")


def test_what_another_paper_has_is_no_claim(ask: Callable[[str], Assistant]) -> None:
    """A sentence that names another paper counts what that one has; an entry of two works tells of neither."""
    note = f"{HEAD}CoralMix masks 25% of the image patches at random.\n\n## CoralMix\n\n- paper: https://arxiv.org/abs/2401.00002\n"
    assert [c for c in ask(note).claims() if c.kind == "number"] == []


def test_the_command(
    ask: Callable[[str], Assistant], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    home = str(ask(f"{HEAD}We mask 25% of the image patches at random, and 61 layers of mud.\n").config.home)
    options = ["--home", home]
    assert main(["check", *options]) == 0
    printed, told = capsys.readouterr()
    assert printed == f"{NOTE}:6: TideNet: the paper does not say 25%, but 15% — see {PDF}, page 1: “{BODY[6]}”\n"
    assert told == "1 finding\n4 claims beside papers: 2 supported, 1 contradicted, 1 not found\n"
    assert main(["check", "--claims", "--json", *options]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(r["kind"], r["verdict"], r["against"] and r["against"]["page"]) for r in records] == [
        ("title", "supported", 1),
        ("arxiv", "supported", 1),
        ("number", "contradicted", 1),
        ("number", "not found", None),
    ]


def test_without_papers_nothing_is_claimed(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRAG_ENCODER", "hashing")
    (home / NOTE).write_text(f"{HEAD}- date: 2019-05\n", "utf-8")
    assistant = Assistant(Config(home, encoder="hashing"))
    assistant.ingest()
    assert assistant.claims() == []
    assert all(not {"against", "verdict"} & record_finding(f).keys() for f in assistant.check())
    assert main(["check", "--home", str(home)]) == 0
    assert "claim" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8.1M images", "8.1M images"),
        ("8,100,000 images", "8.1M images"),
        ("810万张图像", "8.1M images"),
        ("90.2 percent", "90.2%"),
        ("0.4 s", "0.4 s"),
        ("3.5 天", "3.5 days"),
        ("14 × 14 patches", "14×14 patches"),
        ("batch size of 256", "batch size 256"),
    ],
)
def test_quantities(text: str, said: str) -> None:
    assert [str(quantity) for quantity in read_quantities(text)] == [said]


@pytest.mark.parametrize("text", ["ViT-L/14", "Vicuna-7B", "v1.5", "arXiv 2201.12086", "as in [9, 12]", "Table 3"])
def test_numbers_in_names_are_none(text: str) -> None:
    assert read_quantities(text) == []


@given(st.integers(1, 10**7))
def test_thousands_are_written_either_way(count: int) -> None:
    (plain,), (parted,) = read_quantities(f"{count} images"), read_quantities(f"{count:,} images")
    assert (plain.values, parted.values) == ((float(count),), (float(count),))
    assert plain.says(parted)
    assert parted.says(plain)


@pytest.mark.slow
def test_the_real_notes_beside_two_papers(tmp_path: Path) -> None:
    """Every claim of the notes on ViT and BLIP, as they were held against the two PDFs by hand: all are right."""
    papers = [SHARED / "pdfs" / "papers" / f"{ident}.pdf" for ident in ("2010.11929", "2201.12086")]
    if (
        not all(path.is_file() for path in [*papers, SHARED / "notes"] if path.suffix)
        or not (SHARED / "notes").is_dir()
    ):
        pytest.skip("../shared/notes or ../shared/pdfs is missing")
    (tmp_path / "data").mkdir()
    alone = Assistant(Config(tmp_path, encoder="hashing"))
    alone.ingest([SHARED / "notes"])
    before = alone.check()
    alone.ingest(papers)
    found = [(c.paper, c.kind, c.line, c.verdict, c.against and c.against.page) for c in alone.claims()]
    assert found == [
        ("arxiv:2010.11929", "title", 33, "supported", 1),
        ("arxiv:2010.11929", "arxiv", 36, "supported", 1),
        ("arxiv:2201.12086", "title", 39, "supported", 1),
        ("arxiv:2201.12086", "org", 39, "supported", 1),
        ("arxiv:2201.12086", "date", 39, "supported", 1),
        ("arxiv:2201.12086", "arxiv", 185, "supported", 1),
        ("arxiv:2201.12086", "date", 185, "supported", 1),
        ("arxiv:2201.12086", "date", 185, "supported", 1),
    ]
    assert alone.check() == before
