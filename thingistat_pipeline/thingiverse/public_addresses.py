"""Which addresses lie in the public internet, and connections that go nowhere else.

A name that is allowed may lead anywhere: its owner, or whoever answers for the name service, can
let it lead to a machine behind our own firewall. So the name is resolved once, every address is
looked at, and it is these addresses that are connected to: a second answer of the name service,
a moment later, is never asked for.
"""

import ipaddress
import socket
from typing import Any

from urllib3.exceptions import HTTPError, NameResolutionError

Origin = tuple[str, int]
"""A host as an address names it, and a port."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PrivateAddressError(Exception):
    """A name leads into a private network, or to this machine itself."""


def is_public(address: str) -> bool:
    """Return whether an IP address lies in the public internet.

    IPv4 addresses within IPv6 ones (mapped, compatible, 6to4, NAT64) count as what they lead to.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.is_site_local:
            return False
        parsed = _inner(parsed) or parsed
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that one of IPv6 stands for, if it does."""
    within = address.ipv4_mapped or address.sixtofour
    if within is None and (address in _NAT64 or int(address) >> 32 == 0):
        within = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return within


class PublicOnly:
    """A connection of urllib3's that is made to public addresses alone, and to `private_too`."""

    private_too: frozenset[Origin]
    host: str
    port: int
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        if (self.host, self.port) in self.private_too:
            return self._connected()
        name, trouble = self._dns_host, None
        try:
            for address in self._resolved(name):
                self._dns_host = address
                try:
                    return self._connected()
                except HTTPError as error:  # the next one may answer
                    trouble = error
        finally:
            self._dns_host = name  # which the certificate has to be made out to
        raise trouble or PrivateAddressError(f"{name} leads nowhere")

    def _connected(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # of the mixed-in class
        return made

    def _resolved(self, name: str) -> list[str]:
        try:
            found: list[Any] = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            wrong = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            # mixed into a connection, which it asks for
            raise NameResolutionError(name, self, wrong) from error  # type: ignore[arg-type]
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if private := [address for address in addresses if not is_public(address)]:
            raise PrivateAddressError(f"{name} leads to {private[0]}")
        return addresses
