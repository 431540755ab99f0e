"""Slow work, by name: a job type is a typed handler that a queue's delivery runs.

Usable on its own by another application: `request_handler` is an ASGI application for its job types. It needs no
database, no settings and nothing of the environment.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handoff.jobs.handler import request_handler

__all__ = ["request_handler"]


def __getattr__(name: str) -> Any:
    """Imported on use: whoever sends messages, or sweeps, needs nothing of the web."""
    if name != "request_handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from handoff.jobs.handler import request_handler

    return request_handler
