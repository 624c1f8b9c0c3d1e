"""The contract of an encoder of pictures, over the double and a small CLIP, and what is special about each."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.index.made_clip import make_clip
from vlmrag.config import CLIP
from vlmrag.errors import EncoderError, SourceError
from vlmrag.index.figures.clip import ClipModel
from vlmrag.index.figures.clip_text import find_clip_text
from vlmrag.index.figures.model import ColourEncoder, PictureEncoder, find_picture_encoder, load_picture_encoder

slow = pytest.mark.slow  # torch alone takes seconds to import


def paint(colour: str | tuple[int, int, int], size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("models") / "clip")


@pytest.fixture(scope="module", params=["colours", pytest.param("clip", marks=slow)])
def encoder(request: pytest.FixtureRequest) -> PictureEncoder:
    name = request.param
    return load_picture_encoder(name if name == "colours" else str(request.getfixturevalue(name)))


def test_rows_are_unit_vectors_in_order(encoder: PictureEncoder) -> None:
    pictures = [paint("red"), paint("blue", (9, 400)), paint("red"), paint((10, 20, 30), kind="JPEG"), paint("black")]
    texts = ["a red figure", "", "a red figure", "blue " * 300, "凍結語言模型"]
    for rows in (encoder.encode_pictures(pictures), encoder.encode_queries(texts)):
        assert rows.shape == (5, encoder.dimension)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(rows[0], rows[2], atol=1e-5)
        assert not np.allclose(rows[0], rows[1], atol=1e-3)
    alone = np.vstack([encoder.encode_pictures([picture]) for picture in pictures])
    np.testing.assert_allclose(alone, encoder.encode_pictures(pictures), atol=1e-5)
    assert encoder.encode_pictures([]).shape == encoder.encode_queries([]).shape == (0, encoder.dimension)


def test_the_same_gives_the_same_bytes(encoder: PictureEncoder) -> None:
    pictures, texts = [paint("red"), paint("green")], ["red"]
    assert encoder.encode_pictures(pictures).tobytes() == encoder.encode_pictures(pictures).tobytes()
    assert encoder.encode_queries(texts).tobytes() == encoder.encode_queries(texts).tobytes()


def test_what_is_no_picture_is_named_so(encoder: PictureEncoder) -> None:
    with pytest.raises(SourceError, match="picture: is no image that is read"):
        encoder.encode_pictures([b"no picture"])
    with pytest.raises(SourceError, match="picture: is a broken image"):
        encoder.encode_pictures([paint("red", (400, 400))[:-40]])


def test_a_long_text_is_cut(encoder: PictureEncoder) -> None:
    whole, longer = encoder.encode_queries(["blue " * 300, "blue " * 3000])
    np.testing.assert_allclose(whole, longer, atol=1e-6)


def test_chinese_is_not_what_it_was_taught(encoder: PictureEncoder) -> None:
    assert [encoder.read_share(text) for text in ("a frozen LLM", "凍結語言模型", "LLM 冻结", "")] == [
        1,
        0,
        1 - 2 / 6,
        1,
    ]


def test_the_double_can_be_computed_in_ones_head() -> None:
    half, grey = 2**-0.5, [3**-0.5] * 3
    encoder = ColourEncoder()
    pictures = encoder.encode_pictures([paint("red"), paint((7, 7, 0)), paint("white"), paint("black")])
    np.testing.assert_allclose(pictures, np.array([[1, 0, 0], [half, half, 0], grey, grey]), atol=1e-6)
    texts = encoder.encode_queries(["Red boats", "green or blue", "a figure", ""])
    np.testing.assert_allclose(texts, np.array([[1, 0, 0], [0, half, half], grey, grey]), atol=1e-6)
    assert isinstance(load_picture_encoder("colours"), ColourEncoder)


def test_a_model_that_is_not_here_is_told(tmp_path: Path) -> None:
    match = r"pictures no-such/clip is not on this machine.*hf download no-such/clip`.*VLMRAG_PICTURE_ENCODER=none"
    with pytest.raises(EncoderError, match=match):
        load_picture_encoder("no-such/clip")
    with pytest.raises(EncoderError, match="hf download sentence-transformers/clip-nothing`"):
        load_picture_encoder("clip-nothing")
    with pytest.raises(EncoderError, match="is no model: neither"):
        load_picture_encoder(str(tmp_path))


def test_the_usual_model_is_taken_where_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: dict[str, Path] = {}
    for module in ("encoders.sentence_model", "figures.clip"):
        monkeypatch.setattr(f"vlmrag.index.{module}.look_up_model", places.get)
    assert find_picture_encoder(CLIP) is None
    places[CLIP] = tmp_path
    (tmp_path / "config.json").write_text("{}", "utf-8")
    assert find_picture_encoder(CLIP) is None
    (tmp_path / "model.safetensors").touch()
    assert getattr(find_picture_encoder(CLIP), "name", None) == CLIP
    assert find_picture_encoder("none") is None
    assert isinstance(find_picture_encoder("colours"), ColourEncoder)
    with pytest.raises(EncoderError, match="other is not on this machine"):
        find_picture_encoder("other")


@slow
def test_another_model_may_read_the_words(clip: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "other", seed=1)
    both, one, two = (load_picture_encoder(*map(str, names)) for names in ((clip, other), (clip,), (other,)))
    assert both.fingerprint == one.fingerprint != two.fingerprint
    assert both.encode_pictures([paint("red")]).tobytes() == one.encode_pictures([paint("red")]).tobytes()
    assert both.encode_queries(["red"]).tobytes() == two.encode_queries(["red"]).tobytes()
    wider = make_clip(tmp_path / "wider", dimension=12)
    with pytest.raises(EncoderError, match=r"gives 8 numbers for a picture, and what reads the questions 12, or"):
        load_picture_encoder(str(clip), str(wider)).encode_queries(["red"])


@slow
def test_numpy_reads_what_torch_reads(clip: Path, tmp_path: Path) -> None:
    texts = ["a red figure", "", "Don't!  2 boats\tand\n１ café", "語言模型 🙂", "x", "blue " * 30, "a<|endoftext|>b"]
    plain = make_clip(tmp_path / "plain", seed=3, plain=True)
    for folder in (clip, plain):
        quick, model = find_clip_text(folder), ClipModel(str(folder))
        assert quick is not None
        model.__dict__["_quick"] = None
        rows = model.encode_queries(texts)
        np.testing.assert_allclose([quick.encode(text) for text in texts], rows, atol=1e-5)
    pieces = json.loads((plain / "tokenizer.json").read_text("utf-8"))["model"]
    (plain / "tokenizer.json").unlink()
    (plain / "vocab.json").write_text(json.dumps(pieces["vocab"]), "utf-8")
    (plain / "merges.txt").write_text("#version: 0.2\nr e\nre d</w>\n", "utf-8")
    apart = find_clip_text(plain)
    assert apart is not None
    np.testing.assert_allclose([apart.encode(text) for text in texts], rows, atol=1e-5)


@slow
def test_numpy_leaves_other_models_to_torch(tmp_path: Path) -> None:
    folder = make_clip(tmp_path / "clip", plain=True)
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    for key, value in (("text_config", {"hidden_act": "gelu"}), ("model_type", "siglip")):
        (folder / "config.json").write_text(json.dumps({**settings, key: value}), "utf-8")
        assert find_clip_text(folder) is None
    (folder / "config.json").write_text(json.dumps(settings), "utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "XLMRobertaTokenizer"}', "utf-8")
    assert find_clip_text(folder) is None
    (folder / "tokenizer_config.json").unlink()
    assert find_clip_text(folder) is not None
    (folder / "modules.json").write_text(
        '[{"path": "", "type": "x.CLIPModel"}, {"path": "1", "type": "x.Dense"}]', "utf-8"
    )
    assert find_clip_text(folder) is None
    assert find_clip_text(tmp_path / "gone") is None


@slow
def test_a_model_as_transformers_saves_it_is_read_too(tmp_path: Path) -> None:
    saved, plain = make_clip(tmp_path / "saved"), make_clip(tmp_path / "plain", plain=True)
    one, two = load_picture_encoder(str(saved)), load_picture_encoder(str(plain))
    assert one.dimension == two.dimension == 8
    pictures = [paint("red"), paint("blue")]
    np.testing.assert_allclose(one.encode_pictures(pictures), two.encode_pictures(pictures), atol=1e-6)


@slow
def test_the_sides_of_a_wide_picture_count(clip: Path) -> None:
    encoder = load_picture_encoder(str(clip))
    wide = Image.new("RGB", (300, 100), "white")
    data = []
    for colour in ("red", "blue"):
        wide.paste(Image.new("RGB", (50, 100), colour), (0, 0))
        file = io.BytesIO()
        wide.save(file, "PNG")
        data.append(file.getvalue())
    left_red, left_blue = encoder.encode_pictures(data)
    assert left_red @ left_blue < 0.9999


@slow
def test_a_model_of_text_reads_no_pictures() -> None:
    from vlmrag.index.encoders.minilm import find_bundled

    with pytest.raises(EncoderError, match=r"reads no pictures. Choose one of the CLIP kind: clip-ViT-B-32"):
        load_picture_encoder(str(find_bundled())).encode_pictures([paint("red")])


@slow
def test_no_connection_is_opened_and_no_warning_given(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(paint("red"))
    program = f"""
import pathlib, socket, sys, warnings
warnings.simplefilter("error")
class Refused(socket.socket):
    def connect(self, *_): raise AssertionError("a connection")
socket.socket = Refused
from vlmrag.index.figures.model import load_picture_encoder
encoder = load_picture_encoder({str(clip)!r})
assert (encoder.dimension, encoder.fingerprint[:7]) == (8, "sha256:")
assert "torch" not in sys.modules
encoder.encode_queries(["a red figure"])
assert "torch" not in sys.modules
encoder.encode_pictures([pathlib.Path({str(tmp_path / "red.png")!r}).read_bytes()])
encoder.encode_queries(["a red figure"])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == ""
