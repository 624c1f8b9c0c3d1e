"""A person reads the proof in a paper: the page with the words marked, its neighbours, the file itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.ui.browser import CHROMIUM, CONTRAST, serve
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.types import Citation

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

QUESTION = "What does Lantern Bridges Over Slow Rivers freeze?"
CLAIM = "The lantern bridge keeps its pictures steady by freezing the outer lamps before every crossing."
TITLE = "Lantern Bridges Over Slow Rivers"
FILLER = "We walked along the river and wrote down what the water did to the sand under our feet. " * 4


def make_paper(path: Path) -> bytes:
    """Write a paper of three pages whose second one makes the claim, low on the page."""
    pymupdf: Any = import_module("pymupdf")

    document = pymupdf.open()
    document.set_metadata({"title": TITLE})
    for number, words in enumerate(("Rivers", "Lantern Bridges", "Sand"), start=1):
        page = document.new_page()
        if number == 1:
            page.insert_text((72, 70), TITLE, fontsize=20, fontname="hebo")
            page.insert_text((72, 95), "Ada Brook and Lin Chen", fontsize=11)
        page.insert_text((72, 130), f"{number} {words}", fontsize=15, fontname="hebo")
        page.insert_textbox((72, 150, 523, 330), FILLER, fontsize=11)
        if number == 2:
            page.insert_textbox((72, 560, 523, 640), CLAIM, fontsize=11)
    data: bytes = document.tobytes(deflate=True)
    path.write_bytes(data)
    return data


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one PDF."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "data" / "pdfs"
    folder.mkdir(parents=True)
    make_paper(folder / "2101.00001v1.pdf")
    (home / "secret.pdf").write_bytes(b"%PDF-1.4 not of the library")
    assistant = Assistant(Config(home, encoder="hashing"))
    assistant.ingest()
    assistant.close()
    return home


@pytest.fixture(scope="module")
def citation(home: Path) -> Citation:
    """The claim as an answer cites it."""
    assistant = Assistant(Config(home, encoder="hashing"))
    answer = assistant.ask(QUESTION)
    found = next(c for c in answer.citations if "freezing" in c.quote)
    assert (found.page, found.source) == (2, "data/pdfs/2101.00001v1.pdf")
    return found


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over that library."""
    log = tmp_path_factory.mktemp("page") / "server.log"
    arguments = ("-m", "vlmrag.cli", "chat", "--home", str(home), "--port")
    with serve(log, *arguments, VLMRAG_ENCODER="hashing") as url:
        yield url


def open_proof(tab: Any, citation: Citation) -> Any:
    """Ask, open the citation of the claim, and return the panel once the page is drawn."""
    answer = tab.ask(QUESTION)
    answer.locator(f'.chip[data-marker="{citation.marker}"]').first.click()
    panel = tab.page.locator("#passage .passage")
    panel.locator(".spot").first.wait_for()
    tab.page.wait_for_function("document.querySelector('.sheet img').complete")
    return panel


def test_the_words_of_the_quote_are_marked_on_its_page(open_tab: Any, citation: Citation, home: Path) -> None:
    """The marks, put back into points of the page, hold the claim's words as PyMuPDF finds them, and no others."""
    pymupdf: Any = import_module("pymupdf")

    tab = open_tab()
    panel = open_proof(tab, citation)
    assert panel.locator(".place").inner_text() == "data/pdfs/2101.00001v1.pdf p. 2 of 3"
    assert panel.locator(".said").inner_text() == CLAIM
    assert panel.locator("img").get_attribute("alt") == "Page 2 of 3 of data/pdfs/2101.00001v1.pdf"
    image = panel.locator("img").bounding_box()
    assert panel.locator("img").evaluate("e => e.naturalWidth") == 1190
    document = pymupdf.open(home / citation.source)
    scale = document[1].rect.width / image["width"]
    spots = [spot.bounding_box() for spot in panel.locator(".spot").all()]
    rects = [
        ((s["x"] - image["x"]) * scale, (s["y"] - image["y"]) * scale, s["width"] * scale, s["height"] * scale)
        for s in spots
    ]
    marked = [
        word
        for x0, y0, x1, y1, word, *_ in document[1].get_text("words")
        if any(x <= (x0 + x1) / 2 <= x + w and y <= (y0 + y1) / 2 <= y + h for x, y, w, h in rects)
    ]
    assert " ".join(marked) == CLAIM


def test_a_mark_is_seen_as_a_pen_leaves_it(open_tab: Any, citation: Citation, tmp_path: Path) -> None:
    """In the middle of the window's picture of a mark there is amber with ink on it, and no paper's white."""
    pymupdf: Any = import_module("pymupdf")

    tab = open_tab()
    panel = open_proof(tab, citation)
    spot = panel.locator(".spot").first.bounding_box()
    view = panel.locator(".passage-text").bounding_box()
    assert view["y"] <= spot["y"] <= view["y"] + view["height"] - spot["height"]
    assert view["x"] <= spot["x"] <= view["x"] + view["width"] - spot["width"]
    inside = {"x": spot["x"] + 2, "y": spot["y"] + 1, "width": 60, "height": spot["height"] - 2}
    picture = pymupdf.Pixmap(tab.page.screenshot(clip=inside))
    colours = [picture.pixel(x, y)[:3] for x in range(picture.width) for y in range(picture.height)]
    assert max(set(colours), key=colours.count) == (0xFF, 0xDD, 0x66)
    assert min(sum(colour) for colour in colours) < 200
    assert all(blue <= 0x66 for _, _, blue in colours)


def test_pages_are_turned_and_the_keyboard_stays(open_tab: Any, citation: Citation) -> None:
    tab = open_tab(locale="zh-TW")
    panel = open_proof(tab, citation)
    assert panel.locator(".place").inner_text().endswith("第 2 頁，共 3 頁")
    panel.get_by_role("button", name="下一頁").click()
    panel.locator(".place", has_text="第 3 頁，共 3 頁").wait_for()
    assert panel.locator(".spot").count() == 0
    assert panel.get_by_role("button", name="下一頁").is_disabled()
    assert panel.locator(".said").inner_text() == CLAIM
    panel.get_by_role("button", name="上一頁").press("Enter")
    panel.locator(".spot").first.wait_for()
    assert tab.page.evaluate("document.activeElement.title") == "上一頁"
    tab.page.keyboard.press("Escape")
    panel.wait_for(state="detached")


def test_the_file_itself_opens_at_the_page(open_tab: Any, citation: Citation, home: Path) -> None:
    tab = open_tab()
    panel = open_proof(tab, citation)
    link = panel.get_by_role("link", name="Open the PDF there")
    address = link.evaluate("e => e.href")
    assert address.endswith("#page=2")
    reply = tab.page.request.get(address)
    assert reply.body() == (home / citation.source).read_bytes()
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.headers["content-disposition"] == "inline; filename*=UTF-8''2101.00001v1.pdf"
    with tab.page.context.expect_page() as opened:
        link.click()
    assert opened.value.url == address


@pytest.mark.parametrize("folder", ["pdf", "note"])
@pytest.mark.parametrize(
    "name",
    [
        "../../secret.pdf",
        "..%2f..%2fsecret.pdf",
        "%2e%2e/secret.pdf",
        "..%5c..%5csecret.pdf",
        "data/pdfs/2101.00001v1.pdf",
        "2101.00001v1.pdf",
        "/etc/passwd",
        "file:///etc/passwd",
        "0" * 64,
        f"{'0' * 64}/../2101.00001v1.pdf",
        f"{'0' * 64}%00.pdf",
        f"{'0' * 64}?start=0&end=100&path=/etc/passwd",
        "",
    ],
)
def test_no_address_reaches_another_file(address: str, folder: str, name: str) -> None:
    reply = fetch(address, f"{folder}/{name}")
    assert b" 404 " in reply.split(b"\r\n")[0]
    assert b"%PDF" not in reply


@pytest.mark.parametrize("folder", ["gradio_api/file=", "file=", "gradio_api/file/", "static/", "assets/", "../../"])
@pytest.mark.parametrize("name", ["{home}/secret.pdf", "{home}/indexes/default/library.sqlite", "/etc/passwd"])
def test_gradio_hands_out_nothing_either(address: str, home: Path, folder: str, name: str) -> None:
    for path in (name.format(home=home), "../../../../../../../.." + name.format(home=home)):
        reply = fetch(address, folder + path)
        assert reply.split(b"\r\n")[0].split()[1] in (b"400", b"403", b"404", b"405")
        assert not any(words in reply for words in (b"not of the library", b"SQLite format", b"root:"))


def fetch(address: str, path: str) -> bytes:
    """What the server replies to a path that no browser would send as it is."""
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), timeout=10) as line:
        line.sendall(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light"), (390, "dark")])
def test_it_can_be_read_in_the_dark_and_on_a_phone(open_tab: Any, citation: Citation, width: int, scheme: str) -> None:
    tab = open_tab(width, 800, color_scheme=scheme)
    panel = open_proof(tab, citation)
    tab.page.wait_for_timeout(600)
    assert tab.page.evaluate(CONTRAST) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width
    spot, view = panel.locator(".spot").first.bounding_box(), panel.locator(".passage-text").bounding_box()
    assert view["y"] <= spot["y"] <= view["y"] + view["height"] - spot["height"]
    assert panel.get_by_role("link").is_visible()


def test_a_paper_that_changed_is_told(open_tab: Any, citation: Citation, home: Path) -> None:
    """The last one: it changes the file, and puts it back."""
    tab = open_tab()
    open_proof(tab, citation)
    address = tab.page.locator("#passage a").evaluate("e => e.href")
    tab.page.keyboard.press("Escape")
    file = home / citation.source
    data = file.read_bytes()
    try:
        for change, why in (
            (lambda: file.write_bytes(data + b"\n"), "changed since it was read; run vlmrag ingest"),
            (file.unlink, "is gone since it was read; run vlmrag ingest"),
        ):
            change()
            tab.page.locator(f'.chip[data-marker="{citation.marker}"]').first.click()
            lost = tab.page.locator("#passage .stale", has_text=why)
            lost.wait_for()
            assert tab.page.locator("#passage mark").inner_text() == citation.quote
            reply = tab.page.request.get(address)
            assert (reply.status, reply.text()) == (404, f"{citation.source}: {why}")
            tab.page.keyboard.press("Escape")
            lost.wait_for(state="detached")
    finally:
        file.write_bytes(data)
