from typing import Any

import pytest

from handoff.errors import SettingError
from handoff.settings import ANY, SETTINGS, load_settings
from tests.infra.cloudformation import Template, of_each_function

ON_A_LAPTOP_ONLY = {"DATABASE_LISTEN", "SOURCE_LOOPBACK", "OPENAI_IMAGE_LOOPBACK"}

ADDED_BY_HAND = {"DATABASE_DIRECT_URL"}
"""To a secret that is there: the template does not write one again, so as not to lose what was filled in."""

URLS = {"PUBLIC_URL", "DELIVERY_URL"}


def read_from_parameters(template: Template) -> set[str]:
    return URLS | ({"OIDC_CLIENT_ID"} if template.parameters["SignIn"] == "cognito" else set())


def needed(template: Template, function: str) -> set[str]:
    """The settings that handoff.settings reads for a function on AWS."""
    chosen = {
        "QUEUE_PROVIDER": template.parameters["QueueProvider"],
        "STORAGE_PROVIDER": template.parameters["StorageProvider"],
        "IMAGE_PROVIDER": template.parameters["ImageProvider"],
        "OIDC_ISSUER": "none" if template.parameters["SignIn"] == "none" else ANY,
        "CALL_HISTORY": template.parameters["CallHistory"],
    }
    return {
        name
        for name, setting in SETTINGS.items()
        if name not in ON_A_LAPTOP_ONLY and setting.needed_by(function, chosen)
    }


def plain_environment(template: Template, function: str) -> dict[str, str]:
    """What a function would find after a deployment, with stand-ins for what only AWS knows."""
    found: dict[str, str] = {}
    for name, written in template.environment(function).items():
        value: Any = template.value(written)
        found[name] = "https://example.com/a.pdf" if isinstance(value, dict) else str(value)
    for name in (*read_from_parameters(template), "SECRET_ARNS"):
        found.pop(f"{name}_PARAMETER", None)
        found.pop(name, None)
    return found


@of_each_function
def test_a_function_has_the_variables_of_its_settings_and_no_other(function: str, template: Template) -> None:
    plain = {name for name in needed(template, function) if not SETTINGS[name].secret}
    parameters = {f"{name}_PARAMETER" for name in plain & read_from_parameters(template)}
    powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    secrets = {"SECRET_ARNS"} if any(SETTINGS[name].secret for name in needed(template, function)) else set()
    expected = plain - read_from_parameters(template) | parameters | powertools | secrets
    assert set(template.environment(function)) == expected


@of_each_function
def test_a_function_is_given_the_secrets_it_needs_and_no_other(function: str, template: Template) -> None:
    given = [setting for secret in template.secrets_of(function) for setting in template.settings_in(secret)]
    wanted = {name for name in needed(template, function) if SETTINGS[name].secret} - ADDED_BY_HAND
    assert sorted(given) == sorted(wanted)


@of_each_function
def test_the_values_are_ones_the_settings_accept(function: str, template: Template) -> None:
    secrets = {name: "k" * 32 for name in needed(template, function) if SETTINGS[name].secret}
    secrets["DATABASE_URL"] = secrets["DATABASE_DIRECT_URL"] = "postgresql://localhost/handoff"
    secrets["CALL_WEBHOOK_SECRETS"] = "whsec_" + "k" * 32
    secrets["AZURE_STORAGE_CONNECTION_STRING"] = f"AccountName=account;AccountKey={'k' * 44}"
    urls = dict.fromkeys(read_from_parameters(template), "https://example.com")
    settings = load_settings(function, {**plain_environment(template, function), **secrets, **urls})
    assert settings["LOG_LEVEL"] == "INFO"


@of_each_function
def test_the_services_name_in_logs_and_metrics_is_the_functions(function: str, template: Template) -> None:
    environment = template.environment(function)
    assert environment["POWERTOOLS_SERVICE_NAME"] == function
    assert environment["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": "Handoff/${AWS::StackName}"}


@pytest.mark.parametrize(
    ("secret", "function"),
    [("QueueTokenSecret", "trigger"), ("QueueKeysSecret", "callback")],
)
def test_a_secret_that_nobody_has_filled_in_counts_as_not_set(secret: str, function: str) -> None:
    template = Template("template.yaml")
    urls = dict.fromkeys(read_from_parameters(template), "https://example.com")
    unfilled = dict.fromkeys(template.settings_in(secret), "")
    with pytest.raises(SettingError) as caught:
        load_settings(function, {**plain_environment(template, function), **urls, **unfilled})
    assert all(f"{name} is not set" in str(caught.value) for name in unfilled)


def test_a_parameter_is_named_literally_so_that_no_function_depends_on_what_depends_on_it(template: Template) -> None:
    resources = {"PUBLIC_URL": "PublicUrl", "DELIVERY_URL": "DeliveryUrl", "OIDC_CLIENT_ID": "SignInClientId"}
    for setting in read_from_parameters(template):
        resource = resources[setting]
        name = template.properties(resource)["Name"]
        assert name == {"Fn::Sub": f"/${{AWS::StackName}}/{setting.lower().replace('_', '-')}"}
        users = [f for f in template.functions() if f"{setting}_PARAMETER" in template.environment(f)]
        assert users
        assert all(template.environment(function)[f"{setting}_PARAMETER"] == name for function in users)


ENVIRONMENT_BYTES = 4096
"""Names and values together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
ARN = "arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:OpenAIKeySecret-AbCdEfGhIjKl-mNoPqR"
LONG = "https://" + "a" * 150
"""Longer than any address or name that AWS makes up here, and than most that a person gives."""


@of_each_function
def test_a_functions_variables_fit_in_its_environment(function: str, template: Template) -> None:
    environment = template.environment(function)
    values = {name: template.value(written) for name, written in environment.items()}
    lengths = {name: len(LONG) if isinstance(value, dict) else len(str(value)) for name, value in values.items()}
    if "SECRET_ARNS" in environment:
        lengths["SECRET_ARNS"] = len(template.secrets_of(function)) * (len(ARN) + 1)
    assert sum(len(name) + length for name, length in lengths.items()) < ENVIRONMENT_BYTES
