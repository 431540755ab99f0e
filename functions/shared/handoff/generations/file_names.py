"""What an image is called when it is saved: the first words of its prompt."""

import re

LONGEST = 60
"""Characters before the extension."""
EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


def file_name(prompt: str, content_type: str) -> str:
    """Letters and digits of any script, and hyphens between them."""
    words = re.findall(r"[^\W_]+", prompt[: 10 * LONGEST])
    name = ""
    for word in words:
        if len(name) + len(word) >= LONGEST:
            break
        name += f"-{word}" if name else word
    return (name or "image") + EXTENSIONS.get(content_type, "")
