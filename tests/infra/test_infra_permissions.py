from typing import Any

import pytest

from tests.infra.cloudformation import Template, as_list, of_each_function, resource_name

ON_FILES = {
    "trigger": set[str](),
    "callback": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "status": set[str](),
    "download": {"s3:GetObject", "s3:ListBucket"},
    "sweep": {"s3:DeleteObject"},
    "consume": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "sign_up": set[str](),
    "migrate": set[str](),
}
ON_THE_QUEUE = {
    "trigger": {"sqs:SendMessage"},
    "sweep": {"sqs:SendMessage"},
    "consume": {
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility",
        "sqs:SendMessage",
    },
}  # fmt: skip


def allowed(template: Template, function: str, service: str) -> list[tuple[str, Any]]:
    """(action, resource) pairs of a function's role."""
    role = f"{resource_name(function)}Role"
    return [
        (action, resource)
        for name, statement in template.statements()
        if name == role
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action.startswith(f"{service}:")
    ]


TRACING = {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}
"""Its actions know no resource:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html"""


@pytest.mark.parametrize("which", ["with_qstash", "with_sqs", "with_azure_blob", "with_cognito", "frontend"])
def test_nothing_is_allowed_by_a_wildcard(which: str, request: pytest.FixtureRequest) -> None:
    for name, statement in request.getfixturevalue(which).statements():
        if statement["Effect"] == "Allow":
            assert not [action for action in as_list(statement["Action"]) if "*" in action], name
            assert "*" not in as_list(statement.get("Resource", [])) or statement == TRACING, name
            assert not {"NotAction", "NotResource"} & set(statement), name
            assert statement.get("Principal") != "*", name


def test_every_function_has_a_role_of_its_own_that_only_it_can_take(template: Template) -> None:
    for function in template.functions():
        role = f"{resource_name(function)}Role"
        assert template.function(function)["Role"] == {"Fn::GetAtt": [role, "Arn"]}
        assert "Policies" not in template.function(function)
        assert "ManagedPolicyArns" not in template.properties(role)
        (trust,) = template.properties(role)["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert len(template.of_type("AWS::IAM::Role")) == len(template.functions())


@of_each_function
def test_a_function_may_read_the_secrets_that_its_environment_names(function: str, template: Template) -> None:
    named = [("secretsmanager:GetSecretValue", {"Ref": secret}) for secret in template.secrets_of(function)]
    assert allowed(template, function, "secretsmanager") == named


@of_each_function
def test_a_function_may_read_the_parameters_that_its_environment_names(function: str, template: Template) -> None:
    prefix = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"
    named = [
        ("ssm:GetParameter", {"Fn::Sub": prefix + value["Fn::Sub"]})
        for name, value in template.environment(function).items()
        if name.endswith("_PARAMETER")
    ]
    assert allowed(template, function, "ssm") == named


@of_each_function
def test_a_function_writes_to_its_own_log_only(function: str, template: Template) -> None:
    logs = f"{resource_name(function)}Logs"
    assert template.function(function)["LoggingConfig"] == {"LogGroup": {"Ref": logs}}
    arn = {"Fn::GetAtt": [logs, "Arn"]}
    assert allowed(template, function, "logs") == [("logs:CreateLogStream", arn), ("logs:PutLogEvents", arn)]


@of_each_function
def test_only_who_does_the_work_writes_files_only_download_reads_them_only_sweep_removes_them(
    function: str, template: Template
) -> None:
    granted = allowed(template, function, "s3")
    expected = ON_FILES[function] if "FileBucket" in template.resources else set()
    assert {action for action, _ in granted} == expected
    bucket = {"Fn::GetAtt": ["FileBucket", "Arn"]}
    files = [{"Fn::Sub": f"${{FileBucket.Arn}}/{prefix}/*"} for prefix in ("exports", "images")]
    for action in expected:
        resources = [resource for granted_action, resource in granted if granted_action == action]
        assert resources == ([bucket] if action == "s3:ListBucket" else files)


@of_each_function
def test_a_function_may_do_nothing_else(function: str, template: Template) -> None:
    services = {
        action.partition(":")[0]
        for name, statement in template.statements()
        if name == f"{resource_name(function)}Role"
        for action in as_list(statement["Action"])
    }
    assert services <= {"logs", "xray", "secretsmanager", "ssm", "s3", "sqs"}


@of_each_function
def test_who_asks_for_work_may_send_to_the_queue_and_who_does_it_may_fetch_from_it(
    function: str, template: Template
) -> None:
    granted = allowed(template, function, "sqs")
    queue, dead_letters = ({"Fn::GetAtt": [name, "Arn"]} for name in ("JobQueue", "DeadLetterQueue"))
    expected = ON_THE_QUEUE.get(function, set()) if "JobQueue" in template.resources else set()
    assert {action for action, resource in granted if resource == queue} == expected
    others = [(action, resource) for action, resource in granted if resource != queue]
    assert others == ([("sqs:SendMessage", dead_letters)] if function == "consume" else [])
