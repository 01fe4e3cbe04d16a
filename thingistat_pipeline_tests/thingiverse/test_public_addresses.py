"""A host's name leads into the public internet, or nobody is asked."""

import socket
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from thingistat_pipeline.thingiverse.public_addresses import PrivateAddressError, is_public
from thingistat_pipeline.thingiverse.sessions import PlainSession
from thingistat_pipeline_tests.thingiverse.fake_api import FakeApi, ok, served

PUBLIC = ["104.18.20.30", "8.8.8.8", "2606:4700::6812:141e", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",  # where clouds keep their secrets
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
    "127.1",
]

Names = Callable[..., None]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_other_address_is_public_however_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a connection was tried; nobody answers at any of them."""
    addresses: list[str] = []

    def refuse(_: socket.socket, address: tuple[Any, ...]) -> None:
        addresses.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return addresses


@pytest.fixture
def leads(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Makes every name lead to addresses: one list for each time that it is asked for."""
    really = socket.getaddrinfo

    def answer(*times: list[str]) -> None:
        lists: Iterator[list[str]] = chain(times, repeat(times[-1]))

        def getaddrinfo(host: str, port: int, *rest: Any, **named: Any) -> Any:
            if host[0].isdigit() or ":" in host:
                return really(host, port, *rest, **named)
            return [each for ip in next(lists) for each in really(ip, port, *rest, **named)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return answer


def ask(address: str = "https://cdn.thingiverse.com/a.jpg") -> None:
    with PlainSession(headers_within=1, private_too=frozenset()) as session:
        session.trust_env = False
        session.get(address, timeout=1)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_a_name_that_leads_into_a_private_network_is_not_asked(
    leads: Names, tried: list[str], scheme: str, address: str
) -> None:
    leads([address])
    with pytest.raises(PrivateAddressError, match=r"cdn\.thingiverse\.com leads to"):
        ask(f"{scheme}://cdn.thingiverse.com/a.jpg")
    assert tried == []


def test_one_private_address_among_public_ones_is_enough(leads: Names, tried: list[str]) -> None:
    leads(["8.8.8.8", "10.0.0.1"])
    with pytest.raises(PrivateAddressError):
        ask()
    assert tried == []


def test_an_address_in_place_of_a_name_is_looked_at_too(tried: list[str]) -> None:
    with pytest.raises(PrivateAddressError):
        ask("http://127.0.0.1:80/")
    with pytest.raises(PrivateAddressError):
        ask("http://[::ffff:127.0.0.1]/")
    assert tried == []


def test_the_addresses_that_were_looked_at_are_the_ones_connected_to(
    leads: Names, tried: list[str]
) -> None:
    leads(["8.8.8.8", "9.9.9.9"], ["127.0.0.1"])  # a second answer would lead astray
    with pytest.raises(OSError, match="Failed to establish"):
        ask()
    assert tried == ["8.8.8.8", "9.9.9.9"]
    with pytest.raises(PrivateAddressError):
        ask()
    assert tried == ["8.8.8.8", "9.9.9.9"]


def test_a_name_that_leads_nowhere_is_trouble_of_the_network(
    monkeypatch: pytest.MonkeyPatch, tried: list[str]
) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(OSError, match="cdn"):
        ask()
    assert tried == []


def test_the_one_origin_of_this_machine_that_is_named_may_be_asked() -> None:
    with served(FakeApi()) as here, served(FakeApi()) as there:
        here.answer("/", ok({}))
        port = int(here.url.rpartition(":")[2])
        with PlainSession(
            headers_within=5, private_too=frozenset({("127.0.0.1", port)})
        ) as session:
            session.trust_env = False
            assert session.get(f"{here.url}/", timeout=5).status_code == 200
            with pytest.raises(PrivateAddressError):
                session.get(f"{there.url}/", timeout=5)
        assert (here.asked, there.asked) == (["/"], [])
