"""Azurite; or the container that AZURE_CONTAINER names, in the account of AZURE_STORAGE_CONNECTION_STRING."""

from collections.abc import Mapping

from infra.local import azurite
from infra.local.errors import LocalError
from infra.local.parts.base import Part, Server, Surroundings

ANOTHER_STORE = ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_CONTAINER")


class LocalAzureBlob(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        azurite.check_installed()
        if caller.get("AZURE_CONTAINER"):
            return None
        return Server("Azurite", "infra.local.azurite", "azurite.log", environment=azurite.ENVIRONMENT)

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        if caller.get("AZURE_CONTAINER"):
            if missing := [name for name in ANOTHER_STORE if not caller.get(name)]:
                raise LocalError(f"AZURE_CONTAINER names another store, so {', '.join(missing)} must be set too.")
            return {"STORAGE_PROVIDER": "azure_blob", **{name: caller[name] for name in ANOTHER_STORE}}
        return {
            "STORAGE_PROVIDER": "azure_blob",
            "AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string(surroundings.url),
            "AZURE_CONTAINER": azurite.CONTAINER,
        }
