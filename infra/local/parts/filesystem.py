"""A folder, served by the gateway."""

from collections.abc import Mapping

from infra.local.parts.base import Part, Surroundings


class LocalFolder(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> None:
        return None

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        return {
            "STORAGE_PROVIDER": "filesystem",
            "STORAGE_FOLDER": str(surroundings.files),
            "STORAGE_URL": f"{surroundings.page}/storage",
            "STORAGE_SIGNING_KEY": surroundings.keys["storage_signing_key"],
        }
