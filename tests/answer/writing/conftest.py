"""The notes that ship with vlmrag, and a model of no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from vlmrag.assistant import Assistant
from vlmrag.config import Config


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The notes that ship with vlmrag, read with the double of the encoder."""
    home = tmp_path_factory.mktemp("notes")
    (home / "data").symlink_to(ROOT / "data")
    assistant = Assistant(Config.load(home, encoder="hashing"))
    assert assistant.ingest().skipped == ()
    return assistant


_TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of one layer with random weights, and a tokenizer of bytes."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    parts: Any = transformers  # untyped
    place = tmp_path_factory.mktemp("models") / "tiny"
    letters = Tokenizer(models.BPE())
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    letters.train_from_iterator(["The language model stays frozen [1]. 语言模型保持冻结。"], trainer)
    tokenizer = parts.PreTrainedTokenizerFast(tokenizer_object=letters, bos_token="<s>", eos_token="</s>")
    tokenizer.chat_template = _TEMPLATE
    tokenizer.save_pretrained(place)
    torch.manual_seed(0)
    config = parts.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=8192, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    parts.LlamaForCausalLM(config).save_pretrained(place)
    return place
