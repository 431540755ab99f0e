"""What stands in place of one provider."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A process of ours: `python -m module --port N ...`; `log` is the name of its log.

    A secret goes into `environment`, whose other part is ours: anybody can see a process's arguments.
    """

    name: str
    module: str
    log: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What the settings of a part are made of.

    url     where the part's server is seen from the functions; "" where it has none
    page    the page's URL
    files   a folder for files
    keys    of this laptop
    """

    url: str
    page: str
    files: Path
    keys: Mapping[str, str]


class Part(ABC):
    """At most one server, and the settings that lead the functions to it, or to where the caller's environment does."""

    @abstractmethod
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        """The server to start. Raises LocalError where packages are missing.

        speed   divides delays
        images  where the mock of the image provider is; "" where there is none
        """

    @abstractmethod
    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        """Raises LocalError, naming what is missing, where the caller's environment says only half of it."""
