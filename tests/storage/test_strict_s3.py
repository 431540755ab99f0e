"""The strict layer admits what botocore signs, and nothing else."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from handoff.storage.s3.sigv4 import SigningCredentials, signed_get
from tests.storage.strict_s3 import ACCESS_KEY, REGION, SECRET_KEY, SESSION_TOKEN, RefusedError, StrictS3, strict_s3

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = f"https://bucket.s3.{REGION}.amazonaws.com/exports/a~b%20c?x-id=GetObject&empty=&b=2&a=1%2F%20"
BODY = b"the body"

Request = tuple[str, str, dict[str, str], bytes]  # method, target, headers in lower case, body


@pytest.fixture
def layer() -> Iterator[StrictS3]:
    layer = StrictS3(lambda environ, start_response: [])
    with layer.at(NOW):
        yield layer


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Request]:
    """Sign a request with botocore, at a time."""

    def signed(
        signer: type,
        *options: object,
        at: datetime = NOW,
        method: str = "GET",
        url: str = URL,
        token: str | None = SESSION_TOKEN,
        access_key: str = ACCESS_KEY,
        secret_key: str = SECRET_KEY,
        service: str = "s3",
        region: str = REGION,
        headers: dict[str, str] | None = None,
    ) -> Request:
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: at)
        body = b"" if signer is S3SigV4QueryAuth else BODY
        request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
        request.context["payload_signing_enabled"] = True
        signer(Credentials(access_key, secret_key, token), service, region, *options).add_auth(request)
        parts = urlsplit(request.url)
        sent = {name.lower(): value for name, value in request.headers.items()}
        return method, f"{parts.path}?{parts.query}", {"host": parts.netloc, **sent}, body

    return signed


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("token", [None, SESSION_TOKEN])
def test_what_botocore_signs_is_admitted(
    signer: type, method: str, token: str | None, layer: StrictS3, signed: Callable[..., Request]
) -> None:
    layer.check(*signed(signer, method=method, token=token, headers={"x-amz-meta-a": "b   c", "Range": "bytes=0-1"}))


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
@pytest.mark.parametrize(
    "change",
    [
        {"access_key": "AKIAOTHER"},
        {"secret_key": "other"},
        {"token": "other"},
        {"region": "us-east-1"},
        {"service": "ec2"},
        {"at": NOW + timedelta(minutes=16)},
        {"at": NOW - timedelta(minutes=61)},
    ],
)
def test_what_is_signed_with_something_else_is_refused(
    signer: type, change: dict[str, Any], layer: StrictS3, signed: Callable[..., Request]
) -> None:
    with pytest.raises(RefusedError):
        layer.check(*signed(signer, **change))


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
def test_a_request_changed_after_signing_is_refused(
    signer: type, layer: StrictS3, signed: Callable[..., Request]
) -> None:
    method, target, headers, body = signed(signer, headers={"x-amz-meta-a": "b"})
    changed: list[Request] = [
        ("PUT", target, headers, body),
        (method, target.replace("exports", "export5"), headers, body),
        (method, f"{target}&more=1", headers, body),
        (method, f"{target}&b=2", headers, body),
        (method, target.replace("b=2", "b=3"), headers, body),
        (method, target, {**headers, "host": "other.s3.amazonaws.com"}, body),
        (method, target, {**headers, "x-amz-meta-a": "c"}, body),
        (method, target, {**headers, "x-amz-meta-more": "c"}, body),
        (method, target, {name: value for name, value in headers.items() if name != "x-amz-meta-a"}, body),
    ]
    if signer is S3SigV4Auth:
        changed.append((method, target, headers, body + b"!"))
        changed.append((method, target, {**headers, "x-amz-date": "20270102T030406Z"}, body))
    for request in changed:
        with pytest.raises(RefusedError):
            layer.check(*request)


def test_a_presigned_url_holds_from_its_time_to_its_end(layer: StrictS3, signed: Callable[..., Request]) -> None:
    request = signed(S3SigV4QueryAuth, 60)
    for now, admitted in [
        (NOW, True),
        (NOW + timedelta(seconds=59.999), True),
        (NOW + timedelta(seconds=60), False),
        (NOW - timedelta(minutes=15), True),
        (NOW - timedelta(minutes=16), False),
    ]:
        with layer.at(now):
            if admitted:
                layer.check(*request)
            else:
                with pytest.raises(RefusedError, match="AccessDenied"):
                    layer.check(*request)


@pytest.mark.parametrize("expires", [0, -1, 604_801])
def test_a_presigned_url_for_longer_than_a_week_is_refused(
    expires: int, layer: StrictS3, signed: Callable[..., Request]
) -> None:
    with pytest.raises(RefusedError, match="AuthorizationQueryParametersError"):
        layer.check(*signed(S3SigV4QueryAuth, expires))


def test_nobody_asks_without_a_name(layer: StrictS3) -> None:
    for target in ("/a", "/a?X-Amz-Signature=0", "/a?X-Amz-Signature=0&X-Amz-Date=x&X-Amz-Expires=y"):
        with pytest.raises(RefusedError):
            layer.check("GET", target, {"host": "h"}, b"")
    with pytest.raises(RefusedError):
        layer.check("GET", "/a", {"host": "h", "authorization": "AWS4-HMAC-SHA256 junk"}, b"")


@pytest.mark.parametrize("token", [None, SESSION_TOKEN])
@pytest.mark.parametrize("seconds", [1, 15, 604_800])
def test_our_own_signature_is_that_of_botocore(token: str | None, seconds: int, signed: Callable[..., Request]) -> None:
    location = f"https://bucket.s3.{REGION}.amazonaws.com/exports/a~b"
    disposition = "attachment; filename=\"a b.pdf\"; filename*=UTF-8''%C3%A9%20~.pdf"
    ours = signed_get(
        location,
        {"response-content-disposition": disposition, "response-content-type": "application/pdf"},
        credentials=SigningCredentials(ACCESS_KEY, SECRET_KEY, token),
        region=REGION,
        signed_at=NOW,
        seconds=seconds,
    )
    # The same parameters, signed by botocore at the same time.
    unsigned = location + "?" + "&".join(pair for pair in ours.partition("?")[2].split("&") if "X-Amz-" not in pair)
    _, theirs, _, _ = signed(S3SigV4QueryAuth, seconds, url=unsigned, token=token)
    assert sorted(urlsplit(ours).query.split("&")) == sorted(urlsplit(theirs).query.split("&"))


def test_our_own_signature_is_that_of_amazons_example() -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    assert signed_get(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {},
        credentials=SigningCredentials(ACCESS_KEY, SECRET_KEY, None),
        region="us-east-1",
        signed_at=datetime(2013, 5, 24, tzinfo=UTC),
        seconds=86_400,
    ).endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_a_secret_is_not_in_the_credentials_repr() -> None:
    said = repr(SigningCredentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN))
    assert SECRET_KEY not in said
    assert SESSION_TOKEN not in said


def test_a_refusal_is_an_answer_and_does_not_reach_the_store_below() -> None:
    with strict_s3() as (_, url), closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)) as connection:
        connection.request("PUT", "/a-bucket", body=BytesIO(b""))
        response = connection.getresponse()
        assert (response.status, b"<Code>AccessDenied</Code>" in response.read()) == (403, True)
