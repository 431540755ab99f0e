"""The token in the query, and the one that can only look."""

import httpx
import pytest

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Destination
from tests.qstash.servers import LocalQueue, StartQueue, verify

QUERY = "qstash_token=" + DEVELOPMENT_TOKEN.replace("=", "%3D")


def ask(queue: LocalQueue, method: str, path: str, token: str | None = None, **headers: str) -> httpx.Response:
    """One request, without the token that `queue.http` sends."""
    authorization = {} if token is None else {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=queue.url, trust_env=False, verify=False) as client:
        return client.request(method, path, headers={**authorization, **headers})


@pytest.mark.parametrize("query", ["{}", "a=1&{}", "{}&b=%2F", "a=1&{}&b=%2F"])
def test_a_token_in_the_query_is_taken_and_not_sent_on(queue: LocalQueue, destination: Destination, query: str) -> None:
    answered = ask(queue, "POST", f"/v2/publish/{destination.url}/job?{query.format(QUERY)}")
    assert answered.status_code == 200
    [received] = destination.wait("/job")
    kept = query.replace("{}", "").replace("&&", "&").strip("&")
    assert received.path == "/job" + ("?" + kept if kept else "")
    verify(received)
    assert "qstash_token" not in queue.http.get("/v2/logs").text


@pytest.mark.parametrize("query", ["", "?qstash_token=", "?qstash_token=wrong", f"?xqstash_token={DEVELOPMENT_TOKEN}"])
def test_another_token_in_the_query_is_401(queue: LocalQueue, query: str) -> None:
    assert ask(queue, "GET", f"/v2/keys{query}").status_code == 401


def test_with_an_authorization_the_query_is_the_destinations(queue: LocalQueue, destination: Destination) -> None:
    path = f"/v2/publish/{destination.url}/job?qstash_token=theirs"
    assert ask(queue, "POST", path, DEVELOPMENT_TOKEN).status_code == 200
    assert destination.wait("/job")[0].path == "/job?qstash_token=theirs"
    assert ask(queue, "GET", f"/v2/keys?{QUERY}", "wrong").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_no_web_page_can_publish_with_the_public_token_in_the_query(
    queue: LocalQueue, destination: Destination, headers: dict[str, str]
) -> None:
    answered = ask(queue, "POST", f"/v2/publish/{destination.url}/job?{QUERY}", **headers)
    assert answered.status_code == 401
    assert queue.service.all_pending() == []


@pytest.fixture
def readable(start_queue: StartQueue) -> LocalQueue:
    """A server with the read-only token "look"."""
    return start_queue(readonly_token="look")


@pytest.mark.parametrize("path", ["logs", "events", "dlq", "topics", "queues", "schedules", "flowControl", "keys"])
def test_the_read_only_token_can_look(readable: LocalQueue, path: str) -> None:
    assert ask(readable, "GET", f"/v2/{path}", "look").status_code == 200
    assert ask(readable, "GET", f"/v2/{path}?qstash_token=look").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "publish/http://127.0.0.1:1/"), ("POST", "batch"), ("POST", "keys/rotate"), ("DELETE", "messages"),
        ("POST", "topics/g/endpoints"), ("POST", "queues"), ("DELETE", "dlq"), ("PATCH", "schedules/s/pause"),
    ],
)  # fmt: skip
def test_the_read_only_token_changes_nothing(readable: LocalQueue, method: str, path: str) -> None:
    answered = ask(readable, method, f"/v2/{path}", "look")
    assert (answered.status_code, answered.json()) == (403, {"error": "a read-only token cannot be used for this"})
    assert ask(readable, method, f"/v2/{path}?qstash_token=look").status_code == 403


def test_without_a_read_only_token_there_is_none(queue: LocalQueue) -> None:
    assert ask(queue, "GET", "/v2/keys", "None").status_code == 401
    assert ask(queue, "GET", "/v2/keys", Authorization="Bearer").status_code == 401
