"""A mock of OpenAI's images API; or another server that OPENAI_API_URL names: the vendor's own, or one that speaks it.

The local QStash calls the mock in the place of https://api.openai.com, so the functions are told what they are told on
AWS. Our own consumer and Trigger.dev's task have no such detour: where they make the calls, the mock's address is told.
"""

from collections.abc import Mapping

from infra.local import openai
from infra.local.errors import LocalError
from infra.local.parts.base import Part, Server, Surroundings
from infra.local.ports import HOST

# These make sense together only. A key alone is often set for something else, and calls cost money.
ANOTHER_PROVIDER = ("OPENAI_API_URL", "OPENAI_API_KEY")
REAL_URL = "https://api.openai.com"


class LocalOpenAI(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        if caller.get("OPENAI_API_URL"):
            return None
        return Server("OpenAI", "infra.local.openai", "openai.jsonl", ("--delay", f"{openai.DELAY_SECONDS / speed:g}"))

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        if caller.get("OPENAI_API_URL"):
            if missing := [name for name in ANOTHER_PROVIDER if not caller.get(name)]:
                raise LocalError(f"OPENAI_API_URL names another server, so {', '.join(missing)} must be set too.")
            return {"IMAGE_PROVIDER": "openai", **{name: caller[name] for name in ANOTHER_PROVIDER}}
        by_qstash = (caller.get("QUEUE_PROVIDER") or "qstash") == "qstash"
        return {
            "IMAGE_PROVIDER": "openai",
            "OPENAI_API_URL": REAL_URL if by_qstash else surroundings.url,
            "OPENAI_API_KEY": openai.DEVELOPMENT_KEY,
            "OPENAI_IMAGE_HOSTS": HOST,
            "OPENAI_IMAGE_LOOPBACK": surroundings.url.partition("://")[2],
            "MAX_IMAGE_BYTES": str(openai.LARGEST_KEPT_BYTES),
        }


def image_key(caller: Mapping[str, str], images: str) -> str | None:
    """What whoever makes the calls shows to the mock at `images`, or to the server that the caller names."""
    return openai.DEVELOPMENT_KEY if images else caller.get("OPENAI_API_URL") and caller.get("OPENAI_API_KEY")
