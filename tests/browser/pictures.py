"""`python -m tests.browser.pictures [FOLDER]`: a picture of each state of the page, in each way of looking at it.

The two of the README, docs/page-light.png and docs/page-dark.png, are made by `--readme` alone: they differ a little
each time, by the clock, so they change when somebody means them to.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from infra.local.browser import NOT_FOUND, find_browser
from tests.browser.conftest import ARGUMENTS
from tests.browser.states import STATES
from tests.browser.states.stage import Stage, stage
from tests.browser.tab import Tab

ROOT = Path(__file__).parents[2]
WIDE = {"width": 1280, "height": 800}

# What differs from the first. A page at 200 % has half the pixels of its own (WCAG 1.4.4).
MODES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "narrow": {"size": {"width": 320, "height": 640}},
    "zoomed": {"size": {"width": 640, "height": 400}},
    "forced-colours": {"forced_colors": "active"},
    "reduced-motion": {"reduced_motion": "reduce"},
    "print": {"media": "print"},
}
PLAIN = {"color_scheme": "light", "forced_colors": "none", "reduced_motion": "no-preference", "media": "screen"}
SETTLED = 400  # ms; longer than any transition

INDEX = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>States of the page</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem }}
section {{ display: flex; gap: 1rem; align-items: start; overflow-x: auto }}
figure {{ margin: 0; flex: none }}
img {{ height: 20rem; border: 1px solid #888 }}
</style>
{sections}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / ".handoff" / "pictures")
    parser.add_argument("--only", default="", help="states whose name contains this")
    parser.add_argument("--readme", action="store_true", help="docs/page-light.png and docs/page-dark.png instead")
    arguments = parser.parse_args()
    with a_browser() as browser, tempfile.TemporaryDirectory() as kept:
        if arguments.readme:
            with stage(Path(kept), browser, device_scale_factor=2, locale="en-GB", viewport=WIDE) as running:
                take_for_readme(running, ROOT / "docs")
            return 0
        with stage(Path(kept), browser, locale="en-GB", viewport=WIDE) as running:
            names = [name for name in STATES if arguments.only in name]
            for name in names:
                take(running, name, arguments.folder)
    write_index(arguments.folder)
    print(f"{len(names)} states in {len(MODES)} ways: {arguments.folder / 'index.html'}")
    return 0


@contextmanager
def a_browser() -> Iterator[Browser]:
    program = find_browser()
    if not program:
        sys.exit(NOT_FOUND)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield launched
        launched.close()


def take(running: Stage, name: str, folder: Path) -> None:
    """One state in every way."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    with STATES[name].shown(running) as tab:
        tab.page.mouse.move(0, 0)  # away from what was pressed
        for mode, changes in MODES.items():
            tab.page.set_viewport_size(changes.get("size", WIDE))
            tab.page.emulate_media(**PLAIN | {key: value for key, value in changes.items() if key != "size"})
            tab.page.wait_for_timeout(SETTLED)
            tab.page.screenshot(path=folder / name / f"{mode}.png", full_page=True)


def take_for_readme(running: Stage, folder: Path) -> None:
    """The page with a link that works, and a history."""
    folder.mkdir(exist_ok=True)
    with STATES["history-everything"].shown(running) as tab:
        tab.page.mouse.move(0, 0)
        for mode in ("light", "dark"):
            tab.page.emulate_media(color_scheme=mode)
            tab.page.wait_for_timeout(SETTLED)
            tab.page.screenshot(path=folder / f"page-{mode}.png", clip=best_part(tab), full_page=True)


def best_part(tab: Tab) -> Any:
    """From the top to the fourth line of the history, with a margin."""
    main, line = tab.page.locator("main").bounding_box(), tab.rows.nth(3).bounding_box()
    assert main
    assert line
    return {"x": main["x"] - 8, "y": 0, "width": main["width"] + 16, "height": line["y"] + line["height"] + 8}


def write_index(folder: Path) -> None:
    sections = []
    for name, state in STATES.items():
        shown = "".join(
            f'<figure><img src="{name}/{mode}.png" alt="" loading="lazy"><figcaption>{mode}</figcaption></figure>'
            for mode in MODES
            if (folder / name / f"{mode}.png").exists()
        )
        sections.append(f"<h2>{name}</h2><p>{escape(state.about)}</p><section>{shown}</section>")
    (folder / "index.html").write_text(INDEX.format(sections="\n".join(sections)))


if __name__ == "__main__":
    sys.exit(main())
