"""The queue that a deployment with QueueProvider=sqs has of its own, and that no other has."""

import pytest

from handoff.jobs.queues.sqs.queue import LARGEST_BYTES
from handoff.settings import SETTINGS
from tests.infra.cloudformation import Template, as_list

FOURTEEN_DAYS = 14 * 24 * 3600
"""The longest: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""


@pytest.fixture
def deployed() -> Template:
    return Template("template.yaml", QueueProvider="sqs")


def test_with_another_provider_nothing_of_it_is_there() -> None:
    template = Template("template.yaml", QueueProvider="qstash")
    assert not [name for name, each in template.resources.items() if each["Type"].startswith("AWS::SQS")]
    assert "consume" not in template.functions()
    assert not [name for name, statement in template.statements() if "sqs:" in str(statement)]
    assert "DeadLetterQueueUrl" not in template.body["Outputs"]


def test_with_it_no_secret_of_another_provider_is_left_to_fill_in(deployed: Template) -> None:
    assert not [name for name in deployed.resources if "Queue" in name and "Secret" in name]
    assert not [name for name in deployed.body["Outputs"] if "QueueToken" in name or "QueueKeys" in name]


@pytest.mark.parametrize("name", ["JobQueue", "DeadLetterQueue"])
def test_a_queue_is_encrypted_keeps_for_long_and_takes_what_we_may_send(name: str, deployed: Template) -> None:
    queue = deployed.properties(name)
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert queue["MaximumMessageSize"] == LARGEST_BYTES


def test_the_queues_refuse_plain_http(deployed: Template) -> None:
    policy = deployed.properties("QueuePolicy")
    assert policy["Queues"] == [{"Ref": "JobQueue"}, {"Ref": "DeadLetterQueue"}]
    (refusal,) = policy["PolicyDocument"]["Statement"]
    assert (refusal["Effect"], refusal["Principal"]) == ("Deny", "*")
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert refusal["Resource"] == [{"Fn::GetAtt": [name, "Arn"]} for name in ("JobQueue", "DeadLetterQueue")]


def test_a_message_is_hidden_six_times_as_long_as_its_function_may_take(deployed: Template) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    visibility = deployed.properties("JobQueue")["VisibilityTimeout"]
    assert visibility == 6 * deployed.function("consume")["Timeout"]


def test_the_consumer_gives_up_before_the_queue_does(deployed: Template) -> None:
    """The attempts that a message may have, and one more in which the consumer sees that the last was killed."""
    policy = deployed.properties("JobQueue")["RedrivePolicy"]
    assert policy["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    most_retries = max(n for n in range(100) if _allowed(n))
    assert policy["maxReceiveCount"] > most_retries + 2


def _allowed(retries: int) -> bool:
    try:
        return bool(SETTINGS["JOB_RETRIES"].parse(str(retries)) == retries)
    except ValueError:
        return False


def test_lambda_is_told_of_each_message_alone_and_starts_no_more_than_was_chosen(deployed: Template) -> None:
    (event,) = deployed.function("consume")["Events"].values()
    assert event["Type"] == "SQS"
    assert event["Properties"] == {
        "Queue": {"Fn::GetAtt": ["JobQueue", "Arn"]},
        "BatchSize": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": {"Ref": "JobsAtOnce"}},
    }


def test_only_lambda_calls_the_consumer(deployed: Template) -> None:
    events = deployed.function("consume")["Events"].values()
    assert [event["Type"] for event in events] == ["SQS"]
    trust = deployed.properties("ConsumeRole")["AssumeRolePolicyDocument"]["Statement"]
    assert [as_list(each["Principal"]["Service"]) for each in trust] == [["lambda.amazonaws.com"]]
