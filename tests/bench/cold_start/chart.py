"""The chart of the README: spawn to first answer, a bar for each variant. Plain SVG, legible on light and on dark."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tests.bench.cold_start.figures import Figure
from tests.bench.cold_start.rounds import Key

WIDTH, LABELS, END = 760, 96, 90
BAR, GAP, GROUP = 16, 4, 18
TOP = 58
NAMES = {"ours": "Handoff", "peer-fresh": "the usual way, .pyc fresh", "peer-stale": "the usual way, as shipped"}
ORDER = ("status", "download", "trigger", "callback")

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1b2320 }
.title { font-weight: 600 }
.quiet { fill: #55605c }
.ours { fill: #0b7a5e } .peer-fresh { fill: #8fa39c } .peer-stale { fill: #c4cfcb }
.spread { stroke: #1b2320; stroke-width: 1.5 }
.floor { stroke: #b3541e; stroke-width: 1.5; stroke-dasharray: 4 3 }
.floor-label { fill: #b3541e }
@media (prefers-color-scheme: dark) {
  text { fill: #edf2f0 } .quiet { fill: #a3afab }
  .ours { fill: #35c79d } .peer-fresh { fill: #6d7f79 } .peer-stale { fill: #45524d }
  .spread { stroke: #edf2f0 }
  .floor { stroke: #ff9d63 } .floor-label { fill: #ff9d63 }
}
"""


def chart(cold: Mapping[Key, Figure]) -> str:
    """An SVG document; `cold` in milliseconds."""
    functions = [name for name in ORDER if ("ours", name) in cold]
    height = TOP + len(functions) * (len(NAMES) * (BAR + GAP) + GROUP) + 18
    longest = max(item.high for item in cold.values())
    scale = (WIDTH - LABELS - END) / longest
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", role="img")
    title = "From the start of a function's process to its first answer, in milliseconds"
    svg.set("aria-label", title)
    SubElement(svg, "style").text = STYLE
    write(svg, 0, 16, f"{title} (median, quartiles)", "title")
    draw_legend(svg)
    for number, function in enumerate(functions):
        top = TOP + number * (len(NAMES) * (BAR + GAP) + GROUP)
        write(svg, 0, top + BAR - 3, function, "")
        for place, variant in enumerate(NAMES):
            draw_bar(svg, cold[variant, function], variant, top + place * (BAR + GAP), scale)
    draw_floor(svg, cold["bare", "bare"], height, scale)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def draw_legend(svg: Element) -> None:
    left = LABELS
    for variant, name in NAMES.items():
        SubElement(svg, "rect", {"class": variant, "x": str(left), "y": "28", "width": "12", "height": "12"})
        write(svg, left + 18, 39, name, "quiet")
        left += 34 + 7 * len(name)


def draw_bar(svg: Element, item: Figure, variant: str, top: float, scale: float) -> None:
    length = item.median * scale
    attributes = {"class": variant, "x": str(LABELS), "y": str(top), "width": f"{length:.1f}", "height": str(BAR)}
    SubElement(svg, "rect", attributes)
    low, high = LABELS + item.low * scale, LABELS + item.high * scale
    line(svg, "spread", low, top + BAR / 2, high, top + BAR / 2)
    write(svg, max(high, LABELS + length) + 6, top + BAR - 3, f"{item.median:.0f}", "")


def draw_floor(svg: Element, item: Figure, height: float, scale: float) -> None:
    left = LABELS + item.median * scale
    line(svg, "floor", left, TOP - 8, left, height - 20)
    write(svg, left + 4, height - 7, f"a handler that does nothing: {item.median:.0f}", "floor-label")


def line(svg: Element, name: str, left: float, top: float, right: float, bottom: float) -> None:
    place = {"x1": f"{left:.1f}", "y1": f"{top:.1f}", "x2": f"{right:.1f}", "y2": f"{bottom:.1f}"}
    SubElement(svg, "line", {"class": name, **place})


def write(svg: Element, left: float, top: float, words: str, name: str) -> None:
    attributes = {"x": f"{left:.0f}", "y": f"{top:.0f}"} | ({"class": name} if name else {})
    SubElement(svg, "text", attributes).text = words
