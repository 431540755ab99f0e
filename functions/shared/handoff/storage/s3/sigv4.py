"""Amazon's signature of a URL, at a given time: the SDK signs at the machine's own."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class SigningCredentials:
    """What signs: the session `token` is there when the credentials are temporary, as a function's always are."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)


def signed_get(
    location: str,
    parameters: Mapping[str, str],
    *,
    credentials: SigningCredentials,
    region: str,
    signed_at: datetime,
    seconds: int,
) -> str:
    """Return the URL with which anyone may GET an S3 object until `seconds` after `signed_at` (UTC, cut to seconds).

    `location` is the object's URL without query, its path already escaped; `parameters` what else the query says.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    host, path = urlsplit(location)[1:3]
    timestamp = signed_at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{timestamp[:8]}/{region}/s3/aws4_request"
    query = {
        **parameters,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": timestamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token is not None:
        query["X-Amz-Security-Token"] = credentials.token
    canonical_query = "&".join(f"{name}={value}" for name, value in sorted(map(_escaped, query.items())))
    canonical_request = f"GET\n{path}\n{canonical_query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical_request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    return f"{location}?{canonical_query}&X-Amz-Signature={hmac.digest(key, to_sign.encode(), 'sha256').hex()}"


def _escaped(item: tuple[str, str]) -> tuple[str, str]:
    name, value = item
    return quote(name, safe="-_.~"), quote(value, safe="-_.~")
