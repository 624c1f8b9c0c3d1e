"""The systems that are measured side by side: each builds an index of passages, opens it, and finds ids.

Each is used as its own quick start has it, with the same MiniLM weights. The peers are looked up by name when they are
asked for: none of them is a dependency of ours.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

Passages = Sequence[tuple[str, str]]
"""Id and text of each."""


class System(Protocol):
    """Something that finds passages. `open` follows `build` in another process."""

    def build(self, passages: Passages, model: str, folder: Path) -> None:
        """Index the passages with the model in a folder of weights, and leave the index in `folder`."""

    def open(self, model: str, folder: Path) -> None:
        """Open what `build` left."""

    def search(self, query: str, k: int) -> list[str]:
        """Return the ids of the `k` best passages, best first."""


class Vlmrag:
    """The index and the retriever that `search` uses. Without a model: the double of the encoder."""

    def build(self, passages: Passages, model: str, folder: Path) -> None:
        from vlmrag.config import Config
        from vlmrag.evaluation.beir import Collection, open_collection

        collection = Collection(tuple((name, "", text) for name, text in passages), (), {})
        config = Config.load(folder, encoder="all-MiniLM-L6-v2" if model else "hashing")
        with open_collection(collection, config) as retriever:
            (folder / "place.txt").write_text(str(retriever.index.folder), "utf-8")

    def open(self, model: str, folder: Path) -> None:
        from vlmrag.index.encoder import load_encoder
        from vlmrag.index.index import Index
        from vlmrag.language.glossary import Glossary
        from vlmrag.search.retriever import Retriever

        encoder = load_encoder("all-MiniLM-L6-v2" if model else "hashing")
        index = Index.open(Path((folder / "place.txt").read_text("utf-8")), encoder)
        self._retriever = Retriever(index, Glossary.load())

    def search(self, query: str, k: int) -> list[str]:
        return [hit.chunk.source for hit in self._retriever.search(query, k)]


class LangChain:
    """`FAISS.from_texts` with `HuggingFaceEmbeddings`: exact, dense only."""

    def _load(self, model: str) -> tuple[Any, Any]:
        store = importlib.import_module("langchain_community.vectorstores").FAISS
        return store, importlib.import_module("langchain_huggingface").HuggingFaceEmbeddings(model_name=model)

    def build(self, passages: Passages, model: str, folder: Path) -> None:
        store, embeddings = self._load(model)
        metadatas = [{"name": name} for name, _ in passages]
        store.from_texts([text for _, text in passages], embeddings, metadatas=metadatas).save_local(str(folder))

    def open(self, model: str, folder: Path) -> None:
        store, embeddings = self._load(model)
        self._store = store.load_local(str(folder), embeddings, allow_dangerous_deserialization=True)

    def search(self, query: str, k: int) -> list[str]:
        return [found.metadata["name"] for found in self._store.similarity_search(query, k=k)]


class LlamaIndex:
    """`VectorStoreIndex` over its own store, `HuggingFaceEmbedding`: exact, dense only."""

    def _load(self, model: str) -> tuple[Any, Any]:
        core = importlib.import_module("llama_index.core")
        return core, importlib.import_module("llama_index.embeddings.huggingface").HuggingFaceEmbedding(model)

    def build(self, passages: Passages, model: str, folder: Path) -> None:
        core, embedding = self._load(model)
        make = importlib.import_module("llama_index.core.schema").TextNode
        nodes = [make(text=text, id_=name) for name, text in passages]
        core.VectorStoreIndex(nodes, embed_model=embedding).storage_context.persist(str(folder))

    def open(self, model: str, folder: Path) -> None:
        core, embedding = self._load(model)
        stored = core.StorageContext.from_defaults(persist_dir=str(folder))
        self._index = core.load_index_from_storage(stored, embed_model=embedding)

    def search(self, query: str, k: int) -> list[str]:
        return [found.node.node_id for found in self._index.as_retriever(similarity_top_k=k).retrieve(query)]


class Txtai:
    """`Embeddings(hybrid=True)`: dense and BM25, as txtai mixes them."""

    def _make(self) -> Any:
        return importlib.import_module("txtai.embeddings").Embeddings

    def build(self, passages: Passages, model: str, folder: Path) -> None:
        embeddings = self._make()(path=model, hybrid=True)
        embeddings.index(passages)
        embeddings.save(str(folder))

    def open(self, model: str, folder: Path) -> None:
        self._embeddings = self._make()()
        self._embeddings.load(str(folder))

    def search(self, query: str, k: int) -> list[str]:
        return [str(name) for name, _ in self._embeddings.search(query, k)]


class Chroma:
    """A `PersistentClient` with `SentenceTransformerEmbeddingFunction`: HNSW by cosine, dense only."""

    GROUP = 1000
    """Passages of one call; it takes about 5,000 at most."""

    def _open(self, model: str, folder: Path) -> Any:
        functions = importlib.import_module("chromadb.utils.embedding_functions")
        client = importlib.import_module("chromadb").PersistentClient(str(folder))
        embed = functions.SentenceTransformerEmbeddingFunction(model_name=model)
        return client.get_or_create_collection(
            "passages", embedding_function=embed, configuration={"hnsw": {"space": "cosine"}}
        )

    def build(self, passages: Passages, model: str, folder: Path) -> None:
        collection = self._open(model, folder)
        for start in range(0, len(passages), self.GROUP):
            group = passages[start : start + self.GROUP]
            collection.add(ids=[name for name, _ in group], documents=[text for _, text in group])

    def open(self, model: str, folder: Path) -> None:
        self._collection = self._open(model, folder)

    def search(self, query: str, k: int) -> list[str]:
        found: list[str] = self._collection.query(query_texts=[query], n_results=k, include=["distances"])["ids"][0]
        return found


SYSTEMS: dict[str, tuple[Callable[[], System], tuple[str, ...]]] = {
    "vlmrag": (Vlmrag, ()),
    "LangChain": (LangChain, ("langchain-community", "langchain-huggingface", "faiss-cpu")),
    "LlamaIndex": (LlamaIndex, ("llama-index-core", "llama-index-embeddings-huggingface")),
    "txtai": (Txtai, ("txtai",)),
    "Chroma": (Chroma, ("chromadb",)),
}
"""By name: how it is made, and what is installed for it."""


def read_passages(path: Path) -> Passages:
    """Read ids and texts, one JSON pair a line."""
    return [(name, text) for name, text in map(json.loads, path.read_text("utf-8").splitlines())]
