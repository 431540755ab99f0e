"""Delays, resets, lost replies and refusals before the store, S3 on the whole stack: an export ends once, a download is
whole or says that it failed. The SDK makes each request twice, so what is to be felt must happen twice."""

from collections.abc import Iterator

import httpx
import pytest

from tests.chaos.faulty import LEASE, FaultyStack, assert_ended_once, assert_stays, wait_until_used
from tests.support.exchange import Fault, cut_short, late, lost_reply, reset
from tests.support.fault_proxy import FaultProxy
from tests.support.stack import wait_for

WRITE = "PUT /.+/exports/"
READ = "GET /.+/exports/"
SMALL = b"%PDF-1.7\n".ljust(100_000, b"x")
LARGE = b"%PDF-1.7\n".ljust(9_000_000, b"x")
"""Goes up in two parts, and comes down by a redirect."""


@pytest.fixture(scope="module")
def faulty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyStack]:
    made = FaultyStack(tmp_path_factory.mktemp("storage"), retries=2, deadline=21, storage="s3")
    with made.exit:
        yield made


@pytest.fixture
def faulty(faulty_stack: FaultyStack) -> Iterator[FaultyStack]:
    faulty_stack.quiet()
    faulty_stack.source.body = SMALL
    yield faulty_stack
    faulty_stack.quiet()


@pytest.fixture
def store(faulty: FaultyStack) -> FaultProxy:
    assert faulty.store is not None
    return faulty.store


WRITE_FAULTS: dict[str, list[Fault]] = {
    "delayed": [late(0.3)],
    "delayed beyond the lease": [late(LEASE + 0.3)],
    "reset once": [reset],
    "reset twice": [reset, reset],
    "reply lost once": [lost_reply],
    "reply lost twice": [lost_reply, lost_reply],
}


@pytest.mark.parametrize("fault", WRITE_FAULTS)
def test_an_export_is_made_once_whatever_becomes_of_its_write(
    fault: str, faulty: FaultyStack, store: FaultProxy
) -> None:
    store.expect(WRITE, *WRITE_FAULTS[fault])
    export = faulty.wait_for_end(faulty.request_export())
    wait_until_used(store)
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export)


@pytest.mark.parametrize("fault", [reset, lost_reply])
@pytest.mark.parametrize("request_line", [r"POST .*\?uploads", r"PUT .*partNumber=2", r"POST .*\?uploadId="])
def test_an_export_is_made_once_whatever_becomes_of_one_request_of_a_large_write(
    request_line: str, fault: Fault, faulty: FaultyStack, store: FaultProxy
) -> None:
    faulty.source.body = LARGE
    store.expect(request_line, fault, fault)
    export = faulty.wait_for_end(faulty.request_export())
    wait_until_used(store)
    assert_ended_once(faulty, export, "ready")


def test_an_export_is_made_once_when_the_store_refused_connections(faulty: FaultyStack, store: FaultProxy) -> None:
    with store.refusing():
        export_id = faulty.request_export()
        until_an_attempt_failed(faulty, export_id)
    assert_ended_once(faulty, faulty.wait_for_end(export_id), "ready")


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ([late(0.3)], 200),
        ([reset], 200),
        ([reset, reset], 502),
        ([lost_reply], 200),
        ([lost_reply, lost_reply], 502),
        ([cut_short], 502),
    ],
    ids=["delayed", "reset once", "reset twice", "reply lost once", "reply lost twice", "cut short"],
)
def test_a_download_is_whole_or_502_and_its_link_unharmed(
    faults: list[Fault], status: int, faulty: FaultyStack, store: FaultProxy
) -> None:
    export = faulty.wait_for_end(faulty.request_export())
    url = export["links"][0]["url"]
    for headers, wanted in (({}, SMALL), ({"Range": "bytes=5-50004"}, SMALL[5:50_005])):
        store.expect(READ, *faults)
        answer = faulty.visitor.http.get(url, headers=headers)
        assert answer.status_code == (206 if headers and status == 200 else status)
        assert (answer.content == wanted) == (status == 200)
        assert store.waiting == 0
    visits = faulty.visitor.export(export["id"])["visits"]
    assert {visit["outcome"] for visit in visits} == {"admitted" if status == 200 else "failed"}
    assert faulty.visitor.export(export["id"])["downloads"] == int(status == 200)
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export)


def test_a_download_is_502_while_the_store_refuses_connections(faulty: FaultyStack, store: FaultProxy) -> None:
    export = faulty.wait_for_end(faulty.request_export())
    with store.refusing():
        assert faulty.visitor.http.get(export["links"][0]["url"]).status_code == 502
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export)


def test_a_large_download_that_the_store_cuts_short_is_never_told_as_whole(
    faulty: FaultyStack, store: FaultProxy
) -> None:
    faulty.source.body = LARGE
    export = faulty.wait_for_end(faulty.request_export())
    store.expect(READ, cut_short)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        faulty.visitor.http.get(export["links"][0]["url"], follow_redirects=True)
    assert_ended_once(faulty, export, "ready")


def until_an_attempt_failed(faulty: FaultyStack, export_id: str) -> None:
    wait_for(lambda: any(each.status == 500 for each in faulty.attempts(export_id)))
