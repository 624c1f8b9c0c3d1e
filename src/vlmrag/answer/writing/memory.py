"""What models wrote, kept by a hash of all that they were asked, so that nothing is asked twice.

A text is kept as the model wrote it, before its check: a better check reads it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
Spent = tuple[int, int] | None
"""Tokens read and written, where they are known."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A folder with a file for each text."""

    folder: Path
    tell: Callable[[str], None] = lambda line: None
    """Hears of a file that is not what was kept."""

    def recall(self, model: str, instructions: str, request: str, most: int) -> tuple[str, Spent] | None:
        """Return what the model wrote, and the tokens it read and wrote; None where it was not asked this yet.

        A damaged file is told of, and the model is asked again.
        """
        place = self._place(model, instructions, request, most)
        try:
            record = json.loads(place.read_text("utf-8"))
            if record["format"] != FORMAT:
                return None
            spent = record["spent"]
            return str(record["text"]), (int(spent[0]), int(spent[1])) if spent else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            self.tell(f"{place} is damaged: the model is asked again")
            return None

    def keep(self, model: str, instructions: str, request: str, most: int, text: str, spent: Spent) -> None:
        """Keep a whole text; where the folder cannot be written to, it is not kept."""
        place = self._place(model, instructions, request, most)
        record = {"format": FORMAT, "model": model, "text": text, "spent": spent}
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file, ensure_ascii=False)
            Path(name).replace(place)

    def _place(self, model: str, instructions: str, request: str, most: int) -> Path:
        asked = json.dumps([FORMAT, model, instructions, request, most])
        name = hashlib.sha256(asked.encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.json"
