"""The local Trigger.dev; or another that TRIGGER_URL names: the cloud, or one of the caller's own, with a tunnel."""

from collections.abc import Mapping

from infra.local import trigger_dev
from infra.local.errors import LocalError
from infra.local.parts.base import Part, Server, Surroundings
from infra.local.parts.openai import image_key

# These make sense together only: another one needs its own key, and must be told where to deliver.
ANOTHER_QUEUE = ("TRIGGER_URL", "TRIGGER_SECRET_KEY", "TRIGGER_SIGNING_KEYS", "DELIVERY_URL")


class LocalTriggerDev(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        if caller.get("TRIGGER_URL"):
            return None
        trigger_dev.check_installed()
        arguments = ("--speed", f"{speed:g}")
        # As in a project of Trigger.dev's, the keys of whom it calls are the task's own.
        keys = {"OPENAI_API_KEY": key} if (key := image_key(caller, images)) else {}
        return Server("Trigger.dev", "infra.local.trigger_dev", "trigger_dev.jsonl", arguments, keys)

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        if caller.get("TRIGGER_URL"):
            if missing := [name for name in ANOTHER_QUEUE if not caller.get(name)]:
                raise LocalError(
                    f"TRIGGER_URL names another queue, so {', '.join(missing)} must be set too. See the README."
                )
            return {"QUEUE_PROVIDER": "trigger_dev", **{name: caller[name] for name in ANOTHER_QUEUE}}
        return {
            "QUEUE_PROVIDER": "trigger_dev",
            "TRIGGER_URL": surroundings.url,
            "TRIGGER_SECRET_KEY": trigger_dev.DEVELOPMENT_SECRET_KEY,
            "TRIGGER_SIGNING_KEYS": trigger_dev.DEVELOPMENT_SIGNING_KEY,
        }
