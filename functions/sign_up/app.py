"""Asked by Amazon Cognito before it makes an account: whether the address is of a domain that may sign in."""

import handoff.cold_start

from typing import Any

from handoff.people.sign_up import refuse_outsiders
from handoff.telemetry import logger
from handoff.wiring import Wiring

wiring = Wiring("sign_up")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The event as it came: Cognito has still to see that the address is theirs. Raises WrongDomainError."""
    logger.append_keys(request_id=context.aws_request_id if context else None)
    refuse_outsiders(event, wiring.settings["ALLOWED_EMAIL_DOMAINS"])
    return event


handoff.cold_start.started()
