"""From the database's commit of a link to the link on the screen, in Chromium, on the laptop stack.

    python -m tests.bench.time_to_visible --runs 50

Prints milliseconds (p50, p95, worst) and the requests the page made for each export, assets aside: from the click on,
and with those of the page's load (session and history). The start is the
link's created_at, which the completing statement reads from the clock just before it commits; both clocks are this
machine's.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from infra.local.browser import find_browser
from infra.local.stack import Options
from tests.support.stack import LocalStack, local_stack

# Notes the moment of the first frame that shows a link.
WATCH = """
new MutationObserver(() => {
  const link = document.querySelector('a[download][href*="/download/"]');
  if (link && !window.seenAt && link.checkVisibility()) {
    requestAnimationFrame(() => { window.seenAt ||= Date.now(); });
  }
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


def one_run(page: Page, stack: LocalStack) -> tuple[float, int, int]:
    """Milliseconds from commit to visible, and the requests made from the click and from the page's load on."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/api/" in request.url else None)
    page.goto(stack.page)
    page.get_by_text("Nothing here yet.").wait_for()
    before_click = len(requests)
    page.get_by_role("button", name="Create").first.click()
    page.locator('a[download][href*="/download/"]').first.wait_for()
    while not (seen := page.evaluate("() => window.seenAt")):
        page.wait_for_timeout(10)
    count = len(requests)
    row = stack.rows("SELECT extract(epoch FROM max(created_at))::float8 * 1000 AS at FROM links")[0]
    return float(seen) - row["at"], count - before_click, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    runs = parser.parse_args().runs
    program = find_browser()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        times, from_click, from_load = [], [], []
        with local_stack(Path(folder), Options()) as stack:
            for number in range(runs + 1):
                context = browser.new_context()
                page = context.new_page()
                page.add_init_script(WATCH)
                milliseconds, clicked, loaded = one_run(page, stack)
                context.close()
                if number:  # the first one warms the containers
                    times.append(milliseconds)
                    from_click.append(clicked)
                    from_load.append(loaded)
        browser.close()
    times.sort()
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    print(
        f"runs {runs}: commit to visible "
        f"p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, worst {times[-1]:.0f} ms"
    )
    print(
        f"requests per export: {min(from_click)} to {max(from_click)} from the click on, "
        f"{min(from_load)} to {max(from_load)} from the page's load on"
    )


if __name__ == "__main__":
    main()
