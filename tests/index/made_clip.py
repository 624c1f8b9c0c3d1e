"""A CLIP of a few thousand weights, drawn by chance: it knows nothing, and everything about it is as of a real one."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

PIECES = 16
"""Places of its text side: a text of more letters must be cut."""


def make_clip(folder: Path, seed: int = 0, *, plain: bool = False, dimension: int = 8) -> Path:
    """Save a CLIP as sentence-transformers saves one, or `plain` as transformers does; return its folder.

    Its word pieces are single letters, and "red". It is not told how long a text may be: some real ones are not either.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what transformers says of versions to come
        transformers: Any = import_module("transformers")
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        import_module("torch").manual_seed(seed)
        letters = sorted(import_module("tokenizers").pre_tokenizers.ByteLevel.alphabet())
        pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
        pieces += ["re", "red</w>"]
        vocabulary = {piece: number for number, piece in enumerate(pieces)}
        tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=[("r", "e"), ("re", "d</w>")])
        sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        text = {**sizes, "vocab_size": len(pieces), "max_position_embeddings": PIECES}
        text |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
        vision = {**sizes, "image_size": 32, "patch_size": 8}
        config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=dimension)
        bare = folder if plain else folder.with_name(f"{folder.name}-bare")
        transformers.CLIPModel(config).save_pretrained(bare)
        tokenizer.save_pretrained(bare)
        transformers.CLIPImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ).save_pretrained(bare)
        if not plain:
            modules: Any = import_module("sentence_transformers.sentence_transformer.modules")
            made = import_module("sentence_transformers").SentenceTransformer(modules=[modules.CLIPModel(str(bare))])
            made.save(str(folder))
    return folder
