"""The schema is migrated before any other function changes, whenever a migration has come and only then."""

import shutil
import subprocess
import sys
from pathlib import Path

from handoff.settings import SETTINGS
from tests.infra.cloudformation import ROOT, Template, resource_name


def test_every_other_function_with_the_database_waits_for_the_schema(template: Template) -> None:
    waiting = {
        name
        for name in template.functions()
        if template.resources[f"{resource_name(name)}Function"].get("DependsOn") == "Schema"
    }
    with_it = {name for name in template.functions() if name in SETTINGS["DATABASE_URL"].functions}
    assert waiting == with_it - {"migrate"}
    assert len(waiting) >= 5


def test_the_schema_is_asked_for_by_the_layer_of_its_migrations_and_its_database(template: Template) -> None:
    schema = template.resources["Schema"]
    assert schema["Type"] == "Custom::Schema"
    assert schema["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["MigrateFunction", "Arn"]}
    assert schema["Properties"]["Migrations"] == {"Ref": "MigrationsLayer"}
    assert [{"Ref": secret} for secret in template.secrets_of("migrate")] == [schema["Properties"]["Database"]]
    assert schema["Properties"]["Version"] == {"Ref": "DatabaseSecretVersion"}
    assert len(schema["Properties"]) == 5


def test_it_is_waited_for_a_little_longer_than_it_can_run(template: Template) -> None:
    """CloudFormation's own patience is an hour."""
    function = template.function("migrate")
    assert function["Timeout"] < template.properties("Schema")["ServiceTimeout"] <= function["Timeout"] + 60
    assert function["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def built(schema: Path, into: Path) -> dict[str, bytes]:
    """What the layer is made of, its packages aside. SAM names it by a hash of that."""
    variables = [f"ARTIFACTS_DIR={into}", "PIP=true", f"PYTHON={sys.executable}"]
    (into / "python").mkdir(parents=True)
    subprocess.run(["make", "--silent", "-C", str(schema), *variables, "build-MigrationsLayer"], check=True)
    files = [path for path in into.rglob("*") if path.is_file()]
    return {path.relative_to(into).as_posix(): path.read_bytes() for path in files}


def test_the_layer_changes_with_its_migrations_and_not_by_itself(tmp_path: Path) -> None:
    schema = Path(shutil.copytree(ROOT / "schema", tmp_path / "schema"))
    first = built(schema, tmp_path / "first")
    assert "python/schema/migrations/0001_exports.sql" in first
    (schema / "__pycache__").mkdir(exist_ok=True)
    (schema / "__pycache__" / "migrate.cpython-313.pyc").write_bytes(b"of another moment")
    (schema / "openapi.yaml").write_text("changed")
    assert built(schema, tmp_path / "again") == first
    (schema / "migrations" / "0005_more.sql").touch()
    assert built(schema, tmp_path / "later") != first
