"""Making an account, which is Amazon Cognito's business: ours is only who may. Nobody else could sign in with it.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
"""

from collections.abc import Collection, Mapping
from typing import Any

from handoff.errors import WrongDomainError
from handoff.people.addresses import is_allowed, which_are_allowed
from handoff.telemetry import logger


def refuse_outsiders(event: Mapping[str, Any], domains: Collection[str]) -> None:
    """Of a person who signs up, of one an administrator makes and of one who comes from another provider alike.

    Raises WrongDomainError. Cognito shows its message in a sentence of its own, and puts the full stop.
    """
    email = event["request"]["userAttributes"].get("email")
    if not isinstance(email, str) or not is_allowed(email, domains):
        logger.info("a sign-up was refused", trigger=event.get("triggerSource"))
        raise WrongDomainError(f"Sign in with {which_are_allowed(domains)}")
