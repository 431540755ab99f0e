"""What a handler returns becomes HTTP; what it fails to return becomes API Gateway's own words."""

import httpx
import pytest

ERROR = {"message": "Internal Server Error"}


def test_a_result_without_a_status_is_a_body(gateway: httpx.Client) -> None:
    response = gateway.get("/api/things?do=plain")
    assert (response.status_code, response.text) == (200, "just a string")
    assert response.headers["content-type"] == "application/json"


def test_a_base64_body_arrives_as_bytes(gateway: httpx.Client) -> None:
    response = gateway.get("/api/things?do=bytes")
    assert response.content == bytes(range(256))
    assert (response.headers["content-type"], response.headers["content-length"]) == ("image/png", "256")


def test_cookies_become_one_header_each(gateway: httpx.Client) -> None:
    response = gateway.get("/api/things?do=cookies")
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert (response.status_code, response.headers["x-one"], response.content) == (204, "1", b"")
    assert "content-length" not in response.headers


def test_head_keeps_the_length_of_what_is_not_sent(gateway: httpx.Client) -> None:
    response = gateway.head("/download/token?do=head")
    assert (response.headers["content-length"], response.headers["etag"], response.content) == ("12345", '"e"', b"")


def test_every_answer_of_a_function_has_a_request_id(gateway: httpx.Client) -> None:
    response = gateway.get("/api/things")
    assert response.headers["apigw-requestid"] == response.json()["event"]["requestContext"]["requestId"]


@pytest.mark.parametrize("what", ["raise", "exit", "die", "no-json", "bad-status", "bad-header"])
def test_a_function_that_fails_is_a_500_in_the_gateways_words(gateway: httpx.Client, what: str) -> None:
    response = gateway.get(f"/api/things?do={what}")
    assert (response.status_code, response.json()) == (500, ERROR)
    assert "set-cookie" not in response.headers
    assert gateway.get("/api/things").status_code == 200, "the next request finds another container"


def test_a_function_that_cannot_be_imported_is_a_500(gateway: httpx.Client) -> None:
    for _ in range(2):
        response = gateway.get("/api/broken")
        assert (response.status_code, response.json()) == (500, ERROR)


def test_an_answer_is_not_held_back_for_the_clients_acknowledgement(gateway: httpx.Client) -> None:
    times = [gateway.get("/api/things").elapsed.total_seconds() for _ in range(20)]
    assert min(times[1:]) < 0.03, "Nagle's algorithm costs 40 ms"
