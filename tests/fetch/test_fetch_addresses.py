"""Which machines are connected to: those on the public internet, and only through the address that was checked."""

import ipaddress
import socket
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handoff.fetch import FetchError, SourceFetcher, system_resolve
from tests.fetch.conftest import Authority
from tests.fetch.servers import PUBLIC, PUBLIC_V6, Names, Network, answer, serving

pytestmark = pytest.mark.line("B1")

PRIVATE = "10.0.0.1"
# Each kind by its first and last address where it has them. IPv6 forms that hold an IPv4 address hold a public one:
# the form is what refuses.
NOT_PUBLIC = {
    "this network": ("0.0.0.0", "0.255.255.255"),
    "private": ("10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"),
    "carrier-grade NAT": ("100.64.0.0", "100.100.100.200", "100.127.255.255"),
    "loopback": ("127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"),
    "link-local": ("169.254.0.0", "169.254.255.255", "fe80::", "fe80::1%2", "febf::ffff"),
    "metadata": ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "168.63.129.16", "192.0.0.192"),
    "protocol assignments": ("192.0.0.0", "192.0.0.255"),
    "documentation": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),
    "benchmarks": ("198.18.0.0", "198.19.255.255", "2001:2::1"),
    "multicast": ("224.0.0.0", "239.255.255.255", "ff02::1", "ff0e::1"),
    "reserved": ("240.0.0.0", "255.255.255.254", "4000::1", "5f00::1", "fec0::1"),
    "broadcast": ("255.255.255.255",),
    "unspecified": ("::",),
    "unique local": ("fc00::", "fdff:ffff::1"),
    "v4-mapped": ("::ffff:93.184.216.34", "::ffff:127.0.0.1", "::ffff:0:7f00:1"),
    "v4-compatible": ("::93.184.216.34", "::127.0.0.1"),
    "NAT64": ("64:ff9b::93.184.216.34", "64:ff9b::a9fe:a9fe", "64:ff9b:1::93.184.216.34"),
    "6to4": ("2002:5db8:d822::1", "2002:a9fe:a9fe::"),
    "6to4 relay": ("192.88.99.1",),
    "Teredo": ("2001:0:5db8:d822::1",),
    "discard": ("100::1",),
    "not an address": ("", "localhost", "127.0.0.1.", "0177.0.0.1", "2130706433"),
}


def outcome_of(addresses: list[str], network: Network, url: str = "http://source.example/") -> FetchError:
    fetcher = SourceFetcher(
        allowed_hosts=["source.example", *_literal(url)],
        max_bytes=100,
        time_limit_seconds=5,
        resolve=Names({"source.example": addresses}),
        network=network,
    )
    with pytest.raises(FetchError) as caught, fetcher.open(url):
        pass
    return caught.value


@pytest.mark.parametrize("address", [address for kind in NOT_PUBLIC.values() for address in kind])
def test_a_name_that_leads_to_no_public_address_is_refused_before_any_connection(
    address: str, network: Network
) -> None:
    assert outcome_of([address], network).outcome == "source_refused"
    assert network.connected == []


@pytest.mark.parametrize("addresses", [[PUBLIC, PRIVATE], [PRIVATE, PUBLIC], [PUBLIC, PUBLIC_V6, "::1"]])
def test_one_bad_address_among_good_ones_refuses_them_all(addresses: list[str], network: Network) -> None:
    assert outcome_of(addresses, network).outcome == "source_refused"
    assert network.connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:5db8:d822]", "[fd00:ec2::254]"])
def test_an_address_in_the_url_is_checked_though_it_is_on_the_list(host: str, network: Network) -> None:
    assert outcome_of([], network, f"http://{host}/").outcome == "source_refused"
    assert network.connected == []


@given(st.ip_addresses())
@example(ipaddress.ip_address("2001:1::1"))
def test_what_python_does_not_call_global_is_never_connected_to(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    network = Network()
    outcome = outcome_of([str(address)], network).outcome
    # The oracle is only half of one: it calls multicast global, and what wraps an IPv4 address.
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert outcome == "source_refused"
    assert network.connected == ([] if outcome == "source_refused" else [(str(address), 80)])


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_V6, "8.8.8.8", "1.1.1.1", "2a00:1450:4001:80e::200e"])
def test_public_addresses_may_be_connected_to(address: str, network: Network) -> None:
    assert outcome_of([address], network).outcome == "source_unreachable"
    assert network.connected == [(address, 80)]


def test_the_name_is_looked_up_once_and_the_connection_goes_to_the_address_that_was_checked(network: Network) -> None:
    answers = [[PUBLIC], [PRIVATE]]  # a name that changes its mind

    def rebinding(host: str, port: int) -> list[str]:
        return answers.pop(0)

    with serving(answer()) as server:
        network.routes = {PUBLIC: server, PRIVATE: server, "source.example": server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"], max_bytes=100, time_limit_seconds=5, resolve=rebinding, network=network
        )
        with fetcher.open("http://source.example/") as source:
            assert b"".join(source) == b"%PDF-1.7 small"
    assert network.connected == [(PUBLIC, 80)]
    assert answers == [[PRIVATE]]


def test_when_an_address_does_not_answer_the_next_is_tried(names: Names, network: Network) -> None:
    names.known["source.example"] = [PUBLIC_V6, PUBLIC]
    with serving(answer()) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"], max_bytes=100, time_limit_seconds=5, resolve=names, network=network
        )
        with fetcher.open("http://source.example/"):
            pass
    assert network.connected == [(PUBLIC_V6, 80), (PUBLIC, 80)]


def test_tls_speaks_of_the_name_while_the_connection_goes_to_the_address(
    authority: Authority, names: Names, network: Network
) -> None:
    seen: list[str | None] = []
    with serving(answer(), tls=authority.server("source.example", seen)) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"],
            max_bytes=100,
            time_limit_seconds=5,
            resolve=names,
            network=network,
            tls=authority.client(),
        )
        with fetcher.open("https://source.example/a") as source:
            assert b"".join(source) == b"%PDF-1.7 small"
    assert seen == ["source.example"]
    assert network.connected == [(PUBLIC, 443)]
    assert server.requests[0].startswith(b"GET /a HTTP/1.1\r\nHost: source.example\r\n")


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_of_another_name_or_authority_is_unreachable(
    authority: Authority, names: Names, network: Network, trusted: bool
) -> None:
    certified, url = "elsewhere.example" if trusted else "source.example", "https://source.example/"
    with serving(answer(), tls=authority.server(certified, [])) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"],
            max_bytes=100,
            time_limit_seconds=5,
            resolve=names,
            network=network,
            tls=authority.client() if trusted else None,
        )
        with pytest.raises(FetchError) as caught, fetcher.open(url):
            pass
    assert caught.value.outcome == "source_unreachable"
    assert server.requests == []
    # OpenSSL's own message names both.
    assert ".example" not in "".join(traceback.format_exception(caught.value))


def test_the_loopback_exception_reaches_this_machine_through_the_systems_own_network() -> None:
    with serving(answer()) as server:
        fetcher = SourceFetcher(
            allowed_hosts=["127.0.0.1"], loopback_exception=server.authority, max_bytes=100, time_limit_seconds=5
        )
        with fetcher.open(f"http://{server.authority}/x.pdf") as source:
            assert (source.content_type, source.content_length) == ("application/pdf", 14)
            assert b"".join(source) == b"%PDF-1.7 small"


def test_a_name_excepted_as_loopback_may_lead_nowhere_else(network: Network) -> None:
    fetcher = SourceFetcher(
        allowed_hosts=["localhost"],
        loopback_exception="localhost:8080",
        max_bytes=100,
        time_limit_seconds=5,
        resolve=Names({"localhost": ["127.0.0.1", PRIVATE]}),
        network=network,
    )
    with pytest.raises(FetchError, match="source_refused"), fetcher.open("http://localhost:8080/"):
        pass
    assert network.connected == []


def test_the_systems_resolver_gives_each_address_once() -> None:
    assert system_resolve("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(socket.gaierror):
        system_resolve("name.invalid", 80)


def _literal(url: str) -> list[str]:
    host = url.removeprefix("http://").removesuffix("/")
    return [] if host == "source.example" else [host]
