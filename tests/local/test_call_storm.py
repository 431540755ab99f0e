"""A storm of events does not hold up an export, and none of them is lost or recorded twice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from infra.local.stack import Options
from tests.support.calls import sign, started
from tests.support.stack import LocalStack, local_stack, wait_for

AT_ONCE = 3
STORM = 150
"""More than the containers of callback that a laptop has (64), and than QStash delivers at once (100)."""


def tell(stack: LocalStack, visitor: Any, number: int) -> None:
    body = json.dumps(started(f"call {number}")).encode()
    headers = sign(body, event_id=f"msg_{number}", secret=stack.settings["CALL_WEBHOOK_SECRETS"])
    assert visitor.http.post("/events", content=body, headers=headers).status_code == 202


@contextmanager
def nothing_can_be_recorded(stack: LocalStack) -> Iterator[None]:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        connection.execute("LOCK TABLE call_events IN ACCESS EXCLUSIVE MODE")
        yield


def at_work(stack: LocalStack) -> int:
    """Deliveries of events that are under way."""
    (row,) = stack.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '/* record_call_event */%%' AND state = 'active'"
    )
    return int(row["count"])


def test_an_export_is_made_while_a_storm_of_events_waits_and_then_each_event_is_recorded_once(tmp_path: Path) -> None:
    settings = {"CALL_EVENT_PARALLELISM": str(AT_ONCE), "OUTBOX_GRACE_SECONDS": "1", "LOG_LEVEL": "WARNING"}
    with local_stack(tmp_path, Options(speed=10, sweep_interval=1), **settings) as stack:
        visitor = stack.visitor()
        with nothing_can_be_recorded(stack):
            for number in range(STORM):
                tell(stack, visitor, number)
            wait_for(lambda: at_work(stack) == AT_ONCE)
            export = visitor.wait_for_end(visitor.request_export())
            under_way = len(stack.container_pids("callback"))
            assert stack.rows("SELECT count(*) FROM runs WHERE attempt = 1 AND state = 'ready'") == [{"count": 1}]
            assert at_work(stack) <= AT_ONCE
        assert export["state"] == "ready"
        assert under_way <= AT_ONCE + 1, "one for each event that may be under way, and one for the export"
        wait_for(lambda: stack.rows("SELECT count(*) FROM calls")[0]["count"] == STORM, 120)
        assert stack.rows("SELECT count(*), sum(events) AS events FROM calls") == [{"count": STORM, "events": STORM}]
