"""The signing keys and the token."""

import httpx
import pytest
from qstash import QStash, Receiver
from qstash.errors import QStashError

from infra.local import qstash
from tests.qstash.destination import Destination
from tests.qstash.servers import LocalQueue


def test_the_keys_are_those_of_the_official_development_server(queue: LocalQueue) -> None:
    keys = queue.client.signing_key.get()
    assert (keys.current, keys.next) == (
        qstash.DEVELOPMENT_CURRENT_SIGNING_KEY,
        qstash.DEVELOPMENT_NEXT_SIGNING_KEY,
    )


def test_after_a_rotation_deliveries_are_signed_with_the_next_key(queue: LocalQueue, destination: Destination) -> None:
    rotated = queue.client.signing_key.rotate()
    assert rotated.current == qstash.DEVELOPMENT_NEXT_SIGNING_KEY
    assert rotated.next.startswith("sig_")
    assert len(rotated.next) == len(rotated.current)
    assert queue.client.signing_key.get() == rotated

    queue.publish(url=destination.url + "/job", body="x")
    [received] = destination.wait("/job")
    not_yet_updated = Receiver(qstash.DEVELOPMENT_CURRENT_SIGNING_KEY, qstash.DEVELOPMENT_NEXT_SIGNING_KEY)
    not_yet_updated.verify(signature=received.headers["upstash-signature"], body="x", url=received.url)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", f"Basic {qstash.DEVELOPMENT_TOKEN}", "Bearer é"]
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v2/publish/http://127.0.0.1:1/"), ("GET", "/v2/keys"), ("GET", "/nowhere")]
)
def test_no_token_or_another_is_401(queue: LocalQueue, method: str, path: str, header: str | None) -> None:
    with httpx.Client(base_url=queue.url, trust_env=False, verify=False) as stranger:
        answered = stranger.request(method, path, headers={} if header is None else {b"Authorization": header.encode()})
    assert (answered.status_code, answered.json()) == (401, {"error": "unable to authenticate: invalid token"})
    assert queue.service.all_pending() == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "a@b", ""])
def test_the_public_token_is_of_no_use_to_a_page_whose_name_was_made_to_lead_here(queue: LocalQueue, host: str) -> None:
    headers = {"Authorization": f"Bearer {qstash.DEVELOPMENT_TOKEN}", "Host": host}
    with httpx.Client(base_url=queue.url, trust_env=False, verify=False) as page:
        assert page.post("/v2/publish/http://127.0.0.1:1/", headers=headers).status_code in (400, 401)
        assert page.get("/v2/keys", headers={**headers, "Host": "localhost:8080"}).status_code == 200
    assert queue.service.all_pending() == []


def test_the_sdk_reports_a_wrong_token(queue: LocalQueue) -> None:
    client = QStash("wrong", retry=False, base_url=queue.url)
    with pytest.raises(QStashError, match="status: 401"):
        client.message.publish(url="http://127.0.0.1:1/", body="")
    client.http._client.close()


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v2/nowhere", 404), ("PUT", "/v2/keys", 405)])
def test_an_unknown_route_is_answered_in_json(queue: LocalQueue, method: str, path: str, status: int) -> None:
    answered = queue.http.request(method, path)
    assert answered.status_code == status
    assert "error" in answered.json()
