"""What is too large for Lambda is found before it is uploaded."""

import os
from pathlib import Path

import pytest

from infra.deploy.__main__ import main
from infra.deploy.sizes import ZIPPED_LIMIT, report
from infra.sam.check_build import UNZIPPED_LIMIT


def build(root: Path, **bytes_of: int) -> Path:
    for name, number in bytes_of.items():
        folder = root / ".aws-sam" / "build" / name
        folder.mkdir(parents=True)
        with (folder / "file").open("wb") as file:
            file.truncate(number)  # zeroes, which take no room on disk and next to none zipped
    return root


def test_each_function_and_layer_is_in_the_table_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tmp_path, StatusFunction=2**20, SharedLayerArm64=3 * 2**20, SharedLayerX86=2**20, Frontend=2**20)
    assert main(["package"], tmp_path) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[1:]] == [
        "SharedLayerArm64", "SharedLayerX86", "StatusFunction", "Lambda",
    ]  # fmt: skip
    assert said.splitlines()[3].split() == ["StatusFunction", "0.0", "MB", "1.0", "MB", "4.0", "MB"]


def test_a_function_is_counted_with_its_layers_of_one_architecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = build(tmp_path, StatusFunction=0, SharedLayerArm64=50_000, SharedLayerX86=50_000) / ".aws-sam" / "build"
    assert report(built, unzipped_limit=100_000) == 0
    build(tmp_path, ReportLayerX86=50_001)
    assert report(built, unzipped_limit=100_000) == 1
    assert "StatusFunction" in capsys.readouterr().err


def test_what_is_too_large_to_upload_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = build(tmp_path, SharedLayerArm64=0) / ".aws-sam" / "build"
    (built / "SharedLayerArm64" / "file").write_bytes(os.urandom(10_000))
    assert report(built, zipped_limit=20_000) == 0
    assert report(built, zipped_limit=10_000) == 1
    assert "SharedLayerArm64" in capsys.readouterr().err


def test_the_limits_are_lambdas() -> None:
    assert (ZIPPED_LIMIT, UNZIPPED_LIMIT) == (50 * 2**20, 250 * 2**20)


def test_where_nothing_is_built_it_says_what_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package"], tmp_path) == 1
    assert "make sam-check" in capsys.readouterr().err
