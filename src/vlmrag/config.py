"""One frozen Config: where things lie and which parts are put together. Read in `assistant.py` and never below it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from vlmrag.errors import UsageError

MINILM = "all-MiniLM-L6-v2"
CLIP = "clip-ViT-B-32"
ARXIV = "https://export.arxiv.org"
"""The host that arXiv keeps for programs."""


@dataclass(frozen=True, slots=True)
class Config:
    """Where things lie and which parts are put together."""

    home: Path
    """The folder that holds `data/` and `indexes/`."""
    index: str = "default"
    """Name of the folder below `indexes/`."""
    encoder: str = MINILM
    """`all-MiniLM-L6-v2` (bundled), `hashing` (a double for tests), any sentence-transformers name, or a folder."""
    chunk_pieces: int = 256
    """Longest chunk, in word pieces of the encoder's own tokenizer, special tokens included."""
    chunk_overlap: int = 32
    """Word pieces that neighbouring chunks of a long document share."""
    reranker: str | None = None
    """What judges the best passages again, see `search/reranker.py`; None for nothing."""
    picture_encoder: str = CLIP
    """What looks at figures: `clip-ViT-B-32`, where it is on this machine; `colours` (a double for tests), `none`, any
    sentence-transformers name, or a folder."""
    picture_queries: str = ""
    """Another model that reads what is asked of pictures, such as `clip-ViT-B-32-multilingual-v1`; empty for none."""
    arxiv: str = ARXIV
    """The one address that `fetch` asks: arXiv, or a mirror that answers below it as arXiv does."""
    llm: str | None = None
    """The model that may write answers, see `Assistant.open_generator`; None for none."""
    llm_key: str | None = field(default=None, repr=False)
    """What its server asks for as a key, if it does."""

    @property
    def index_dir(self) -> Path:
        """The folder of the index."""
        return self.home / "indexes" / self.index

    @property
    def pdf_dir(self) -> Path:
        """Where `fetch` puts papers, and where `ingest` finds them."""
        return self.home / "data" / "pdfs"

    @property
    def glossary_file(self) -> Path:
        """Where a user's own terms may lie, in the form of `language/glossary.tsv`."""
        return self.home / "data" / "glossary.tsv"

    @property
    def parts_file(self) -> Path:
        """Where a user's own components and states may lie, in the form of `ingest/parts.toml`."""
        return self.home / "data" / "parts.toml"

    @classmethod
    def load(cls, home: str | Path | None = None, *, index: str | None = None, encoder: str | None = None) -> Config:
        """Build a Config from arguments, then the environment, then defaults.

        Home is `home`, else `VLMRAG_HOME`, else the current folder if it has a `data/` folder, else the per-user data
        folder of the platform. The index is `index`, else `VLMRAG_INDEX`; the encoder `encoder`, else `VLMRAG_ENCODER`;
        arXiv's address is `VLMRAG_ARXIV_URL`, else arXiv's own; the reranker is `VLMRAG_RERANKER`, the model that
        writes `VLMRAG_LLM`, its key `VLMRAG_LLM_KEY`; what looks at pictures is `VLMRAG_PICTURE_ENCODER`, what reads
        the questions for it `VLMRAG_PICTURE_QUERIES`.
        Raises UsageError for an index that is not the name of a folder.
        """
        env = os.environ
        name = index or env.get("VLMRAG_INDEX") or "default"
        if name in (".", "..") or set(name) & {"/", os.sep, "\0"}:
            raise UsageError(f"{name} is no name of an index: it is one folder below indexes/ in --home")
        given = home or env.get("VLMRAG_HOME")
        if given:
            folder = Path(os.path.expanduser(given))  # noqa: PTH111 - pathlib's raises for an unknown user
        elif Path("data").is_dir():
            folder = Path()
        else:
            folder = Path(platformdirs.user_data_dir("vlmrag", appauthor=False))
        return cls(
            home=folder.resolve(),
            index=name,
            encoder=encoder or env.get("VLMRAG_ENCODER") or MINILM,
            reranker=env.get("VLMRAG_RERANKER") or None,
            picture_encoder=env.get("VLMRAG_PICTURE_ENCODER") or CLIP,
            picture_queries=env.get("VLMRAG_PICTURE_QUERIES") or "",
            arxiv=env.get("VLMRAG_ARXIV_URL") or ARXIV,
            llm=env.get("VLMRAG_LLM") or None,
            llm_key=env.get("VLMRAG_LLM_KEY") or None,
        )
