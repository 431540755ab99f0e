"""A setting that is missing or wrong stops a function before its first request, and is named exactly."""

import pytest

from handoff.errors import SettingError
from handoff.setting_types import text
from handoff.settings import ANY, SETTINGS, Setting, load_settings, message_seconds
from tests.support.environment import CALL_SECRET, environment

FULL = environment(
    database_url="postgresql://u:p@localhost/handoff",
    queue_url="http://127.0.0.1:8080",
    storage_folder="/tmp/files",
    source_url="http://127.0.0.1:9000/document",
)
CHOSEN = {
    "QUEUE_PROVIDER": "qstash",
    "STORAGE_PROVIDER": "filesystem",
    "IMAGE_PROVIDER": FULL["IMAGE_PROVIDER"],
    "CALL_HISTORY": "on",
    "OIDC_ISSUER": FULL["OIDC_ISSUER"],
}
"""By FULL, or by default."""
NOTHING_SET = {
    **CHOSEN,
    "STORAGE_PROVIDER": "s3",
    "IMAGE_PROVIDER": "none",
    "CALL_HISTORY": "off",
    "OIDC_ISSUER": "",
}
FUNCTIONS = ("trigger", "callback", "status", "download", "sweep", "consume", "migrate", "sign_up")


def needed(function: str) -> list[str]:
    """The settings that a function reads, with the providers of FULL."""
    return [name for name, setting in SETTINGS.items() if setting.needed_by(function, CHOSEN)]


def refusal(function: str, **changes: str | None) -> str:
    """What is said when those settings are as they are."""
    made = {name: value for name, value in {**FULL, **changes}.items() if value is not None}
    with pytest.raises(SettingError) as refused:
        load_settings(function, made)
    said = str(refused.value)
    assert said.startswith(f"{function} cannot start: ")
    return said.removeprefix(f"{function} cannot start: ")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_with_everything_set_a_function_starts(function: str) -> None:
    settings = load_settings(function, FULL)
    for name in needed(function):
        settings[name]


@pytest.mark.parametrize("how", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize(
    ("function", "name"),
    [(function, name) for function in FUNCTIONS for name in needed(function) if SETTINGS[name].default is None],
)
def test_a_setting_that_is_missing_is_named_with_its_meaning_and_alone(
    function: str, name: str, how: str | None
) -> None:
    assert refusal(function, **{name: how}) == f"{name} is not set ({SETTINGS[name].meaning})"


@pytest.mark.parametrize(
    ("function", "name"),
    [(function, name) for function in FUNCTIONS for name in needed(function) if SETTINGS[name].default is not None],
)
def test_a_setting_with_a_default_may_be_missing_or_empty(function: str, name: str) -> None:
    default = SETTINGS[name].parse(SETTINGS[name].default or "")
    without = {key: value for key, value in FULL.items() if key != name}
    if name == "SOURCE_LOOPBACK":
        assert refusal("callback", SOURCE_LOOPBACK=None).startswith("SOURCE_URL must name a host")
    elif name != "STORAGE_PROVIDER":
        assert load_settings(function, without)[name] == default
        assert load_settings(function, {**FULL, name: ""})[name] == default


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_setting_that_a_function_does_not_use_may_be_missing_or_nonsense(function: str) -> None:
    for name in SETTINGS.keys() - set(needed(function)):
        load_settings(function, {**FULL, name: "nonsense"})


WRONG = [
    ("trigger", "DATABASE_URL", "mysql://localhost/x", "must be postgresql://user:password@host/database"),
    ("status", "DATABASE_LISTEN", "yes", "must be true or false"),
    ("status", "PUBLIC_URL", "handoff.example", "must be an absolute http or https URL"),
    ("status", "PUBLIC_URL", "ftp://handoff.example", "must be an absolute http or https URL"),
    ("status", "PUBLIC_URL", "https://handoff.example?x=1", "must be an absolute http or https URL"),
    ("callback", "DELIVERY_URL", "https://user:secret@handoff.example", "must be an absolute http or https URL"),
    ("callback", "DELIVERY_URL", "/api", "must be an absolute http or https URL"),
    ("trigger", "QUEUE_PROVIDER", "rabbit", "must be one of: qstash"),
    ("trigger", "QSTASH_URL", "qstash", "must be an absolute http or https URL"),
    ("callback", "QSTASH_CURRENT_SIGNING_KEY", "k" * 31, "must have at least 32 characters"),
    ("callback", "QSTASH_NEXT_SIGNING_KEY", "k", "must have at least 32 characters"),
    ("sweep", "STORAGE_PROVIDER", "tape", "must be one of: filesystem, "),
    ("sweep", "STORAGE_URL", "files", "must be an absolute http or https URL"),
    ("sweep", "STORAGE_SIGNING_KEY", "short", "must have at least 32 characters"),
    ("download", "LINK_KEYS", "short", "must have at least 32 characters"),
    ("download", "LINK_KEYS", "k" * 32 + ",short", "must have at least 32 characters"),
    ("download", "LINK_KEYS", "k" * 32 + ",", "must have at least 32 characters"),
    ("status", "SESSION_KEYS", "," + "k" * 32, "must have at least 32 characters"),
    ("trigger", "LINK_TTL_SECONDS", "0", "must be a whole number from 1 to 86400"),
    ("trigger", "LINK_TTL_SECONDS", "-1", "must be a whole number from 1 to 86400"),
    ("trigger", "LINK_TTL_SECONDS", "120.5", "must be a whole number from 1 to 86400"),
    ("trigger", "LINK_TTL_SECONDS", "120s", "must be a whole number from 1 to 86400"),
    ("trigger", "LINK_TTL_SECONDS", "١٢٠", "must be a whole number from 1 to 86400"),
    ("trigger", "LINK_TTL_SECONDS", " 120", "must be a whole number from 1 to 86400"),
    ("trigger", "LINK_TTL_SECONDS", "9" * 5000, "must be a whole number from 1 to 86400"),
    ("trigger", "MAX_ACTIVE_RUNS", "0", "must be a whole number from 1 to 1000"),
    ("status", "OIDC_ISSUER", "issuer.example", "must be an absolute https URL"),
    ("status", "OIDC_ISSUER", "http://issuer.example", "must be an absolute https URL"),
    ("status", "OIDC_ISSUER", "http://localhost.example", "must be an absolute https URL"),
    ("status", "OIDC_ISSUER", "https://user:secret@issuer.example", "must be an absolute https URL"),
    ("status", "OIDC_ISSUER", "https://issuer.example?x=1", "must be an absolute https URL"),
    ("status", "OIDC_ISSUER", "https://issuer.example#x", "must be an absolute https URL"),
    ("trigger", "OIDC_KEYS_URL", "http://issuer.example/keys", "must be an absolute https URL"),
    ("status", "OIDC_AUTHORIZATION_URL", "javascript:alert(1)", "must be an absolute https URL"),
    ("status", "OIDC_TOKEN_URL", "http://10.0.0.1/token", "must be an absolute https URL"),
    ("trigger", "ALLOWED_EMAIL_DOMAINS", "*.corp.com", "must be exact domains"),
    ("trigger", "ALLOWED_EMAIL_DOMAINS", "corp.com,@corp.example", "must be exact domains"),
    ("trigger", "ALLOWED_EMAIL_DOMAINS", "corp.com;corp.example", "must be exact domains"),
    ("trigger", "ALLOWED_EMAIL_DOMAINS", "com", "must be exact domains"),
    ("trigger", "ALLOWED_EMAIL_DOMAINS", "cörp.com", "must be exact domains"),
    ("trigger", "ALLOWED_EMAIL_DOMAINS", ",", "must be exact domains"),
    ("status", "EXPORTS_NEED_SIGN_IN", "yes", "must be true or false"),
    ("callback", "SOURCE_URL", "document.pdf", "must be"),
    ("callback", "SOURCE_URL", "file:///etc/passwd", "must be"),
    ("callback", "SOURCE_URL", "http://127.0.0.1:9001/document", "must name a host"),
    ("callback", "SOURCE_URL", "https://source.example:8443/document", "must name a host"),
    ("callback", "SOURCE_URL", "http://0x7f000001/document", "must name a host"),
    ("callback", "SOURCE_URL", "http://a host/document", "must name a host"),
    ("callback", "SOURCE_ALLOWED_HOSTS", "*.example.com", "must be exact host names"),
    ("callback", "SOURCE_ALLOWED_HOSTS", "a.example, b.example:8080", "must be exact host names"),
    ("callback", "SOURCE_LOOPBACK", "192.0.2.1:9000", "must be host:port with a loopback address"),
    ("callback", "SOURCE_LOOPBACK", "127.0.0.1", "must be host:port with a loopback address"),
    ("trigger", "QSTASH_TOKEN", "secret first half\nsecond half", "must be visible ASCII characters"),
    ("sweep", "QSTASH_TOKEN", "secret-é", "must be visible ASCII characters"),
    ("status", "WAIT_MAX_SECONDS", "26", "must be a whole number from 0 to 25"),
    ("trigger", "CALL_HISTORY", "yes", "must be one of: off, on"),
    ("trigger", "CALL_WEBHOOK_SECRETS", "secret", "must be whsec_ and 24 to 64 bytes in base64"),
    ("trigger", "CALL_WEBHOOK_SECRETS", "whsec_" + "c2VjcmV0" * 3, "must be whsec_ and 24 to 64 bytes in base64"),
    ("trigger", "CALL_WEBHOOK_SECRETS", "whsec_" + "c2VjcmV0" * 12, "must be whsec_ and 24 to 64 bytes in base64"),
    ("trigger", "CALL_WEBHOOK_SECRETS", "c2VjcmV0" * 5, "must be whsec_ and 24 to 64 bytes in base64"),
    ("trigger", "CALL_WEBHOOK_SECRETS", ",".join([CALL_SECRET] * 3), "must be two at most"),
    ("trigger", "TWILIO_AUTH_TOKENS", "secret", "must have at least 32 characters"),
    ("trigger", "TWILIO_AUTH_TOKENS", ",".join(["t" * 32] * 3), "must be two at most"),
    ("sweep", "FILE_RETENTION_DAYS", "0", "must be a whole number from 1 to 3650"),
    ("sweep", "LOG_LEVEL", "TRACE", "must be one of: DEBUG, INFO, WARNING, ERROR"),
]


@pytest.mark.parametrize(("function", "name", "value", "rule"), WRONG)
def test_a_setting_that_is_wrong_is_named_with_what_is_allowed_and_its_value_is_not_shown(
    function: str, name: str, value: str, rule: str
) -> None:
    said = refusal(function, **{name: value})
    assert said.startswith(f"{name} {rule}")
    assert ";" not in said, "nothing else is said to be wrong"
    if SETTINGS[name].secret or "secret" in value:
        assert value not in said
        assert "secret" not in said


def test_exports_cannot_need_a_sign_in_that_there_is_not() -> None:
    load_settings("status", {**FULL, "EXPORTS_NEED_SIGN_IN": "true"})
    said = refusal("status", EXPORTS_NEED_SIGN_IN="true", OIDC_ISSUER=None)
    assert said == "EXPORTS_NEED_SIGN_IN is true, but without OIDC_ISSUER nobody can sign in"


@pytest.mark.parametrize("function", ["trigger", "status"])
def test_where_nobody_can_sign_in_nothing_of_it_need_be_right(function: str) -> None:
    issuer = ("OIDC_ISSUER", ANY)
    about = [name for name, each in SETTINGS.items() if issuer in (each.when, each.only.get(function))]
    nonsense = dict.fromkeys(about, "nonsense")
    assert len(nonsense) == 5
    load_settings(function, {**FULL, **nonsense, "OIDC_ISSUER": ""})


def test_an_issuer_is_kept_to_the_letter_and_domains_are_compared_in_lower_case() -> None:
    settings = load_settings(
        "status", {**FULL, "OIDC_ISSUER": "https://a.example/", "ALLOWED_EMAIL_DOMAINS": "A.b, C.D"}
    )
    assert settings["OIDC_ISSUER"] == "https://a.example/"
    assert settings["ALLOWED_EMAIL_DOMAINS"] == ("a.b", "c.d")


def test_several_at_once_are_all_named() -> None:
    said = refusal("callback", DATABASE_URL=None, QSTASH_NEXT_SIGNING_KEY="k", SOURCE_URL="", LEASE_SECONDS="x")
    assert said == "; ".join(
        [
            "DATABASE_URL is not set (Postgres 15 or later)",
            "QSTASH_NEXT_SIGNING_KEY must have at least 32 characters",
            f"SOURCE_URL is not set ({SETTINGS['SOURCE_URL'].meaning})",
            "LEASE_SECONDS must be a whole number from 2 to 900",
        ]
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_with_nothing_set_everything_is_named(function: str) -> None:
    with pytest.raises(SettingError) as refused:
        load_settings(function, {})
    missing = [
        f"{name} is not set ({setting.meaning})"
        for name, setting in SETTINGS.items()
        if setting.default is None and setting.needed_by(function, NOTHING_SET)
    ]
    assert missing
    assert str(refused.value) == f"{function} cannot start: " + "; ".join(missing)


# What must fit together


@pytest.mark.parametrize(("limit", "lease"), [("30", "30"), ("31", "30"), ("25", "2")])
def test_a_job_must_end_itself_before_its_lease_does(limit: str, lease: str) -> None:
    said = refusal("callback", JOB_TIME_LIMIT_SECONDS=limit, LEASE_SECONDS=lease)
    assert said == f"JOB_TIME_LIMIT_SECONDS ({limit}) must be less than LEASE_SECONDS ({lease})"


@pytest.mark.parametrize("function", ["trigger", "callback", "sweep"])
def test_all_attempts_of_a_message_must_fit_into_the_runs_deadline(function: str) -> None:
    assert message_seconds(3, 30) == 4 * 30 + 5 + 10 + 20 == 155
    load_settings(function, {**FULL, "RUN_DEADLINE_SECONDS": "155", "OPENAI_TIMEOUT_SECONDS": "1"})
    said = refusal(function, RUN_DEADLINE_SECONDS="154", OPENAI_TIMEOUT_SECONDS="1")
    assert said == ("JOB_RETRIES (3) and LEASE_SECONDS (30) can take 155 s, more than RUN_DEADLINE_SECONDS (154)")
    assert "JOB_RETRIES (10)" in refusal(function, JOB_RETRIES="10", RUN_DEADLINE_SECONDS="900")
    assert message_seconds(0, 25) == 25


def test_on_aws_calls_are_for_people_who_sign_in() -> None:
    on_aws = {"AWS_LAMBDA_FUNCTION_NAME": "status"}
    for function in ("trigger", "status"):
        said = refusal(function, **on_aws, OIDC_ISSUER="")
        assert said == "CALL_HISTORY is on, but without OIDC_ISSUER anybody could see who calls whom"
        load_settings(function, {**FULL, **on_aws})
        load_settings(function, {**FULL, "OIDC_ISSUER": ""})


def test_the_exception_for_loopback_is_refused_on_aws_and_nowhere_else() -> None:
    on_aws = {"AWS_LAMBDA_FUNCTION_NAME": "callback"}
    assert refusal("callback", **on_aws) == "SOURCE_LOOPBACK is for a laptop and must not be set on AWS"
    said = refusal("callback", **on_aws, OPENAI_IMAGE_LOOPBACK="127.0.0.1:9200")
    assert "OPENAI_IMAGE_LOOPBACK is for a laptop and must not be set on AWS" in said
    load_settings("callback", {**FULL, **on_aws, "AWS_SAM_LOCAL": "true"})
    source = "https://source.example/document"
    load_settings("callback", {**FULL, **on_aws, "SOURCE_LOOPBACK": "", "SOURCE_URL": source})
    load_settings("callback", FULL)


@pytest.mark.parametrize("function", ["trigger", "sweep"])
def test_all_that_may_be_under_way_together_must_be_less_than_callback_can_take(function: str) -> None:
    load_settings(function, {**FULL, "CALLBACK_CONCURRENCY": "31"})
    said = refusal(function, CALLBACK_CONCURRENCY="30")
    assert said == "CALLBACK_CONCURRENCY (30) must be more than what may be under way together (30)"
    assert "together (61)" in refusal(function, EXPORT_PARALLELISM="41", CALLBACK_CONCURRENCY="50")


def test_calls_without_a_carriers_secret_are_refused() -> None:
    for name in ("CALL_WEBHOOK_SECRETS", "TWILIO_AUTH_TOKENS"):
        load_settings("trigger", {**FULL, name: ""})
    said = refusal("trigger", CALL_WEBHOOK_SECRETS="", TWILIO_AUTH_TOKENS=None)
    assert said == "CALL_HISTORY is on, but none of CALL_WEBHOOK_SECRETS, TWILIO_AUTH_TOKENS is set"
    load_settings("trigger", {**FULL, "CALL_HISTORY": "off", "CALL_WEBHOOK_SECRETS": "", "TWILIO_AUTH_TOKENS": ""})


# What becomes of them


def test_settings_become_what_they_mean() -> None:
    callback = load_settings("callback", {**FULL, "SOURCE_ALLOWED_HOSTS": " A.example, b.EXAMPLE ,,"})
    assert callback["SOURCE_ALLOWED_HOSTS"] == ("a.example", "b.example")
    assert callback["LINK_TTL_SECONDS"] == 120
    assert callback["MAX_EXPORT_BYTES"] == 100 * 1024 * 1024
    status = load_settings(
        "status", {**FULL, "PUBLIC_URL": "https://handoff.example/base//", "DATABASE_LISTEN": "true"}
    )
    assert status["PUBLIC_URL"] == "https://handoff.example/base"
    assert status["DATABASE_LISTEN"] is True


def test_keys_are_a_list_the_current_one_first_however_it_is_spaced() -> None:
    one, other = "a" * 40, "b" * 40
    for written in (f"{one},{other}", f"{one}, {other}", f" {one} ,{other}\n"):
        assert load_settings("download", {**FULL, "LINK_KEYS": written})["LINK_KEYS"] == (one, other)


def test_each_provider_asks_for_its_own_settings_alone() -> None:
    s3 = {**FULL, "STORAGE_PROVIDER": "s3", "FILE_BUCKET": "bucket"}
    for name in ("STORAGE_FOLDER", "STORAGE_URL", "STORAGE_SIGNING_KEY"):
        del s3[name]
    assert load_settings("sweep", s3)["FILE_BUCKET"] == "bucket"
    del s3["FILE_BUCKET"]
    with pytest.raises(SettingError, match=r"sweep cannot start: FILE_BUCKET is not set"):
        load_settings("sweep", s3)


KEY = "c2VjcmV0" * 6


@pytest.mark.parametrize(
    "wrong",
    [
        "secret",
        f"AccountKey={KEY}",
        "AccountName=account",
        f"AccountName=account;AccountKey={KEY}=x",
        "AccountName=account;AccountKey=c2VjcmV0",
        f"AccountName=An Account;AccountKey={KEY}",
        "BlobEndpoint=https://account.blob.core.windows.net;SharedAccessSignature=sv=1&sig=secret",
        "UseDevelopmentStorage=true",
    ],
)
def test_an_azure_account_that_could_sign_no_url_is_refused_by_name(wrong: str) -> None:
    azure = {"STORAGE_PROVIDER": "azure_blob", "AZURE_CONTAINER": "files", "AZURE_STORAGE_CONNECTION_STRING": wrong}
    said = refusal("download", **azure)
    assert said.startswith("AZURE_STORAGE_CONNECTION_STRING must be an Azure storage account's connection string")
    assert "secret" not in said
    assert KEY not in said
    right = f"DefaultEndpointsProtocol=https;AccountName=account;AccountKey={KEY};EndpointSuffix=core.windows.net"
    azure["AZURE_STORAGE_CONNECTION_STRING"] = f" {right}\n"
    assert load_settings("download", {**FULL, **azure})["AZURE_STORAGE_CONNECTION_STRING"] == right


def test_every_setting_is_used_by_some_function_and_its_default_is_allowed() -> None:
    for setting in SETTINGS.values():
        assert setting.functions
        assert set(setting.functions) <= set(FUNCTIONS)
        assert setting.meaning
        if setting.default is not None:
            setting.parse(setting.default)
        assert not (setting.secret and setting.default), "a secret that everybody knows"


def test_what_a_provider_needs_is_named_wherever_it_stands_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"TAPE_NUMBER": Setting(text, "which tape", ("sweep",), when=("STORAGE_PROVIDER", "filesystem"))}
    monkeypatch.setattr("handoff.settings.SETTINGS", {**first, **SETTINGS})
    assert refusal("sweep") == "TAPE_NUMBER is not set (which tape)"
