"""Text of others' as the report shows it."""

PLAIN = frozenset(
    chr(code)
    for first, last in ((0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0x17F), (0x391, 0x3C9), (0x410, 0x44F))
    for code in range(first, last + 1)
    if chr(code).isprintable()
)
"""What both of the report's fonts have, and what looks like itself: nothing here turns the line around or is unseen.

A character without a glyph would be no text to a screen reader, and PDF/UA forbids it.
"""


def shown(text: str) -> str:
    """The text, with each other character as its number: ‹U+202E›."""
    return "".join(char if char in PLAIN else f"‹U+{ord(char):04X}›" for char in text)
