"""What a source may cost: time, bytes and memory are bounded, whatever it sends."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handoff.fetch import FetchError, Source, SourceFetcher
from tests.fetch.conftest import Authority
from tests.fetch.servers import PUBLIC, Names, Network, Script, answer, raw, redirect, serving

pytestmark = pytest.mark.line("B2")

MIB = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n"


@contextmanager
def opened(
    *scripts: Script, max_bytes: int = 100, seconds: float = 5, read_timeout: float = 10, asked: float | None = None
) -> Iterator[Source]:
    with serving(*scripts) as server:
        fetcher = SourceFetcher(
            allowed_hosts=["127.0.0.1"],
            loopback_exception=server.authority,
            max_bytes=max_bytes,
            time_limit_seconds=seconds,
            read_timeout_seconds=read_timeout,
        )
        with fetcher.open(f"http://{server.authority}/", time_limit_seconds=asked) as source:
            yield source


def trickle(before: bytes, repeated: bytes, seconds: float) -> Script:
    """Send something now, and something again and again: ten seconds are without end to those who wait for one."""

    def script(connection: socket.socket) -> None:
        connection.sendall(before)
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            connection.sendall(repeated)
            time.sleep(seconds)

    return script


def silent(before: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(before)
        connection.recv(1)

    return script


def outcome_of(*scripts: Script, **limits: float) -> tuple[str, bool, float]:
    """Return how a fetch ended, whether it may be tried again, and after how many seconds."""
    started = time.monotonic()
    with pytest.raises(FetchError) as caught, opened(*scripts, **limits) as source:  # type: ignore[arg-type]
        for _ in source:
            pass
    return caught.value.outcome, caught.value.retryable, time.monotonic() - started


# Size


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    with opened(answer(b"x" * 100)) as source:
        assert (source.content_length, sum(map(len, source))) == (100, 100)


def test_a_declared_length_over_the_limit_is_refused_before_the_body() -> None:
    script = silent(HEAD + b"Content-Length: 101\r\n\r\n")
    with pytest.raises(FetchError) as caught, opened(script, read_timeout=3):
        pytest.fail("the file was opened")
    assert (caught.value.outcome, caught.value.retryable) == ("source_too_large", False)


@pytest.mark.parametrize(
    "script",
    [
        raw(HEAD + b"\r\n" + b"x" * 101),
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n"),
        raw(HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n"),
    ],
    ids=["until the connection ends", "chunked", "chunked, and said to be short"],
)
def test_a_body_that_turns_out_over_the_limit_is_stopped(script: Script) -> None:
    received = bytearray()
    with opened(script) as source:
        assert source.content_length is None
        with pytest.raises(FetchError) as caught:
            received.extend(byte for chunk in source for byte in chunk)
    assert caught.value.outcome == "source_too_large"
    assert len(received) <= 100


def test_a_body_without_end_is_stopped_at_the_limit_in_little_memory() -> None:
    megabyte = b"%x\r\n%b\r\n" % (MIB, bytes(MIB))
    with serving(trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", megabyte, 0)) as server:
        script = Path(__file__).with_name("endless.py")
        done = subprocess.run(
            [sys.executable, script, server.authority, str(100 * MIB)], capture_output=True, check=True, timeout=30
        )
    said = json.loads(done.stdout)
    assert said["outcome"] == "source_too_large"
    assert 99 * MIB < said["received"] <= 100 * MIB
    assert said["grown"] < 64 * MIB


def test_a_head_without_end_is_stopped() -> None:
    outcome, _, _ = outcome_of(trickle(HEAD, b"X-More: " + b"x" * 10_000 + b"\r\n", 0))
    assert outcome == "source_unreachable"


def test_interim_answers_without_end_are_stopped() -> None:
    outcome, _, seconds = outcome_of(trickle(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01), seconds=0.5)
    assert outcome == "source_timeout"
    assert seconds < 4


# Compression


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP", "x-unknown"])
def test_an_encoded_body_is_refused(encoding: str) -> None:
    bomb = gzip.compress(bytes(MIB))
    outcome, retryable, _ = outcome_of(answer(bomb, headers={"Content-Encoding": encoding}), max_bytes=10 * MIB)
    assert (outcome, retryable) == ("source_encoding", False)


def test_a_second_encoding_header_does_not_hide_behind_the_first() -> None:
    hidden = {"Content-Encoding": "identity\r\nContent-Encoding: gzip"}
    assert outcome_of(answer(headers=hidden))[0] == "source_encoding"


def test_a_compressed_bomb_that_does_not_say_so_stays_compressed() -> None:
    bomb = gzip.compress(bytes(MIB))
    with opened(answer(bomb), max_bytes=len(bomb)) as source:
        assert b"".join(source) == bomb


def test_the_encoding_identity_is_none() -> None:
    with opened(answer(b"x", headers={"Content-Encoding": "Identity"})) as source:
        assert b"".join(source) == b"x"


# Time


@pytest.mark.parametrize(
    "script",
    [
        trickle(HEAD + b"Content-Length: 100\r\n\r\n", b"x", 0.05),
        trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
        trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.05),
        silent(b""),
        silent(HEAD + b"Content-Length: 100\r\n\r\nx"),
    ],
    ids=["a byte at a time", "a chunk at a time", "a slow head", "no answer", "no more of the body"],
)
def test_a_slow_source_is_stopped_when_the_whole_time_is_over(script: Script) -> None:
    outcome, retryable, seconds = outcome_of(script, seconds=0.4)
    assert (outcome, retryable) == ("source_timeout", True)
    assert 0.3 < seconds < 4


def test_slow_redirects_share_one_time_limit() -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(0.3)
        redirect("/again")(connection)

    outcome, _, seconds = outcome_of(slow, seconds=0.7)
    assert outcome == "source_timeout"
    assert seconds < 4


def test_a_silence_longer_than_the_read_timeout_is_stopped() -> None:
    outcome, _, seconds = outcome_of(silent(HEAD + b"Content-Length: 100\r\n\r\nx"), read_timeout=0.3)
    assert outcome == "source_timeout"
    assert seconds < 4


@pytest.mark.parametrize(("asked", "seconds"), [(0.3, 5.0), (5.0, 0.3), (0.0, 5.0), (-1.0, 5.0)])
def test_the_smaller_of_two_time_limits_counts(asked: float, seconds: float) -> None:
    outcome, _, took = outcome_of(silent(b""), asked=asked, seconds=seconds)
    assert outcome == "source_timeout"
    assert took < 4


def test_a_slow_look_up_is_part_of_the_time(network: Network) -> None:
    ended = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        ended.wait(10)
        return [PUBLIC]

    fetcher = SourceFetcher(
        allowed_hosts=["source.example"], max_bytes=1, time_limit_seconds=0.2, resolve=slow, network=network
    )
    started = time.monotonic()
    with pytest.raises(FetchError) as caught, fetcher.open("http://source.example/"):
        pass
    ended.set()
    assert caught.value.outcome == "source_timeout"
    assert time.monotonic() - started < 4
    assert network.connected == []


def test_a_connection_that_is_not_taken_is_given_up() -> None:
    # A full backlog: the system leaves further connections unanswered.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        ended = threading.Timer(5, listener.close)
        ended.start()
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        fetcher = SourceFetcher(
            allowed_hosts=["127.0.0.1"],
            loopback_exception=f"127.0.0.1:{port}",
            max_bytes=1,
            time_limit_seconds=5,
            connect_timeout_seconds=0.3,
        )
        started = time.monotonic()
        with pytest.raises(FetchError) as caught, fetcher.open(f"http://127.0.0.1:{port}/"):
            pass
        for each in waiting:
            each.close()
        ended.cancel()
        ended.join()
    assert caught.value.outcome == "source_timeout"
    assert time.monotonic() - started < 4


def test_a_tls_greeting_that_never_comes_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = threading.Timer(5, listener.close)
        ended.start()
        fetcher = SourceFetcher(
            allowed_hosts=["127.0.0.1"],
            loopback_exception=f"127.0.0.1:{port}",
            max_bytes=1,
            time_limit_seconds=0.4,
        )
        started = time.monotonic()
        with pytest.raises(FetchError) as caught, fetcher.open(f"https://127.0.0.1:{port}/"):
            pass
        ended.cancel()
        ended.join()
    assert caught.value.outcome == "source_timeout"
    assert time.monotonic() - started < 4


def test_a_slow_source_behind_tls_is_stopped_like_any_other(
    authority: Authority, names: Names, network: Network
) -> None:
    script = trickle(HEAD + b"Content-Length: 1000\r\n\r\n", b"x", 0.05)
    with serving(script, tls=authority.server("source.example", [])) as server:
        network.routes = {PUBLIC: server}
        fetcher = SourceFetcher(
            allowed_hosts=["source.example"],
            max_bytes=1000,
            time_limit_seconds=0.4,
            resolve=names,
            network=network,
            tls=authority.client(),
        )
        started = time.monotonic()
        with fetcher.open("https://source.example/") as source, pytest.raises(FetchError) as caught:
            list(source)
    assert caught.value.outcome == "source_timeout"
    assert time.monotonic() - started < 4


# Truncation


def reset(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nx")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    "script",
    [
        raw(HEAD + b"Content-Length: 100\r\n\r\nshort"),
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"),
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n"),
        reset,
    ],
    ids=["shorter than declared", "no last chunk", "a broken chunk", "reset"],
)
def test_a_body_that_breaks_off_is_a_failure(script: Script) -> None:
    outcome, retryable, _ = outcome_of(script)
    assert (outcome, retryable) == ("source_truncated", True)
