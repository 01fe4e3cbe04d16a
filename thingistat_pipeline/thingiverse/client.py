"""Asking the API politely: one request at a time, within the limit, and never with the token loose.

What belongs here: sending, waiting, retrying, paging, and the errors that end a night. What does
not: what an answer means (`errors`, `payloads`) and what is done with it (`sampling`).

The token goes into the Authorization header of requests to the API's own address and nowhere else:
redirects are not followed, links to other pages only lend their query, and the errors raised here
are made fresh, without the failed request that `requests` would attach to them.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import requests
from msgspec import Struct
from pydantic import SecretStr
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from requests.utils import parse_header_links
from urllib3.exceptions import HTTPError

from thingistat_pipeline.thingiverse.answers import UnknownShape, http_date, iso_z
from thingistat_pipeline.thingiverse.budget import RequestBudget
from thingistat_pipeline.thingiverse.errors import (
    Blocked,
    Judgement,
    Refused,
    TokenRejected,
    Unavailable,
    Verdict,
    is_retryable,
    judge,
)
from thingistat_pipeline.thingiverse.payloads import decode_hits, decode_likers
from thingistat_pipeline.thingiverse.sessions import PlainSession

LARGEST_ANSWER = 32 << 20
LARGEST_ID = 10**9  # the site has given out less than a hundredth of that
_CHUNK = 1 << 16
_SHORTEST_TOKEN = 8  # a shorter one keeps no secret, and would be found in every word
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


T = TypeVar("T", str, bytes)


class Patience(Struct, frozen=True):
    """How long to wait for what, in seconds, and how often to try."""

    connect: float = 10
    read: float = 30
    whole_answer: float = 120
    tries: int = 5
    tries_when_limited: int = 8
    first_pause: float = 1
    first_pause_when_limited: float = 15
    longest_pause: float = 300


class Answer(NamedTuple):
    """A decided answer: what it means, when the server gave it, and its JSON value."""

    verdict: Verdict
    status: int
    reason: str | None
    observed_at: str
    tree: Any
    headers: "CaseInsensitiveDict[str]"


class LikesPage(NamedTuple):
    """The user ids on a page of likes, and the query of the page that follows, if any."""

    user_ids: list[int]
    following: dict[str, str] | None
    observed_at: str


class BearerToken(AuthBase):
    """Puts the token into the header; shows it to nobody."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a request about to be sent."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


class ThingiverseClient:
    """A client of the API, for one thread.

    Parameters
    ----------
    api_url : str
        Base address, for instance ``https://api.thingiverse.com``.
    token : SecretStr
        Bearer token.
    budget : RequestBudget
        Asked before every single request, retries included.
    contact : str
        How the site's keepers reach whoever runs this; part of the User-Agent.
    patience : Patience
        Timeouts and retries.
    now, sleep, jitter : callable
        Seconds since the epoch, waiting, and a number from 0 to 1; tests bring their own.

    Attributes
    ----------
    requests_sent : int
        Requests sent so far, retries included.
    """

    def __init__(
        self,
        api_url: str,
        token: SecretStr,
        *,
        budget: RequestBudget,
        contact: str,
        patience: Patience | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.requests_sent = 0
        self._url = api_url.rstrip("/")
        self._budget = budget
        self._patience = patience or Patience()
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._session = PlainSession(headers_within=self._patience.whole_answer)
        self._session.auth = BearerToken(token)
        self._token = token
        self._session.headers.update(
            {
                "User-Agent": f"thingistat-pipeline/{version('thingistat-pipeline')} (+{contact})",
                "Accept": "application/json",
            }
        )
        if urlsplit(self._url).hostname in _LOOPBACK:
            self._session.trust_env = False  # no proxy on the way to this machine itself

    def __repr__(self) -> str:
        return f"ThingiverseClient({self._url!r})"

    def __enter__(self) -> "ThingiverseClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the budget."""
        self._session.close()
        self._budget.close()

    def newest(self) -> tuple[int, str]:
        """Return the newest thing's id and the server's time of saying so.

        Raises
        ------
        Unavailable
            When the search answers with anything else than a thing, or with an impossible id.
        TokenRejected, Blocked
            See `get`.
        """
        answer = self.get("/search/", {"type": "things", "per_page": "1", "sort": "newest"})
        if answer.verdict is Verdict.REFUSED:
            raise Blocked(self._blocked(answer.reason))
        try:
            hits = decode_hits(answer.tree) if answer.verdict is Verdict.OK else []
        except UnknownShape:
            hits = []
        if not hits:
            raise Unavailable(
                f"{self._url}/search/ did not name the newest thing "
                f"({answer.reason or 'an answer of another shape'}). Nothing was changed; try "
                "again later, and check THINGISTAT_API_URL if it stays so."
            )
        newest_id = max(hit.id for hit in hits)
        if newest_id > LARGEST_ID:
            raise Unavailable(
                f"{self._url}/search/ says that the newest thing is number {newest_id}, where the "
                f"site has some millions (more than {LARGEST_ID} is not believed). Nothing was "
                "changed; try again later, and check THINGISTAT_API_URL if it stays so."
            )
        return newest_id, answer.observed_at

    def newest_id(self) -> int:
        """Return the newest thing's id."""
        return self.newest()[0]

    def thing(self, thing_id: int) -> Answer:
        """Ask for a thing; its absence is an answer too, what is no JSON object is none."""
        return self.get(f"/things/{thing_id}", shape=dict)

    def categories(self, thing_id: int) -> Answer:
        """Ask for the categories of a thing."""
        return self.get(f"/things/{thing_id}/categories")

    def files(self, thing_id: int) -> Answer:
        """Ask for the files of a thing."""
        return self.get(f"/things/{thing_id}/files")

    def images(self, thing_id: int) -> Answer:
        """Ask for the images of a thing."""
        return self.get(f"/things/{thing_id}/images")

    def likes_page(self, thing_id: int, query: dict[str, str] | None = None) -> LikesPage:
        """Ask for one page of the users who like a thing.

        Parameters
        ----------
        thing_id : int
        query : dict, optional
            What the page before named as its following one; the first page without it.

        Raises
        ------
        Unavailable
            When there is no list; half of them would pass for all. `Refused` when it is refused.
        UnknownShape
            When it is no list of users.
        """
        answer = self.get(f"/things/{thing_id}/likes", query)
        if answer.verdict is not Verdict.OK:
            kind = Refused if answer.verdict is Verdict.REFUSED else Unavailable
            raise kind(f"The likes of thing {thing_id}: {answer.reason}")
        following = next_page(answer.headers.get("Link"))
        return LikesPage(decode_likers(answer.tree), following, answer.observed_at)

    def get(self, path: str, query: dict[str, str] | None = None, shape: type = object) -> Answer:
        """Ask for one resource, patiently.

        Parameters
        ----------
        path : str
            Below the base address, with a leading slash.
        query : dict, optional
            Query parameters; never the token.
        shape : type
            What the JSON value of a success has to be; anything else says nothing, and is asked
            for again.

        Returns
        -------
        Answer
            With a verdict that speaks of this resource: ok, gone, private, moderated or refused.

        Raises
        ------
        TokenRejected
            When the token is not accepted.
        Blocked
            When the API shuts the client out.
        Unavailable
            When there is no usable answer after all retries.
        """
        pauses = {Verdict.TRANSIENT: 0, Verdict.RATE_LIMITED: 0}
        while True:
            self._budget.take()
            self.requests_sent += 1
            judgement, status, headers = self._exchange(path, query)
            verdict, reason, tree = judgement
            if verdict is Verdict.OK and not isinstance(tree, shape):
                verdict, reason = Verdict.TRANSIENT, f"a JSON value of type {type(tree).__name__}"
            if verdict is Verdict.TOKEN_REJECTED:
                raise TokenRejected(
                    f"{self._url} does not accept the token ({reason}). It is wrong or was "
                    "revoked. Nothing was recorded about the thing asked for. Make a new token at "
                    "https://www.thingiverse.com/apps, set THINGISTAT_TOKEN and run again: the "
                    "night goes on where it stopped."
                )
            if verdict is Verdict.BLOCKED:
                raise Blocked(self._blocked(reason))
            if not is_retryable(verdict):
                return Answer(verdict, status, reason, self._observed_at(headers), tree, headers)
            pauses[verdict] += 1
            limited = verdict is Verdict.RATE_LIMITED
            if pauses[verdict] >= (
                self._patience.tries_when_limited if limited else self._patience.tries
            ):
                raise Unavailable(f"{self._url}{path}: {reason}, after {pauses[verdict]} tries")
            self._sleep(self._pause(pauses[verdict], limited, headers.get("Retry-After")))

    def _blocked(self, reason: str | None) -> str:
        return (
            f"{self._url} has shut this client out ({reason}). Wait some hours before running "
            "again, with a smaller THINGISTAT_REQUESTS_PER_5_MINUTES; the night then goes on where "
            "it stopped."
        )

    def _exchange(
        self, path: str, query: dict[str, str] | None
    ) -> tuple[Judgement, int, "CaseInsensitiveDict[str]"]:
        """Send one request and decide what came back; a failure to speak is transient."""
        none: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        try:
            with self._session.get(
                self._url + path,
                params=query,
                timeout=(self._patience.connect, self._patience.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.is_redirect:
                    # Followed, it might lead the token astray; and its page says nothing.
                    trouble = f"a redirect (status {response.status_code})"
                    return Judgement(Verdict.TRANSIENT, trouble), response.status_code, none
                body = self._redacted(self._body(response))
                kind = response.headers.get("Content-Type", "")
                headers = CaseInsensitiveDict(
                    {name: self._redacted(text) for name, text in response.headers.items()}
                )
                return judge(response.status_code, kind, body), response.status_code, headers
        except _TooMuchError as error:
            trouble = str(error)
        except (requests.RequestException, HTTPError, OSError) as error:
            # Only the kind of trouble is kept: the error itself carries the request with its token.
            trouble = type(error).__name__
        return Judgement(Verdict.TRANSIENT, trouble), 0, none

    def _redacted(self, said: T) -> T:
        """Return what the server said without our token, should it have repeated it."""
        token = self._token.get_secret_value()
        if len(token) < _SHORTEST_TOKEN:
            return said
        for form in {token, token.replace("/", r"\/"), quote(token, safe="")}:
            if isinstance(said, bytes):
                said = said.replace(form.encode(), b"[token]")
            else:
                said = said.replace(form, "[token]")
        return said

    def _body(self, response: requests.Response) -> bytes:
        """Read a body that may be endless, slow or packed to burst, within bounds."""
        deadline = time.monotonic() + self._patience.whole_answer
        body = bytearray()
        # read1 hands over what has arrived; iter_content would wait for a full chunk of a drip.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise _TooMuchError(f"an answer of more than {LARGEST_ANSWER >> 20} MiB")
            if time.monotonic() > deadline:
                raise _TooMuchError(f"an answer that took over {self._patience.whole_answer:g} s")
        return bytes(body)

    def _observed_at(self, headers: "CaseInsensitiveDict[str]") -> str:
        """Return the server's time, or ours when the server's is missing or lies in the future."""
        ours = datetime.fromtimestamp(self._now(), UTC)
        theirs = http_date(headers.get("Date"))
        return iso_z(ours if theirs is None or theirs > ours + timedelta(days=1) else theirs)

    def _pause(self, tries: int, limited: bool, retry_after: str | None) -> float:
        """Return the seconds to wait: what the server asks for, or doubling with jitter, capped."""
        patience = self._patience
        asked = self._asked_pause(retry_after)
        if asked is not None:
            return min(max(asked, 0.0), patience.longest_pause)
        first = patience.first_pause_when_limited if limited else patience.first_pause
        doubled = first * 2 ** (tries - 1) * (0.5 + self._jitter() / 2)
        return float(min(doubled, patience.longest_pause))

    def _asked_pause(self, retry_after: str | None) -> float | None:
        if retry_after is None:
            return None
        if retry_after.strip().isdecimal():
            return float(retry_after)
        moment = http_date(retry_after)
        return None if moment is None else moment.timestamp() - self._now()


class _TooMuchError(Exception):
    """An answer beyond what an honest server sends."""


def next_page(link: str | None) -> dict[str, str] | None:
    """Return the query of the next page from a Link header, or ``None`` when there is none.

    Only the query is taken: whatever host the header names, the next request goes to ours.
    """
    for each in parse_header_links(link or ""):
        if each.get("rel") == "next":
            return dict(parse_qsl(each["url"].partition("?")[2].partition("#")[0]))
    return None
