"""The packages for Node.js: what is locked says nothing of where one machine got it from."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def test_every_package_is_locked_by_its_content_and_names_no_registry() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert packages.pop("")["dependencies"] == wanted
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert [name for name, package in packages.items() if "resolved" in package] == []
