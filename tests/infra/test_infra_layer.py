import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.sam.build_rules import stale
from tests.infra.cloudformation import ROOT, Template

SHARED = ROOT / "functions" / "shared"


def locked(extra: str = "", group: str = "") -> dict[str, tuple[str, set[str]]]:
    """Name -> version and hashes of all that our own dependencies, an extra's or a group's, lead to in uv.lock."""
    packages: dict[str, Any] = {package["name"]: package for package in lock()["package"]}
    found: dict[str, tuple[str, set[str]]] = {}
    project = packages["handoff"]
    extras = {"": project["dev-dependencies"][group] if group else project["dependencies"]}
    waiting = list({**extras, **project["optional-dependencies"]}[extra])
    while waiting:
        wanted = waiting.pop()
        package = packages[wanted["name"]]
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        known = package["name"] in found
        found[package["name"]] = (package["version"], {file["hash"] for file in files})
        waiting += [] if known else package.get("dependencies", [])
        for extra in wanted.get("extra", []):
            waiting += package["optional-dependencies"][extra]
    return found


def lock() -> dict[str, Any]:
    return tomllib.loads((ROOT / "uv.lock").read_text())


def required(file: str = "requirements.txt", folder: Path = SHARED) -> dict[str, tuple[str, set[str]]]:
    found: dict[str, tuple[str, set[str]]] = {}
    for entry in re.split(r"\n(?=\S)", (folder / file).read_text()):
        if match := re.match(r"([\w.-]+)==(\S+)", entry):
            found[match[1]] = (match[2], set(re.findall(r"--hash=(\S+)", entry)))
    return found


def test_the_layer_has_what_the_lock_file_says() -> None:
    """Otherwise: uv export --locked --no-dev --no-emit-project --no-header -o functions/shared/requirements.txt"""
    assert required() == locked()


def test_the_layer_of_azure_has_what_its_extra_brings_besides() -> None:
    """Otherwise: the same with --extra azure, and of that what is not in requirements.txt, into azure_blob.txt"""
    besides = locked("azure").keys() - required().keys()
    assert required("azure_blob.txt") == {name: locked("azure")[name] for name in besides}


def test_the_layer_of_reports_has_what_its_extra_brings_besides() -> None:
    """Otherwise: as for Azure, with --extra report into report.txt"""
    besides = locked("report").keys() - required().keys()
    assert required("report.txt") == {name: locked("report")[name] for name in besides}


def test_the_layer_of_signing_in_has_what_its_extra_brings_besides() -> None:
    """Otherwise: as for Azure, with --extra sign-in into sign_in.txt"""
    besides = locked("sign-in").keys() - required().keys()
    assert required("sign_in.txt") == {name: locked("sign-in")[name] for name in besides}


def test_the_layer_of_migrations_has_what_its_group_brings() -> None:
    """Otherwise: uv export --locked --only-group migrate --no-emit-project --no-header -o schema/requirements.txt"""
    assert required(folder=ROOT / "schema") == locked(group="migrate")


@pytest.mark.parametrize("file", ["requirements.txt", "azure_blob.txt", "report.txt", "sign_in.txt"])
def test_the_requirements_name_no_package_index(file: str) -> None:
    assert "://" not in (SHARED / file).read_text()


def test_the_aws_sdk_is_left_to_the_runtime() -> None:
    assert not {"boto3", "botocore"} & set(required())


def test_every_layer_has_a_target_in_its_makefile(template: Template) -> None:
    layers = template.of_type("AWS::Serverless::LayerVersion")
    azure, sign_in = template.parameters["StorageProvider"] == "azure_blob", template.parameters["SignIn"] != "none"
    assert len(layers) == 5 + 2 * azure + 2 * sign_in
    for name, layer in layers.items():
        assert layer["Metadata"]["BuildMethod"] == "makefile"
        folder = ROOT / layer["Properties"]["ContentUri"]
        makefile = (folder / "Makefile").read_text()
        assert re.search(rf"^(build-\w+ )*build-{name}( build-\w+)*:", makefile, re.MULTILINE)
        if name != "MigrationsLayer":
            assert layer["Properties"]["CompatibleArchitectures"] == [layer["Metadata"]["BuildArchitecture"]]
            assert folder == SHARED


def by_architecture(choice: Any) -> dict[str, list[Any]]:
    """The layers by architecture."""
    condition, arm64, x86 = choice["Fn::If"]
    assert condition == "OnArm64"
    return {"Arm64": arm64, "X86": x86}


@pytest.mark.parametrize("architecture", ["Arm64", "X86"])
def test_each_architecture_has_its_layers_and_its_extension(template: Template, architecture: str) -> None:
    allowed = template.body["Parameters"]["Architecture"]
    assert (allowed["Default"], allowed["AllowedValues"]) == ("arm64", ["arm64", "x86_64"])
    published = "{{{{resolve:ssm:/aws/service/aws-parameters-and-secrets-lambda-extension/{}/latest}}}}"
    azure = [{"Ref": f"AzureBlobLayer{architecture}"}] * (template.parameters["StorageProvider"] == "azure_blob")
    shared = [{"Ref": f"SharedLayer{architecture}"}, published.format(architecture.lower())]
    assert by_architecture(template.body["Globals"]["Function"]["Layers"])[architecture] == [*shared, *azure]
    for name, function in template.of_type("AWS::Serverless::Function").items():
        if name in ("CallbackFunction", "ConsumeFunction"):
            report = {"Ref": f"ReportLayer{architecture}"}
            assert by_architecture(function["Properties"]["Layers"])[architecture] == [*shared, report, *azure]
        elif name == "TriggerFunction":
            sign_in = [{"Ref": f"SignInLayer{architecture}"}] * (template.parameters["SignIn"] != "none")
            assert by_architecture(function["Properties"]["Layers"])[architecture] == [*shared, *sign_in, *azure]
        elif name == "MigrateFunction":
            migrations = {"Ref": "MigrationsLayer"}
            assert by_architecture(function["Properties"]["Layers"])[architecture] == [*shared[:2], migrations]
        else:
            assert "Layers" not in function["Properties"], f"{name} makes no report, and would start later"


def test_layer_and_functions_are_of_the_same_python(template: Template) -> None:
    runtime = template.body["Globals"]["Function"]["Runtime"]
    for layer in template.of_type("AWS::Serverless::LayerVersion").values():
        assert layer["Properties"]["CompatibleRuntimes"] == [runtime]
    for makefile in ((SHARED / "Makefile").read_text(), (ROOT / "schema" / "Makefile").read_text()):
        assert f"PYTHON ?= {runtime}\n" in makefile
        assert f"--python-version {runtime.removeprefix('python')}" in makefile


def build(tmp_path: Path, brought: list[str]) -> subprocess.CompletedProcess[str]:
    """The layer's Makefile on packages that are there already, as empty files."""
    for name in ["kept/__init__.py", *brought]:
        path = tmp_path / "python" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    variables = [f"ARTIFACTS_DIR={tmp_path}", "PIP=true", f"PYTHON={sys.executable}"]
    command = ["make", "--silent", "-C", str(SHARED), *variables, "build-SharedLayerX86"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def left_out() -> list[str]:
    """One file for each line of unused.txt."""
    lines = [line for line in (SHARED / "unused.txt").read_text().splitlines() if line and not line.startswith("#")]
    return [line.replace("*", "some/one") + ("" if re.search(r"\.\w+$", line) else "/file") for line in lines]


def test_the_build_leaves_out_what_is_unused_and_nothing_else(tmp_path: Path) -> None:
    done = build(tmp_path, left_out())
    assert done.returncode == 0, done.stderr
    packages = tmp_path / "python"
    assert [name for name in left_out() if (packages / name).exists()] == []
    assert (packages / "kept" / "__init__.py").is_file()
    ours = [path.relative_to(SHARED) for path in (SHARED / "handoff").rglob("*") if path.suffix in (".py", ".sql")]
    assert [path for path in ours if not (packages / path).is_file() and path.parts[1] != "testing"] == []
    assert not (packages / "handoff" / "testing").exists()


def test_the_build_compiles_every_module_so_that_no_cold_start_does(tmp_path: Path) -> None:
    build(tmp_path, left_out())
    assert list(stale(tmp_path / "python")) == []
    assert len(list((tmp_path / "python").rglob("*.pyc"))) > 50


def test_the_build_fails_where_there_is_nothing_to_leave_out(tmp_path: Path) -> None:
    """A line that a new version of a package has made pointless, or that was never right."""
    done = build(tmp_path, left_out()[:-1])
    assert done.returncode != 0
    assert "unused.txt: there is no starlette/testclient.py" in done.stderr
