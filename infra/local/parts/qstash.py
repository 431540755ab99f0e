"""The local QStash; or another that QSTASH_URL names: the official development server, or the cloud with a tunnel."""

from collections.abc import Mapping

from infra.local import openai, qstash
from infra.local.errors import LocalError
from infra.local.parts.base import Part, Server, Surroundings

NAME = "QStash"
# These make sense together only: another queue needs its own token, and must be told where to deliver.
ANOTHER_QUEUE = ("QSTASH_URL", "QSTASH_TOKEN", "QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY", "DELIVERY_URL")


class LocalQStash(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        if caller.get("QSTASH_URL"):
            return None
        # Our Retry-After counts the real seconds of a lease, whatever the speed.
        arguments = ["--speed", f"{speed:g}", "--keep-retry-after"]
        if images:
            arguments += ["--map", f"{openai.HOST_AND_PORT}={images}"]
        return Server(NAME, "infra.local.qstash", "qstash.jsonl", tuple(arguments))

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        if caller.get("QSTASH_URL"):
            if missing := [name for name in ANOTHER_QUEUE if not caller.get(name)]:
                raise LocalError(
                    f"QSTASH_URL names another queue, so {', '.join(missing)} must be set too. See the README."
                )
            return {"QUEUE_PROVIDER": "qstash", **{name: caller[name] for name in ANOTHER_QUEUE}}
        return {
            "QUEUE_PROVIDER": "qstash",
            "QSTASH_URL": surroundings.url,
            "QSTASH_TOKEN": qstash.DEVELOPMENT_TOKEN,
            "QSTASH_CURRENT_SIGNING_KEY": qstash.DEVELOPMENT_CURRENT_SIGNING_KEY,
            "QSTASH_NEXT_SIGNING_KEY": qstash.DEVELOPMENT_NEXT_SIGNING_KEY,
        }
