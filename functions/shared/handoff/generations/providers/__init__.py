"""Who makes pictures, by name: a literal dict. A new one is one file here and one line below. Imported on use."""

from importlib import import_module

from handoff.generations.providers.base import Call, Image, ImageProvider, OpenUrl, Picture

PROVIDERS: dict[str, str] = {
    "openai": "handoff.generations.providers.openai:OpenAIProvider",
}

__all__ = ["PROVIDERS", "Call", "Image", "ImageProvider", "OpenUrl", "Picture", "provider"]


def provider(name: str) -> type[ImageProvider]:
    """The class of a provider; ValueError for an unknown name."""
    if name not in PROVIDERS:
        raise ValueError(f"there is no image provider {name!r}, only {', '.join(PROVIDERS)}")
    module, _, class_name = PROVIDERS[name].partition(":")
    found: type[ImageProvider] = getattr(import_module(module), class_name)
    return found
