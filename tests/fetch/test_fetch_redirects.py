"""Redirects: three at most, each hop held to the same rules."""

from collections.abc import Callable

import pytest

from handoff.fetch import FetchError, Source, SourceFetcher
from tests.fetch.conftest import Authority
from tests.fetch.servers import PUBLIC, Names, Network, Script, answer, redirect, serving

pytestmark = pytest.mark.line("B1")

Fetch = Callable[..., bytes]


@pytest.fixture
def fetch(names: Names, network: Network) -> Fetch:
    """Fetch http://source.example/ from a server that answers with the given scripts, one after the other."""

    def fetch(*scripts: Script) -> bytes:
        with serving(*scripts) as server:
            for addresses in names.known.values():
                network.routes |= dict.fromkeys(addresses, server)
            fetcher = SourceFetcher(
                allowed_hosts=["source.example", "other.example", "127.0.0.1"],
                max_bytes=100,
                time_limit_seconds=5,
                resolve=names,
                network=network,
            )
            with fetcher.open("http://source.example/first?q=1") as source:
                return b"".join(source)

    return fetch


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_followed(status: str, fetch: Fetch) -> None:
    assert fetch(redirect("http://source.example/next", status), answer(b"here")) == b"here"


@pytest.mark.parametrize("location", ["/next", "next", "?q=2", "//source.example/x", "HTTP://SOURCE.example/x#part"])
def test_a_relative_redirect_is_followed(location: str, fetch: Fetch) -> None:
    assert fetch(redirect(location), answer(b"here")) == b"here"


def test_three_redirects_are_followed(fetch: Fetch) -> None:
    assert fetch(*[redirect("/again")] * 3, answer(b"here")) == b"here"


def test_a_fourth_redirect_is_not_followed(fetch: Fetch, network: Network) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(*[redirect("/again")] * 4, answer(b"here"))
    assert (caught.value.outcome, caught.value.retryable) == ("source_redirects", False)
    assert len(network.connected) == 4


def test_a_redirect_to_another_allowed_host_is_looked_up_and_followed(
    fetch: Fetch, names: Names, network: Network
) -> None:
    names.known["other.example"] = ["8.8.8.8"]
    assert fetch(redirect("http://other.example/"), answer(b"here")) == b"here"
    assert network.connected == [(PUBLIC, 80), ("8.8.8.8", 80)]


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/",
        "//evil.example/",
        "http://source.example@evil.example/",
        "http:\\\\evil.example",
        "/\\evil.example",
        "http://source.example:8080/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:///",
    ],
)
def test_a_redirect_is_held_to_the_same_rules(location: str, fetch: Fetch, network: Network) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(redirect(location), answer(b"here"))
    assert caught.value.outcome == "source_refused"
    assert network.connected == [(PUBLIC, 80)]


def test_a_redirect_to_a_name_that_leads_inside_is_refused(fetch: Fetch, names: Names, network: Network) -> None:
    names.known["other.example"] = ["10.0.0.1"]
    with pytest.raises(FetchError) as caught:
        fetch(redirect("http://other.example/"), answer(b"here"))
    assert caught.value.outcome == "source_refused"
    assert network.connected == [(PUBLIC, 80)]


def test_each_hop_is_looked_up_anew(fetch: Fetch, names: Names) -> None:
    assert fetch(redirect("/next"), answer(b"here")) == b"here"
    assert names.asked == ["source.example"] * 2


@pytest.mark.parametrize(
    "script",
    [
        answer(b"", status="302 Found"),
        answer(b"", status="302 Found", headers={"Location": "/a\r\nLocation: /b"}),
        answer(b"", status="302 Found", headers={"Location": "http://[::1"}),
    ],
    ids=["none", "two", "senseless"],
)
def test_a_redirect_that_does_not_say_where_to_is_not_followed(script: Script, fetch: Fetch) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(script, answer(b"here"))
    assert caught.value.outcome == "source_redirects"


def test_https_never_leads_to_http(authority: Authority, names: Names, network: Network) -> None:
    def opened(location: str) -> Source:
        scripts = (redirect(location), answer())
        with serving(*scripts, tls=authority.server("source.example", [])) as server:
            network.routes = {PUBLIC: server}
            fetcher = SourceFetcher(
                allowed_hosts=["source.example"],
                max_bytes=100,
                time_limit_seconds=5,
                resolve=names,
                network=network,
                tls=authority.client(),
            )
            with fetcher.open("https://source.example/") as source:
                return source

    opened("https://source.example/next")
    with pytest.raises(FetchError) as caught:
        opened("http://source.example/next")
    assert caught.value.outcome == "source_redirects"
    assert (PUBLIC, 80) not in network.connected
