"""How a fetch ends: by name, and without a word about the source."""

import logging
import re
import traceback

import pytest

from handoff.fetch import FetchError, SourceFetcher
from tests.fetch.servers import PUBLIC, Names, Network, Script, answer, raw, redirect, serving

CANARY = "canary"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 408, 425, 429])
def test_a_status_that_may_pass_is_worth_another_attempt(status: int, names: Names, network: Network) -> None:
    error = _failure(answer(status=f"{status} Whatever"), names, network)
    assert (error.outcome, error.status, error.retryable) == ("source_status", status, True)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 305, 400, 401, 403, 404, 410, 451])
def test_any_other_status_but_200_is_final(status: int, names: Names, network: Network) -> None:
    error = _failure(answer(status=f"{status} Whatever"), names, network)
    assert (error.outcome, error.status, error.retryable) == ("source_status", status, False)


def test_a_name_that_is_not_known_may_be_known_later(names: Names, network: Network) -> None:
    names.known = {}
    error = _failure(answer(), names, network)
    assert (error.outcome, error.retryable) == ("source_unresolvable", True)


def test_a_name_without_addresses_is_not_known(names: Names, network: Network) -> None:
    names.known["source.example"] = []
    assert _failure(answer(), names, network).outcome == "source_unresolvable"


def test_a_name_that_the_system_cannot_even_write_down_is_not_known(network: Network) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise UnicodeError("label too long")

    fetcher = SourceFetcher(
        allowed_hosts=["source.example"], max_bytes=1, time_limit_seconds=5, resolve=resolve, network=network
    )
    with pytest.raises(FetchError) as caught, fetcher.open("http://source.example/"):
        pass
    assert caught.value.outcome == "source_unresolvable"


@pytest.mark.parametrize(
    "script",
    [
        raw(b""),
        raw(b"junk\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nx"),
        raw(b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\nx"),
        raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
        raw(b"\x16\x03\x01\x00\x05hello"),
    ],
)
def test_an_answer_that_makes_no_sense_is_unreachable(script: Script, names: Names, network: Network) -> None:
    error = _failure(script, names, network)
    assert (error.outcome, error.retryable) == ("source_unreachable", True)


def test_nothing_of_ours_is_sent_along(names: Names, network: Network) -> None:
    set_cookie = answer(b"", status="302 Found", headers={"Location": "/next", "Set-Cookie": "a=b"})
    with serving(set_cookie, answer()) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"], max_bytes=100, time_limit_seconds=5, resolve=names, network=network
        )
        with fetcher.open("http://source.example/first"):
            pass
    expected = b"GET /%b HTTP/1.1\r\nHost: source.example\r\nUser-Agent: Handoff\r\nAccept: */*\r\n"
    expected += b"Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
    assert server.requests == [expected % b"first", expected % b"next"]


def test_errors_of_whoever_reads_the_file_come_through_as_they_are(names: Names, network: Network) -> None:
    with serving(answer()) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"], max_bytes=100, time_limit_seconds=5, resolve=names, network=network
        )
        ours = TimeoutError("ours")
        with pytest.raises(TimeoutError) as caught, fetcher.open("http://source.example/"):
            raise ours
        assert caught.value is ours


@pytest.mark.parametrize(
    ("outcome", "script"),
    [
        ("source_refused", redirect(f"http://{CANARY}-4.example/{CANARY}")),
        ("source_refused", redirect(f"http://{CANARY}☃.example/")),
        ("source_redirects", redirect(f"/{CANARY}")),
        ("source_redirects", answer(b"", status="302 Found", headers={"Location": f"http://[{CANARY}"})),
        ("source_status", answer(status=f"500 {CANARY}", headers={"X-Canary": CANARY})),
        ("source_encoding", answer(headers={"Content-Encoding": CANARY})),
        ("source_too_large", answer(b"x" * 200, headers={"Content-Type": CANARY})),
        ("source_truncated", answer(headers={"Content-Length": "99", "Content-Type": CANARY})),
        ("source_unreachable", raw(f"HTTP/1.1 200 OK\r\n{CANARY}\r\n\r\n".encode())),
        ("source_unreachable", raw(f"{CANARY}\r\n\r\n".encode())),
        ("source_timeout", lambda connection: connection.recv(1)),
        ("source_unresolvable", None),
    ],
)
def test_no_word_of_the_source_is_in_an_error_its_traceback_or_a_log(
    outcome: str, script: Script | None, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    names = Names({f"{CANARY}.example": [PUBLIC]} if script else {})
    with serving(script or answer()) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=[f"{CANARY}.example"], max_bytes=100, time_limit_seconds=0.5, resolve=names, network=network
        )
        shown: list[str] = []
        with pytest.raises(FetchError) as caught, fetcher.open(f"http://{CANARY}.example/{CANARY}?{CANARY}") as source:
            shown.extend([repr(source), *map(str, source)])
    logging.getLogger("handoff").error("failed", exc_info=caught.value)
    said = [str(caught.value), repr(caught.value), repr(vars(caught.value)), caplog.text, repr(fetcher), *shown]
    said += traceback.format_exception(caught.value)
    assert caught.value.outcome == outcome
    assert "failed" in caplog.text
    # Lines of source code in a traceback hold the word only as the name of this file's constant.
    assert CANARY not in re.sub(r"CANARY", "", "\n".join(said))
    assert PUBLIC not in "\n".join(said)


def test_an_error_says_its_outcome_and_the_status_alone() -> None:
    assert str(FetchError("source_status", status=404)) == "source_status 404"
    assert str(FetchError("source_timeout")) == "source_timeout"


def test_an_outcome_without_a_name_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        FetchError("source_tired")


def _failure(script: Script, names: Names, network: Network) -> FetchError:
    with serving(script) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"], max_bytes=100, time_limit_seconds=5, resolve=names, network=network
        )
        with pytest.raises(FetchError) as caught, fetcher.open("http://source.example/"):
            pass
    return caught.value
