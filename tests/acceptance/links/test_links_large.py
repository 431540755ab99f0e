"""A file that does not fit an answer of Lambda's is fetched from our own store, by a URL that soon dies."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest

from handoff.storage import SignatureRefusedError
from handoff.storage.filesystem import FilesystemStorage
from tests.acceptance.links.expected import assert_refused, assert_sent, headers
from tests.support.clocks import DatabaseClock
from tests.support.environment import PUBLIC_URL
from tests.support.functions import Answer, event
from tests.support.handoff import Handoff
from tests.support.servers import Source

MEGABYTE = 1024 * 1024
LAMBDA_ANSWER_BYTES = 6 * MEGABYTE
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

REDIRECT = {
    "cache-control": "private, no-store",
    "content-length": "0",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def pdf(size: int) -> bytes:
    start = b"%PDF-1.7\n"
    return start + bytes(range(256)) * ((size - len(start)) // 256) + b"\n" * ((size - len(start)) % 256)


@pytest.mark.line("L19")
def test_fifty_megabytes_are_delivered_by_a_redirect_that_dies_with_the_link_or_within_15_s(
    handoff: Handoff, source: Source, clock: DatabaseClock
) -> None:
    source.body = pdf(50 * MEGABYTE)
    person = handoff.person()
    export = person.ready_export()
    link = export["links"][0]
    end = datetime.fromisoformat(link["expires_at"])
    redirects = []
    for seconds in (0, 60, 104.9, 105, 105.5, 110, 118, 119, 119.5, 119.999):
        moment = clock.stop_in_life(link, seconds)
        answer = handoff.visit(link["url"])
        redirects.append(answer)
        assert (answer.status, answer.body) == (302, b"")
        assert headers(answer) == {**REDIRECT, "location": answer.headers["location"]}
        death = min(end, moment + timedelta(seconds=15))
        earliest = death - timedelta(seconds=1)
        assert earliest < _death_of(handoff, answer, export["file"]["name"]) <= death, f"{seconds} s into its life"
    seen = person.export(export["id"])
    assert seen["downloads"] == len(redirects)

    storage: FilesystemStorage = handoff.download.wiring.storage
    digest = sha256()
    with storage.open(_key(redirects[0])) as stream:
        for chunk in stream:
            digest.update(chunk)
    assert digest.digest() == sha256(source.body).digest()

    clock.stop_in_life(link, 120)
    for sent in ({}, {"Range": "bytes=0-"}, {"Range": "bytes=10-19"}):
        assert_refused(handoff.visit(link["url"], **sent), "ended")


@pytest.mark.line("L19")
def test_a_part_that_fits_is_sent_and_every_answer_is_one_that_lambda_can_give(
    handoff: Handoff, source: Source, clock: DatabaseClock
) -> None:
    source.body = pdf(7 * MEGABYTE)
    person = handoff.person()
    link = person.ready_export()["links"][0]
    url, size = link["url"], len(source.body)
    assert_sent(handoff.visit(url, Range="bytes=10-19"), source.body, (10, 20))
    assert_sent(handoff.visit(url, Range="bytes=-1000"), source.body, (size - 1000, size))
    etag = handoff.visit(url, "HEAD").headers["etag"]
    for middle in ((3 * MEGABYTE, 7 * MEGABYTE), (3_500_000, 7_000_000)):
        asked = f"bytes={middle[0]}-{middle[1] - 1}"
        assert_sent(handoff.visit(url, Range=asked, If_Range=etag), source.body, middle)

    path, statuses = "/download/" + url.rsplit("/", 1)[1], []
    for length in (4 * MEGABYTE, 4_500_000, 4_500_001, 4_600_000, 4_718_592, 6 * MEGABYTE, size):
        sent = handoff.download.handler(event("GET", path, headers={"Range": f"bytes=0-{length - 1}"}), None)
        assert len(json.dumps(sent)) < LAMBDA_ANSWER_BYTES, length
        statuses.append(sent["statusCode"])
    assert statuses == sorted(statuses)
    assert set(statuses) == {206, 302}
    head = handoff.visit(url, "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(size))


@pytest.mark.line("L19")
def test_a_revoked_link_to_a_large_file_redirects_no_more_and_what_was_given_dies_within_15_s(
    handoff: Handoff, source: Source, clock: DatabaseClock
) -> None:
    source.body = pdf(5 * MEGABYTE)
    person = handoff.person()
    export = person.ready_export()
    link = export["links"][0]
    moment = clock.stop_in_life(link, 30)
    given = handoff.visit(link["url"], **{"X-Forwarded-Host": "evil.example"})
    assert person.trigger("DELETE", f"/api/links/{link['id']}").status == 204
    for sent in ({}, {"Range": "bytes=0-"}, {"Range": "bytes=10-19"}):
        assert_refused(handoff.visit(link["url"], **sent), "revoked")
    assert _death_of(handoff, given, export["file"]["name"]) <= moment + timedelta(seconds=15)


def _key(redirect: Answer) -> str:
    location = redirect.headers["location"]
    assert location.startswith(f"{PUBLIC_URL}/storage/"), "not to our own store"
    return urlsplit(location).path.removeprefix("/storage/")


def _death_of(handoff: Handoff, redirect: Answer, name: str) -> datetime:
    """When the store stops to honour the redirect, found by asking it."""
    storage: FilesystemStorage = handoff.download.wiring.storage
    query = dict(parse_qsl(urlsplit(redirect.headers["location"]).query, strict_parsing=True))
    death = datetime.fromtimestamp(int(query["expires"]) / 1000).astimezone()
    alive = storage.verify_signed(_key(redirect), query, death - timedelta(milliseconds=1))
    assert (alive.filename, alive.content_type) == (name, "application/pdf")
    with pytest.raises(SignatureRefusedError):
        storage.verify_signed(_key(redirect), query, death)
    return death
