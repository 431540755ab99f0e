"""sign_up, asked by Amazon Cognito as it asks: whose address may have an account.

The events are those of
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html with what all triggers have:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

import copy
from types import SimpleNamespace
from typing import Any

import pytest

from handoff.errors import SettingError, WrongDomainError
from tests.acceptance.sign_in.test_addresses import ALLOWED, REFUSED
from tests.support.functions import load_function

DOMAINS = {"ALLOWED_EMAIL_DOMAINS": "corp.com, Corp.example"}
CONTEXT = SimpleNamespace(aws_request_id="a-request")


def event(trigger: str = "PreSignUp_SignUp", **attributes: Any) -> dict[str, Any]:
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_AbCdEfGhI",
        "userName": "3284f8a2-90a1-70a5-5c5b-1a2b3c4d5e6f",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
        "request": {"userAttributes": attributes, "validationData": None},
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


@pytest.mark.line("F1")
@pytest.mark.parametrize("email", ALLOWED)
def test_an_address_of_an_allowed_domain_has_an_account_once_it_is_verified(email: str) -> None:
    """Nothing is confirmed or verified for anybody: the answer is the question."""
    asked = event(email=email)
    assert load_function("sign_up", DOMAINS).handler(copy.deepcopy(asked), CONTEXT) == asked


@pytest.mark.line("F1")
@pytest.mark.parametrize("email", [*REFUSED.values(), ["ann@corp.com"], {}], ids=[*REFUSED, "a list", "an object"])
def test_no_other_address_has(email: object, log_lines: list[dict[str, Any]]) -> None:
    with pytest.raises(WrongDomainError) as refused:
        load_function("sign_up", DOMAINS).handler(event(email=email), CONTEXT)
    # As signing in says it: Cognito puts it into "PreSignUp failed with error … ."
    assert str(refused.value) == "Sign in with a @corp.com or @corp.example address"
    (told,) = log_lines
    assert (told["message"], told["request_id"]) == ("a sign-up was refused", "a-request")
    assert not [value for value in told.values() if email and str(email) in str(value)], "whose address it was"


@pytest.mark.parametrize("trigger", ["PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"])
def test_nor_has_one_that_an_administrator_or_another_provider_brings(trigger: str) -> None:
    function = load_function("sign_up", DOMAINS)
    for attributes in ({"email": "eve@elsewhere.example"}, {}):
        with pytest.raises(WrongDomainError):
            function.handler(event(trigger, **attributes), CONTEXT)
    assert function.handler(event(trigger, email="ann@corp.com"), CONTEXT)["response"]["autoConfirmUser"] is False


def test_without_domains_it_does_not_start() -> None:
    with pytest.raises(SettingError, match="ALLOWED_EMAIL_DOMAINS is not set"):
        load_function("sign_up", {})
