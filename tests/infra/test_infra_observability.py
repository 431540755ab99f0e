"""Alarms are about what the functions really count, and each has its page in the runbook."""

import ast
import json
import re
from typing import Any

import pytest

from handoff.telemetry import count_in
from tests.infra.cloudformation import ROOT, Template
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff

OF_AWS = {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": ("ApiId", {"5xx", "4xx"}),
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": ("FunctionName", {"Throttles", "Errors", "Duration", "Url5xxCount"}),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": ("QueueName", {"ApproximateNumberOfMessagesVisible"}),
}
REFUSALS = ("Ended", "Revoked", "Removed", "Unknown", "Failed", "Unavailable")


@pytest.fixture(scope="module")
def observability() -> Template:
    return Template("infra/observability.yaml", DeadLetterQueue="dead-letters", AlarmEmail="on-call@example.com")


def alarms(observability: Template) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in observability.of_type("AWS::CloudWatch::Alarm").items()}


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Each with Namespace, MetricName and Dimensions."""
    if "Metrics" in alarm:
        return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    return [alarm]


def counted() -> set[str]:
    """Every name that the code gives to what it counts or measures."""
    found = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("count", "measure_seconds"):
                texts = (each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant))
                found |= {text for text in texts if isinstance(text, str) and text}
    return (found - {"DownloadRefused"}) | {f"DownloadRefused{reason}" for reason in REFUSALS}


def test_every_alarm_has_a_section_of_the_runbook_and_goes_to_whoever_is_told(observability: Template) -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    sections = {heading.lower().replace(" ", "-") for heading in headings}
    named = set()
    for name, alarm in alarms(observability).items():
        (section,) = re.findall(r"docs/runbook\.md#([a-z-]+)$", alarm["AlarmDescription"])
        named.add(section)
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Alarms"}], name
    assert named == sections - {"a-deployment-failed-to-migrate"}


def test_an_alarm_of_ours_is_about_what_a_function_counts_as_it_counts_it(
    observability: Template, handoff: Handoff, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names, the namespace and the dimensions are looked at in the lines that CloudWatch would read."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "as-on-aws")
    handoff.environment["POWERTOOLS_METRICS_NAMESPACE"] = "Handoff/a-stack"
    person = handoff.person()
    export = person.ready_export()
    handoff.give_up(person.request_export())
    handoff.sweeper.handler({}, None)
    for file in (path for path in ROOT.joinpath(handoff.environment["STORAGE_FOLDER"]).rglob("*") if path.is_file()):
        file.unlink()
    link = export["links"][0]["url"].rpartition("/")[2]
    assert invoke(handoff.download, event("GET", f"/download/{link}")).status == 502
    count_in("Handoff")
    emitted = set()
    for line in capsys.readouterr().out.splitlines():
        for about in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", []):
            names = [metric["Name"] for metric in about["Metrics"]]
            emitted |= {(about["Namespace"], name, str(about["Dimensions"])) for name in names}
    ours = [
        metric for each in alarms(observability).values() for metric in metrics_of(each)
        if metric["Namespace"] == {"Ref": "MetricsNamespace"}
    ]  # fmt: skip
    assert len(ours) == 7
    for metric in ours:
        assert "Dimensions" not in metric
        assert ("Handoff/a-stack", metric["MetricName"], "[[]]") in emitted


def test_an_alarm_on_aws_is_about_a_metric_that_there_is(observability: Template) -> None:
    of_aws = [metric for each in alarms(observability).values() for metric in metrics_of(each)]
    of_aws = [metric for metric in of_aws if isinstance(metric["Namespace"], str)]
    assert {metric["Namespace"] for metric in of_aws} == set(OF_AWS)
    for metric in of_aws:
        dimension, names = OF_AWS[metric["Namespace"]]
        assert metric["MetricName"] in names
        (given,) = metric["Dimensions"]
        assert given["Name"] == dimension
        assert given["Value"]["Ref"] in observability.parameters


def test_the_dashboard_shows_all_that_is_counted_and_nothing_that_is_not(observability: Template) -> None:
    written = observability.properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    shown = [metric for widget in json.loads(written)["widgets"] for metric in widget["properties"]["metrics"]]
    assert {name for namespace, name, *_ in shown if namespace == "${MetricsNamespace}"} == counted()
    for namespace, name, *rest in shown:
        if namespace != "${MetricsNamespace}":
            assert (rest[0], name in OF_AWS[namespace][1]) == (OF_AWS[namespace][0], True)
    assert set(re.findall(r"\$\{(\w+)\}", written)) <= set(observability.parameters)


def test_each_reason_of_a_refused_download_is_counted_by_itself() -> None:
    enum = (ROOT / "schema/migrations/0001_exports.sql").read_text().partition("CREATE TYPE visit_outcome AS ENUM (")[2]
    told = set(re.findall(r"^    '(\w+)'", enum.partition(");")[0], re.MULTILINE)) - {"admitted"}
    assert {reason.lower() for reason in REFUSALS} == told | {"unknown", "unavailable"}


def test_the_stack_is_told_of_what_the_template_has(template: Template, observability: Template) -> None:
    given = template.properties("Observability")["Parameters"]
    assert set(given) == set(observability.parameters)
    assert given["MetricsNamespace"] == template.environment("trigger")["POWERTOOLS_METRICS_NAMESPACE"]
    with_sqs = template.parameters["QueueProvider"] == "sqs"
    for name in (name for name in given if name.endswith("Function")):
        assert given[name] == ({"Ref": name} if with_sqs or name != "ConsumeFunction" else "")
    assert given["LateSeconds"] == (900 if template.parameters["LongJobs"] == "on" else 60)
    assert given["DeadLetterQueue"] == ({"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]} if with_sqs else "")


def test_nobody_is_written_to_unless_an_address_is_given(observability: Template) -> None:
    letters = observability.resources["AlarmLetters"]
    assert letters["Condition"] == "WithEmail"
    assert observability.body["Conditions"]["WithEmail"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}
    assert Template("template.yaml").parameters["AlarmEmail"] == ""


def test_every_function_is_traced_and_nothing_in_a_trace_is_ours(template: Template) -> None:
    """Lambda's own segments say how long it took. Only the X-Ray SDK would add what was called."""
    assert template.body["Globals"]["Function"]["Tracing"] == "Active"
    assert not [function for function in template.functions() if "Tracing" in template.function(function)]
    assert "aws-xray-sdk" not in (ROOT / "functions/shared/requirements.txt").read_text()
