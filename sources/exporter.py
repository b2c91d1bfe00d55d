"""Prometheus targets -> one record per scrape: how many values changed, or why there are none."""

import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3

from causeline.core.errors import CauselineError, ConfigError, DecodeError
from causeline.core.observations import DeadLetter, ScrapeSeen
from causeline.core.ports import Clock
from causeline.core.redact import redact
from causeline.sources.connect import CHUNK_BYTES, TRANSPORT_ERRORS, what_happened
from causeline.sources.exposition import parse_exposition
from causeline.sources.inbox import Closed
from causeline.sources.samples import golden_series, golden_values

BODY_BYTES_MAX: Final = 64 * 1024 * 1024
CONCURRENT_SCRAPES: Final = 8
ACCEPT: Final = "text/plain;version=0.0.4"


@dataclass(frozen=True)
class Target:
    """What is scraped and how; seconds. The token is read anew for each scrape, for tokens rotate."""

    name: str
    url: str = field(repr=False)  # may hold credentials
    bearer_token_file: Path | None = None
    ca_file: Path | None = None
    connect_seconds: float = 2.0
    read_seconds: float = 10.0


@dataclass(frozen=True)
class Scrape:
    """One scrape with its values, as the recorder writes it; series and values are text."""

    seen: ScrapeSeen
    changed: dict[str, str]
    gone: list[str]
    """Series of the scrape before that ended."""
    is_full: bool
    """The first good scrape of a target: `changed` holds everything."""


class ScrapeError(CauselineError):
    """A scrape failed; the text says why and holds no credentials."""


class _Scraper:
    """One target with the values of its last good scrape."""

    def __init__(self, target: Target, body_bytes_max: int) -> None:
        self.target = target
        self._body_bytes_max = body_bytes_max
        self._values: dict[str, str] | None = None
        self._url, userinfo = _url(target)
        self._basic = dict(urllib3.make_headers(basic_auth=userinfo)) if userinfo else {}
        self._pool = urllib3.PoolManager(ssl_context=_tls(target), maxsize=1)

    def values(self) -> tuple[dict[str, str], list[str], bool]:
        """Scrape; return (changed, gone, full). Raises ScrapeError or DecodeError; the last values then stay."""
        now = parse_exposition(self._text())
        before, self._values = self._values, now
        if before is None:
            return now, [], True
        changed = {series: value for series, value in now.items() if before.get(series) != value}
        return changed, [series for series in before if series not in now], False

    def close(self) -> None:
        """Give the connection back."""
        for key in self._pool.pools.keys():  # noqa: SIM118 - it can't be iterated, for other threads use it
            self._pool.pools[key].close()
        self._pool.clear()

    def _text(self) -> str:
        try:
            answer = self._pool.request(
                "GET",
                self._url,
                headers={"Accept": ACCEPT, **self._basic, **self._bearer()},
                timeout=urllib3.Timeout(connect=self.target.connect_seconds, read=self.target.read_seconds),
                preload_content=False,
                retries=False,
            )
            try:
                return self._body(answer).decode("utf-8", "replace")
            finally:
                answer.close()
        except TRANSPORT_ERRORS as error:
            raise ScrapeError(what_happened(error)) from error

    def _body(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        if answer.status != HTTPStatus.OK:
            raise ScrapeError(f"answered {answer.status}")
        body = bytearray()
        for chunk in answer.stream(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._body_bytes_max:
                raise ScrapeError(f"body of more than {self._body_bytes_max} bytes")
        return bytes(body)

    def _bearer(self) -> dict[str, str]:
        path = self.target.bearer_token_file
        if path is None:
            return {}
        try:
            return {"Authorization": f"Bearer {path.read_text().strip()}"}
        except (OSError, UnicodeDecodeError) as error:
            raise ScrapeError(f"the token file {path} can't be read") from error


class Exporter:
    """Scrapes static targets, each once an interval, a few at a time; each scrape gives one ScrapeSeen to `emit`.

    A target that is slower than the interval is left out until it is done. `on_scrape` gets the values too.
    Raises ConfigError for two targets of one name, an unusable URL or an unreadable CA.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        emit: Callable[[ScrapeSeen | DeadLetter], None],
        clock: Clock,
        interval_seconds: float = 15.0,
        on_scrape: Callable[[Scrape], None] = lambda _: None,
        body_bytes_max: int = BODY_BYTES_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        names = [target.name for target in targets]
        if len(set(names)) != len(names):
            raise ConfigError("targets: two have the same name")
        self.vanished_series = 0
        """Series that were in a target's scrape and not in its next, since the start."""
        self._emit = emit
        self._clock = clock
        self._interval = interval_seconds
        self._on_scrape = on_scrape
        self._monotonic = monotonic
        self._scrapers = [_Scraper(target, body_bytes_max) for target in targets]
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(CONCURRENT_SCRAPES, thread_name_prefix="scrape")
        self._thread = threading.Thread(target=self._run, name="exporter", daemon=True)

    def start(self) -> None:
        """Start scraping; once."""
        self._thread.start()

    def stop(self) -> None:
        """End; scrapes that are under way are waited for, at most their time-outs."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for scraper in self._scrapers:
            scraper.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = self._monotonic()
            for scraper in self._scrapers:
                self._begin(scraper)
            self._stopping.wait(max(0.0, self._interval - (self._monotonic() - started)))

    def _begin(self, scraper: _Scraper) -> None:
        with self._lock:
            if scraper.target.name in self._busy:
                return
            self._busy.add(scraper.target.name)
        self._pool.submit(self._scrape, scraper).add_done_callback(_surface)

    def _scrape(self, scraper: _Scraper) -> None:
        try:
            self._scrape_now(scraper)
        except Closed:
            self._stopping.set()
        finally:
            with self._lock:
                self._busy.discard(scraper.target.name)

    def _scrape_now(self, scraper: _Scraper) -> None:
        name = scraper.target.name
        started = self._monotonic()
        changed: dict[str, str] = {}
        gone: list[str] = []
        is_full = False
        error = None
        try:
            changed, gone, is_full = scraper.values()
        except DecodeError as fault:
            error = redact(str(fault))
            self._emit(_dead(name, error, self._clock.now()))
        except ScrapeError as fault:
            error = redact(str(fault))
        except ValueError as fault:  # an answer that leads nowhere, such as a redirect to no address
            error = redact(f"not an answer of a target: {fault}")
        took = self._monotonic() - started
        values = golden_values(changed) or None
        seen = ScrapeSeen(
            self._clock.now(),
            name,
            took,
            len(changed),
            error,
            values,
            golden_series(gone),
            is_full and values is not None,
        )
        with self._lock:
            self.vanished_series += len(gone)
            self._on_scrape(Scrape(seen, changed, gone, is_full))
        self._emit(seen)


def _surface(scrape: "Future[None]") -> None:
    """A fault of ours in a scrape reaches the log: the executor logs what a callback raises."""
    if not scrape.cancelled():
        scrape.result()


def _url(target: Target) -> tuple[str, str]:
    """Return the target's URL without user information, and the user information."""
    try:
        parts = urlsplit(target.url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigError(f"target {target.name}: its URL is no http:// or https:// address")
    userinfo, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=place)), unquote(userinfo)


def _tls(target: Target) -> ssl.SSLContext | None:
    if target.ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(target.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"target {target.name}: the CA file {target.ca_file} can't be read") from error


def _dead(name: str, reason: str, at: float) -> DeadLetter:
    line = int(reason.split(":", 1)[0].removeprefix("line "))
    key = hashlib.sha256(f"scrape\0{name}\0{reason}".encode()).hexdigest()[:16]
    return DeadLetter(key, at, f"scrape {name}", line, reason, reason.partition("format: ")[2])
