"""Asking picture hosts politely: one at a time, at a rate, never for long, and with no credentials.

What belongs here: sending, waiting, redirects, and the bounds of an answer. A host whose name leads
into a private network is not asked (`thingiverse.public_addresses`). What does not: where a
picture is (`addresses`) and whether it can be decoded (`pictures`).

Nothing here knows the API's token, and what a session would add by itself (a password from
``.netrc``, a cookie from an earlier answer) is left out too.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

import requests
from msgspec import Struct
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from thingistat_pipeline.thingiverse.answers import http_date
from thingistat_pipeline.thingiverse.public_addresses import Origin, PrivateAddressError
from thingistat_pipeline.thingiverse.sessions import PlainSession
from thingistat_pipeline.visual.addresses import PictureHosts
from thingistat_pipeline.visual.pictures import (
    BYTES_TO_RECOGNISE,
    PictureRefusedError,
    Reason,
    format_of,
)

MODEL_ENDINGS = (".stl", ".obj", ".3mf", ".step", ".stp", ".amf", ".ply", ".scad", ".f3d")
MOST_REDIRECTS = 3
FAILURES_IN_A_ROW = 8  # then it is the host that is down, or that has shut us out

_CHUNK = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_PASSING = frozenset({408, 420, 425, 429})
_OF_THE_PICTURE = frozenset({"gone", "model_file", "too_many_bytes", "foreign_host"})


class Patience(Struct, frozen=True):
    """How long to wait for what, in seconds, and how often to try."""

    connect: float = 5
    read: float = 10
    whole_picture: float = 20
    tries: int = 3
    first_pause: float = 1
    longest_pause: float = 60


class PictureClient:
    """A client of picture hosts, for one thread.

    Parameters
    ----------
    hosts : PictureHosts
        Who may be asked, also after a redirect.
    contact : str
        How the hosts' keepers reach whoever runs this; part of the User-Agent.
    per_second : float, optional
        Requests a second at most, retries and redirects included; any number without it.
    largest : int
        Bytes that a picture may have.
    served_at : str, optional
        Where the pictures of `hosts.loopback` are really served.
    patience : Patience
        Timeouts and retries.
    now, sleep, jitter : callable
        Seconds on a clock, waiting, and a number from 0 to 1; tests bring their own.

    Attributes
    ----------
    requests_sent : int
        Requests sent so far, retries and redirects included.
    """

    def __init__(
        self,
        hosts: PictureHosts,
        *,
        contact: str,
        largest: int,
        per_second: float | None = None,
        served_at: str | None = None,
        patience: Patience | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.requests_sent = 0
        self._hosts = hosts
        self._largest = largest
        self._between = 1 / per_second if per_second else 0.0
        self._next_at = 0.0
        self._served_at = served_at
        self._patience = patience or Patience()
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._failures: Counter[str] = Counter()
        self._session = PlainSession(
            headers_within=self._patience.whole_picture,
            connections=10,
            private_too=_origins(served_at or hosts.loopback),
        )
        self._session.auth = _NoCredentials()
        self._session.cookies = _NoCookies()
        self._session.headers.update(
            {
                "User-Agent": f"thingistat-pipeline/{version('thingistat-pipeline')} (+{contact})",
                "Accept": "image/jpeg, image/png, image/webp",
                "Accept-Encoding": "identity",
            }
        )
        if not hosts.names:
            self._session.trust_env = False  # no proxy on the way to this machine itself

    def __enter__(self) -> "PictureClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def fetch(self, address: str) -> bytes:
        """Return the bytes of a picture, which begin like one of a format that we open.

        Parameters
        ----------
        address : str
            As `PictureHosts.permitted` returned it.

        Raises
        ------
        PictureRefusedError
            When there is none; the reason says whether that is about this picture or the host.
        """
        host = urlsplit(address).netloc
        if self._failures[host] >= FAILURES_IN_A_ROW:
            raise PictureRefusedError("host_is_down")
        try:
            content = self._patiently(address, host)
        except PictureRefusedError as refused:
            self._failures[host] = (
                0 if refused.reason in _OF_THE_PICTURE else self._failures[host] + 1
            )
            raise
        self._failures[host] = 0
        return content

    def _patiently(self, address: str, host: str) -> bytes:
        for tries in range(1, self._patience.tries + 1):
            try:
                return self._follow(address)
            except _TryAgainError as trouble:
                if tries < self._patience.tries:
                    self._wait(tries, trouble.retry_after, host)
        raise PictureRefusedError("unavailable")

    def _wait(self, tries: int, retry_after: str | None, host: str) -> None:
        asked = self._asked_pause(retry_after)
        if asked is not None and asked > self._patience.longest_pause:
            self._failures[host] = FAILURES_IN_A_ROW  # it asks to be left alone for longer
            raise PictureRefusedError("unavailable")
        doubled = self._patience.first_pause * 2 ** (tries - 1) * (0.5 + self._jitter() / 2)
        self._sleep(max(asked, 0.0) if asked is not None else doubled)

    def _asked_pause(self, retry_after: str | None) -> float | None:
        if retry_after is None:
            return None
        if retry_after.strip().isdecimal():
            return float(retry_after)
        moment = http_date(retry_after)
        return None if moment is None else moment.timestamp() - self._now()

    def _follow(self, address: str) -> bytes:
        """Ask for a picture wherever it went, as long as we may ask there."""
        for _ in range(MOST_REDIRECTS + 1):
            self._take_turn()
            try:
                with self._session.get(
                    self._where(address),
                    timeout=(self._patience.connect, self._patience.read),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    if response.status_code not in _REDIRECTS:
                        return self._content(response, address)
                    target = response.headers.get("Location", "")
            except PrivateAddressError as error:
                raise PictureRefusedError("private_address") from error
            except (requests.RequestException, HTTPError, OSError) as error:
                raise _TryAgainError from error
            address = self._permitted(address, target)
        raise PictureRefusedError("lost_on_the_way")

    def _permitted(self, address: str, target: str) -> str:
        try:
            permitted = self._hosts.permitted(urljoin(address, target)) if target else ""
        except ValueError:
            permitted = None
        if not permitted:
            raise PictureRefusedError("lost_on_the_way" if target == "" else "foreign_host")
        return permitted

    def _where(self, address: str) -> str:
        loopback = self._hosts.loopback
        if loopback and self._served_at and address.startswith(f"{loopback}/"):
            return self._served_at + address.removeprefix(loopback)
        return address

    def _take_turn(self) -> None:
        """Wait until the rate allows one more request, and count it."""
        self.requests_sent += 1
        wait = self._next_at - self._now()
        if wait > 0:
            self._sleep(min(wait, self._between))
        self._next_at = self._now() + self._between

    def _content(self, response: requests.Response, address: str) -> bytes:
        status = response.status_code
        if status in _PASSING or status >= 500:
            raise _TryAgainError(response.headers.get("Retry-After"))
        if status in _GONE:
            raise PictureRefusedError("gone")
        if status != 200:
            raise PictureRefusedError("refused")
        return self._body(response, address)

    def _body(self, response: requests.Response, address: str) -> bytes:
        """Read a body that may be endless, slow or no picture at all, within bounds."""
        declared = response.headers.get("Content-Length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > self._largest):
            raise PictureRefusedError("too_many_bytes")
        deadline = time.monotonic() + self._patience.whole_picture
        body, recognised = bytearray(), False
        # read1 hands over what has arrived; iter_content would wait for a full chunk of a drip. Of
        # fewer bytes than were declared, urllib3 complains.
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > self._largest:
                raise PictureRefusedError("too_many_bytes")
            if time.monotonic() > deadline:
                raise _TryAgainError
            if not recognised and len(body) >= BYTES_TO_RECOGNISE:
                recognised = self._require_picture(bytes(body[:BYTES_TO_RECOGNISE]), address)
        if not recognised:
            raise PictureRefusedError("not_a_picture" if body else "empty")
        return bytes(body)

    def _require_picture(self, start: bytes, address: str) -> bool:
        if format_of(start) is None:
            model = urlsplit(address).path.lower().endswith(MODEL_ENDINGS)
            reason: Reason = "model_file" if model else "not_a_picture"
            raise PictureRefusedError(reason)
        return True


def _origins(address: str | None) -> frozenset[Origin]:
    """Return the one origin of this machine that may be asked, if there is one."""
    parts = urlsplit(address or "")
    return frozenset({(parts.hostname, parts.port or 80)} if parts.hostname else ())


class _TryAgainError(Exception):
    """No usable answer this time; the server may have said when to come again."""

    def __init__(self, retry_after: str | None = None) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class _NoCredentials(AuthBase):
    """Adds nothing to a request, and keeps `requests` from looking for a password in ``.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _NoCookies(RequestsCookieJar):
    """Keeps no cookie."""

    def set_cookie(self, *_: object, **__: object) -> None:
        """Forget it."""
