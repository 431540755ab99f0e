"""What images are made with: their provider, its calls, and who takes its answers."""

from typing import TYPE_CHECKING, Any

from handoff.errors import InvalidDeliveryError, NoImagesError
from handoff.generations.providers import ImageProvider, provider
from handoff.settings import RETRY_PAUSE_SECONDS, Settings
from handoff.wiring.providers import image_arguments

if TYPE_CHECKING:
    from handoff.generations.calls import ImageCalls
    from handoff.generations.receive import ImageAnswers
    from handoff.generations.request import ImageRequests
    from handoff.wiring import Wiring


def image_choices(settings: Settings) -> dict[str, Any] | None:
    """What people may ask for, as the page is told; None where no images are made."""
    from handoff.generations.request import LARGEST_COUNT

    name = settings["IMAGE_PROVIDER"]
    if name == "none":
        return None
    chosen = provider(name)
    return {"sizes": list(chosen.sizes), "qualities": list(chosen.qualities), "max_count": LARGEST_COUNT}


def image_requests(wiring: "Wiring") -> "ImageRequests":
    """Raises NoImagesError."""
    from handoff.generations.request import ImageRequests
    from handoff.wiring.runs import run_limits

    made = _provider(wiring.settings)
    limits = run_limits(wiring.settings, retries=_of_provider(wiring.settings, "RETRIES"))
    return ImageRequests(wiring.database, limits, type(made))


def image_calls(wiring: "Wiring") -> "ImageCalls":
    """Raises NoImagesError."""
    from handoff.generations.calls import CallLimits, ImageCalls

    settings = wiring.settings
    made = _provider(settings)
    limits = CallLimits(
        retries=_of_provider(settings, "RETRIES"),
        retry_pause_seconds=RETRY_PAUSE_SECONDS,
        timeout_seconds=_of_provider(settings, "TIMEOUT_SECONDS"),
        rate_per_minute=_of_provider(settings, "RATE_PER_MINUTE"),
        parallelism=_of_provider(settings, "PARALLELISM"),
    )
    return ImageCalls(wiring.database, made, limits, delivery_url=settings["DELIVERY_URL"])


def image_answers(wiring: "Wiring") -> "ImageAnswers":
    """Raises InvalidDeliveryError where no images are made."""
    from handoff.fetch import SourceFetcher
    from handoff.generations.receive import JOB_TYPE, ImageAnswers
    from handoff.wiring.runs import leases, results

    settings = wiring.settings
    try:
        made = _provider(settings)
    except NoImagesError:
        raise InvalidDeliveryError("no images are made here") from None
    seconds = settings["JOB_TIME_LIMIT_SECONDS"]
    fetcher = SourceFetcher(
        allowed_hosts=_of_provider(settings, "IMAGE_HOSTS") or (),
        loopback_exception=_of_provider(settings, "IMAGE_LOOPBACK") or None,
        max_bytes=settings["MAX_IMAGE_BYTES"],
        time_limit_seconds=seconds,
    )
    return ImageAnswers(
        wiring.database,
        made,
        leases(wiring, JOB_TYPE, folder="images"),
        results(wiring, max_bytes=settings["MAX_IMAGE_BYTES"]),
        lambda url: fetcher.open(url, time_limit_seconds=seconds),
        time_limit_seconds=seconds,
    )


def _provider(settings: Settings) -> ImageProvider:
    name = settings["IMAGE_PROVIDER"]
    if name == "none":
        raise NoImagesError
    return provider(name)(**image_arguments(name, settings))


def _of_provider(settings: Settings, what: str) -> Any:
    """A provider's settings begin with its name; None where it has none such."""
    name = f"{settings['IMAGE_PROVIDER'].upper()}_{what}"
    if name not in settings:
        return None
    return settings[name]
