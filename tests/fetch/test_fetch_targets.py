"""Which URLs are fetched at all. Nothing here is resolved, and nothing is connected to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.fetch import FetchError, SourceFetcher
from tests.fetch.servers import Names, Network, answer, serving

pytestmark = pytest.mark.line("B1")

EXCEPTION = "127.0.0.1:43211"
# Every spelling of an address that some parser takes is on the allow-list where it can be: the spelling alone refuses.
ALLOWED = ("source.example", "127.0.0.1", "bücher.example", "93.184.216.34")


def refused(url: str, *, allowed: tuple[str, ...] = ALLOWED, exception: str | None = EXCEPTION) -> None:
    names, network = Names({}), Network()
    fetcher = SourceFetcher(
        allowed_hosts=allowed,
        loopback_exception=exception,
        max_bytes=10,
        time_limit_seconds=1,
        resolve=names,
        network=network,
    )
    with pytest.raises(FetchError) as caught, fetcher.open(url):
        pass
    assert (caught.value.outcome, caught.value.retryable) == ("source_refused", False)
    assert names.asked == []
    assert network.connected == []


def reached(url: str, names: Names, network: Network) -> list[bytes]:
    """Fetch a URL from a server that answers at every known address; return the requests it saw."""
    with serving(answer()) as server:
        network.routes = {address: server for addresses in names.known.values() for address in addresses}
        fetcher = SourceFetcher(
            allowed_hosts=names.known, max_bytes=100, time_limit_seconds=5, resolve=names, network=network
        )
        with fetcher.open(url) as source:
            assert b"".join(source) == b"%PDF-1.7 small"
        return server.requests


@pytest.mark.parametrize(
    "url",
    [
        "ftp://source.example/a",
        "file:///etc/passwd",
        "gopher://source.example/",
        "data:application/pdf,x",
        "//source.example/a",
        "source.example/a",
        "",
        "http://",
        "http:///a",
        "http:source.example",
    ],
)
def test_only_http_and_https_with_a_host_are_fetched(url: str) -> None:
    refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/",
        "http://sub.source.example/",
        "http://source.example.evil/",
        "http://source.examples/",
        "http://xsource.example/",
        "http://source.example./",
        "http://.source.example/",
        "http://source..example/",
        "http://source.example%2eevil/",
        "http://source%2eexample/",
        "http://source.example%00.evil/",
        "http://sоurce.example/",  # a Cyrillic letter
    ],
)
def test_a_host_that_is_not_exactly_on_the_list_is_refused(url: str) -> None:
    refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://user@source.example/",
        "http://user:password@source.example/",
        "http://@source.example/",
        "http://source.example@evil.example/",
        "http://evil.example@source.example/",
        "http://evil.example\\@source.example/",
        "http://source.example\\.evil.example/",
        "http://evil.example#@source.example/",
        "http://source.example:80@evil.example/",
        "http://source .example/",
        " http://source.example/",
        "http://source.example/\r\nHost: evil.example",
        "http://source.example/\ta",
        "ht\ntp://source.example/",
        "http://source.example\x00/",
        "http://[source.example]/",
        "http://[93.184.216.34]/",
        "http://[::1",
        "http://[::1]source.example/",
        "http://[fe80::1%25eth0]/",
        "http://source.example/" + "a" * 8192,
    ],
)
def test_a_url_that_two_parsers_read_differently_is_refused(url: str) -> None:
    refused(url)


@pytest.mark.parametrize("port", ["0", "22", "443", "8080", "43211", "65536", "99999999", "-80", "8o", "٨٠"])
def test_a_port_other_than_the_schemes_own_is_refused(port: str) -> None:
    refused(f"http://source.example:{port}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:43212/",
        "http://127.0.0.2:43211/",
        "http://127.1:43211/",
        "http://localhost:43211/",
        "http://source.example:43211/",
        "http://[::ffff:127.0.0.1]:43211/",
    ],
)
def test_the_loopback_exception_is_one_exact_host_and_port(url: str) -> None:
    refused(url)


def test_the_loopback_exception_alone_does_not_put_a_host_on_the_list() -> None:
    refused("http://127.0.0.1:43211/", allowed=("source.example",))


@pytest.mark.parametrize("exception", ["10.0.0.1:80", "source.example:80", "127.0.0.1", ":80", "127.0.0.1:x", ""])
def test_an_exception_that_is_not_a_loopback_is_an_error_at_once(exception: str) -> None:
    with pytest.raises(ValueError, match="loopback exception"):
        SourceFetcher(allowed_hosts=[], loopback_exception=exception, max_bytes=1, time_limit_seconds=1)


@pytest.mark.parametrize(
    "host", ["*.example", "https://source.example", "source.example:80", "a b", "", "0x7f.1", "a."]
)
def test_an_allowed_host_that_is_not_an_exact_name_is_an_error_at_once(host: str) -> None:
    with pytest.raises(ValueError, match="an allowed host") as caught:
        SourceFetcher(allowed_hosts=["source.example", host], max_bytes=1, time_limit_seconds=1)
    assert "source" not in str(caught.value)


@given(
    st.ip_addresses(v=4),
    st.integers(1, 4),
    st.lists(st.sampled_from(["decimal", "hex", "HEX", "octal", "padded"]), min_size=4, max_size=4),
    st.sampled_from(["", "."]),
)
def test_no_spelling_of_an_address_but_dotted_decimal_is_ever_asked_for(
    address: object, parts: int, spellings: list[str], end: str
) -> None:
    number = int(address)  # type: ignore[call-overload]
    # inet_aton takes one to four parts, the last of which holds all the bytes that are left.
    numbers = [number >> (24 - 8 * place) & 0xFF for place in range(parts - 1)] + [number % (1 << 8 * (5 - parts))]
    spelled = ".".join(_spelled(part, how) for part, how in zip(numbers, spellings, strict=False)) + end
    if spelled != str(address):
        refused(f"http://{spelled}/")


@pytest.mark.parametrize("host", ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "0x7f000001", "0x", "017700000001"])
def test_an_address_written_in_other_digits_is_refused(host: str) -> None:
    refused(f"http://{host}/", exception=None)


@pytest.mark.parametrize("url", ["http://source.example/", "http://SOURCE.Example:80/", "HTTP://source.EXAMPLE"])
def test_case_and_the_default_port_do_not_matter(url: str, names: Names, network: Network) -> None:
    (request,) = reached(url, names, network)
    assert request.startswith(b"GET / HTTP/1.1\r\nHost: source.example\r\n")


@pytest.mark.parametrize("host", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "bücher。example"])
def test_an_international_name_is_looked_up_in_its_ascii_form(host: str, network: Network) -> None:
    names = Names({"xn--bcher-kva.example": ["93.184.216.34"]})
    (request,) = reached(f"http://{host}/", names, network)
    assert b"Host: xn--bcher-kva.example\r\n" in request
    assert names.asked == ["xn--bcher-kva.example"]


def test_an_international_name_may_be_allowed_as_people_write_it(network: Network) -> None:
    fetcher = SourceFetcher(
        allowed_hosts=["Bücher.example"], max_bytes=1, time_limit_seconds=1, resolve=Names({}), network=network
    )
    with pytest.raises(FetchError, match="source_unresolvable"), fetcher.open("http://xn--bcher-kva.example/"):
        pass


def test_path_and_query_are_sent_escaped_and_the_fragment_is_not(names: Names, network: Network) -> None:
    (request,) = reached("http://source.example/a%20b/é?q=ü&r=%2F#part", names, network)
    assert request.startswith(b"GET /a%20b/%C3%A9?q=%C3%BC&r=%2F HTTP/1.1\r\n")


def test_a_public_address_on_the_list_needs_no_look_up(network: Network) -> None:
    names = Names({"93.184.216.34": ["93.184.216.34"]})
    reached("http://93.184.216.34/", names, network)
    assert names.asked == []


def _spelled(number: int, how: str) -> str:
    return {
        "decimal": str(number),
        "hex": hex(number),
        "HEX": f"0X{number:X}",
        "octal": f"0{number:o}",
        "padded": f"{number:012d}",
    }[how]
