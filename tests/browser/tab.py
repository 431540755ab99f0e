"""One tab of a browser with the page in it, in the words of the person who sits before it."""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

from tests.support.stack import LocalStack

# Runs before the page's own scripts: the browser itself reports what the page does wrong, and what is read aloud.
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (!hadRecentInput) shifts.push([value, sources.map(({ node }) => node?.className ?? String(node))]);
  }
}).observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`CSP: ${violatedDirective} ${blockedURI}`));
window.spoken = [];
window.isHidden = false;
Object.defineProperty(document, "hidden", { get: () => isHidden });
document.addEventListener("DOMContentLoaded", () => {
  for (const region of document.querySelectorAll("main [role=status], main [role=alert]"))
    new MutationObserver(() => region.textContent && spoken.push(region.textContent))
      .observe(region, { childList: true, characterData: true, subtree: true });
});
"""

# The pauses that the page takes before it asks again, in milliseconds: it has no other timers in that module.
WATCH_PAUSES = """
() => {
  window.pauses = [];
  const plain = window.setTimeout;
  window.setTimeout = (act, milliseconds, ...rest) => {
    if (new Error().stack.includes("/connection.js")) pauses.push(milliseconds);
    return plain(act, milliseconds, ...rest);
  };
}
"""

NETWORK = re.compile("Failed to load resource")
"""What the browser itself writes of an answer that is missing or an error: the tests ask for those."""


class Tab:
    """`complaints` are errors and warnings of the browser's console; `requests` are those of the API."""

    def __init__(self, page: Page, stack: LocalStack) -> None:
        self.page = page
        self.stack = stack
        self.complaints: list[str] = []
        self.requests: list[Request] = []
        page.add_init_script(WATCH)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request) if "/api/" in request.url else None)
        self.panel = page.locator(".view:not([hidden]) > .panel")
        self.history = page.get_by_role("region", name="History")
        self.rows = self.history.get_by_role("listitem")
        self.download = self.panel.get_by_role("link", name="Download")
        self.file_link = self.panel.get_by_role("heading").get_by_role("link")

    def go(self, address: str) -> None:
        self.page.goto(self.stack.page + address)

    def press(self, name: str) -> None:
        """Presses a button of the panel."""
        self.button(name).click()

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def create(self) -> None:
        self.press("Create PDF")

    def create_ready(self) -> str:
        """A click, and the link that comes of it."""
        self.create()
        expect(self.download).to_be_visible()
        return self.link()

    def make_ready(self) -> str:
        """An export of this visitor's, made without the page."""
        api = self.page.request
        self.wait_for(lambda: self.page.context.cookies())  # the page's own session has begun
        export_id = str(api.post(f"{self.stack.page}/api/exports", data={}).json()["id"])
        address = f"{self.stack.page}/api/exports/{export_id}"
        self.wait_for(lambda: api.get(address).json()["state"] == "ready")
        return export_id

    def is_preparing(self) -> None:
        """Waits until a worker has taken it up, which on a busy machine may be when it is called slow."""
        self.shows(re.compile(r"(Preparing|Still working)… \d"))

    def link(self) -> str:
        url = self.download.get_attribute("href")
        assert url
        return url

    def shows(self, words: str | re.Pattern[str], seconds: float = 15) -> None:
        """Waits until the panel says so."""
        expect(self.panel).to_contain_text(words, timeout=seconds * 1000)

    def wait_for(self, look: Callable[[], Any], seconds: float = 15) -> None:
        """Waits until `look` finds something. The browser's own events go on meanwhile."""
        deadline = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.page.wait_for_timeout(50)

    def export_id(self) -> str:
        return self.page.url.partition("#export=")[2]

    def export(self) -> Any:
        """The open export, as the API gives it to this visitor."""
        return self.page.request.get(f"{self.stack.page}/api/exports/{self.export_id()}").json()

    def look_now(self) -> None:
        """As when the browser says that the network has come: the page asks at once."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def hide(self) -> None:
        """As if another tab were in front: a browser without a screen shows every tab."""
        self.page.evaluate("isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")

    def show(self) -> None:
        self.page.evaluate("isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")

    def stop_clock(self) -> None:
        """The page's clock, which was installed, stands still from now on; `pauses` are noted."""
        self.page.clock.pause_at((self.page.evaluate("Date.now()") + 1000) / 1000)
        self.page.evaluate(WATCH_PAUSES)

    def pauses(self) -> list[float]:
        """How long the page meant to wait before it asked again, each time, in milliseconds."""
        found: list[float] = self.page.evaluate("pauses")
        return found

    def now(self) -> float:
        """Milliseconds of a clock that only runs."""
        return time.monotonic() * 1000

    def deny_clipboard(self) -> None:
        """As if the visitor had said no: whatever is not granted is refused."""
        self.page.context.grant_permissions(["geolocation"])

    def spoken(self) -> list[str]:
        """What has been read aloud so far."""
        found: list[str] = self.page.evaluate("() => window.spoken")
        return found

    def focused(self) -> str:
        """The words on what has the focus."""
        found: str = self.page.evaluate("() => document.activeElement.textContent.trim()")
        return found

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not NETWORK.search(message.text):
            self.complaints.append(message.text)
