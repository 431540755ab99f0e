"""A PDF as two readers have it that know nothing of how it was made: its pages' text, and what its tags say."""

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pdfplumber
import pypdf

Element = dict[str, Any]


class Pages:
    """What somebody sees who looks at the pages."""

    def __init__(self, content: bytes) -> None:
        self.reader = pypdf.PdfReader(io.BytesIO(content))
        self.catalog: Any = self.reader.root_object

    @cached_property
    def texts(self) -> list[str]:
        return [page.extract_text() for page in self.reader.pages]

    def fonts(self) -> dict[str, Any]:
        """Name to descriptor, of every font on every page."""
        found = {}
        for page in self.reader.pages:
            resources: Any = page["/Resources"]
            for font in resources["/Font"].values():
                (descendant,) = font.get_object()["/DescendantFonts"]
                found[font.get_object()["/BaseFont"]] = descendant.get_object()["/FontDescriptor"]
        return found


class Tags:
    """What a screen reader makes of it."""

    def __init__(self, content: bytes) -> None:
        with pdfplumber.open(io.BytesIO(content)) as document:
            self._tree: list[Element] = document.structure_tree
            self._text: dict[tuple[int, int], str] = {}
            for page in document.pages:
                for char in page.chars:
                    if char["mcid"] is not None:
                        place = page.page_number, char["mcid"]
                        self._text[place] = self._text.get(place, "") + char["text"]

    def all(self, kind: str) -> list[Element]:
        return [element for root in self._tree for element in _within(root) if element["type"] == kind]

    def text(self, element: Element) -> str:
        """Of the element and all within it, in the order of reading."""
        page = element.get("page_number")
        here = "".join(self._text.get((page or 0, mcid), "") for mcid in element.get("mcids", []))
        return here + "".join(self.text({"page_number": page, **child}) for child in element.get("children", []))

    def tables(self) -> list[list[list[str]]]:
        """Their rows, and the rows' cells."""
        return [
            [[self.text(cell) for cell in row["children"]] for row in _within(table) if row["type"] == "TR"]
            for table in self.all("Table")
        ]


def _within(element: Element) -> Iterator[Element]:
    yield element
    for child in element.get("children", []):
        yield from _within(child)
