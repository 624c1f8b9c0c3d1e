"""The page over a library in VLMRAG_HOME, where one server has models: `python worded_page.py MODELS PORT`.

MODELS is the port of that server. Only one of its models is not waited for long: the one that is silent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from vlmrag.answer.generator import Generator
from vlmrag.answer.writing.endpoint import Endpoint, Patience
from vlmrag.answer.writing.local import LocalModel, list_local_models
from vlmrag.assistant import Assistant
from vlmrag.ui.live import keep_live
from vlmrag.ui.models import Models
from vlmrag.ui.page import serve_page

LONG = Patience(reach=60.0, stall=60.0, whole=120.0)
SOON = replace(LONG, stall=0.5)


class Hurried(Assistant):
    """An assistant that knows one port, and does not wait long."""

    def list_local_models(self) -> list[LocalModel]:
        return list_local_models([int(sys.argv[1])])

    def open_generator(
        self, address: str | None = None, *, allow_remote: bool = False, tell: Callable[[str], None] = lambda line: None
    ) -> Generator | None:
        return Endpoint(address, patience=SOON if address.endswith("#silent") else LONG) if address else None


if __name__ == "__main__":
    library = keep_live(Hurried)
    serve_page(library, port=int(sys.argv[2]), models=Models(library), ready=lambda url: print(url, flush=True))
