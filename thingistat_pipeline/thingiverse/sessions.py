"""Connections that cannot be led astray or held for ever.

`requests` reads the body of a redirect, however long it is, even when it is told not to follow; and
its timeouts count from byte to byte, so that a server that drips its headers is waited for without
end. Both are mended here, for whoever asks anything of a stranger's server. Where the address
itself is a stranger's, connections can be kept to the public internet.
"""

import socket
import threading
from contextlib import suppress
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from thingistat_pipeline.thingiverse.public_addresses import Origin, PublicOnly


class PlainSession(requests.Session):
    """A session that leaves redirects to its owner and gives headers a bounded time.

    Parameters
    ----------
    headers_within : float
        Seconds from sending a request to the end of the answer's headers.
    connections : int
        Connections kept open to each host.
    private_too : frozenset of (str, int), optional
        Hosts and ports whose addresses may be private, while all others may not; with none given,
        any may. What a proxy connects to is the proxy's business.
    """

    def __init__(
        self,
        *,
        headers_within: float,
        connections: int = 1,
        private_too: frozenset[Origin] | None = None,
    ) -> None:
        super().__init__()
        adapter = _Adapter(pool_connections=connections, pool_maxsize=connections)
        adapter.watch_over(headers_within, private_too)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return none, whatever the answer says: its body is not read then."""


class _Adapter(HTTPAdapter):
    def watch_over(self, seconds: float, private_too: frozenset[Origin] | None) -> None:
        """Give the headers of every answer so many seconds, and keep to public addresses."""

        class Http(_Hurried, HTTPConnection):
            headers_within = seconds

        class Https(_Hurried, HTTPSConnection):
            headers_within = seconds

        kinds: tuple[type[HTTPConnection], type[HTTPSConnection]] = (Http, Https)
        if private_too is not None:
            kinds = _public(Http, private_too), _public(Https, private_too)

        class HttpPool(HTTPConnectionPool):
            ConnectionCls = kinds[0]

        class HttpsPool(HTTPSConnectionPool):
            ConnectionCls = kinds[1]

        self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}


C = TypeVar("C", bound=HTTPConnection)


def _public(kind: type[C], private_too: frozenset[Origin]) -> type[C]:
    return type(kind.__name__, (PublicOnly, kind), {"private_too": private_too})


class _Hurried:
    """A connection that is shut when the headers are not there in time."""

    headers_within: float
    sock: Any

    def getresponse(self) -> Any:  # noqa: ANN401 - as urllib3 has it
        """Return the answer with its headers read."""
        watch = threading.Timer(self.headers_within, _shut, (self.sock,))
        watch.daemon = True
        watch.start()
        try:
            return super().getresponse()  # type: ignore[misc]  # of the mixed-in class
        finally:
            watch.cancel()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError, AttributeError):  # it may have been closed meanwhile
        connection.shutdown(socket.SHUT_RDWR)
