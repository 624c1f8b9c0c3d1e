"""Ask your paper notes: every claim cited to its exact place, all of it on your own machine.

    from vlmrag import Assistant

    assistant = Assistant()
    print(assistant.ask("Which models keep the LLM frozen?").text)

Importing this loads no torch, faiss, pymupdf or gradio; each is loaded when it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vlmrag.assistant import Assistant as Assistant
    from vlmrag.config import Config as Config

__version__ = "0.1.0"
__all__ = ["Assistant", "Config", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Assistant":
        from vlmrag.assistant import Assistant

        return Assistant
    if name == "Config":
        from vlmrag.config import Config

        return Config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
