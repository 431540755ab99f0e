"""Why an invocation gave no result.

InvocationError
├── FunctionError             the handler raised, its module could not be imported, or its process died
├── FunctionTimeoutError
├── IntegrationTimeoutError
├── EventTooLargeError
└── AnswerTooLargeError
"""


class InvocationError(Exception):
    """The function gave no result. The message is for the gateway's log; the caller learns nothing of it."""


class FunctionError(InvocationError):
    """The handler raised, or its module could not be imported, or its process died."""


class FunctionTimeoutError(InvocationError):
    """The function took longer than its own limit."""


class IntegrationTimeoutError(InvocationError):
    """The function took longer than API Gateway waits."""


class AnswerTooLargeError(InvocationError):
    """The result is larger than Lambda passes on."""


class EventTooLargeError(InvocationError):
    """The event is larger than Lambda takes."""
