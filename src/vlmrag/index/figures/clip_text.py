"""CLIP's text side in numpy: one question through the weights of a `model.safetensors`, without torch.

torch and what stands on it take eight seconds of a processor to read a question about pictures; numpy takes one, and
most of that to map the weights. Radford et al. (2021), https://arxiv.org/abs/2103.00020: a Transformer with the norm
before each part, in which a piece sees those before it; the state at the end mark, put into the space of pictures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vlmrag.index.encoders.transformer import Floats, Layers, map_weights

_ATTENTION = ("q_proj", "k_proj", "v_proj")
START, END = "<|startoftext|>", "<|endoftext|>"
_HEADS = 8
_EPSILON = 1e-5
"""What a model has that does not say: those of CLIP's first release."""
_TEXT = "text_model"
_PIECES = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"  # as it was trained
)


class ClipText:
    """The text side of a CLIP in one folder; the vector of a text does not depend on the company it keeps."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Use `find_clip_text`."""
        self._folder = folder
        weights = map_weights(folder / "model.safetensors")
        heads, epsilon = settings.get("num_attention_heads", _HEADS), settings.get("layer_norm_eps", _EPSILON)
        self._layers = Layers(weights, int(heads), float(epsilon))
        self._depth = sum(name.endswith("layer_norm1.bias") and name.startswith(_TEXT) for name in weights)

    def encode(self, text: str) -> Floats:
        """Return the unit vector (dimension,) of a text, cut where the model has no more places."""
        pieces = self._tokenizer.encode(text).ids
        layers = self._layers
        table = layers.weights
        states = table[f"{_TEXT}.embeddings.token_embedding.weight"][np.asarray(pieces)]
        states = states + table[f"{_TEXT}.embeddings.position_embedding.weight"][: len(pieces)]
        for number in range(self._depth):
            at = f"{_TEXT}.encoder.layers.{number}"
            seen = layers.attend(
                layers.normalise(states, f"{at}.layer_norm1"), f"{at}.self_attn", _ATTENTION, back_only=True
            )
            states = states + layers.project(seen, f"{at}.self_attn.out_proj")
            hidden = layers.project(layers.normalise(states, f"{at}.layer_norm2"), f"{at}.mlp.fc1")
            hidden = hidden / (1 + np.exp(np.float32(-1.702) * hidden))  # the quick GELU
            states = states + layers.project(hidden, f"{at}.mlp.fc2")
        last = pieces.index(self._tokenizer.token_to_id(END))
        found: Floats = table["text_projection.weight"] @ layers.normalise(states[last], f"{_TEXT}.final_layer_norm")
        return found / np.linalg.norm(found)

    @cached_property
    def _tokenizer(self) -> Any:
        found = _read_tokenizer(self._folder)
        found.no_padding()
        found.enable_truncation(len(self._layers.weights[f"{_TEXT}.embeddings.position_embedding.weight"]))
        return found


def find_clip_text(folder: Path) -> ClipText | None:
    """Return the text side of the model in a folder; None where it is another one than numpy reads here."""
    try:
        inner = folder / _find_module(folder)
        settings = json.loads((inner / "config.json").read_text(encoding="utf-8"))
        text = settings.get("text_config") or {}
        known = settings["model_type"] == "clip" and text.get("hidden_act", "quick_gelu") == "quick_gelu"
        tokens = (inner / "tokenizer.json").is_file() or (inner / "merges.txt").is_file()
        if not known or not tokens or not _reads_english(inner):
            return None
        found = ClipText(inner, text)
        found.encode("a figure")  # all weights are there, and of 32 bits
    except (OSError, KeyError, ValueError):
        return None
    return found


def _find_module(folder: Path) -> str:
    """Return where in a sentence-transformers folder the model lies; raises KeyError where it is made of more parts."""
    file = folder / "modules.json"
    if not file.is_file():
        return ""
    first, *rest = json.loads(file.read_text(encoding="utf-8"))
    if any(not module["type"].endswith(".Normalize") for module in rest):
        raise KeyError(rest[0]["type"])
    return str(first["path"])


def _reads_english(folder: Path) -> bool:
    """Whether the tokenizer is CLIP's own."""
    file = folder / "tokenizer_config.json"
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return str(told.get("tokenizer_class", "CLIPTokenizer")).startswith("CLIPTokenizer")


def _read_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a folder, put together from vocabulary and merges where it is not saved whole."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    if (folder / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    vocabulary, merges = (str(folder / name) for name in ("vocab.json", "merges.txt"))
    made = Tokenizer(models.BPE.from_file(vocabulary, merges, end_of_word_suffix="</w>", unk_token=END))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(_PIECES), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    made.add_special_tokens([START, END])
    numbers = made.get_vocab()
    made.post_processor = processors.RobertaProcessing((END, numbers[END]), (START, numbers[START]), False, False)
    return made
