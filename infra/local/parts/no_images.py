"""Nobody makes images."""

from collections.abc import Mapping

from infra.local.parts.base import Part, Server, Surroundings


class NoImages(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        return None

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        return {"IMAGE_PROVIDER": "none"}
