"""The Content-Disposition of a download: one header line, whatever the file is called."""

import unicodedata
from urllib.parse import quote

NAME_LIMIT = 150  # characters
_EXTENSION_LIMIT = 20  # characters, the dot included
_FALLBACK = "download"
# RFC 8187 section 3.2.1: what may stand in an extended value without being escaped.
_ATTR_CHAR = "!#$&+-.^_`|~"


def attachment(filename: str) -> str:
    """Return `attachment; filename="..."; filename*=UTF-8''...` (RFC 6266, RFC 8187) for any string at all.

    Both forms hold at most 150 characters, no folder, no control, no quote and nothing that reorders the text.
    """
    name = _plain(filename)
    ascii_name = "".join(character if character.isascii() else "_" for character in name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"


def _plain(filename: str) -> str:
    last = filename.replace("\\", "/").rpartition("/")[2]
    # Every character of category C goes: controls, formats such as U+202E, which hides an extension, and surrogates.
    # Quotes and percent signs, which old browsers read each in their own way, become underscores.
    visible = "".join(
        "_" if character in '"%;:*?<>|' else character
        for character in unicodedata.normalize("NFC", last)
        if unicodedata.category(character)[0] != "C" and unicodedata.category(character) not in {"Zl", "Zp"}
    )
    return _shortened(" ".join(visible.split()).strip(". ")).strip() or _FALLBACK


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if len(name) <= NAME_LIMIT:
        return name
    elif dot and len(extension) < _EXTENSION_LIMIT:
        return stem[: NAME_LIMIT - len(extension) - 1] + dot + extension
    else:
        return name[:NAME_LIMIT]
