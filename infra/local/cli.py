"""The command `handoff`: Handoff on a laptop."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.state import DEFAULT_FOLDER
from infra.local.terminal import Terminal

GROUPS = ("serve", "services", "database", "sweep", "qstash", "deadletters", "jobs", "smoke", "doctor", "simulate")


def main(arguments: list[str] | None = None) -> int:
    """0 when all went well, 1 when an export failed, 2 when something must be mended first."""
    try:
        return run(arguments)
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str] | None) -> int:
    parsed = make_parser().parse_args(arguments)
    # Imported here: errors of settings are raised by what the commands import.
    from handoff.errors import SettingError

    try:
        result: int = parsed.run(parsed)
    except (LocalError, SettingError) as error:
        Terminal().error(str(error))
        return 2
    return result


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="handoff", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help="where everything is kept (default: .handoff)"
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    for group in GROUPS:
        importlib.import_module(f"infra.local.commands.{group}").add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
