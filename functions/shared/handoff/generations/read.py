"""What owners see of their images: one generation, a page of them, or whether there is anything new."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.errors import NotFoundError
from handoff.generations.outcomes import words
from handoff.jobs.shown import ShownRun, shown
from handoff.links.links import LinkUrls
from handoff.paging import Look, from_cursor, page_etag, to_cursor

QUERIES = load_queries("generations")


@dataclass(frozen=True)
class ImageRow(ShownRun):
    """One row of read_generations: an image, and the generation that it is of."""

    generation_id: UUID
    prompt: str
    size: str
    quality: str
    generation_created_at: str
    position: int


@dataclass(frozen=True)
class Latest:
    id: UUID | None
    changed_at: str | None
    versions: str | None
    server_time: str


class GenerationReader:
    """Reads generations of one owner. Each look is one round trip."""

    def __init__(self, database: Database, urls: LinkUrls, *, retention_days: int) -> None:
        self._database = database
        self._urls = urls
        self._retention_days = retention_days

    def one(self, generation_id: UUID, owner: str) -> Look:
        """One generation with its images and their links. Raises NotFoundError."""
        generations, server_time = self._read(owner, generation_id=generation_id, limit=1)
        if not generations:
            raise NotFoundError
        (images,) = generations
        ends = [image.seconds_to_next_end for image in images if image.seconds_to_next_end is not None]
        body = {**self._representation(images), "server_time": server_time}
        return Look(page_etag(_etag_parts(images)), body, server_time, min(ends, default=None))

    def page(self, owner: str, *, limit: int, cursor: str | None) -> Look:
        """Generations newest first, and the cursor of the next page. Raises InvalidQueryError for one not of ours."""
        generations, server_time = self._read(owner, cursor=cursor, limit=limit + 1)
        items, has_more = generations[:limit], len(generations) > limit
        last = items[-1][0] if items else None
        body = {
            "items": [self._representation(images) for images in items],
            "next_cursor": to_cursor(last.generation_created_at, last.generation_id) if last and has_more else None,
            "server_time": server_time,
        }
        return Look(page_etag(part for images in generations for part in _etag_parts(images)), body, server_time)

    def latest(self, owner: str) -> Look:
        """The newest generation's id, and an ETag that differs whenever one of the owner's images has changed."""
        found = self._database.one(QUERIES["read_latest"], Latest, owner=owner)
        assert found is not None
        body = {
            "id": str(found.id) if found.id else None,
            "changed_at": found.changed_at,
            "server_time": found.server_time,
        }
        return Look(page_etag((str(found.id), found.versions or "")), body, found.server_time)

    def _read(
        self, owner: str, *, generation_id: UUID | None = None, cursor: str | None = None, limit: int
    ) -> tuple[list[list[ImageRow]], str]:
        """The images of each generation, and the database's time."""
        before_created_at, before_id = from_cursor(cursor) if cursor else (None, None)
        rows = self._database.rows(
            QUERIES["read_generations"], ImageRow,
            owner=owner, id=generation_id, before_created_at=before_created_at, before_id=before_id,
            limit=limit, with_visits=False, retention_days=self._retention_days,
        )  # fmt: skip
        images = [row for row in rows if row.id is not None]
        return [list(group) for _, group in groupby(images, lambda row: row.generation_id)], rows[0].server_time

    def _representation(self, images: list[ImageRow]) -> dict[str, Any]:
        generation = images[0]
        return {
            "id": str(generation.generation_id),
            "prompt": generation.prompt,
            "size": generation.size,
            "quality": generation.quality,
            "count": len(images),
            "created_at": generation.generation_created_at,
            "images": [
                {"id": str(image.id), "position": image.position, **shown(image, self._urls, words)} for image in images
            ],
        }


def _etag_parts(images: list[ImageRow]) -> list[str]:
    return [f"{image.id}.{image.etag_part}" for image in images]
