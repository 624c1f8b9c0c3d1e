"""How a server is asked: one client, where waiting, retrying and staying on the host sit where no request skips them.

What is asked for is an address and a sink. The sink says which part of the file is still missing and takes the
reply; the client decides when to ask, how often, and when to give up.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from vlmrag.errors import FetchError, UsageError
from vlmrag.ingest.connection import BrokenExchange, Exchange, Exchanger, Reply

ARXIV_PAUSE = 3.0
"""Seconds between requests that arXiv asks for at least: https://info.arxiv.org/help/api/tou.html."""
_REDIRECTS = (301, 302, 303, 307, 308)
_TAKEN = (200, 206, 416)
_AGAIN = (408, 425, 429)
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_LONG = 10.0
"""Seconds of waiting from which on it is told."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Manners:
    """How politely, how often and how long a server is asked."""

    pause: float = ARXIV_PAUSE
    """Seconds from the end of one request to the next, redirects and retries included; of arxiv.org at least 3."""
    tries: int = 5
    """How often one thing is asked for before it is given up."""
    backoff: float = 3.0
    """Seconds before the second try, doubled before each further one."""
    longest_backoff: float = 60.0
    longest_wait: float = 300.0
    """Seconds of `Retry-After` that are waited for; who asks for more is not asked again in this run."""
    stall: float = 30.0
    """Seconds without a byte after which an exchange is given up."""
    patience: float = 900.0
    """Seconds that one exchange may take by the clock."""
    redirects: int = 5
    """How many redirects, all on the same host, are followed."""


class Sink(Protocol):
    """Where a reply goes; it may take several replies to fill it."""

    def ask(self) -> Mapping[str, str]:
        """Return the headers that ask for what is still missing."""

    def take(self, reply: Reply) -> None:
        """Take a reply of status 200, 206 or 416 to its end.

        Raises BrokenExchange where another try may help, FetchError where none does.
        """


class Client:
    """Asks one host, one request at a time."""

    def __init__(
        self,
        base: str,
        manners: Manners,
        *,
        agent: str,
        proxy: str | None = None,
        exchange: Exchange | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Ask `base`, an http or https address; `tell` is told of long waits.

        `clock` gives seconds that only grow, `now` seconds since 1970; both and `sleep` are replaced in tests.
        Raises UsageError for an address that is none, and for a pause that is too short for arXiv.
        """
        self.base = read_base(base)
        host = self.base.hostname or ""
        if manners.pause < ARXIV_PAUSE and (host == "arxiv.org" or host.endswith(".arxiv.org")):
            raise UsageError(f"{host} asks for at least {ARXIV_PAUSE:g} s between requests: choose a longer --pause")
        self.manners = manners
        self._agent = agent
        self._exchange = exchange or Exchanger(manners.stall, manners.patience, proxy)
        self._clock, self._sleep, self._now, self._tell = clock, sleep, now, tell
        self._not_before = clock()
        self._alone = False
        """Whether nobody was at the other end the last time; then one try is enough."""

    def get(self, path: str, sink: Sink) -> None:
        """Fill a sink from a path below the base; raises FetchError that says why it cannot be."""
        tries = 1 if self._alone else self.manners.tries
        for number in range(1, tries + 1):
            try:
                self._follow(f"{self.base.geturl()}{path}", sink)
            except BrokenExchange as problem:
                self._alone = not problem.reached
                if number == tries:
                    times = f"; tried {tries} times" if tries > 1 else ""
                    raise FetchError(f"{problem}{times}") from problem
                backoff = self.manners.backoff * 2 ** (number - 1)
                self._rest(min(backoff, self.manners.longest_backoff))
            else:
                self._alone = False
                return

    def _follow(self, url: str, sink: Sink) -> None:
        """Make one try: the request, and the redirects that stay on the host."""
        for _ in range(self.manners.redirects + 1):
            self._wait()
            headers = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Connection": "close", **sink.ask()}
            try:
                with self._exchange(url, headers) as reply:
                    onward = self._read_status(url, reply)
                    if onward is None:
                        sink.take(reply)
                        return
            finally:
                self._rest(self.manners.pause)
            url = onward
        raise FetchError(f"the server redirects more than {self.manners.redirects} times")

    def _read_status(self, url: str, reply: Reply) -> str | None:
        """Return the address that a reply sends on to, None where it is to be taken; raise for all others."""
        status = reply.status
        if status in _TAKEN:
            if reply.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
                raise FetchError("the server sends it compressed, which was not asked for")
            return None
        if status in _REDIRECTS:
            return self._check_redirect(url, reply.headers.get("Location", ""))
        if status in _AGAIN or status >= 500:
            asked = self._read_retry_after(reply)
            self._rest(asked)
            raise BrokenExchange(f"the server answers {status}" + (f" and asks to wait {asked:.0f} s" if asked else ""))
        if status in (404, 410):
            raise FetchError(f"the server has no such thing ({status})", status)
        raise FetchError(f"the server refuses it ({status})", status)

    def _check_redirect(self, url: str, location: str) -> str:
        """Return where a redirect leads, if that is on the same host."""
        here, there = self.base, None
        with contextlib.suppress(ValueError):  # an address that is none
            onward = urljoin(url, quote(location, safe=_SAFE))
            there = urlsplit(onward)
            safer = (here.scheme, _port(here), there.scheme, _port(there)) == ("http", 80, "https", 443)
            same = (here.scheme, _port(here)) == (there.scheme, _port(there))
            if location and here.hostname == there.hostname and (same or safer):
                return onward
        where = there.netloc if there and location else "nowhere"
        raise FetchError(f"the server redirects to {where}, and only {here.netloc} is asked")

    def _read_retry_after(self, reply: Reply) -> float:
        """Return the seconds that a reply asks to wait, counted from the server's own clock where it tells it."""
        now = read_date(reply.headers.get("Date", "")) or self._now()
        return read_wait(reply.headers.get("Retry-After", ""), now)

    def _rest(self, seconds: float) -> None:
        """Let the next request wait for so many seconds from now."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def _wait(self) -> None:
        """Wait until the next request may be made; raises FetchError where that is too long."""
        left = self._not_before - self._clock()
        longest = max(self.manners.longest_wait, self.manners.pause, self.manners.longest_backoff)
        if left > longest:
            raise FetchError(
                f"{self.base.netloc} asks to wait {left:.0f} s, and {longest:.0f} s is the longest wait; fetch it later"
            )
        if left > 0:
            if left >= _LONG:
                self._tell(f"waiting {left:.0f} s before asking {self.base.netloc} again")
            self._sleep(left)


def read_base(address: str) -> SplitResult:
    """Return the address that papers are fetched from, without a slash at its end; raises UsageError."""
    try:
        split = urlsplit(address.strip().rstrip("/"))
        good = split.scheme in _PORTS and bool(split.hostname) and _port(split) > 0
    except ValueError:
        good = False
    if not good or split.query or split.fragment:
        raise UsageError(f"{address} is no address to fetch from: it begins with https:// or http:// and a host")
    if split.username or split.password:
        raise UsageError("the address to fetch from must not hold a user or a password")
    return split


def read_wait(value: str, now: float) -> float:
    """Return the seconds of a `Retry-After`, which is a number or a date; 0 for anything else (RFC 9110, 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    at = read_date(value)
    return max(0.0, at - now) if at else 0.0


def read_date(value: str) -> float | None:
    """Return an HTTP date as seconds since 1970; None for anything else."""
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def _port(url: SplitResult) -> int:
    return _PORTS.get(url.scheme, 0) if url.port is None else url.port
