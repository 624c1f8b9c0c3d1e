"""A person in the other tabs, in Chromium, over a real library: papers, comparison, map, and the library itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.fetch.fake_arxiv import FakeArxiv, FakePaper
from tests.ingest.fetch.fake_arxiv import serve as serve_arxiv
from tests.search.small_library import NOTES
from tests.ui.browser import CHROMIUM, CONTRAST, Tab, serve
from tests.ui.test_browser_pdf import TITLE, make_paper
from vlmrag.assistant import Assistant
from vlmrag.config import Config

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

ENTRY = (
    "# More\n\n## {name}: A Reader of Snow\n- paper: https://arxiv.org/abs/{id}\n- It keeps the image encoder frozen.\n"
)
WOLVERINE = ENTRY.format(name="Wolverine-9", id="2305.00099")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three notes on seven papers, and one PDF."""
    home = tmp_path_factory.mktemp("home")
    for folder in ("notes", "pdfs"):
        (home / "data" / folder).mkdir(parents=True)
    for name, text in NOTES.items():
        (home / "data" / "notes" / name).write_text(text, "utf-8", newline="")
    make_paper(home / "data" / "pdfs" / "2101.09999v1.pdf")
    assistant = Assistant(Config(home, encoder="hashing"))
    assert assistant.ingest().skipped == ()
    assistant.close()
    return home


@pytest.fixture(scope="module")
def arxiv() -> Iterator[FakeArxiv]:
    """A server that plays arXiv."""
    with serve_arxiv(FakeArxiv()) as server:
        server.add(FakePaper("2311.00001", title="Otters Read Pictures"))
        server.add(*(FakePaper(f"2312.0000{n}", title=f"Long Title Number {n}") for n in range(1, 9)))
        yield server


@pytest.fixture(scope="module")
def address(home: Path, arxiv: FakeArxiv, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("page") / "server.log"
    arguments = ("-m", "vlmrag.cli", "chat", "--home", str(home), "--port")
    with serve(log, *arguments, VLMRAG_ENCODER="hashing", VLMRAG_ARXIV_URL=arxiv.url) as url:
        yield url


def go(tab: Tab, name: str) -> Any:
    """Open a tab by its label and return the page."""
    tab.page.get_by_role("tab", name=name, exact=True).click()
    return tab.page


def list_names(page: Any) -> list[str]:
    found: list[str] = page.locator("#papers tbody tr:visible button.open").all_inner_texts()
    return found


def open_papers(tab: Tab) -> Any:
    page = go(tab, "Papers")
    page.locator("#papers tbody tr").first.wait_for()
    return page


def open_paper(tab: Tab, name: str) -> Any:
    page = open_papers(tab)
    page.locator("#papers").get_by_role("button", name=name, exact=True).click()
    page.get_by_role("article", name=name).wait_for()
    return page


def test_a_paper_is_found_by_any_script_and_rows_are_sorted(open_tab: Any) -> None:
    page = open_papers(open_tab())
    assert page.locator(".count").inner_text() == "8 of 8 papers"
    for typed, found in (("lumen-2", ["Lumen-2"]), ("個小模型", ["Marten"]), ("个小模型", ["Marten"]), ("zebra", [])):
        page.locator("#papers input").fill(typed)
        page.locator("#papers .count", has_text=f"{len(found)} of 8 papers").wait_for()
        assert list_names(page) == found
    assert page.get_by_text("No paper has all of these words.").is_visible()
    page.locator("#papers input").fill("")
    page.locator("#papers").get_by_role("button", name="Name").click()
    page.locator('#papers th[aria-sort="ascending"]').wait_for()
    names = list_names(page)
    assert names == sorted(names, key=str.casefold)
    page.locator("#papers").get_by_role("button", name="Year").click()
    page.locator('#papers th.year[aria-sort="descending"]').wait_for()
    years = [int(y) for y in page.locator("#papers td.year").all_inner_texts() if y]
    assert years == sorted(years, reverse=True)


def test_a_paper_has_its_page_and_every_fact_its_proof(open_tab: Any) -> None:
    page = open_paper(open_tab(), "Lumen-1")
    facts = page.locator("section.stated dl").inner_text()
    assert "2101.00001" in facts
    assert "NeurIPS 2021" in facts
    assert "Only" not in facts
    page.locator("section.stated dd", has_text="NeurIPS 2021").locator(".chip").first.click()
    mark = page.locator("#papers-passage mark")
    mark.wait_for()
    assert mark.inner_text() == "venue: NeurIPS 2021"
    assert page.locator("#papers-passage .place").inner_text() == "data/notes/readers.md line 7"
    page.keyboard.press("Escape")
    mark.wait_for(state="detached")
    assert page.locator("section.bibtex pre").inner_text().startswith("@inproceedings{lumen-1-2021,")
    near = page.locator("section.alike")
    near.get_by_role("button", name="Lumen-2").click()
    page.get_by_role("article", name="Lumen-2").wait_for()
    page.get_by_role("button", name="All papers").click()
    page.locator("#papers tbody tr").first.wait_for()
    page.wait_for_function("document.activeElement.dataset.paper === 'arxiv:2201.00002'")


def test_a_pdf_opens_by_its_sections(open_tab: Any) -> None:
    page = open_paper(open_tab(), TITLE)
    page.locator(".contents li", has_text="Lantern Bridges").last.locator(".chip").click()
    page.locator("#papers-passage .place", has_text="p. 2 of 3").wait_for()
    page.locator("#papers-passage .spot").first.wait_for()
    link = page.get_by_role("link", name="Open 2101.09999v1.pdf")
    assert page.request.get(link.evaluate("e => e.href")).headers["content-type"] == "application/pdf"


def test_a_paper_is_asked_about(open_tab: Any) -> None:
    page = open_paper(open_tab(), "Corvid")
    page.get_by_role("button", name="Ask about it").click()
    page.locator(".exchange .maker").wait_for()
    assert page.locator(".asked").inner_text().endswith("What is Corvid?")


def choose(page: Any, *names: str) -> None:
    box = page.get_by_role("combobox", name="Papers")
    for name in names:
        box.fill(name)
        page.get_by_role("option", name=name).first.click()
        page.locator("#compare thead th", has_text=name).wait_for()


def test_three_papers_are_compared_and_taken_away(open_tab: Any) -> None:
    tab = open_tab()
    page = go(tab, "Compare")
    choose(page, "Lumen-1", "Marten", "Ermine")
    row = page.locator("#compare tbody tr", has_text="Frozen")
    assert row.locator("td").first.inner_text().startswith("language model")
    row.locator("td").nth(1).locator(".chip").first.click()
    mark = page.locator("#compare-passage mark")
    mark.wait_for()
    assert mark.inner_text() == "第一阶段冻结语言模型，只训练投影层。"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    assert saved.value.suggested_filename == "comparison.csv"
    rows = list(csv.reader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig"))))
    assert [line[0] for line in rows] == ["paper", "Lumen-1", "Marten", "Ermine"]
    assert rows[2][rows[0].index("frozen source")] == "data/notes/diary.md:6"
    page.get_by_label("A question of your own").fill("Does it freeze the language model?")
    page.get_by_label("A question of your own").press("Enter")
    asked = page.locator("#compare tbody tr", has_text="Does it freeze the language model?")
    asked.wait_for()
    assert asked.locator("td").first.locator(".says").inner_text() == "yes"


def test_a_point_on_the_map_opens_its_paper_by_mouse_and_keyboard(open_tab: Any) -> None:
    tab = open_tab()
    page = go(tab, "Map")
    point = page.locator('#map .point[data-name="Corvid"]')
    point.wait_for()
    point.hover()
    assert page.locator("#map .tip").inner_text() == "Corvid: Pictures and Sound (2022)"
    assert [year.inner_text() for year in page.locator(".years .of").all()] == ["2021", "2022", "2023"]
    point.click()
    page.get_by_role("article", name="Corvid").wait_for()
    page = go(tab, "Map")
    page.locator('#map .point[tabindex="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.matches('.point') && document.activeElement.tabIndex === 0")
    name = page.evaluate("document.activeElement.dataset.name")
    page.keyboard.press("Enter")
    page.get_by_role("article", name=name).wait_for()


def test_a_legend_dims_the_other_points(open_tab: Any) -> None:
    page = go(open_tab(), "Map")
    page.locator("#map .point").first.wait_for()
    page.locator(".of-year").get_by_role("button", name="2022").click()
    bright = page.locator("#map .point:not(.dim)")
    assert sorted(bright.evaluate_all("all => all.map((point) => point.dataset.name)")) == ["Corvid", "Lumen-2"]


def open_library(tab: Tab) -> tuple[Any, Any]:
    """Open the tab of the library; return the page, and what it will say once the work that is begun next is done."""
    page = go(tab, "Library")
    page.locator("#library-status dl").wait_for()
    return page, await_next(page)


def await_next(page: Any) -> Any:
    """Return what the page will say of the work that is begun next, not of the last one."""
    last = page.locator("#library-state [data-work]")
    serial = int(last.get_attribute("data-work")) if last.count() else 0
    return page.locator(f'#library-state [data-work="{serial + 1}"]')


def upload(page: Any, name: str, data: bytes) -> Any:
    """Give a file to the page as a person does, and return what it says once the work is done."""
    told = await_next(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([{"name": name, "mimeType": "application/octet-stream", "buffer": data}])
    return told


def test_a_note_is_added_and_all_windows_know_it(open_tab: Any, home: Path) -> None:
    first, second = open_tab(), open_tab()
    assert "Not in the library" in second.ask("What is Wolverine-9?").inner_text()
    page, _ = open_library(first)
    note = WOLVERINE
    told = upload(page, "../../Über schnee.md", note.encode())
    told.get_by_text("1 files read").wait_for()
    first.page.locator("#masthead .library", has_text="9 papers in 5 files").wait_for()
    assert (home / "data" / "notes" / "Über schnee.md").read_text("utf-8") == note
    answer = second.ask("What does Wolverine-9 keep frozen?")
    assert "image encoder frozen" in answer.inner_text()
    open_papers(second).locator("#papers").get_by_role("button", name="Wolverine-9").wait_for()
    told = upload(page, "Über schnee.md", b"# Other\n\nwords\n")
    told.get_by_text("is there already and says something else").wait_for()
    assert (home / "data" / "notes" / "Über schnee.md").read_text("utf-8") == note


def test_a_bad_file_is_refused_with_its_reason(open_tab: Any, home: Path) -> None:
    page, _ = open_library(open_tab())
    upload(page, "virus.exe", b"MZ").get_by_text("is none of .md").wait_for()
    told = upload(page, "broken.pdf", b"%PDF-1.4 nothing more")
    told.locator("li", has_text="broken.pdf").wait_for()
    assert not (home / "data" / "pdfs" / "broken.pdf").exists()


def test_a_folder_of_this_machine_is_read(open_tab: Any, tmp_path: Path) -> None:
    (tmp_path / "more.md").write_text(ENTRY.format(name="Stoat-3", id="2306.00033"), "utf-8")
    page, told = open_library(open_tab())
    page.get_by_label("Files or folders on this machine").fill(str(tmp_path))
    page.get_by_role("button", name="Read them").click()
    told.get_by_text("1 files read").wait_for()
    page.get_by_role("tab", name="Papers", exact=True).click()
    page.locator("#papers").get_by_role("button", name="Stoat-3").wait_for()


def test_what_check_finds_opens_at_its_place(open_tab: Any, home: Path) -> None:
    note = "# Dates\n\n## Ibis-4: A Reader of Days\n- paper: https://arxiv.org/abs/2101.00001\n- date: 2031-02-30\n"
    (home / "data" / "notes" / "dates.md").write_text(note, "utf-8")
    page, told = open_library(open_tab())
    page.get_by_role("button", name="Read what changed").click()
    told.get_by_text("1 files read").wait_for()
    page.get_by_role("button", name="Check the notes").click()
    page.locator(".findings li .chip").first.click()
    page.locator("#library-passage mark").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_all_tabs_have_contrast_and_fit(open_tab: Any, scheme: str, width: int) -> None:
    tab = open_tab(width, 800, color_scheme=scheme)
    page = open_paper(tab, "Lumen-1")
    page.locator("section.alike").wait_for()
    for name, ready in (
        ("Papers", ".paper"),
        ("Compare", "#compare .hint"),
        ("Map", ".point"),
        ("Library", "dl.status"),
    ):
        go(tab, name)
        page.locator(ready).first.wait_for()
        if name == "Compare":
            choose(page, "Lumen-1", "Marten")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_tabs_speak_three_languages(open_tab: Any) -> None:
    tab = open_tab(locale="zh-TW")
    page = tab.page
    page.get_by_role("tab", name="論文", exact=True).click()
    page.locator("#papers .count", has_text="共 ").wait_for()
    page.get_by_role("radio", name="简体").check()
    page.locator("#papers thead", has_text="标题").wait_for()
    page.get_by_role("tab", name="文库", exact=True).click()
    page.locator("dl.status", has_text="编码模型").wait_for()


def test_a_paper_is_fetched_when_the_button_is_pressed(open_tab: Any, arxiv: FakeArxiv) -> None:
    page = go(open_tab(), "Library")
    page.locator("#library-status dl").wait_for()
    page.get_by_label("arXiv ids, or names of papers").fill("2311.00001, Zebrafish")
    assert arxiv.asked == []
    page.get_by_role("button", name="Fetch from arXiv").click()
    told = page.locator("#library-state .outcome")
    told.get_by_text("1 fetched, 0 already there, 1 missed.").wait_for()
    assert told.locator("li", has_text="Zebrafish").inner_text().endswith("nor a paper of the library")
    page.get_by_role("tab", name="Papers", exact=True).click()
    page.locator("#papers").get_by_role("button", name="Otters Read Pictures").wait_for()


def test_work_is_seen_by_all_windows_and_stopped(open_tab: Any) -> None:
    first, second = go(open_tab(), "Library"), open_tab()
    first.locator("#library-status dl").wait_for()
    first.get_by_label("arXiv ids, or names of papers").fill(" ".join(f"2312.0000{n}" for n in range(1, 9)))
    first.get_by_role("button", name="Fetch from arXiv").click()
    first.locator("#library-state progress").wait_for()
    other = go(second, "Library")
    other.locator("#library-state progress").wait_for()
    other.get_by_role("button", name="Read what changed").click()
    other.locator("#library-refused .problem", has_text="is being written to at this page").wait_for()
    first.get_by_role("button", name="Stop").click()
    first.get_by_text("Stopped. The library is as it was.").wait_for()
    assert first.get_by_role("button", name="Stop").count() == 0
    go(second, "Ask")
    assert "Not in the library" not in second.ask("What does Lumen-1 freeze?").inner_text()
