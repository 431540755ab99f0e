"""A browser for the tests of the page: found, or else fetched. `python -m infra.local.browser` says what it does.

Looked for in this order: HANDOFF_BROWSER, on PATH, where Playwright keeps its own. Fetched by Playwright's installer,
or, for root on Debian and Ubuntu, by apt-get.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.local.terminal import Terminal

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]
APT_UPDATE = ["apt-get", "update", "--quiet"]
APT = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"]
FETCH_SECONDS = 600
NOT_FOUND = (
    "No browser was found, and none could be fetched. Install Chromium or Chrome, or set HANDOFF_BROWSER to one, "
    "or leave the browser's tests out: make test NO_BROWSER=1"
)


def find_browser() -> str | None:
    """The path of a Chromium that starts, or None. Fetches nothing."""
    candidates = (os.environ.get("HANDOFF_BROWSER"), *map(shutil.which, NAMES), playwrights_own())
    return next((candidate for candidate in candidates if candidate and starts(candidate)), None)


def playwrights_own() -> str | None:
    """Playwright's Chromium of the version it wants; None where it is not installed."""
    # Imported on use: the development group alone has it.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    # The full browser's path is told, but its smaller headless build does as well.
    folder = path.parents[1].name.replace("chromium-", "chromium_headless_shell-")
    shells = sorted(path.parents[2].glob(f"{folder}/*/*headless*shell*"))
    return next((str(found) for found in (path, *shells) if found.is_file() and os.access(found, os.X_OK)), None)


def starts(path: str) -> bool:
    """A package may leave a command behind that only says how to install it (Ubuntu's chromium-browser)."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def fetch(out: Terminal) -> bool:
    """Tries one way after the other, until a browser is found."""
    for name, command in (("Playwright's installer", PLAYWRIGHT), ("apt-get", APT)):
        if command is APT and (os.getuid() != 0 or not shutil.which("apt-get")):
            continue
        out.line(f"No browser yet. Asking {name}: {' '.join(command)}")
        try:
            if command is APT:
                subprocess.run(APT_UPDATE, capture_output=True, check=False, timeout=FETCH_SECONDS)
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
        except subprocess.TimeoutExpired:
            out.line(f"  It had not answered after {FETCH_SECONDS} s.")
            continue
        if done.returncode == 0 and find_browser():
            return True
        out.line(f"  It did not work: {last_line(done.stderr or done.stdout)}")
    return False


def last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


def main() -> int:
    out = Terminal()
    if not find_browser() and not fetch(out):
        out.error(NOT_FOUND)
        return 1
    out.line(f"Browser: {find_browser()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
