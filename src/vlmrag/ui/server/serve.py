"""Listening for the browser: on this machine, or behind a door, and with headers that let the page ask no other.

A guard stands before gradio. A request whose Host is not this machine is refused, so that a web page elsewhere cannot
reach the notes by pointing its own name at 127.0.0.1; so is one that another page sends. And every reply carries a
content security policy, so that the browser itself refuses to load anything from another host, whatever a note holds.
Beyond this machine the page is served only to users with a password, see door.py.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from vlmrag.errors import UsageError
from vlmrag.ui.server.door import Door
from vlmrag.ui.server.shelf import Readable, Shelf
from vlmrag.ui.server.users import Users

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# 'unsafe-inline' and 'unsafe-eval' are gradio's own needs; no text from notes gets as far as they would let it.
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
_HEADERS: Sequence[tuple[bytes, bytes]] = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_FONTS = ("system-ui", "sans-serif")
_MONO = ("ui-monospace", "monospace")


def check_host(host: str, users: Users | None = None) -> None:
    """Raise `UsageError` unless the host is this machine's own loopback, or it is known who may come in."""
    if users is None and not is_loopback(host):
        raise UsageError(
            f"--host {host} would show your notes to others on the network. Say who may see them with --auth-file FILE "
            "(make one: vlmrag chat --add-user NAME --auth-file FILE), or use --host 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own: `localhost`, `127.…`; the page speaks IPv4."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.version == 4 and address.is_loopback


def check_port(host: str, port: int) -> None:
    """Raise `UsageError` if the port is out of range, taken, or not ours to take."""
    if not 1 <= port <= 65535:
        raise UsageError(f"--port {port} is no port. Choose one from 1024 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise UsageError(f"Port {port} may not be used without rights. Try: vlmrag chat --port 7860") from error
        except OSError as error:
            other = port + 1 if port < 65535 else 7860
            raise UsageError(
                f"Port {port} is taken, perhaps by a page that is already open. Try: vlmrag chat --port {other}"
            ) from error


@dataclass(frozen=True, slots=True)
class Looks:
    """What a browser is given beside the page."""

    style: str
    """Our CSS."""
    head: str
    """HTML that is read before the page is drawn."""


def listen(page: Any, host: str, port: int, looks: Looks, shelf: Readable, users: Users | None = None) -> str:
    """Let a `gradio.Blocks` listen in a thread of its own, and return its address. Host and port were checked.

    `shelf` hands out the library's files; `users` are those who may come in, None is all on this machine.
    """
    import gradio as gr
    from starlette.middleware import Middleware

    guards = [Middleware(Guard, anywhere=users is not None)]
    guards += [Middleware(Door, users=users)] if users is not None else []
    page.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        pwa=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=[],
        theme=gr.themes.Base(font=_FONTS, font_mono=_MONO),
        css=looks.style,
        head=looks.head,
        app_kwargs={
            "middleware": [*guards, Middleware(Shelf, library=shelf)],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )
    return f"http://{host}:{port}/"


class Guard:
    """Refuses requests that were not addressed to this machine or come from another page, and tells the policy.

    Where people come in by a password, the machine may have any name: a page elsewhere that points its own name at it
    has no password to bring.
    """

    def __init__(self, app: ASGIApp, anywhere: bool = False) -> None:
        self._app = app
        self._anywhere = anywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._anywhere and not is_loopback(host.rpartition(":")[0] or host):
            await _refuse(send, scope, 421, b"This page answers on 127.0.0.1 only.")
            return
        origin = headers.get(b"origin")
        asks = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if origin is not None and not asks and origin.decode("latin-1").lower().partition("://")[2] != host:
            await _refuse(send, scope, 403, b"This page answers to itself only.")
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_guarded)


async def _refuse(send: Send, scope: Scope, status: int, why: bytes) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": why})
