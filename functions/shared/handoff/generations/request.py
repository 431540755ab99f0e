"""Ask for images."""

import re
from typing import Any
from uuid import UUID, uuid4

from handoff.database import Database, load_queries
from handoff.errors import FieldProblem, InvalidBodyError
from handoff.generations.providers.base import ImageProvider, Picture
from handoff.jobs.outgoing import DueMessage
from handoff.jobs.requests import RunLimits, RunRequests
from handoff.telemetry import logger

QUERIES = load_queries("generations")

LARGEST_COUNT = 4
"""As the schema has it: runs_export_or_image."""
LONGEST_PROMPT = 4000
"""Characters."""
PROMPT = re.compile(r"[^\0]*[^\0\t\n\r ][^\0]*")
"""As the contract has it. Postgres stores no U+0000."""


class ImageRequests(RunRequests):
    """What an owner can do with images; retry and cancel are those of every run."""

    job_type = "generate_image"
    noun = "image"

    def __init__(self, database: Database, limits: RunLimits, provider: type[ImageProvider]) -> None:
        super().__init__(database, limits)
        self._provider = provider

    def request(
        self,
        owner: str,
        prompt: str,
        count: int = 1,
        size: str | None = None,
        quality: str | None = None,
        *,
        idempotency_key: str | None,
    ) -> tuple[UUID, list[DueMessage]]:
        """The generation's id, and what is to be published: nothing, where an earlier request of that key made it.

        Raises InvalidBodyError, IdempotencyKeyReusedError, TooManyActiveError: where there is not a place for each of
        the images, none is made.
        """
        provider = self._provider
        picture = Picture(
            prompt,
            provider.sizes[0] if size is None else size,
            provider.qualities[0] if quality is None else quality,
        )
        if problems := self._problems(picture, count):
            raise InvalidBodyError(fields=problems)
        wanted = {"prompt": picture.prompt, "size": picture.size, "quality": picture.quality}
        new_id = uuid4()
        images = [DueMessage(uuid4(), self.job_type, 1, wanted) for _ in range(count)]
        generation_id = self._request(
            QUERIES["request_generation"], owner, {**wanted, "count": count}, idempotency_key,
            [image.id for image in images], new_id, provider=provider.name, **wanted,
        )  # fmt: skip
        logger.info("generation", generation=str(generation_id), is_new=generation_id == new_id, images=count)
        return generation_id, self._new(images, generation_id == new_id)

    def _problems(self, picture: Picture, count: int) -> list[FieldProblem]:
        provider = self._provider
        checks: dict[str, tuple[bool, Any]] = {
            "prompt": (
                PROMPT.fullmatch(picture.prompt) is not None and len(picture.prompt) <= LONGEST_PROMPT,
                f"1 to {LONGEST_PROMPT} characters, not white space alone, and no U+0000",
            ),
            "count": (1 <= count <= LARGEST_COUNT, f"1 to {LARGEST_COUNT}"),
            "size": (picture.size in provider.sizes, f"one of {', '.join(provider.sizes)}"),
            "quality": (picture.quality in provider.qualities, f"one of {', '.join(provider.qualities)}"),
        }
        return [FieldProblem(field, rule) for field, (is_right, rule) in checks.items() if not is_right]
