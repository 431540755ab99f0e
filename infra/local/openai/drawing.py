"""Pictures of a prompt: its words on a colour of its own."""

from __future__ import annotations

import io
import os
import random
import textwrap

from PIL import Image, ImageDraw, ImageFont

from infra.local.openai.requests import Wanted

NOISE_BYTES_PER_PIXEL = 3
"""About: noise cannot be compressed."""


def draw(wanted: Wanted) -> bytes:
    """No two are alike. Characters that the font has not are shown as boxes."""
    hue = random.randrange(360)  # noqa: S311 (not a secret)
    top, bottom = f"hsl({hue}, 55%, 42%)", f"hsl({(hue + 40) % 360}, 60%, 24%)"
    size = (wanted.width, wanted.height)
    shade = Image.linear_gradient("L").resize(size)
    picture = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), shade)
    _write(ImageDraw.Draw(picture), wanted.prompt, size)
    if wanted.background == "transparent":
        picture.putalpha(shade)
    return _saved(picture, wanted.format, wanted.compression)


def noise(at_least: int) -> bytes:
    """A PNG of that size or a little more."""
    side = int((at_least / NOISE_BYTES_PER_PIXEL) ** 0.5) + 1
    return _saved(Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)), "png", 100)


def _write(pen: ImageDraw.ImageDraw, text: str, size: tuple[int, int]) -> None:
    """As large as there is room for."""
    width, height = size
    margin = min(size) // 12
    for points in (min(size) // 10, min(size) // 16, min(size) // 26, min(size) // 40):
        font = ImageFont.load_default(max(points, 8))
        lines = textwrap.wrap(text, max(1, int((width - 2 * margin) / (0.55 * points))))
        if len(lines) * points * 1.3 <= height - 2 * margin:
            break
    pen.multiline_text((margin, margin), "\n".join(lines), fill="white", font=font, spacing=points * 0.25)


def _saved(picture: Image.Image, kind: str, compression: int) -> bytes:
    made = io.BytesIO()
    # Quickly: nobody waits for a smaller file on this machine.
    options = {"compress_level": 1} if kind == "png" else {"quality": compression, "method": 0}
    picture.save(made, kind, **options)
    return made.getvalue()
