"""What the vendor's API says of a call that it refuses: https://developers.openai.com/api/docs/guides/error-codes"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """The status, and the four fields of the error's body."""

    status: int
    message: str
    type: str
    code: str | None = None
    param: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": error}


class RefusedError(Exception):
    """The call is answered with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def invalid(message: str, param: str | None, code: str = "invalid_value") -> RefusedError:
    return RefusedError(Refusal(400, message, "invalid_request_error", code, param))


def no_model(message: str) -> RefusedError:
    return RefusedError(Refusal(404, message, "invalid_request_error", "model_not_found", "model"))


CONTENT_POLICY = Refusal(
    400,
    "Your request was rejected by the safety system. safety_violations=[violence].",
    "image_generation_user_error",
    "moderation_blocked",
)
RATE_LIMIT = Refusal(
    429,
    "Rate limit reached for images per minute. Please try again later.",
    "rate_limit_error",
    "rate_limit_exceeded",
)
QUOTA = Refusal(
    429,
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota",
    "insufficient_quota",
)
# The real one quotes the beginning and the end of the key.
KEY = Refusal(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
NO_KEY = Refusal(401, "You didn't provide an API key.", "invalid_request_error")
ERROR = Refusal(500, "The server had an error while processing your request.", "server_error", "server_error")
OVERLOADED = Refusal(
    503, "The server is overloaded. Please try again later.", "service_unavailable_error", "server_is_overloaded"
)
TOO_LARGE = Refusal(413, "The request is too large.", "invalid_request_error")
NOT_FOUND = Refusal(404, "Invalid URL. The mock has POST /v1/images/generations.", "invalid_request_error")
