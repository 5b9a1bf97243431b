"""Where a module names pictures: files of app/addon/static, or whole addresses. Pure."""

from collections.abc import Iterator
from typing import Any

ADDRESSES = {"iconUrl", "thumbnailUrl", "logoUrl"}
OBJECTS = {"icon", "imagePlaceholder"}
MANY = "icons"


def pictures_in(written: dict[str, Any], path: str = "") -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield the object that holds each picture, the member it has there, and where that is in addon.toml."""
    for name, value in written.items():
        where = f"{path}{name}"
        if name in ADDRESSES and isinstance(value, str):
            yield written, name, where
        elif name in OBJECTS and isinstance(value, dict):
            if "url" in value:
                yield value, "url", where
        elif name == MANY and isinstance(value, dict):
            yield from (
                (icon, "url", f"{where}.{key}")
                for key, icon in value.items()
                if isinstance(icon, dict) and "url" in icon
            )
        elif isinstance(value, dict):
            yield from pictures_in(value, f"{where}.")
