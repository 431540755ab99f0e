"""By which addresses a deployment is reached, how much each takes, and what a long job changes of that."""

from pathlib import Path
from typing import Any

import pytest

from handoff.settings import RETRY_PAUSE_SECONDS, SETTINGS, message_seconds
from handoff.web.origin import HEADER
from tests.infra.cloudformation import NO_VALUE, ROOT, Template, of_each_function

LAMBDA_SECONDS = 900
"""A function runs no longer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
BEGINNING = {
    "HttpApi": {"POST /api/exports", "POST /api/generations"},
    "SessionStage": {"POST /api/session"},
}
"""What takes fewer requests than the rest, of each API."""


@pytest.fixture
def long_jobs() -> Template:
    return Template("template.yaml", LongJobs="on")


def distribution(**parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = Template("infra/frontend.yaml", **parameters).properties("Distribution")[
        "DistributionConfig"
    ]
    return found


def origin(config: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in config["Origins"] if each["Id"] == name]
    return dict(found)


def test_cloudfront_sends_the_api_the_secret_that_the_functions_have_and_the_page_bucket_nothing() -> None:
    config = distribution()
    secret = "{{resolve:secretsmanager:${OriginSecretArn}:SecretString:ORIGIN_SECRET}}"
    for api in ("api", "session"):
        (sent,) = origin(config, api)["OriginCustomHeaders"]
        assert sent["HeaderName"].lower() == HEADER
        assert sent["HeaderValue"] == {"Fn::Sub": secret}
    assert "OriginCustomHeaders" not in origin(config, "page")
    given = Template("template.yaml").properties("Frontend")["Parameters"]
    assert given["OriginSecretArn"] == {"Ref": "OriginSecret"}


def test_another_version_of_the_secret_is_sent_when_it_is_named() -> None:
    (sent,) = origin(distribution(OriginSecretVersion="v2"), "api")["OriginCustomHeaders"]
    assert sent["HeaderValue"]["Fn::Sub"].endswith(":SecretString:ORIGIN_SECRET::${OriginSecretVersion}}}")


@of_each_function
def test_who_is_asked_through_cloudfront_knows_the_secret_and_no_other_does(function: str, template: Template) -> None:
    needed = function in SETTINGS["ORIGIN_SECRET"].functions
    assert needed == (function in ("trigger", "status", "download"))
    assert ("OriginSecret" in template.secrets_of(function)) == needed


def test_without_a_name_of_its_own_the_page_has_cloudfronts_name_and_certificate() -> None:
    config = distribution()
    assert "Aliases" not in config
    assert config["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    assert "AcmCertificateArn" not in config["ViewerCertificate"]
    assert "WebACLId" not in config


def test_a_name_a_certificate_and_a_web_acl_are_the_ones_that_were_given() -> None:
    config = distribution(DomainName="files.example.com", CertificateArn="arn:c", WebAclArn="arn:w")
    assert config["Aliases"] == [{"Ref": "DomainName"}]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": {"Ref": "CertificateArn"},
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    assert config["WebACLId"] == {"Ref": "WebAclArn"}
    outputs = Template("infra/frontend.yaml", DomainName="files.example.com").body["Outputs"]
    assert outputs["Url"]["Value"] == {"Fn::Sub": "https://${DomainName}"}


@pytest.mark.parametrize(("stage", "beginning"), BEGINNING.items())
def test_every_route_has_a_throttle_and_what_begins_work_a_lower_one(
    stage: str, beginning: set[str], template: Template
) -> None:
    settings = template.properties(stage)
    default = {name: template.value(written) for name, written in settings["DefaultRouteSettings"].items()}
    assert default["ThrottlingBurstLimit"] >= default["ThrottlingRateLimit"] > 0
    assert set(settings["RouteSettings"]) == beginning
    for lower in settings["RouteSettings"].values():
        assert 0 < template.value(lower["ThrottlingRateLimit"]) < default["ThrottlingRateLimit"]
        assert lower["ThrottlingBurstLimit"] == lower["ThrottlingRateLimit"]


@of_each_function
def test_no_concurrency_is_reserved_unless_it_is_asked_for(function: str, template: Template) -> None:
    asked = template.parameters["ReservedConcurrency"] == "on"
    reserved = template.function(function).get("ReservedConcurrentExecutions", NO_VALUE)
    assert (reserved != NO_VALUE) == asked
    assert not asked or template.value(reserved) >= 1


def test_callback_reserves_what_the_settings_are_told_of() -> None:
    template = Template("template.yaml", ReservedConcurrency="on")
    told = template.environment("trigger")["CALLBACK_CONCURRENCY"]
    assert template.function("callback")["ReservedConcurrentExecutions"] == told


def test_without_long_jobs_there_is_no_second_door() -> None:
    template = Template("template.yaml")
    assert not template.of_type("AWS::Lambda::Url")
    assert not [name for name in template.of_type("AWS::Lambda::Permission") if name.startswith("Callback")]
    assert "${HttpApi}" in str(template.properties("DeliveryUrl")["Value"])


def test_with_long_jobs_the_queue_calls_callbacks_own_address(long_jobs: Template) -> None:
    assert long_jobs.properties("CallbackUrl") == {
        "TargetFunctionArn": {"Fn::GetAtt": ["CallbackFunction", "Arn"]},
        "AuthType": "NONE",
    }
    permissions = [each["Properties"] for each in long_jobs.of_type("AWS::Lambda::Permission").values()]
    allowed = {each["Action"]: each for each in permissions if each["Principal"] == "*"}
    assert set(allowed) == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert allowed["lambda:InvokeFunctionUrl"]["FunctionUrlAuthType"] == "NONE"
    assert allowed["lambda:InvokeFunction"]["InvokedViaFunctionUrl"] is True
    for each in allowed.values():
        assert each["FunctionName"] == {"Fn::GetAtt": ["CallbackFunction", "Arn"]}
    assert "CallbackUrl" in str(long_jobs.properties("DeliveryUrl")["Value"])


def test_a_long_job_has_fourteen_minutes_and_its_message_fits_in_the_deadline(long_jobs: Template) -> None:
    values = {name: long_jobs.value(written) for name, written in long_jobs.environment("callback").items()}
    timeout = long_jobs.function("callback")["Timeout"]
    assert values["JOB_TIME_LIMIT_SECONDS"] == 14 * 60
    assert values["JOB_TIME_LIMIT_SECONDS"] < timeout < values["LEASE_SECONDS"] < LAMBDA_SECONDS
    longest = message_seconds(values["JOB_RETRIES"], values["LEASE_SECONDS"])
    assert longest + RETRY_PAUSE_SECONDS < values["RUN_DEADLINE_SECONDS"]


def test_choices_that_contradict_each_other_are_refused_before_anything_is_made() -> None:
    rules = Template("template.yaml").body["Rules"]
    assert set(rules) >= {"DomainAndCertificate", "LongJobsByQStash"}
    assert rules["LongJobsByQStash"]["RuleCondition"] == {"Fn::Equals": [{"Ref": "LongJobs"}, "on"]}
    (assertion,) = rules["LongJobsByQStash"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "QueueProvider"}, "qstash"]}


LIMITS = {"Parameters": 200, "Resources": 500, "Outputs": 200, "Mappings": 200}
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
OF_ONE_RESOURCE = 3
"""SAM makes that many of one at most, as of a function: it, its URL's permission, its schedule's."""


@pytest.mark.parametrize(
    "path", [Path("template.yaml"), *sorted(ROOT.glob("infra/*.yaml"))], ids=lambda path: path.stem
)
def test_a_template_has_no_more_of_anything_than_cloudformation_takes(path: Path) -> None:
    template = Template(str(path))
    assert (ROOT / path).stat().st_size < 1_000_000
    for part, most in LIMITS.items():
        assert len(template.body.get(part, {})) * (OF_ONE_RESOURCE if part == "Resources" else 1) <= most, part
