"""What this server refuses, and how it says so: a status and {"error": "..."}.

    QStashError
    ├── InvalidRequestError   400
    ├── UnauthorizedError     401
    ├── ForbiddenError        403
    ├── NotFoundError         404
    ├── LimitError            412
    ├── TooLargeError         413
    └── FullError             429

The shape is https://upstash.com/docs/qstash/api-reference (schema Error); the words are the vendor's where known.
"""


class QStashError(Exception):
    """The request cannot be served."""

    status = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class InvalidRequestError(QStashError):
    """The request is not valid."""

    status = 400


class UnauthorizedError(QStashError):
    """unable to authenticate: invalid token"""

    status = 401


class ForbiddenError(QStashError):
    """a read-only token cannot be used for this"""

    status = 403


class NotFoundError(QStashError):
    """not found"""

    status = 404


class LimitError(QStashError):
    """There are as many of these as there may be."""

    status = 412


class TooLargeError(QStashError):
    """The message is larger than the plan allows."""

    status = 413


class FullError(QStashError):
    """The local QStash holds as many messages as it can."""

    status = 429
