"""What a passage says of a work's parts: which component, which one, in which state, at which stage, and who is meant.

`statements` decides relations ("the LLM is frozen"), `values` reads certain components ("Vicuna-7B"), `figures` what
is counted, `reading` puts them together for one paper. The words are a data file, see `vocabulary`.
"""

from vlmrag.ingest.attributes.statements import Parts, Stance, Statement, read_parts, read_stance, read_statements
from vlmrag.ingest.attributes.vocabulary import Vocabulary

__all__ = ["Parts", "Stance", "Statement", "Vocabulary", "read_parts", "read_stance", "read_statements"]
