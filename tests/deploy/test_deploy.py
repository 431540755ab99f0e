"""One command to AWS, against an account of moto's and a SAM CLI that only says what it was asked."""

import os
import pty
from typing import Any

import pytest
from moto.cloudformation.models import cloudformation_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.deploy.__main__ import ROOT, main
from infra.deploy.page import ALWAYS_FRESH, upload
from infra.deploy.stages import STAGES, Stage
from tests.deploy.conftest import FILES, REGION, Account


def stored(account: Account) -> dict[str, Any]:
    s3 = account.client("s3")
    listed = s3.list_objects_v2(Bucket=account.bucket).get("Contents", [])
    return {each["Key"]: s3.head_object(Bucket=account.bucket, Key=each["Key"]) for each in listed}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Somebody sits there."""
    leader, follower = pty.openpty()
    with os.fdopen(follower) as reading:
        monkeypatch.setattr("sys.stdin", reading)
        yield reading
    os.close(leader)


def test_the_stack_then_the_page_then_what_to_do_next(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "prod"], account.root) == 0
    assert account.asked[:3] == ["deploy", "--config-env", "prod"]
    assert "--guided" not in account.asked
    assert account.asked[account.asked.index("--region") + 1] == REGION
    assert set(stored(account)) == set(FILES)
    assert len(account.invalidations()) == 1
    said = capfd.readouterr().out
    assert "make doctor URL=https://page.example" in said
    assert "make smoke URL=https://page.example" in said
    assert f"Fill in QSTASH_TOKEN here.\n    {account.secret}" in said


def test_a_secret_that_was_filled_in_is_not_asked_for_again(
    account: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    account.client("secretsmanager").put_secret_value(SecretId=account.secret, SecretString='{"QSTASH_TOKEN": "x"}')
    assert main(["--stage", "prod"], account.root) == 0
    assert "Fill in" not in capfd.readouterr().out


def test_what_is_told_comes_on_top_of_what_is_written_down(account: Account) -> None:
    config = account.root / "samconfig.toml"
    config.write_text(config.read_text() + 'parameter_overrides = "LogRetentionDays=90 SourceFileName=\\"a b.pdf\\""\n')
    assert main(["--stage", "prod", "--parameters", "LogLevel=DEBUG LogRetentionDays=7"], account.root) == 0
    told = account.asked[account.asked.index("--parameter-overrides") + 1 :]
    assert told[:3] == ["LogRetentionDays=7", "SourceFileName=a b.pdf", "LogLevel=DEBUG"]


def test_a_parameter_without_a_value_is_named(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "prod", "--parameters", "LogLevel"], account.root) == 1
    assert "Name=value, not as LogLevel" in capfd.readouterr().err
    assert account.asked == []


def test_a_stack_whose_creation_failed_gives_way_to_the_next_try(
    account: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks
    (failed,) = [stack for stack in stacks.values() if stack.name == "handoff-prod"]
    failed.status = "ROLLBACK_COMPLETE"
    assert main(["--stage", "prod"], account.root) == 1  # SAM, which only says what it was asked, makes none
    assert "Deleting handoff-prod, whose creation failed" in capfd.readouterr().out
    assert account.asked[0] == "deploy"
    assert failed.status == "DELETE_COMPLETE"


def test_each_file_has_its_type_and_is_asked_for_anew_each_time(account: Account) -> None:
    assert main(["page", "--stage", "prod"], account.root) == 0
    assert {key: found["ContentType"] for key, found in stored(account).items()} == FILES
    assert {found["CacheControl"] for found in stored(account).values()} == {ALWAYS_FRESH} == {"no-cache"}
    assert account.asked == []


def test_what_the_page_no_longer_has_is_removed_and_what_is_hidden_never_goes_there(account: Account) -> None:
    account.client("s3").put_object(Bucket=account.bucket, Key="js/old.js", Body=b"old")
    (account.root / "frontend" / ".secret.txt").write_text("not for anybody")
    assert main(["page", "--stage", "prod"], account.root) == 0
    assert set(stored(account)) == set(FILES)


def test_the_page_itself_comes_after_what_it_needs(account: Account) -> None:
    s3, keys = account.client("s3"), list[str]()
    s3.meta.events.register("provide-client-params.s3.PutObject", lambda params, **_: keys.append(params["Key"]))
    upload(s3, account.root / "frontend", account.bucket)
    assert sorted(keys) == sorted(FILES)
    assert keys[-1] == "index.html"


def test_the_whole_of_cloudfronts_copy_is_forgotten(account: Account) -> None:
    assert main(["page", "--stage", "prod"], account.root) == 0
    (made,) = account.invalidations()
    found = account.client("cloudfront").get_invalidation(DistributionId=account.distribution, Id=made["Id"])
    assert found["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == ["/*"]


def test_the_first_time_somebody_is_asked_and_their_answers_hold_from_then_on(account: Account, terminal: Any) -> None:
    assert main([], account.root) == 0
    assert account.asked == ["deploy", "--config-env", "default", "--guided"]
    assert main([], account.root) == 0
    assert account.asked == ["deploy", "--config-env", "default", "--region", REGION]


def test_where_nobody_can_be_asked_nothing_is_deployed(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], account.root) == 1
    assert account.asked == []
    assert "PARAMETERS" in capfd.readouterr().err


def test_parameters_and_a_region_stand_for_answers(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    assert main(["--parameters", "QueueProvider=sqs LogLevel=DEBUG"], account.root) == 0
    assert account.asked == [
        "deploy", "--config-env", "default", "--parameter-overrides", "QueueProvider=sqs", "LogLevel=DEBUG",
        "--region", REGION, "--no-confirm-changeset",
    ]  # fmt: skip


def test_when_sam_fails_the_page_is_left_as_it_was(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    (account.root / "exit").write_text("3")
    assert main(["--stage", "prod"], account.root) == 1
    assert stored(account) == {}
    assert account.invalidations() == []
    assert "sam ended with 3" in capfd.readouterr().err


def test_without_a_sam_cli_it_says_how_to_get_one(
    account: Account, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAM", str(account.root / "none"))
    assert main(["--stage", "prod"], account.root) == 1
    assert "make sam-check" in capfd.readouterr().err


def test_a_stage_without_a_stack_says_how_to_make_one(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    account.client("cloudformation").delete_stack(StackName="handoff-prod")
    assert main(["page", "--stage", "prod"], account.root) == 1
    assert "make deploy STAGE=prod" in capfd.readouterr().err


def test_without_credentials_it_says_how_to_get_some(
    account: Account, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(account.root / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(account.root / "none"))
    assert main(["page", "--stage", "prod"], account.root) == 1
    assert "aws sso login" in capfd.readouterr().err


def test_a_bucket_that_is_gone_is_named(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    account.client("s3").delete_bucket(Bucket=account.bucket)
    assert main(["page", "--stage", "prod"], account.root) == 1
    assert "NoSuchBucket" in capfd.readouterr().err


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_a_stack_of_its_own(name: str) -> None:
    stage = Stage.read(ROOT / "samconfig.toml", name)
    assert stage.stack == f"handoff-{name}"
