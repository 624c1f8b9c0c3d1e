"""The format of the truth on disk: its tables, and what a library says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vlmrag.errors import IndexMismatch
from vlmrag.index.encoder import Encoder

FORMAT = 4
"""Version of the tables below; another one is refused."""
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sources (path TEXT PRIMARY KEY, kind TEXT, sha256 TEXT, size INTEGER, mtime_ns INTEGER, encoding TEXT,
    text TEXT);
CREATE TABLE documents (id TEXT PRIMARY KEY, source TEXT, kind TEXT, start INTEGER, "end" INTEGER, line INTEGER,
    heading TEXT, works TEXT, place INTEGER);
CREATE INDEX documents_source ON documents (source, place);
CREATE TABLE sentences (document TEXT, start INTEGER, "end" INTEGER, text TEXT, terms TEXT, source TEXT,
    place INTEGER);
CREATE INDEX sentences_source ON sentences (source, place);
CREATE INDEX sentences_document ON sentences (document);
CREATE TABLE chunks ("row" INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, document TEXT, source TEXT,
    start INTEGER, "end" INTEGER, line INTEGER, heading TEXT, text TEXT, indexed TEXT, page INTEGER, rects TEXT,
    words TEXT, passage TEXT);
CREATE INDEX chunks_source ON chunks (source, start);
CREATE INDEX chunks_passage ON chunks (passage);
CREATE INDEX chunks_document ON chunks (document);
CREATE TABLE pages (source TEXT, number INTEGER, start INTEGER, "end" INTEGER, width REAL, height REAL, boxes BLOB);
CREATE INDEX pages_source ON pages (source, number);
CREATE TABLE figures (document TEXT, source TEXT, page INTEGER, rect TEXT, label TEXT, start INTEGER, "end" INTEGER,
    mentions TEXT, line INTEGER, image TEXT, sha256 TEXT, place INTEGER);
CREATE INDEX figures_source ON figures (source, place);
CREATE TABLE papers (id TEXT PRIMARY KEY, name TEXT, title TEXT, aliases TEXT, arxiv TEXT, doi TEXT, url TEXT,
    year INTEGER, date TEXT, venue TEXT, orgs TEXT, authors TEXT, tags TEXT, sources TEXT, pdf TEXT, documents TEXT,
    place INTEGER);
CREATE TABLE attributes (paper TEXT, "column" TEXT, value TEXT, text TEXT, document TEXT, start INTEGER, "end" INTEGER,
    stage TEXT, says TEXT, confidence REAL, source TEXT, place INTEGER);
CREATE INDEX attributes_paper ON attributes (paper, place);
CREATE TABLE attribute_readings (paper TEXT PRIMARY KEY, rules TEXT, content TEXT);
CREATE TABLE changes ("row" INTEGER PRIMARY KEY, passage TEXT, gone INTEGER NOT NULL);
CREATE TRIGGER chunk_came AFTER INSERT ON chunks
    BEGIN INSERT OR REPLACE INTO changes VALUES (new."row", new.passage, 0); END;
CREATE TRIGGER chunk_went AFTER DELETE ON chunks
    BEGIN INSERT OR REPLACE INTO changes VALUES (old."row", old.passage, 1); END;
CREATE TABLE vectors (passage TEXT, encoder TEXT, vector BLOB, PRIMARY KEY (passage, encoder));
CREATE TABLE ahead (passage TEXT, encoder TEXT, generation INTEGER, PRIMARY KEY (passage, encoder)) WITHOUT ROWID;
CREATE TABLE pictures (view TEXT, picture TEXT, model TEXT, weights TEXT, vector BLOB, PRIMARY KEY (view, weights));
CREATE INDEX pictures_picture ON pictures (picture, weights);
"""

REPAIR = "Make it anew: vlmrag ingest --rebuild"


@dataclass(frozen=True, slots=True)
class Meta:
    """What a library is and how it was made."""

    state: str
    """Drawn at every change: two states with one name are one state, also after a backup was put back."""
    former: str
    """The state that this one was made from."""
    generation: int
    """Counts the changes; 0 until the first one is whole."""
    encoder: str
    weights: str
    """`Encoder.fingerprint`."""
    dimension: int
    settings: Mapping[str, str]
    """How it was read and cut."""
    fingerprint: str


def check_encoder(meta: Meta, encoder: Encoder, folder: Path) -> None:
    """Raise `IndexMismatch` unless the library was made by this encoder."""
    if (meta.encoder, meta.weights, meta.dimension) != (encoder.name, encoder.fingerprint, encoder.dimension):
        raise IndexMismatch(
            f"The index in {folder} was built by the encoder {meta.encoder} ({meta.weights[:19]}, {meta.dimension} "
            f"numbers), not by {encoder.name} ({encoder.fingerprint[:19]}, {encoder.dimension} numbers). "
            f"Ask with that one, or make the index anew: vlmrag ingest --rebuild"
        )
