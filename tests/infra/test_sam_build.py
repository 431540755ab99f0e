"""What `sam build` made is looked at before it takes the place of what was there. Each rule is broken here, once."""

import importlib.util
import py_compile
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.sam import check_build
from infra.sam.build_rules import ELF_MACHINES, foreign, other_sources, stale, unrepeatable, unused, unwanted
from tests.infra.cloudformation import resource_name

MACHINE = "x86_64"
TAG = f"cpython-{sys.version_info[0]}{sys.version_info[1]}"
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def library(machine: str = MACHINE) -> bytes:
    """The first bytes of a shared library."""
    return b"\x7fELF".ljust(18, b"\0") + ELF_MACHINES[machine].to_bytes(2, "little")


def module(path: Path, source: str = "answer = 42\n") -> Path:
    """A module as the build leaves it; the path of its .pyc."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    return Path(py_compile.compile(str(path), invalidation_mode=UNCHECKED, doraise=True) or "")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The folder of a layer that is as it should be."""
    folder = tmp_path / "python"
    module(folder / "fast" / "__init__.py")
    module(folder / "single.py")
    (folder / "fast" / f"core.{TAG}-{MACHINE}-linux-gnu.so").write_bytes(library())
    (folder / "fast.libs").mkdir()
    (folder / "fast.libs" / "libssl-6a9b88ec.so.3").write_bytes(library())
    return folder


def test_a_good_layer_has_nothing_against_it(packages: Path) -> None:
    found = [*unwanted(packages), *stale(packages), *foreign(packages, MACHINE)]
    assert found + list(unused(packages, {"fast", "fast.core", "single"})) == []


@pytest.mark.parametrize(
    "name",
    [
        "boto3/",
        "botocore/",
        "bin/",
        "fast/tests/",
        "fast-1.0.dist-info/",
        "fast/core.pyi",
        "fast/py.typed",
        "fast/core.c",
    ],
)
def test_what_no_function_needs_is_noticed(name: str, packages: Path) -> None:
    path = packages / name
    path.mkdir() if name.endswith("/") else path.touch()
    assert list(unwanted(packages)) == [f"{name.rstrip('/')} does not belong here"]


def test_a_library_that_is_a_module_by_itself_is_imported_by_its_name(packages: Path) -> None:
    (packages / "_fast.cpython-313-x86_64-linux-gnu.so").touch()
    assert list(unused(packages, {"fast", "single", "_fast"})) == []
    assert [problem.split()[0] for problem in unused(packages, {"fast", "single"})] == [
        "_fast.cpython-313-x86_64-linux-gnu.so"
    ]


def test_a_package_that_no_function_imports_is_noticed(packages: Path) -> None:
    assert list(unused(packages, {"fast.core"})) == ["single.py is imported by no function"]
    assert sorted(unused(packages, {"single"})) == [
        "fast is imported by no function",
        "fast.libs is imported by no function",
    ]


def uncompiled(compiled: Path) -> None:
    compiled.unlink()


def of_another_python(compiled: Path) -> None:
    magic = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    compiled.write_bytes((magic + 1).to_bytes(2, "little") + compiled.read_bytes()[2:])


def by_time(compiled: Path) -> None:
    py_compile.compile(
        str(compiled.parents[1] / "single.py"), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP, doraise=True
    )


def checked(compiled: Path) -> None:
    py_compile.compile(
        str(compiled.parents[1] / "single.py"),
        invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        doraise=True,
    )


def of_an_older_source(compiled: Path) -> None:
    (compiled.parents[1] / "single.py").write_text("answer = 43\n")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (uncompiled, "is not compiled for Python"),
        (of_another_python, "is of another Python than"),
        (by_time, "is not an unchecked-hash .pyc"),
        (checked, "is not an unchecked-hash .pyc"),
        (of_an_older_source, "is of another source"),
    ],
)
def test_a_module_that_a_cold_start_would_compile_is_noticed(
    broken: Callable[[Path], None], words: str, packages: Path
) -> None:
    broken(packages / "__pycache__" / f"single.{TAG}.pyc")
    found = list(stale(packages))
    assert len(found) == 1
    assert "single" in found[0]
    assert words in found[0]


@pytest.mark.parametrize("name", [f"gone.{TAG}.pyc", "single.cpython-38.pyc"])
def test_a_pyc_without_a_source_or_of_a_second_python_is_noticed(name: str, packages: Path) -> None:
    (packages / "__pycache__" / name).write_bytes((packages / "__pycache__" / f"single.{TAG}.pyc").read_bytes())
    assert list(stale(packages)) == [f"__pycache__/{name} is of no source here"]


def test_what_another_build_would_make_otherwise_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "yoyo-9.dist-info").mkdir()
    (tmp_path / "yoyo").mkdir()
    assert list(unrepeatable(tmp_path)) == ["yoyo-9.dist-info may differ from build to build"]


def test_a_library_of_another_machine_is_noticed(packages: Path) -> None:
    assert len(list(foreign(packages, "aarch64"))) == 2
    (packages / "fast.libs" / "libssl-6a9b88ec.so.3").write_bytes(library("aarch64"))
    assert list(foreign(packages, MACHINE)) == ["fast.libs/libssl-6a9b88ec.so.3 is not for Linux on x86_64"]


def test_a_library_that_is_none_is_noticed(packages: Path) -> None:
    (packages / "fast" / "other.so").write_bytes(b"\xcf\xfa\xed\xfe".ljust(20, b"\0"))  # macOS's format
    assert list(foreign(packages, MACHINE)) == ["fast/other.so is not for Linux on x86_64"]


@pytest.mark.parametrize("tag", ["cpython-38-x86_64-linux-gnu", f"{TAG}-x86_64-linux-musl"])
def test_a_library_of_another_python_is_noticed(tag: str, packages: Path) -> None:
    (packages / "fast" / f"other.{tag}.so").write_bytes(library())
    assert list(foreign(packages, MACHINE)) == [f"fast/other.{tag}.so is not for {TAG}-x86_64-linux-gnu"]


def test_a_layer_without_libraries_is_noticed(tmp_path: Path) -> None:
    assert list(foreign(tmp_path, MACHINE)) == ["no shared library, so these are not the wheels that were meant"]


def test_our_own_files_are_there_as_they_are_and_nothing_beside_them(tmp_path: Path) -> None:
    source, built = tmp_path / "source", tmp_path / "handoff"
    for folder in (source, built):
        module(folder / "errors.py")
        module(folder / "web" / "body.py")
    assert list(other_sources(built, source)) == []
    (built / "errors.py").write_text("answer = 41\n")
    (built / "web" / "body.py").unlink()
    module(built / "handoff" / "errors.py")  # a copy within, as of a folder that was copied twice
    assert list(other_sources(built, source)) == [
        "handoff/errors.py is not as it is in source",
        "handoff/handoff/errors.py is not ours",
        "handoff/web/body.py is missing",
    ]


def test_a_folder_that_the_layer_goes_without_is_not_ours_there(tmp_path: Path) -> None:
    built, source = tmp_path / "handoff", tmp_path / "source"
    for place in (built, source):
        module(place / "errors.py")
    module(source / "testing" / "stores.py")
    assert list(other_sources(built, source, without="testing")) == []
    module(built / "testing" / "stores.py")
    assert list(other_sources(built, source, without="testing")) == ["handoff/testing/stores.py is not ours"]


@pytest.fixture
def function(tmp_path: Path) -> Path:
    folder = tmp_path / "TriggerFunction"
    folder.mkdir()
    return folder


def test_a_handler_that_cannot_be_imported_is_noticed(function: Path, packages: Path) -> None:
    (function / "app.py").write_text("import absent\n")
    modules, problems = check_build.try_out(function, packages)
    assert modules == set()
    assert "its handler cannot be imported" in problems[0]
    assert "No module named 'absent'" in problems[0]


def test_a_handler_that_needs_a_secret_to_start_is_noticed(function: Path, packages: Path) -> None:
    (function / "app.py").write_text("import os\nos.environ['DATABASE_URL']\nhandler = print\n")
    assert "KeyError: 'DATABASE_URL'" in check_build.try_out(function, packages)[1][0]


def test_what_a_request_would_import_and_is_absent_is_noticed(function: Path, packages: Path) -> None:
    (function / "app.py").write_text("handler = print\nwiring = object()\n")
    modules, problems = check_build.try_out(function, packages)
    assert modules == set()
    assert "it cannot do what a request asks of it" in problems[0]
    assert "No module named 'handoff'" in problems[0]


def test_the_build_as_a_whole_fails_by_one_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_build, "look", lambda build: iter([("SharedLayerX86", "boto3 does not belong here")]))
    assert check_build.main(tmp_path) == 1
    assert capsys.readouterr().err == "sam-check: SharedLayerX86: boto3 does not belong here\n"
    monkeypatch.setattr(check_build, "look", lambda build: iter([]))
    assert check_build.main(tmp_path) == 0


def test_every_rule_is_asked_of_every_layer_and_every_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, build = tmp_path / "root", tmp_path / "build"
    for function in check_build.FUNCTIONS:
        module(root / "functions" / function / "app.py")
        module(build / f"{resource_name(function)}Function" / "app.py", "changed = True\n")
    module(root / "functions" / "shared" / "handoff" / "errors.py")
    besides = (*check_build.STORE_LAYERS, *check_build.REPORT_LAYERS, *check_build.SIGN_IN_LAYERS)
    for name in (*check_build.LAYERS, *besides):
        of_another_python(module(build / name / "python" / "idle.py"))
        (build / name / "python" / "bin").mkdir()
        (build / name / "python" / "idle.so").touch()
    monkeypatch.setattr(check_build, "ROOT", root)
    monkeypatch.setattr(check_build, "UNZIPPED_LIMIT", 10)
    monkeypatch.setattr(check_build, "this_machine", lambda: MACHINE)
    monkeypatch.setattr(check_build, "try_out", lambda folder, *packages: ({"busy"}, [f"tried with {packages}"]))
    migrations = build / check_build.MIGRATIONS_LAYER / "python"
    module(migrations / "idle.py")
    (migrations / "schema" / "migrations").mkdir(parents=True)
    (migrations / "schema" / "migrations" / "0001_other.sql").touch()
    (root / "schema").mkdir()
    (root / "schema" / "migrate.py").touch()
    found = list(check_build.look(build))
    for name in check_build.LAYERS:
        words = " ".join(problem for of, problem in found if of == name)
        for rule in (
            "more than Lambda's 10",
            "errors.py is missing",
            "bin does not belong",
            "another Python",
            "not for Linux",
        ):
            assert rule in words, (name, rule)
    for name in besides:
        words = " ".join(problem for of, problem in found if of == name)
        for rule in ("bin does not belong", "another Python", "not for Linux"):
            assert rule in words, (name, rule)
    assert [name for name, problem in found if "the store cannot be made of it" in problem] == ["AzureBlobLayerX86"]
    assert [name for name, problem in found if "no report can be typeset with it" in problem] == ["ReportLayerX86"]
    for name in ("SharedLayerX86", "SignInLayerX86"):
        assert (name, "idle.py is imported by no function") in found
    assert {problem for of, problem in found if of == check_build.MIGRATIONS_LAYER} == {
        f"__pycache__/idle.{TAG}.pyc may differ from build to build",
        "migrate.py/ is missing",
        "migrations/0001_other.sql is not ours",
        "idle.py is imported by no function",
        "schema is imported by no function",
    }
    for function in check_build.FUNCTIONS:
        name = f"{resource_name(function)}Function"
        assert (name, f"{name}/app.py is not as it is in {function}") in found
        its_own = {"trigger": ["SignInLayerX86"], "migrate": [check_build.MIGRATIONS_LAYER]}.get(function, [])
        layers = ["SharedLayerX86", *its_own]
        assert (name, f"tried with {tuple(build / layer / 'python' for layer in layers)}") in found
