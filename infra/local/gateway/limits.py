"""AWS's limits, as far as a laptop can hit them."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html and
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. Tests lower them.
    """

    # API Gateway: "Total combined size of request line and header values".
    header_bytes: int = 10_240
    # API Gateway: "Payload size".
    body_bytes: int = 10 * MEGABYTE
    # API Gateway: "Maximum integration timeout".
    integration_seconds: float = 30.0
    # Lambda: "Invocation payload (request and response): 6 MB each for synchronous". The event counts whole, with its
    # body in base64 if that is binary.
    event_bytes: int = 6 * MEGABYTE
    # The same as Lambda words it of an answer: "Response payload size exceeded maximum allowed payload size (6291556
    # bytes)".
    answer_bytes: int = 6_291_556
    # Lambda's default is 1,000 for the whole account. A laptop's memory is smaller.
    # Each waiting tab holds one of the status function's, of about 40 MB.
    containers: int = 64
    # How long a container without work is kept, unless it is its function's last. Lambda does not say; it is minutes.
    idle_seconds: float = 60.0
    # An event waits this long for a container at work to become free, and this long where others still do, before one
    # more is started. A start costs a core about a second: on a machine that is only slow it makes all wait longer.
    patience_seconds: float = 0.05
    queue_seconds: float = 1.0
