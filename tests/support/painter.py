"""The image provider of the tests, in the place of the real one: its answers are the image itself, or the name of an
outcome, so that a test says in one line what came of a call."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from handoff.errors import JobFailedError
from handoff.generations.providers import PROVIDERS, Call, Image, ImageProvider, OpenUrl, Picture
from handoff.jobs.queues.base import Report

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 500


class Painter(ImageProvider):
    """An answer that is not 2xx is the outcome's name, after a `!` where no other attempt can help."""

    name = "openai"
    credential = "openai"
    sizes = ("1024x1024", "1536x1024")
    qualities = ("medium", "low")

    def __init__(self, **settings: object) -> None:
        self.settings = settings

    def call(self, picture: Picture) -> Call:
        return Call("https://images.example/paint", {"Content-Type": "text/plain"}, repr(picture).encode())

    @contextmanager
    def read(self, report: Report, open_url: OpenUrl) -> Iterator[Image]:
        if report.status is None:
            raise JobFailedError("provider_timeout", retryable=True)
        if report.status != 200:
            outcome = report.body.decode()
            raise JobFailedError(outcome.removeprefix("!"), retryable=not outcome.startswith("!"))
        if report.body.startswith(b"http"):
            with open_url(report.body.decode()) as chunks:
                yield Image("image/png", chunks)
        elif report.body.startswith(PNG[:8]):
            yield Image("image/png", [report.body])
        else:
            raise JobFailedError("not_an_image", retryable=False)


@contextmanager
def painter() -> Iterator[None]:
    with patch.dict(PROVIDERS, openai=f"{__name__}:Painter"):
        yield
