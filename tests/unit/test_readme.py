"""The README's table of settings is the code's."""

import re
from pathlib import Path

from handoff.settings import ALL, SETTINGS, Setting
from infra.local.environment import ANOTHER_ISSUER, ANOTHER_QUEUE, ANOTHER_SOURCE, ANOTHER_STORE, TUNABLE, WHO_MAY

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `([A-Z][A-Z_]+)`( †)? \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def default(setting: Setting) -> str:
    if setting.secret:
        return "secret"
    return {None: "", "": "empty"}.get(setting.default, f"`{setting.default}`")


def test_the_table_of_settings_says_what_the_code_says() -> None:
    told = {name: (bool(mark), meaning, default, users) for name, mark, meaning, default, users in ROW.findall(README)}
    assert told == {
        name: (
            name in TUNABLE + WHO_MAY + ANOTHER_ISSUER + ANOTHER_QUEUE + ANOTHER_SOURCE + ANOTHER_STORE,
            setting.meaning,
            default(setting),
            "all" if setting.functions == ALL else ", ".join(setting.functions),
        )
        for name, setting in SETTINGS.items()
    }
