"""Parts of a file, requests for its head alone, and what of these counts as a download."""

import pytest

from tests.acceptance.links.expected import DISPOSITION, assert_refused, assert_sent, headers
from tests.support.clocks import DatabaseClock
from tests.support.handoff import Handoff
from tests.support.servers import Source

SIZE = len(Source().body)
PARTS = {
    "bytes=0-0": (0, 1),
    "bytes=0-": (0, SIZE),
    "bytes=5-9": (5, 10),
    "BYTES=5-9": (5, 10),
    "bytes=-1": (SIZE - 1, SIZE),
    "bytes=-10": (SIZE - 10, SIZE),
    f"bytes=-{SIZE}": (0, SIZE),
    "bytes=-999999": (0, SIZE),
    f"bytes={SIZE - 1}-": (SIZE - 1, SIZE),
    "bytes=7-999999999999999999": (7, SIZE),
}
PAST_THE_END = [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=999999999999999999-", "bytes=-0"]
NOT_A_RANGE = ["", "bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "lines=0-1", "bytes 0-1", "bytes=0-1-2", "bytes=0x1-"]
MANY = "bytes=" + ",".join(f"{start}-" for start in range(1000))


@pytest.mark.line("L14")
def test_a_range_gives_exactly_its_bytes(handoff: Handoff, source: Source) -> None:
    link = handoff.person().ready_export()["links"][0]
    for asked, part in PARTS.items():
        assert_sent(handoff.visit(link["url"], Range=asked), source.body, part)


@pytest.mark.line("L14")
def test_a_range_past_the_end_is_416_with_the_size(handoff: Handoff) -> None:
    link = handoff.person().ready_export()["links"][0]
    for asked in PAST_THE_END:
        answer = handoff.visit(link["url"], Range=asked)
        assert_refused(answer, "range", accept_ranges="bytes", content_range=f"bytes */{SIZE}")
    rows = handoff.rows("SELECT outcome::text, counted FROM visits")
    assert rows == [{"outcome": "admitted", "counted": False}] * len(PAST_THE_END)


@pytest.mark.line("L14")
def test_a_thousand_overlapping_ranges_and_what_is_no_range_are_answered_whole(
    handoff: Handoff, source: Source
) -> None:
    link = handoff.person().ready_export()["links"][0]
    for asked in (MANY, "bytes=0-1,5-6", *NOT_A_RANGE):
        assert_sent(handoff.visit(link["url"], Range=asked), source.body)


@pytest.mark.line("L14")
def test_a_range_holds_only_if_the_file_is_still_the_one_it_was_asked_of(handoff: Handoff, source: Source) -> None:
    link = handoff.person().ready_export()["links"][0]
    etag = handoff.visit(link["url"]).headers["etag"]
    assert_sent(handoff.visit(link["url"], Range="bytes=5-9", If_Range=etag), source.body, (5, 10))
    for other in ('"another"', f"W/{etag}", etag.strip('"'), "Sat, 21 Nov 2026 23:00:00 GMT", ""):
        assert_sent(handoff.visit(link["url"], Range="bytes=5-9", If_Range=other), source.body)
    assert_sent(handoff.visit(link["url"], Range=f"bytes={SIZE}-", If_Range='"another"'), source.body)


@pytest.mark.line("L14")
def test_after_the_end_no_range_gives_a_byte(handoff: Handoff, clock: DatabaseClock) -> None:
    link = handoff.person().ready_export()["links"][0]
    etag = handoff.visit(link["url"]).headers["etag"]
    clock.stop_in_life(link, 120)
    for asked in (*PARTS, *PAST_THE_END, MANY, *NOT_A_RANGE):
        assert_refused(handoff.visit(link["url"], Range=asked), "ended")
        assert_refused(handoff.visit(link["url"], Range=asked, If_Range=etag), "ended")


@pytest.mark.line("L13")
def test_head_says_what_get_would_say_and_sends_no_body(handoff: Handoff, clock: DatabaseClock) -> None:
    person = handoff.person()
    link = person.ready_export()["links"][0]
    unknown = "/" + "A" * 68
    for url, seconds, status in ((link["url"], 119.999999, 200), (link["url"], 120, 410), (unknown, 0, 404)):
        clock.stop_in_life(link, seconds)
        for accept in ("*/*", "text/html"):
            get, head = handoff.visit(url, accept=accept), handoff.visit(url, "HEAD", accept=accept)
            assert get.status == head.status == status
            assert headers(head) == headers(get)
            assert head.body == b""
            assert len(get.body) > 0
    # A range is for GET alone: https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    clock.stop_in_life(link, 1)
    ranged = handoff.visit(link["url"], "HEAD", Range="bytes=5-9")
    assert (ranged.status, ranged.body, ranged.headers["content-disposition"]) == (200, b"", DISPOSITION)


@pytest.mark.line("L13")
def test_a_download_is_counted_for_the_whole_file_or_its_beginning_alone(handoff: Handoff) -> None:
    person = handoff.person()
    export = person.ready_export()
    url = export["links"][0]["url"]
    etag = handoff.visit(url, "HEAD").headers["etag"]
    counted = 0
    requests: list[tuple[str, dict[str, str], int]] = [
        ("HEAD", {}, 0),
        ("HEAD", {"Range": "bytes=0-"}, 0),
        ("GET", {}, 1),
        *(("GET", {"Range": asked}, int(start == 0)) for asked, (start, _) in PARTS.items()),
        *(("GET", {"Range": asked}, 0) for asked in PAST_THE_END),
        *(("GET", {"Range": asked}, 1) for asked in (MANY, *NOT_A_RANGE)),
        ("GET", {"Range": "bytes=5-9", "If-Range": etag}, 0),
        ("GET", {"Range": "bytes=5-9", "If-Range": '"another"'}, 1),
        ("GET", {"Range": "bytes=5-9", "If-Range": ""}, 1),
        ("GET", {"If-Range": etag}, 1),
        ("POST", {}, 0),
    ]
    for method, sent, adds in requests:
        handoff.visit(url, method, **sent)
        counted += adds
        seen = person.export(export["id"])
        assert (seen["downloads"], seen["links"][0]["downloads"]) == (counted, counted), (method, sent)
