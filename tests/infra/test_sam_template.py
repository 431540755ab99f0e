"""The template that `sam local` runs, made from the one that `sam build` made; here by our own reader of templates."""

import copy
import json
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from handoff.settings import SETTINGS
from tests.infra.cloudformation import Template

FUNCTIONS = ("trigger", "callback", "status", "download", "sweep")
MACHINE = "Arm64" if platform.machine() in ("arm64", "aarch64") else "X86"
LAYER, REPORT_LAYER, SIGN_IN_LAYER = (f"{name}Layer{MACHINE}" for name in ("Shared", "Report", "SignIn"))
S3 = "AWS_ENDPOINT_URL_S3"


@pytest.fixture
def making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: Template) -> Iterator[ModuleType]:
    """The module, with a build of its own and every setting in the environment."""
    helper = ModuleType("samcli.yamlhelper")
    built = copy.deepcopy(template.body)
    for name, resource in built["Resources"].items():
        if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion"):
            resource["Properties"]["CodeUri" if "Function" in name else "ContentUri"] = name
            (tmp_path / "build" / name).mkdir(parents=True)
            (tmp_path / "build" / name / "app.py").touch()
    (tmp_path / "build" / "template.yaml").touch()
    monkeypatch.setattr(helper, "yaml_parse", lambda text: copy.deepcopy(built), raising=False)
    monkeypatch.setattr(helper, "yaml_dump", json.dumps, raising=False)
    monkeypatch.setitem(sys.modules, "samcli", ModuleType("samcli"))
    monkeypatch.setitem(sys.modules, "samcli.yamlhelper", helper)
    for name in (*SETTINGS, S3):
        monkeypatch.setenv(name, f"value of {name}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of this machine")
    # Anew: it is imported with what stands in for SAM's own.
    local_template = import_module("infra.sam.local_template")
    monkeypatch.setattr(local_template, "BUILD", tmp_path / "build")
    monkeypatch.setattr(local_template, "LOCAL", tmp_path / "local")
    yield local_template
    del sys.modules["infra.sam.local_template"]


def made(making: ModuleType) -> dict[str, Any]:
    making.main()
    found: dict[str, Any] = json.loads((making.LOCAL / "template.yaml").read_text())
    return found


def variables(made: dict[str, Any], function: str) -> dict[str, str]:
    found: dict[str, str] = made["Resources"][f"{function.capitalize()}Function"]["Properties"]["Environment"][
        "Variables"
    ]
    return {name: value for name, value in found.items() if not name.startswith("POWERTOOLS_")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_its_own_settings_and_no_other(function: str, making: ModuleType) -> None:
    needed = {name for name, setting in SETTINGS.items() if function in setting.functions}
    needed |= {S3} if "FILE_BUCKET" in needed else set()
    assert variables(made(making), function) == {name: f"value of {name}" for name in needed}


def test_a_setting_that_is_not_given_is_left_to_the_function(
    making: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAIT_MAX_SECONDS")
    assert "WAIT_MAX_SECONDS" not in variables(made(making), "status")


def test_the_layers_are_this_machines_alone_and_are_where_they_were_built(making: ModuleType) -> None:
    body = made(making)
    assert body["Globals"]["Function"]["Layers"] == [{"Ref": LAYER}]
    functions = {name: each["Properties"] for name, each in body["Resources"].items() if name.endswith("Function")}
    of_their_own = {name: each["Layers"] for name, each in functions.items() if "Layers" in each}
    assert of_their_own == {
        "CallbackFunction": [{"Ref": LAYER}, {"Ref": REPORT_LAYER}],
        "TriggerFunction": [{"Ref": LAYER}, {"Ref": SIGN_IN_LAYER}],
    }
    for name in (LAYER, REPORT_LAYER):
        assert body["Resources"][name]["Properties"]["ContentUri"] == str(making.BUILD / name)


def test_what_aws_itself_asks_has_a_template_of_its_own(making: ModuleType, template: Template) -> None:
    served = made(making)["Resources"]
    beside = json.loads((making.LOCAL / "asked_by_aws.yaml").read_text())["Resources"]
    sign_up = {"SignUpFunction"} & template.resources.keys()
    assert beside.keys() == {"MigrateFunction", LAYER, "MigrationsLayer"} | sign_up
    assert not {"MigrateFunction", "SignUpFunction"} & served.keys()
    layers = beside["MigrateFunction"]["Properties"]["Layers"]
    assert layers == [{"Ref": LAYER}, {"Ref": "MigrationsLayer"}]
    for name in sign_up:
        assert "ALLOWED_EMAIL_DOMAINS" in beside[name]["Properties"]["Environment"]["Variables"]


def test_sam_serves_the_routes_of_the_sessions_api_too_and_no_other_api(making: ModuleType) -> None:
    resources = made(making)["Resources"]
    assert not [name for name, each in resources.items() if each["Type"].startswith(("AWS::ApiGatewayV2", "AWS::Cogn"))]
    routes = {
        (event["Properties"]["Method"], name, event["Properties"]["ApiId"]["Ref"])
        for name in ("TriggerFunction", "StatusFunction")
        for event in resources[name]["Properties"]["Events"].values()
        if event["Properties"]["Path"] == "/api/session"
    }
    assert routes == {
        ("POST", "TriggerFunction", "HttpApi"), ("DELETE", "TriggerFunction", "HttpApi"),
        ("GET", "StatusFunction", "HttpApi"),
    }  # fmt: skip


def test_the_page_and_another_queue_than_qstash_are_not_for_sam(making: ModuleType) -> None:
    resources = made(making)["Resources"]
    kinds = {resource["Type"] for resource in resources.values()}
    assert not [kind for kind in kinds if kind == "AWS::CloudFormation::Stack" or kind.startswith("AWS::SQS")]
    assert not [name for name in resources if name.startswith("Consume")]


def test_who_asks_for_what_is_on_the_loopback_is_wrapped_and_only_where_it_is_this_machines(
    making: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not [name for name in FUNCTIONS if "AWS_LAMBDA_EXEC_WRAPPER" in variables(made(making), name)]
    monkeypatch.setenv(making.REACH, "127.0.0.1:7000=172.17.0.1:7000")
    body = made(making)  # over what was made before
    wrapped = [name for name in FUNCTIONS if "AWS_LAMBDA_EXEC_WRAPPER" in variables(body, name)]
    assert wrapped == ["trigger", "callback"]
    assert variables(body, "callback")["AWS_LAMBDA_EXEC_WRAPPER"] == "/var/task/reach_loopback.py"
    assert variables(body, "callback")[making.REACH] == "127.0.0.1:7000=172.17.0.1:7000"
    copied = Path(body["Resources"]["CallbackFunction"]["Properties"]["CodeUri"]) / "reach_loopback.py"
    assert copied.stat().st_mode & 0o111


def test_what_was_built_is_left_as_it_was(making: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(making.REACH, "127.0.0.1:7000=172.17.0.1:7000")
    made(making)
    assert [path.name for path in (making.BUILD / "CallbackFunction").iterdir()] == ["app.py"]
