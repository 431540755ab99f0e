"""The table of what the local QStash does, in the docstring of infra/local/qstash, says what is so."""

import re
from pathlib import Path

import httpx
import pytest

from infra.local import qstash

FOLDER = Path(__file__).parent
NOT_FEATURES = {"features", "javascript", "sdk"}


def rows() -> list[tuple[str, list[str], list[str]]]:
    """Feature, pages, tests."""
    cells = [re.split(r"\s*\|\s*", line.strip("| ")) for line in (qstash.__doc__ or "").splitlines() if "|" in line]
    return [(feature, pages.split(", "), tests.split(", ")) for feature, pages, tests in cells[2:]]


def test_every_test_it_names_is_there_and_every_test_is_named() -> None:
    named = {test for _, _, tests in rows() for test in tests}
    there = {path.stem.removeprefix("test_qstash_") for path in FOLDER.glob("test_*.py")}
    assert named == there - NOT_FEATURES


def test_every_feature_has_a_page_of_the_documentation() -> None:
    base = httpx.URL("https://upstash.com/docs/qstash/")
    assert str(base) in (qstash.__doc__ or "")
    for feature, pages, _ in rows():
        for page in pages:
            assert re.fullmatch(r"[a-z-]+(/[a-z-]+)*(#[a-z-]+)?", page), feature
            assert str(base.join(page)).startswith(str(base)), feature


@pytest.mark.parametrize("module", sorted(Path(qstash.__file__).parent.rglob("*.py")), ids=lambda path: path.name)
def test_a_module_names_pages_of_the_vendors_documentation_only(module: Path) -> None:
    for host, path in re.findall(r"https://([a-z.]*upstash\.(?:com|io))/?([^\s`\"),]*)", module.read_text()):
        assert (host, path.split("/")[0]) in {("upstash.com", "docs"), ("upstash.com", "pricing")}
        assert path.startswith(("docs/qstash", "pricing/qstash"))
