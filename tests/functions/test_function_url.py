"""With LongJobs the queue calls callback at a Function URL of its own, whose events differ from the API's."""

import json
from typing import Any

from tests.support.deliveries import delivery
from tests.support.environment import DELIVERY_URL
from tests.support.functions import invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem

URL = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws"
PATH = "/api/jobs/produce_export"


def at_function_url(export_id: str, signed_for: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    sent = delivery(PATH, json.dumps({"id": export_id, "try": 1}).encode(), sub=signed_for + PATH)
    sent["routeKey"] = sent["requestContext"]["routeKey"] = "$default"
    sent["requestContext"] |= {
        "stage": "$default",
        "domainName": URL.removeprefix("https://"),
        "accountId": "anonymous",
    }
    return sent


def test_a_delivery_that_is_signed_for_it_is_done(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    callback = handoff.load("callback", DELIVERY_URL=f"{URL}/", JOB_TIME_LIMIT_SECONDS="840", LEASE_SECONDS="870",
                            RUN_DEADLINE_SECONDS="5400")  # fmt: skip
    assert invoke(callback, at_function_url(export_id, signed_for=URL)).status == 200
    assert person.export(export_id)["state"] == "ready"


def test_one_that_is_signed_for_the_api_is_refused_there(handoff: Handoff) -> None:
    export_id = handoff.person().request_export()
    callback = handoff.load("callback", DELIVERY_URL=URL)
    refused = invoke(callback, at_function_url(export_id, signed_for=DELIVERY_URL))
    assert_problem(refused, 401, "unsigned-delivery")
