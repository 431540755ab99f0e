"""What the `handoff` command says: plain lines, with a little weight where a terminal can show it."""

from __future__ import annotations

import os
import sys
from typing import TextIO

BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


class Terminal:
    """Writes at once, also into a pipe. Colours only on a terminal, and not where NO_COLOR is set (https://no-color.org)."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output = output or sys.stdout
        self._styled = output.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def line(self, text: str = "", style: str = "") -> None:
        print(self._in_style(text, style), file=self._output, flush=True)

    def heading(self, text: str) -> None:
        self.line()
        self.line(text, BOLD)

    def row(self, label: str, text: str, style: str = "") -> None:
        """A label in a column of its own, then what it is about."""
        print(f"  {self._in_style(f'{label:<12}', DIM)}{self._in_style(text, style)}", file=self._output, flush=True)

    def note(self, text: str) -> None:
        """Something that happened by itself, in between."""
        self.line(f"  {text}", DIM)

    def error(self, text: str) -> None:
        print(self._in_style(text, RED), file=sys.stderr, flush=True)

    def _in_style(self, text: str, style: str) -> str:
        return f"\033[{style}m{text}\033[0m" if self._styled and style and text else text
