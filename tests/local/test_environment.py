"""The functions on a laptop have the settings that handoff.settings asks for, and no others."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from handoff.settings import SETTINGS, load_settings
from infra.local import openai, qstash
from infra.local.environment import Addresses, function_environment, make_settings, not_used
from infra.local.errors import LocalError
from infra.local.parts.openai import LocalOpenAI
from infra.local.parts.qstash import ANOTHER_QUEUE, LocalQStash
from infra.local.parts.trigger_dev import LocalTriggerDev
from infra.local.state import make_keys

FUNCTIONS = ("trigger", "callback", "status", "download", "sweep", "consume")
ADDRESSES = Addresses(
    page="http://localhost:8000",
    delivery="http://127.0.0.1:8000",
    database="postgresql://handoff:password@127.0.0.1:5432/handoff",
    queue="http://127.0.0.1:8080",
    source="http://127.0.0.1:9000/source",
    store="http://127.0.0.1:9001",
    images="http://127.0.0.1:9002",
)


def settings(pdf: Path | None = None, **caller: str) -> dict[str, str]:
    return make_settings(ADDRESSES, make_keys(), Path("/files"), caller, pdf)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_starts_with_what_it_is_given(function: str) -> None:
    load_settings(function, function_environment(function, settings(), {}))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_is_given_only_what_it_needs(function: str) -> None:
    given = function_environment(function, settings(), {"AWS_PROFILE": "mine", "PATH": "/bin"})
    needed = {name for name, setting in SETTINGS.items() if setting.needed_by(function, settings())}
    ours = {"PATH", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "PYTHONPATH", "PYTHONUNBUFFERED", "TZ"}
    assert given.keys() - needed == ours


def test_nothing_that_must_be_set_is_forgotten() -> None:
    must = {name for name, setting in SETTINGS.items() if setting.default is None}
    elsewhere = {name for name in must if not any(SETTINGS[name].needed_by(each, settings()) for each in FUNCTIONS)}
    assert must - elsewhere <= settings().keys()


def test_limits_may_be_set_by_the_caller_but_not_the_database() -> None:
    values = settings(LINK_TTL_SECONDS="5", DATABASE_URL="postgresql://production")
    assert values["LINK_TTL_SECONDS"] == "5"
    assert values["DATABASE_URL"] == ADDRESSES.database
    assert values["STORAGE_PROVIDER"] == "filesystem"


def test_files_are_kept_where_the_caller_says() -> None:
    values = settings(STORAGE_PROVIDER="s3", AWS_PROFILE="mine")
    assert (values["STORAGE_PROVIDER"], values["FILE_BUCKET"]) == ("s3", "handoff-files")
    assert values["AWS_ENDPOINT_URL_S3"] == ADDRESSES.store
    assert "AWS_PROFILE" not in values
    own = settings(STORAGE_PROVIDER="s3", FILE_BUCKET="my-bucket", AWS_PROFILE="mine")
    assert (own["FILE_BUCKET"], own["AWS_PROFILE"]) == ("my-bucket", "mine")
    assert "AWS_ENDPOINT_URL_S3" not in own
    assert settings(FILE_BUCKET="my-bucket")["STORAGE_PROVIDER"] == "filesystem"
    with pytest.raises(LocalError, match=r"names another store, so AWS_DEFAULT_REGION must be set too\."):
        settings(STORAGE_PROVIDER="s3", FILE_BUCKET="my-bucket")
    with pytest.raises(LocalError, match=r"STORAGE_PROVIDER=tape: a laptop has filesystem, s3, azure_blob\."):
        settings(STORAGE_PROVIDER="tape")


REAL_SQS = {
    "SQS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/jobs",
    "SQS_DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/dead",
}


def test_sqs_is_a_queue_of_this_machines_or_the_one_that_the_caller_names() -> None:
    values = settings(QUEUE_PROVIDER="sqs", AWS_PROFILE="mine")
    assert values["QUEUE_PROVIDER"] == "sqs"
    assert values["AWS_ENDPOINT_URL_SQS"] == ADDRESSES.queue
    assert all(values[name].startswith(f"{ADDRESSES.queue}/") for name in REAL_SQS)
    assert "AWS_PROFILE" not in values
    assert not [name for name in values if name.startswith("QSTASH")]
    own = settings(None, QUEUE_PROVIDER="sqs", AWS_PROFILE="mine", **REAL_SQS)
    assert {name: own[name] for name in REAL_SQS} == REAL_SQS
    assert own["AWS_PROFILE"] == "mine"
    assert "AWS_ENDPOINT_URL_SQS" not in own
    with pytest.raises(LocalError, match=r"so SQS_DEAD_LETTER_QUEUE_URL must be set too\."):
        settings(QUEUE_PROVIDER="sqs", SQS_QUEUE_URL=REAL_SQS["SQS_QUEUE_URL"])


def test_beside_a_stand_in_the_callers_own_keys_are_used() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "mine too"}
    queue = settings(None, QUEUE_PROVIDER="sqs", STORAGE_PROVIDER="s3", **REAL_SQS, **keys)
    store = settings(
        None,
        QUEUE_PROVIDER="sqs",
        STORAGE_PROVIDER="s3",
        FILE_BUCKET="my-bucket",
        AWS_DEFAULT_REGION="eu-west-1",
        **keys,
    )
    assert queue["AWS_ENDPOINT_URL_S3"] == ADDRESSES.store
    assert store["AWS_ENDPOINT_URL_SQS"] == ADDRESSES.queue
    assert queue["AWS_ACCESS_KEY_ID"] == store["AWS_ACCESS_KEY_ID"] == "mine"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_who_sends_to_sqs_or_takes_from_it_has_its_keys(function: str) -> None:
    given = function_environment(function, settings(QUEUE_PROVIDER="sqs"), {})
    assert ("AWS_SECRET_ACCESS_KEY" in given) is (function in ("trigger", "sweep", "consume"))


def test_another_queue_brings_its_own_keys() -> None:
    values = settings(
        QSTASH_URL="https://qstash.upstash.io",
        QSTASH_TOKEN="token",
        QSTASH_CURRENT_SIGNING_KEY="c" * 32,
        QSTASH_NEXT_SIGNING_KEY="n" * 32,
        DELIVERY_URL="https://tunnel.example",
    )
    assert values["QSTASH_URL"] == "https://qstash.upstash.io"
    assert values["QSTASH_TOKEN"] == "token"
    assert values["DELIVERY_URL"] == "https://tunnel.example"


def test_another_queue_without_its_keys_is_refused_by_name() -> None:
    with pytest.raises(LocalError, match="QSTASH_TOKEN, QSTASH_CURRENT_SIGNING_KEY, QSTASH_NEXT_SIGNING_KEY, DELIVERY"):
        settings(QSTASH_URL="https://qstash.upstash.io")


def test_an_own_file_keeps_its_name() -> None:
    assert settings(pdf=Path("/home/me/report.pdf"))["SOURCE_FILE_NAME"] == "report.pdf"


def test_an_own_file_whose_name_is_no_text_has_one_that_is() -> None:
    name = settings(pdf=Path(os.fsdecode(b"/tmp/caf\xe9.pdf")))["SOURCE_FILE_NAME"]
    assert name == "caf\N{REPLACEMENT CHARACTER}.pdf"
    assert name.encode()


def test_the_keys_of_another_queue_mean_nothing_to_the_local_one() -> None:
    values = settings(QSTASH_TOKEN="token", DELIVERY_URL="https://tunnel.example")
    assert values["QSTASH_TOKEN"] == qstash.DEVELOPMENT_TOKEN
    assert values["DELIVERY_URL"] == ADDRESSES.delivery


def test_what_the_caller_has_set_and_has_no_say_is_named() -> None:
    caller = {"QSTASH_TOKEN": "token", "AZURE_CONTAINER": "files", "LINK_TTL_SECONDS": "5", "HOME": "/home"}
    used = make_settings(ADDRESSES, make_keys(), Path("/files"), caller)
    assert not_used(caller, used) == ["QSTASH_TOKEN", "AZURE_CONTAINER"]


def test_images_are_the_mocks_in_the_place_of_the_vendors_where_the_local_queue_makes_the_calls() -> None:
    values = settings(OPENAI_API_KEY="sk-mine")
    assert (values["IMAGE_PROVIDER"], values["OPENAI_API_URL"]) == ("openai", "https://api.openai.com")
    assert values["OPENAI_API_KEY"] == openai.DEVELOPMENT_KEY
    assert (values["OPENAI_IMAGE_HOSTS"], values["OPENAI_IMAGE_LOOPBACK"]) == ("127.0.0.1", "127.0.0.1:9002")
    assert "sk-mine" not in values.values()
    (_, detour) = LocalQStash().server({}, speed=1, images=ADDRESSES.images).arguments[-2:]  # type: ignore[union-attr]
    assert detour == f"api.openai.com:443={ADDRESSES.images}"


@pytest.mark.parametrize("queue", ["sqs", "trigger_dev"])
def test_images_are_the_mocks_at_its_own_address_where_we_make_the_calls(queue: str) -> None:
    values = settings(QUEUE_PROVIDER=queue)
    assert (values["IMAGE_PROVIDER"], values["OPENAI_API_URL"]) == ("openai", ADDRESSES.images)


def test_the_local_task_has_the_key_of_whom_it_calls() -> None:
    def keys(images: str = "", **caller: str) -> Mapping[str, str]:
        server = LocalTriggerDev().server(caller, speed=1, images=images)
        assert server
        return server.environment

    assert keys(ADDRESSES.images) == {"OPENAI_API_KEY": openai.DEVELOPMENT_KEY}
    assert keys(OPENAI_API_URL="https://api.openai.com", OPENAI_API_KEY="sk-mine") == {"OPENAI_API_KEY": "sk-mine"}
    assert keys(OPENAI_API_KEY="sk-mine") == {}


def test_images_are_made_by_whom_the_caller_names_or_by_nobody() -> None:
    own = {"OPENAI_API_URL": "https://api.openai.com", "OPENAI_API_KEY": "sk-mine"}
    values = settings(None, **own)
    assert {name: values[name] for name in own} == own
    assert not {"OPENAI_IMAGE_HOSTS", "OPENAI_IMAGE_LOOPBACK"} & values.keys()
    assert LocalOpenAI().server(own, speed=1) is None
    with pytest.raises(LocalError, match=r"so OPENAI_API_KEY must be set too\."):
        settings(OPENAI_API_URL="https://api.openai.com")
    assert [name for name in settings(IMAGE_PROVIDER="none") if name.startswith("OPENAI")] == []
    with pytest.raises(LocalError, match=r"IMAGE_PROVIDER=paint: a laptop has none, openai\."):
        settings(IMAGE_PROVIDER="paint")


def test_a_queue_elsewhere_is_not_sent_to_a_mock_that_it_cannot_reach() -> None:
    cloud = dict.fromkeys((*ANOTHER_QUEUE, "TRIGGER_SECRET_KEY"), "https://elsewhere.example")
    assert settings(None, **cloud)["IMAGE_PROVIDER"] == "none"
    with pytest.raises(LocalError, match="A queue elsewhere cannot call the mock"):
        settings(None, **cloud, IMAGE_PROVIDER="openai")
    own = {"OPENAI_API_URL": "https://api.openai.com", "OPENAI_API_KEY": "sk-mine"}
    assert settings(None, **cloud, **own)["OPENAI_API_KEY"] == "sk-mine"


def test_only_the_local_source_is_excepted_from_the_guard() -> None:
    assert settings()["SOURCE_LOOPBACK"] == "127.0.0.1:9000"
    assert settings(SOURCE_URL="https://documents.example/a.pdf")["SOURCE_LOOPBACK"] == ""
