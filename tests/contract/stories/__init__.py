"""For each documented answer, the little story that leads to it."""

from tests.contract.stories.calls import EVENTS
from tests.contract.stories.exports import EXPORTS
from tests.contract.stories.images import IMAGES
from tests.contract.stories.links import LINKS
from tests.contract.stories.queue import DELIVERIES
from tests.contract.stories.scene import Scene, Story, Triple
from tests.contract.stories.session import SESSION
from tests.contract.stories.troubles import TROUBLES

__all__ = ["STORIES", "Scene"]

STORIES: dict[Triple, Story] = {**EXPORTS, **IMAGES, **EVENTS, **LINKS, **DELIVERIES, **SESSION, **TROUBLES}
