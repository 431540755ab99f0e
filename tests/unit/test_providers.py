"""Choosing a provider is one setting: each is known wherever it must be, asks for its own settings, and loads alone."""

import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from handoff.errors import SettingError
from handoff.jobs.queues import PROVIDERS as QUEUES
from handoff.settings import SETTINGS, load_settings
from handoff.storage import PROVIDERS as STORES
from handoff.wiring import providers as wiring
from infra.local import parts
from tests.support.environment import environment
from tests.unit.test_map import FUNCTIONS, loaded_at_start

ROOT = Path(__file__).parents[2]
CHOICES = {"QUEUE_PROVIDER": QUEUES.keys() - {"memory"}, "STORAGE_PROVIDER": STORES.keys()}
"""The memory queue is for tests: it ends with the process."""
PROVIDERS = sorted((choice, name) for choice, names in CHOICES.items() for name in names)
MODULES = {path.partition(":")[0] for path in (*QUEUES.values(), *STORES.values())}
USERS = {"QUEUE_PROVIDER": ("trigger", "callback", "sweep"), "STORAGE_PROVIDER": ("callback", "download", "sweep")}
MAKE = """
import json, sys
from handoff.wiring import Wiring
wiring = Wiring(sys.argv[1])
getattr(wiring, sys.argv[2])
print(json.dumps(sorted(sys.modules)))
"""


def chosen(choice: str, name: str) -> dict[str, str]:
    """Everything that the functions need, and something that may stand for each setting of this provider."""
    made = environment(
        database_url="postgresql://u:p@localhost/handoff",
        queue_url="http://127.0.0.1:8080",
        storage_folder="/tmp",
        source_url="http://127.0.0.1:9000/document",
    )
    own = {setting: made.get(setting) or example(setting) for setting in own_settings(choice, name)}
    return {**made, **own, choice: name, "AWS_DEFAULT_REGION": "eu-central-1"}


def own_settings(choice: str, name: str) -> list[str]:
    return [setting for setting, declared in SETTINGS.items() if declared.when == (choice, name)]


def example(setting: str) -> str:
    if setting.endswith(("_FILE", "_FOLDER")):
        return os.devnull
    if setting.endswith("_URL"):
        return "https://service.example/1/name"
    if setting.endswith("_CONNECTION_STRING"):
        return f"AccountName=account;AccountKey={'k' * 44}"
    return "k" * 40


@cache
def loaded(function: str, choice: str, name: str) -> frozenset[str]:
    """The modules that are there once the provider is made."""
    what = "queue" if choice == "QUEUE_PROVIDER" else "storage"
    done = subprocess.run(
        [sys.executable, "-c", MAKE, function, what],
        env={"PATH": "", **chosen(choice, name)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_start_loads_no_provider_at_all(function: str) -> None:
    assert loaded_at_start(function) & {*MODULES, "handoff.testing"} == set()


@pytest.mark.parametrize(("choice", "name"), PROVIDERS)
def test_making_a_provider_loads_no_other(choice: str, name: str) -> None:
    own = {**QUEUES, **STORES}[name].partition(":")[0]
    for function in USERS[choice]:
        assert loaded(function, choice, name) & MODULES == {own}
        assert "handoff.testing" not in loaded(function, choice, name)


@pytest.mark.parametrize(("choice", "name"), PROVIDERS)
def test_a_setting_that_its_provider_needs_is_named_when_it_is_missing(choice: str, name: str) -> None:
    everything = chosen(choice, name)
    needed = [setting for setting in own_settings(choice, name) if SETTINGS[setting].default is None]
    assert needed
    for setting in needed:
        without = {key: value for key, value in everything.items() if key != setting}
        for function in (name for name in FUNCTIONS if SETTINGS[setting].needed_by(name, everything)):
            with pytest.raises(SettingError) as caught:
                load_settings(function, without)
            assert str(caught.value) == f"{function} cannot start: {setting} is not set ({SETTINGS[setting].meaning})"


@pytest.mark.parametrize("choice", CHOICES)
def test_a_provider_that_there_is_not_is_named_and_so_are_the_known(choice: str) -> None:
    for function in SETTINGS[choice].functions:
        with pytest.raises(SettingError, match=rf"{choice} must be one of: ") as caught:
            load_settings(function, {**chosen(*PROVIDERS[0]), choice: "tape"})
        assert all(name in str(caught.value) for name in CHOICES[choice])


@pytest.mark.parametrize(("choice", "name"), PROVIDERS)
def test_a_provider_can_be_chosen_wired_and_run_on_a_laptop(choice: str, name: str) -> None:
    assert SETTINGS[choice].parse(name) == name
    assert name in (wiring.QUEUES if choice == "QUEUE_PROVIDER" else wiring.STORES)
    assert name in (parts.QUEUES if choice == "QUEUE_PROVIDER" else parts.STORES)


def test_the_import_contracts_name_every_provider() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    by_name = {contract["name"]: contract for contract in contracts}
    assert set(by_name["A provider imports only its base"]["source_modules"]) >= MODULES
    domain = by_name["The domain never imports web, wiring, settings, or a provider"]
    assert set(domain["forbidden_modules"]) >= MODULES
