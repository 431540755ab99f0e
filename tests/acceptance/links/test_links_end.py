"""A link lives for 120 s by the database's clock, and by no other."""

from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.acceptance.links.expected import assert_refused, assert_sent
from tests.support.clocks import DatabaseClock, moved_clock
from tests.support.containers import at_once
from tests.support.functions import Answer, event
from tests.support.handoff import Handoff
from tests.support.object_store import ObjectStore
from tests.support.processes import function_process
from tests.support.servers import Source

VISITS = "SELECT at, outcome::text, method, counted FROM visits ORDER BY at"


@pytest.mark.line("L1")
def test_a_link_gives_the_stored_bytes_from_its_first_moment_to_its_last(
    on_s3: Handoff, store: ObjectStore, source: Source, clock: DatabaseClock
) -> None:
    link = on_s3.person().ready_export()["links"][0]
    [stored] = store.objects.values()
    moments = []
    for seconds in (0, 119.0, 119.999999):
        moments.append(clock.stop_in_life(link, seconds))
        answer = on_s3.visit(link["url"])
        assert_sent(answer, source.body)
        assert sha256(answer.body).digest() == sha256(stored).digest()
    admitted = {"outcome": "admitted", "method": "GET", "counted": True}
    assert on_s3.rows(VISITS) == [{"at": moment, **admitted} for moment in moments]


@pytest.mark.line("L2")
def test_from_its_last_moment_on_a_link_gives_nothing_and_storage_is_not_asked(
    on_s3: Handoff, store: ObjectStore, clock: DatabaseClock
) -> None:
    person = on_s3.person()
    export = person.ready_export()
    link = export["links"][0]
    assert (_time(link["expires_at"]) - _time(link["created_at"])).total_seconds() == 120
    store.requests.clear()
    moments = []
    for seconds in (120.000, 120.000001, 121, 3600, 30 * 86_400):
        moments.append(clock.stop_in_life(link, seconds))
        assert_refused(on_s3.visit(link["url"]), "ended")
        assert_refused(on_s3.visit(link["url"], Range="bytes=0-0"), "ended")
    assert store.requests == []
    assert "storage" not in vars(on_s3.download.wiring), "the store's client was made for nothing"
    rows = on_s3.rows(VISITS)
    assert [(row["at"], row["outcome"]) for row in rows] == [(at, "ended") for at in moments for _ in range(2)]
    seen = person.export(export["id"])
    assert (seen["downloads"], seen["links"][0]["state"]) == (0, "ended")


@pytest.mark.line("L4")
@pytest.mark.parametrize("seconds_off", [-600, 600])
def test_the_clock_of_the_function_does_not_matter(
    seconds_off: int, handoff: Handoff, source: Source, clock: DatabaseClock, tmp_path: Path
) -> None:
    link = handoff.person().ready_export()["links"][0]
    with function_process("download", handoff.environment, tmp_path, moved_clock(seconds_off)) as download:
        for seconds in (0, 119.0):
            clock.stop_in_life(link, seconds)
            assert_sent(download.visit(link["url"]), source.body)
        for seconds in (120.000, 121):
            clock.stop_in_life(link, seconds)
            assert_refused(download.visit(link["url"]), "ended")


@pytest.mark.line("L4")
@pytest.mark.parametrize("seconds_off", [-600, 600])
def test_people_see_the_state_of_a_link_as_the_database_does_whatever_the_clock_of_the_function(
    seconds_off: int, handoff: Handoff, clock: DatabaseClock, tmp_path: Path
) -> None:
    person = handoff.person()
    export = person.ready_export()
    link = export["links"][0]
    with function_process("status", handoff.environment, tmp_path, moved_clock(seconds_off)) as status:
        for seconds, state in ((119.0, "live"), (120.000, "ended")):
            moment = clock.stop_in_life(link, seconds)
            answer = status.request("GET", f"/api/exports/{export['id']}", cookies=person.cookies)
            assert answer.status == 200, answer.body
            assert answer.json["links"][0]["state"] == state
            assert _time(answer.json["server_time"]) == moment


@pytest.mark.line("L5")
def test_a_slow_reader_who_came_in_time_gets_the_whole_file_while_a_new_one_gets_nothing(
    on_s3: Handoff, store: ObjectStore, source: Source, clock: DatabaseClock
) -> None:
    """On AWS the answer is buffered, or a redirect to the store: the slow part that Handoff sees is the store's."""
    link = on_s3.person().ready_export()["links"][0]
    another, latecomers = on_s3.load("download"), list[Answer]()

    def slowly(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.wfile.write(body[:1000])
        handler.wfile.flush()
        clock.stop_in_life(link, 125)
        request = event("GET", "/download/" + link["url"].rsplit("/", 1)[1])
        latecomers.extend(at_once([another], lambda _: [request]))
        handler.wfile.write(body[1000:])

    store.write = slowly
    clock.stop_in_life(link, 119)
    assert_sent(on_s3.visit(link["url"]), source.body)
    [latecomer] = latecomers
    assert_refused(latecomer, "ended")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.line("L4")
def test_every_answer_tells_the_databases_time_an_empty_history_too(handoff: Handoff, clock: DatabaseClock) -> None:
    person = handoff.person()
    clock.stop_at(datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC))
    paths = ["/api/exports", f"/api/exports/{person.request_export()}", "/api/exports", "/api/health"]
    answers = [person.status(path) for path in paths]
    assert [answer.json["server_time"] for answer in answers] == ["2031-02-03T04:05:06.000000Z"] * 4
    assert {answer.headers["x-server-time"] for answer in answers[:3]} == {"2031-02-03T04:05:06.000000Z"}
