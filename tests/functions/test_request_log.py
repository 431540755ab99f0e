"""One line in the log for each request."""

import time
from typing import Any

from tests.support.handoff import Handoff


def test_it_tells_the_route_the_status_and_how_many_milliseconds_it_took(
    handoff: Handoff, log_lines: list[dict[str, Any]]
) -> None:
    person = handoff.person()
    path = f"/api/exports/{person.request_export()}"
    etag = person.status(path).headers["etag"]
    log_lines.clear()
    started = time.monotonic()
    answer = person.status(path, headers={"Prefer": "wait=1", "If-None-Match": etag})
    took = (time.monotonic() - started) * 1000
    (line,) = [line for line in log_lines if line["message"] == "request"]
    assert (line["route"], line["status"], answer.status) == ("GET /test", 304, 304)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert 1000 < line["duration_ms"] <= took + 1
