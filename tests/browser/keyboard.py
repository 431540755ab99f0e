"""A person who has nothing but a keyboard, and sees where they are."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.tab import Tab

# Notes every move of the focus that no Tab key and no press of the person's own explains.
WATCH_FOCUS = """
() => {
  window.jumps = [];
  let explained = false;
  const name = (node) => node?.textContent?.trim() ?? String(node);
  addEventListener("keydown", () => (explained = true), true);
  // A Tab that goes out at one end and in at the other does so by way of the browser, and is in after the key is up.
  addEventListener("keyup", ({ key }) => setTimeout(() => (explained = false), key === "Tab" ? 250 : 0), true);
  for (const type of ["focusin", "focusout"])
    document.addEventListener(type, ({ target }) => explained || jumps.push([type, name(target)]));
}
"""

# Where the focus is: what it reads, whether a ring is round it, and whether it lies in sight with nothing over it.
STOP = """
() => {
  const node = document.activeElement;
  if (node === document.body) return null;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    words: node.textContent.trim() || node.value,
    ring: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && !/, 0\\)$|transparent/.test(outlineColor),
    seen: node.checkVisibility() && node.contains(over),
    top: box.top + scrollY, bottom: box.bottom + scrollY, left: box.left,
  };
}
"""

FARTHEST = 80
"""Stops, with a history of some twenty lines."""

Stop = dict[str, Any]


class Keyboard:
    """Every stop is looked at: it must have a visible ring and nothing over it."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        tab.page.evaluate(WATCH_FOCUS)

    def to(self, words: str, *, back: bool = False) -> None:
        """Goes on by the Tab key until the focus is on these words, and waits until a press counts."""
        expect(self.tab.page.get_by_text(words, exact=True).first).to_be_visible()
        for _ in range(FARTHEST):
            stop = self.tab.page.evaluate(STOP)
            if stop and stop["words"] == words:
                expect(self.tab.page.locator(":focus")).to_be_enabled()
                return
            self.step(back=back)
        raise AssertionError(f"the keyboard does not reach {words}")

    def press(self, key: str) -> None:
        """Enter, Space or Escape, where the focus is."""
        self.tab.page.keyboard.press(key)

    def step(self, *, back: bool = False) -> Stop | None:
        """One press of the Tab key; None when it has left the page."""
        self.tab.page.keyboard.press("Shift+Tab" if back else "Tab")
        stop: Stop | None = self.tab.page.evaluate(STOP)
        assert stop is None or (stop["ring"] and stop["seen"]), stop
        return stop

    def round(self, *, back: bool = False) -> list[Stop]:
        """Every stop from one end of the page to the other."""
        while self.tab.page.evaluate(STOP):
            self.step(back=back)
        stops: list[Stop] = []
        while stop := self.step(back=back):
            stops.append(stop)
            assert len(stops) < FARTHEST, "the keyboard does not get out of the page again"
        return stops

    def jumps(self) -> list[Any]:
        """Moves of the focus that the person did not make."""
        found: list[Any] = self.tab.page.evaluate("jumps")
        return found
