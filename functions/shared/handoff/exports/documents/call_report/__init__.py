"""What became of the calls of a period, as a PDF made from the database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from handoff.calls.period import read_period
from handoff.errors import FieldProblem, JobFailedError
from handoff.exports.documents.base import Document, Rendering, Workshop
from handoff.exports.documents.call_report.figures import TITLE, Figures
from handoff.exports.documents.call_report.wish import WishReader
from handoff.exports.typeset import typeset

TEMPLATE = Path(__file__).with_name("call_report.typ")
MOST_CALLS = 10_000
"""Typesetting so many takes seconds of an attempt's 25, and most of the memory that there is for it."""


class CallReport(Document):
    """Counts, a chart and a table of the calls that started in a period; those without an end come first."""

    title = TITLE
    needs_insider = True

    def check(self, parameters: Mapping[str, Any]) -> list[FieldProblem]:
        reader = WishReader(parameters)
        reader.read()
        return reader.problems

    @contextmanager
    def render(self, parameters: Mapping[str, Any], workshop: Workshop) -> Iterator[Rendering]:
        reader = WishReader(parameters)
        wish = reader.read()
        if reader.problems:  # the rules are others than when it was asked for
            raise JobFailedError("parameters_refused", retryable=False)
        read = read_period(
            workshop.database, window=wish.window, period=wish.period, max_call=wish.max_call, limit=MOST_CALLS + 1
        )
        if len(read.calls) > MOST_CALLS:
            raise JobFailedError("too_many_calls", retryable=False)
        figures = Figures(read, zone=ZoneInfo(wish.time_zone), max_call=wish.max_call)
        made_at = int(read.now.timestamp())
        with typeset(TEMPLATE, figures.as_json(), made_at=made_at, seconds=workshop.time_left()) as chunks:
            yield Rendering(chunks, figures.file_name(), "application/pdf")
