"""What an Assistant is put together from: each part is made when it is first needed, and then kept."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vlmrag.config import Config
from vlmrag.language.glossary import Glossary

if TYPE_CHECKING:
    from vlmrag.answer.claims import Claim
    from vlmrag.index.encoder import Encoder
    from vlmrag.index.figures.model import PictureEncoder
    from vlmrag.index.index import Index
    from vlmrag.ingest.attributes import Vocabulary
    from vlmrag.search.attributes import Attributes, StoredRules
    from vlmrag.search.catalogue import Catalogue
    from vlmrag.search.retriever import Retriever


class Parts:
    """A configuration, and the parts that it asks for."""

    def __init__(self, config: Config | None = None) -> None:
        """Open nothing yet; `config` is by default what `Config.load()` finds."""
        self.config = config or Config.load()

    def close(self) -> None:
        """Let go of the index and of the user's words; the next call reads them anew."""
        opened = self.__dict__.pop("_index", None)
        for part in ("_catalogue", "_attributes", "_claims", "_retriever", "_glossary", "_vocabulary"):
            self.__dict__.pop(part, None)
        if opened is not None:
            opened.close()

    @cached_property
    def _encoder(self) -> Encoder:
        from vlmrag.index.encoder import load_encoder

        return load_encoder(self.config.encoder)

    @cached_property
    def _picture_encoder(self) -> PictureEncoder | None:
        from vlmrag.index.figures.model import find_picture_encoder

        return find_picture_encoder(self.config.picture_encoder, self.config.picture_queries)

    @cached_property
    def _glossary(self) -> Glossary:
        file = self.config.glossary_file
        return Glossary.load(*[file] if file.exists() else [])

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        from vlmrag.ingest.attributes import Vocabulary

        file = self.config.parts_file
        return Vocabulary.load(*[file] if file.exists() else [])

    @cached_property
    def _index(self) -> Index:
        from vlmrag.index.index import Index

        return Index.open(self.config.index_dir, self._encoder)

    @cached_property
    def _catalogue(self) -> Catalogue:
        from vlmrag.search.catalogue import Catalogue

        return Catalogue(self._index, self._glossary, self._vocabulary)

    @cached_property
    def _attributes(self) -> Attributes:
        from vlmrag.search.attributes import read_attributes

        return read_attributes(self._catalogue)

    def _make_rules(self, index: Index) -> StoredRules:
        """The rules by which `ingest` reads the attributes of a library."""
        from vlmrag.search.attributes import StoredRules

        return StoredRules(index, self._glossary, self._vocabulary)

    @cached_property
    def _claims(self) -> tuple[Claim, ...]:
        from vlmrag.answer.claims import check_claims

        return tuple(check_claims(self._catalogue))

    @cached_property
    def _retriever(self) -> Retriever:
        from vlmrag.search.reranker import load_reranker
        from vlmrag.search.retriever import Retriever

        name = self.config.reranker
        return Retriever(self._index, self._glossary, load_reranker(name) if name else None)
