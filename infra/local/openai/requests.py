"""What the API takes: https://developers.openai.com/api/reference/resources/images/methods/generate"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.openai.errors import invalid, no_model

RETIRED = ("gpt-image-1", "dall-e-2", "dall-e-3")
OF_STANDARD_SIZES = ("gpt-image-1-mini", "gpt-image-1.5")
OF_ANY_SIZE = ("gpt-image-2", "gpt-image-2-2026-04-21", "chatgpt-image-latest")
# Levels beyond "high" came with these.
OF_ANY_QUALITY = (
    "gpt-image-2.5-sunburst",
    "gpt-image-2.5-sunburst-2026-09-08",
    "gpt-image-2.5-flare",
    "gpt-image-2.5-flare-2026-09-08",
    "gpt-image-2.6-sunburst",
    "gpt-image-2.6-flare",
)
STANDARD_SIZES = ("1024x1024", "1536x1024", "1024x1536")
LARGEST = (3840, 2160)
QUALITIES = ("low", "medium", "high")
MORE_QUALITIES = ("xhigh", "max")
FORMATS = ("png", "jpeg", "webp")
LONGEST_PROMPT = 32_000
MOST = 4
"""The real one makes 10."""


@dataclass(frozen=True)
class Wanted:
    """A request that can be carried out."""

    prompt: str
    count: int
    width: int
    height: int
    quality: str
    format: str
    compression: int
    background: str


def read(body: bytes) -> Wanted:
    """Raises RefusedError."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid("We could not parse the JSON body of your request.", None, "invalid_json") from None
    if not isinstance(given, dict):
        raise invalid("The body of your request is not an object.", None, "invalid_type")
    for name in given.keys() - CHECKS.keys():
        raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    values: dict[str, Any] = {}
    for name, check in CHECKS.items():  # in this order: what may be asked for depends on the model
        values[name] = check(given.get(name), values)
    width, height = values["size"]
    return Wanted(
        values["prompt"], values["n"], width, height, values["quality"], values["output_format"],
        values["output_compression"], values["background"],
    )  # fmt: skip


Check = Callable[[Any, Mapping[str, Any]], Any]


def _model(value: Any, others: Mapping[str, Any]) -> str:
    if value in RETIRED:
        raise no_model(f"The model '{value}' has been retired.")
    if value not in OF_STANDARD_SIZES + OF_ANY_SIZE + OF_ANY_QUALITY:
        raise no_model(f"The model '{value}' does not exist.")
    return str(value)


def _prompt(value: Any, others: Mapping[str, Any]) -> str:
    if value is None:
        raise invalid("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter")
    if not isinstance(value, str):
        raise invalid("Invalid type for 'prompt': expected a string.", "prompt", "invalid_type")
    if not value:
        raise invalid("Invalid 'prompt': empty string.", "prompt", "empty_string")
    if len(value) > LONGEST_PROMPT:
        raise invalid(f"Invalid 'prompt': longer than {LONGEST_PROMPT}.", "prompt", "string_above_max_length")
    return value


def _size(value: Any, others: Mapping[str, Any]) -> tuple[int, int]:
    if value in (None, "auto", *STANDARD_SIZES):
        width, height = (STANDARD_SIZES[0] if value in (None, "auto") else value).split("x")
        return int(width), int(height)
    found = re.fullmatch(r"([1-9]\d{1,3})x([1-9]\d{1,3})", str(value), re.ASCII)
    if found is None or others["model"] in OF_STANDARD_SIZES:
        raise invalid(f"Invalid size '{value}'. Supported: {', '.join(STANDARD_SIZES)}, auto.", "size")
    width, height = int(found[1]), int(found[2])
    longer, shorter = max(width, height), min(width, height)
    if width % 16 or height % 16 or longer > 3 * shorter or longer > LARGEST[0] or shorter > LARGEST[1]:
        raise invalid(f"Invalid size '{value}': both divisible by 16, 1:3 to 3:1, at most 3840x2160.", "size")
    return width, height


def _quality(value: Any, others: Mapping[str, Any]) -> str:
    supported = QUALITIES + (MORE_QUALITIES if others["model"] in OF_ANY_QUALITY else ())
    return "medium" if value in (None, "auto") else _one_of("quality", value, supported)


def _format(value: Any, others: Mapping[str, Any]) -> str:
    return "png" if value is None else _one_of("output_format", value, FORMATS)


def _compression(value: Any, others: Mapping[str, Any]) -> int:
    found = _whole("output_compression", value, 100, 0, 100)
    if value is not None and others["output_format"] == "png" and found != 100:
        raise invalid("Compression less than 100 is not supported for PNG.", "output_compression")
    return found


def _background(value: Any, others: Mapping[str, Any]) -> str:
    found = "auto" if value is None else _one_of("background", value, ("transparent", "opaque", "auto"))
    if found == "transparent" and others["output_format"] == "jpeg":
        raise invalid("Transparent background is not supported for JPEG.", "background")
    return found


def _n(value: Any, others: Mapping[str, Any]) -> int:
    return _whole("n", value, 1, 1, MOST)


def _moderation(value: Any, others: Mapping[str, Any]) -> str:
    return "auto" if value is None else _one_of("moderation", value, ("low", "auto"))


def _stream(value: Any, others: Mapping[str, Any]) -> bool:
    if value not in (None, False):
        raise invalid("The mock does not stream.", "stream")
    return False


def _text(value: Any, others: Mapping[str, Any]) -> str:
    return str(value or "")


def _one_of(name: str, value: Any, supported: tuple[str, ...]) -> str:
    if value not in supported:
        raise invalid(f"Invalid value: '{value}'. Supported values are: {', '.join(supported)}.", name)
    return str(value)


def _whole(name: str, value: Any, default: int, least: int, most: int) -> int:
    found = default if value is None else value
    if type(found) is not int:
        raise invalid(f"Invalid type for '{name}': expected an integer.", name, "invalid_type")
    if not least <= found <= most:
        raise invalid(f"Invalid '{name}': expected {least} to {most}.", name, "integer_out_of_range")
    return found


CHECKS: dict[str, Check] = {
    "model": _model,
    "prompt": _prompt,
    "size": _size,
    "quality": _quality,
    "output_format": _format,
    "output_compression": _compression,
    "background": _background,
    "n": _n,
    "moderation": _moderation,
    "stream": _stream,
    "safety_identifier": _text,
    "user": _text,
}
