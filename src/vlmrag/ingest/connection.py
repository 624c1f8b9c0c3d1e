"""One exchange over HTTP: a request, and a reply whose body is read piece by piece, within a time by the clock.

The standard library's `http.client`, since the time limit needs the socket: a time-out of a socket is for one
read, and a server that sends a byte now and then would hold the program for ever. Nothing is followed, repeated or
remembered here; that is for `fetching.py`.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_PIECE = 1 << 16


class BrokenExchange(Exception):
    """An exchange that did not come to its end; another try may."""

    def __init__(self, why: str, *, reached: bool = True) -> None:
        super().__init__(why)
        self.reached = reached
        """Whether there was anyone at the other end."""


class Reply(Protocol):
    """What a server answers."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""

    def read(self) -> bytes:
        """Return what has come since, at least a byte, or nothing at the end; raises BrokenExchange."""


Exchange = Callable[[str, Mapping[str, str]], AbstractContextManager[Reply]]
"""Sends a GET with headers; the seam that a test may put another server behind."""


class Stop:
    """Ends an exchange from another thread: who reads it is told that the connection broke off."""

    def __init__(self) -> None:
        self.asked = False
        """Whether it was called."""
        self._line: socket.socket | None = None

    def __call__(self) -> None:
        """End the exchange, or the next one as soon as it is open."""
        self.asked = True
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def hold(self, line: socket.socket) -> None:
        """Take the socket of an exchange that has been opened."""
        self._line = line
        if self.asked:
            self()


@dataclass(frozen=True, slots=True)
class Exchanger:
    """Makes exchanges within two limits of time."""

    stall: float
    """Seconds without a byte after which an exchange is given up."""
    patience: float
    """Seconds that a whole exchange may take."""
    proxy: str | None = None
    """Address of the proxy that every request goes through."""
    reach: float | None = None
    """Seconds in which the host must be reached; by default those of `stall`."""

    @contextmanager
    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None = None, stop: Stop | None = None
    ) -> Iterator[Reply]:
        """Open one exchange, which ends with the block: a GET, or with a body a POST; raises BrokenExchange."""
        target = urlsplit(url)
        connection, path, more = self._prepare(target)
        try:
            with self._name_problem(target, reached=False):
                connection.connect()
            connection.sock.settimeout(self.stall)
            if stop is not None:
                stop.hold(connection.sock)
            with _cut_after(self.patience, connection.sock) as cut:
                with self._name_problem(target, cut):
                    method = "GET" if body is None else "POST"
                    connection.request(method, path, body, {**headers, **more})
                    response = connection.getresponse()
                yield _HttpReply(response, lambda: self._name_problem(target, cut))
        finally:
            connection.close()

    @contextmanager
    def _name_problem(
        self, target: SplitResult, cut: threading.Event | None = None, *, reached: bool = True
    ) -> Iterator[None]:
        """Turn what the library raises into BrokenExchange, with the reason in plain words."""
        try:
            yield
            if cut and cut.is_set():
                raise OSError
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            if cut and cut.is_set():
                why = f"it took longer than {self.patience:g} s"
            elif isinstance(error, TimeoutError):
                why = f"not a byte for {self.stall:g} s" if reached else f"{target.netloc} does not answer"
            elif isinstance(error, socket.gaierror):
                why = f"there is no host {target.hostname}, or no network"
            elif reached:
                why = "the connection broke off"
            else:
                why = f"{target.netloc} cannot be reached: {getattr(error, 'strerror', None) or error}"
            raise BrokenExchange(why, reached=reached) from error

    def _prepare(self, target: SplitResult) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
        """Return the connection to make, the path to ask for, and the headers that a proxy wants."""
        secure = target.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        reach = self.stall if self.reach is None else self.reach
        path = f"{target.path or '/'}{'?' if target.query else ''}{target.query}"
        if self.proxy is None:
            return make(target.hostname or "", target.port, timeout=reach), path, {}
        through = urlsplit(self.proxy if "//" in self.proxy else f"http://{self.proxy}")
        connection = make(through.hostname or "", through.port or 80, timeout=reach)
        allowed = {}
        if through.username:
            login = f"{unquote(through.username)}:{unquote(through.password or '')}"
            allowed = {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
        if secure:
            connection.set_tunnel(target.hostname or "", target.port, allowed)
            return connection, path, {}
        return connection, f"http://{target.netloc}{path}", allowed


class _HttpReply:
    """A reply of `http.client`."""

    def __init__(
        self, response: http.client.HTTPResponse, name_problem: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers  # type: ignore[assignment]  # a message serves as a mapping
        self._response = response
        self._name_problem = name_problem

    def read(self) -> bytes:
        with self._name_problem():
            return self._response.read1(_PIECE)


def find_proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address; none for this machine itself."""
    target = urlsplit(url)
    host = target.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(target.scheme)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@contextmanager
def _cut_after(seconds: float, line: socket.socket) -> Iterator[threading.Event]:
    """End every read of the socket once so many seconds are over, and say so by the event."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
