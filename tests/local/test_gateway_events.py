"""HTTP becomes an event of API Gateway's payload format 2.0."""

import base64
from typing import Any

import httpx


def event_of(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200
    event: dict[str, Any] = response.json()["event"]
    return event


def test_a_request_becomes_an_event_of_format_2(gateway: httpx.Client) -> None:
    headers = {"user-agent": "test", "host": "tunnel.example"}
    event = event_of(gateway.get("/api/things", params={"a": "1"}, headers=headers))
    context = event["requestContext"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"] == "GET /api/things"
    assert event["rawPath"] == context["http"]["path"] == "/api/things"
    assert event["rawQueryString"] == "a=1"
    assert event["queryStringParameters"] == {"a": "1"}
    assert event["isBase64Encoded"] is False
    assert context["http"] == {
        "method": "GET",
        "path": "/api/things",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test",
    }
    assert (context["stage"], context["domainName"]) == ("$default", "tunnel.example")
    assert event["headers"]["x-forwarded-proto"] == "http"


def test_what_has_no_value_is_absent(gateway: httpx.Client) -> None:
    event = event_of(gateway.get("/api/things"))
    assert not {"body", "cookies", "pathParameters", "queryStringParameters"} & event.keys()


def test_header_names_are_lower_case_and_repeated_ones_joined(gateway: httpx.Client) -> None:
    event = event_of(gateway.get("/api/things", headers=[("X-One", "a"), ("x-one", "b")]))
    assert event["headers"]["x-one"] == "a,b"


def test_cookies_leave_the_headers(gateway: httpx.Client) -> None:
    event = event_of(gateway.get("/api/things", headers={"Cookie": "a=1; b=2"}))
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]


def test_repeated_parameters_are_joined(gateway: httpx.Client) -> None:
    event = event_of(gateway.get("/api/things?a=1&a=2&b="))
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert event["rawQueryString"] == "a=1&a=2&b="


def test_a_forwarded_address_is_kept_and_not_believed(gateway: httpx.Client) -> None:
    event = event_of(gateway.get("/api/things", headers={"X-Forwarded-For": "6.6.6.6"}))
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-for"] == "6.6.6.6, 127.0.0.1"


def test_path_variables_are_decoded(gateway: httpx.Client) -> None:
    event = event_of(gateway.get("/api/things/a%20b%2Fc"))
    assert event["routeKey"] == "GET /api/things/{id}"
    assert event["pathParameters"] == {"id": "a b/c"}


def test_a_text_body_is_text(gateway: httpx.Client) -> None:
    event = event_of(gateway.post("/api/things", json={"name": "é"}))
    assert (event["body"], event["isBase64Encoded"]) == ('{"name":"é"}', False)


def test_a_body_of_bytes_is_base64(gateway: httpx.Client) -> None:
    for content_type in ("application/octet-stream", "application/x-www-form-urlencoded", "image/png"):
        body = bytes(range(256))
        event = event_of(gateway.post("/api/things", content=body, headers={"content-type": content_type}))
        assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (body, True)


def test_a_text_body_that_is_no_utf_8_is_base64(gateway: httpx.Client) -> None:
    event = event_of(gateway.post("/api/things", content=b"\xff{", headers={"content-type": "application/json"}))
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff{", True)


def test_the_context_names_the_function_and_its_time(gateway: httpx.Client) -> None:
    about = gateway.get("/api/things").json()
    assert (about["function_name"], about["memory"]) == ("echo", "512")
    assert 29_000 < about["remaining"] <= 30_000
