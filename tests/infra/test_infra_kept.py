"""What outlives a stack, how it is guarded, how long logs live, and that the stack can be made at all."""

import json
from graphlib import TopologicalSorter

import pytest

from tests.infra.cloudformation import Template
from tests.infra.dependencies import dependencies

LASTING = ["LinkKeysSecret", "SessionKeysSecret", "OriginSecret"]
OF_THE_STORE = {"s3": ["FileBucket", "FileBucketPolicy"], "azure_blob": ["AzureStorageSecret"]}
OF_THE_CALLS = {"off": list[str](), "on": ["CallSecret"]}
OF_THE_QUEUE = {
    "qstash": ["QueueTokenSecret", "QueueKeysSecret"],
    "sqs": list[str](),
    "trigger_dev": ["TriggerDevKeySecret", "TriggerDevSigningSecret"],
}


def lasting(template: Template) -> list[str]:
    chosen = template.parameters
    key = chosen["ImageProvider"] == "openai" and chosen["QueueProvider"] != "trigger_dev"
    images = ["OpenAIKeySecret"] if key else []
    of_the_queue, of_the_store = OF_THE_QUEUE[chosen["QueueProvider"]], OF_THE_STORE[chosen["StorageProvider"]]
    return LASTING + of_the_queue + of_the_store + images + OF_THE_CALLS[chosen["CallHistory"]]


def test_deleting_the_stack_keeps_files_and_secrets(template: Template) -> None:
    """And a creation that fails leaves nothing behind, for there is nothing in it yet."""
    for name in lasting(template):
        resource = template.resources[name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain"), name


def test_no_bucket_or_secret_was_forgotten(template: Template) -> None:
    kinds = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SecretsManager::Secret")
    assert sorted(name for kind in kinds for name in template.of_type(kind)) == sorted(lasting(template))


@pytest.mark.parametrize(("which", "name"), [("with_qstash", "FileBucket"), ("frontend", "PageBucket")])
def test_a_bucket_is_private_encrypted_and_forgets_what_is_removed(
    which: str, name: str, request: pytest.FixtureRequest
) -> None:
    bucket = request.getfixturevalue(which).properties(name)
    assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True, True, True, True]
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["BucketEncryption"]
    assert "VersioningConfiguration" not in bucket


@pytest.mark.parametrize(("which", "name"), [("with_qstash", "FileBucket"), ("frontend", "PageBucket")])
def test_a_bucket_refuses_plain_http(which: str, name: str, request: pytest.FixtureRequest) -> None:
    policy = request.getfixturevalue(which).properties(f"{name}Policy")
    assert policy["Bucket"] == {"Ref": name}
    (refusal,) = [statement for statement in policy["PolicyDocument"]["Statement"] if statement["Effect"] == "Deny"]
    assert refusal["Principal"] == "*"
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert refusal["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


def test_uploads_that_never_ended_are_dropped(with_qstash: Template) -> None:
    (rule,) = with_qstash.properties("FileBucket")["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_every_log_is_kept_for_the_chosen_time(template: Template) -> None:
    logs = template.of_type("AWS::Logs::LogGroup")
    assert len(logs) == len(template.functions()) + 1
    for name, resource in logs.items():
        assert resource["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_no_secret_is_in_the_template(template: Template) -> None:
    for name, secret in template.of_type("AWS::SecretsManager::Secret").items():
        values = json.loads(secret["Properties"].get("SecretString", "{}")).values()
        assert not any(values), name


@pytest.mark.parametrize("which", ["with_qstash", "with_sqs", "with_azure_blob", "with_cognito", "frontend", "auth"])
def test_no_resource_depends_on_itself(which: str, request: pytest.FixtureRequest) -> None:
    tuple(TopologicalSorter(dependencies(request.getfixturevalue(which))).static_order())
