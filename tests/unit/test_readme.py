"""The README's table of settings is the code's."""

import re
from pathlib import Path

from handoff.settings import ALL, SETTINGS, Setting
from infra.local import environment

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
TAKEN = (
    *environment.TUNABLE,
    *environment.WHO_MAY,
    *environment.ANOTHER_ISSUER,
    *environment.ANOTHER_QUEUE,
    *environment.ANOTHER_SOURCE,
    *environment.ANOTHER_STORE,
    *environment.ANOTHER_IMAGE_PROVIDER,
)
ROW = re.compile(r"^\| `([A-Z][A-Z_]+)`( †)? \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def default(setting: Setting) -> str:
    if setting.secret:
        return "secret"
    return {None: "", "": "empty"}.get(setting.default, f"`{setting.default}`")


def test_the_table_of_settings_says_what_the_code_says() -> None:
    told = {name: (bool(mark), meaning, default, users) for name, mark, meaning, default, users in ROW.findall(README)}
    assert told == {
        name: (
            name in TAKEN,
            setting.meaning,
            default(setting),
            ", ".join(setting.functions).replace(", ".join(ALL), "all"),
        )
        for name, setting in SETTINGS.items()
    }
