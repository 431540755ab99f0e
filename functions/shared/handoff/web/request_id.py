"""The id of a request: Lambda's own, or one made here where there is no Lambda."""

from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The same for the whole of a request; people read it as their reference, operators find it in the log."""
    if "handoff.request_id" not in scope:
        context = scope.get("aws.context")
        scope["handoff.request_id"] = getattr(context, "aws_request_id", None) or str(uuid4())
    return str(scope["handoff.request_id"])
