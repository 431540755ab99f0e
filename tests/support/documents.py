"""A document of the tests' own, with parameters: `with letters(): ... {"document": "letters", "parameters": {...}}`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from handoff.errors import FieldProblem
from handoff.exports.documents import DOCUMENTS
from handoff.exports.documents.base import Document, Rendering, Workshop


class Letters(Document):
    """Takes any parameters of one letter."""

    title = "Letters"

    def check(self, parameters: Mapping[str, Any]) -> list[FieldProblem]:
        return [FieldProblem(f"parameters.{name}", "one letter") for name in parameters if len(name) != 1]

    @contextmanager
    def render(self, parameters: Mapping[str, Any], workshop: Workshop) -> Iterator[Rendering]:
        yield Rendering([b"%PDF-1.7 ", str(sorted(parameters.items())).encode()], "letters.pdf", "application/pdf")


@contextmanager
def letters() -> Iterator[None]:
    with patch.dict(DOCUMENTS, letters=f"{__name__}:Letters"):
        yield
