"""The choice of a model: what is listed, what may be asked, and what is said of where it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.fake_library import FakeLibrary
from vlmrag.answer.generator import Generator, ScriptedGenerator
from vlmrag.answer.writing.local import LocalModel
from vlmrag.errors import GeneratorError
from vlmrag.ui.html.models import render_models
from vlmrag.ui.models import Model, Models, describe
from vlmrag.ui.words import load_words

OLLAMA = "http://127.0.0.1:11434/v1"
TINY = LocalModel(f"{OLLAMA}#tiny", "tiny", "Ollama")
EN = load_words("en")


class Served(FakeLibrary):
    """A machine on which servers offer models, until they are ended."""

    def __init__(self, *offered: LocalModel) -> None:
        self.offered = list(offered)
        self.opened: list[tuple[str | None, bool]] = []
        self.looked = 0

    def list_local_models(self) -> list[LocalModel]:
        self.looked += 1
        return self.offered

    def open_generator(
        self, address: str | None = None, *, allow_remote: bool = False, tell: Callable[[str], None] = lambda line: None
    ) -> Generator | None:
        self.opened.append((address, allow_remote))
        return ScriptedGenerator([]) if address else None


def test_nothing_is_asked_before_someone_looks() -> None:
    library = Served(TINY)
    models = Models(library)
    assert (models.list(), models.find(TINY.address), library.looked) == ([], None, 0)
    models.look()
    tiny = Model(TINY.address, "tiny", "Ollama, 127.0.0.1:11434")
    assert (models.list(), models.find(TINY.address)) == ([tiny], tiny)
    library.offered = []
    models.look()
    assert models.list() == []


def test_where_nobody_may_look_nobody_does() -> None:
    library = Served(TINY)
    Models(library, look=False).look()
    assert library.looked == 0
    assert "data-look" not in render_models(Models(library, look=False), None, EN)


@pytest.mark.parametrize("sent", ["http://10.0.0.1/v1#m", f"{OLLAMA}#other", "/etc", "", None, 3, [TINY.address], {}])
def test_what_the_browser_made_up_is_no_model(sent: object) -> None:
    models = Models(Served(TINY))
    models.look()
    assert models.find(sent) is None


def test_the_given_model_stands_first_and_once_and_is_opened_as_it_was_allowed() -> None:
    library = Served(TINY)
    models = Models(library, "http://models.example/v1#big", allow_remote=True)
    models.look()
    assert [m.name for m in models.list()] == ["big", "tiny"]
    assert models.given is not None
    models.open(models.given)
    assert library.opened == [("http://models.example/v1#big", True)]
    same = Models(library, TINY.address)
    same.look()
    assert [m.address for m in same.list()] == [TINY.address]


def test_no_model_is_an_error_that_is_told() -> None:
    with pytest.raises(GeneratorError, match="names no model"):
        Models(FakeLibrary()).open(describe(TINY.address))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://127.0.0.1:8000/v1#m", ("m", "127.0.0.1:8000", "")),
        ("http://localhost:8000", ("localhost:8000", "localhost:8000", "")),
        ("https://models.example/v1#m", ("m", "models.example", "models.example")),
        ("http://a.localhost/v1#m", ("m", "a.localhost", "a.localhost")),
        ("http://127.0.0.1:8000/v1#/models/tiny/", ("tiny", "127.0.0.1:8000", "")),
        ("http://127.0.0.1:8000/v1#Qwen/Qwen3", ("Qwen/Qwen3", "127.0.0.1:8000", "")),
        ("/models/tiny", ("tiny", "/models/tiny", "")),
    ],
)
def test_where_a_model_runs_is_told(address: str, told: tuple[str, str, str]) -> None:
    model = describe(address)
    assert (model.name, model.place, model.remote) == told


def test_a_choice_names_what_is_chosen_though_its_server_is_gone() -> None:
    chosen = Model(f"{OLLAMA}#<gone>", "<gone>", "Ollama")
    html = render_models(Models(Served()), chosen, EN)
    assert '<span class="named">&lt;gone&gt;</span>' in html
    assert f'value="{OLLAMA}#&lt;gone&gt;" checked' in html
    assert html.count('" checked>') == 1
    assert html.count('type="radio"') == 2


def test_a_choice_says_what_leaves_this_machine() -> None:
    models = Models(Served(), "http://models.example/v1#big", allow_remote=True)
    html = render_models(models, models.given, EN)
    assert '<span class="named">big → models.example</span>' in html
    assert html.count("on models.example: your question") == 1
