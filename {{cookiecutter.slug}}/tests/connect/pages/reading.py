"""Reads pages and their headers as a browser does."""

from html.parser import HTMLParser

import httpx

from devhost.world.installations import Installation
from tests.support.running import RunningAddon


class Tags(HTMLParser):
    """Collects the tags of a page, so that attributes are read as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, name: str) -> dict[str, str | None]:
        """Return the attributes of the input or select of a name."""
        return next(attributes for _, attributes in self.tags if attributes.get("name") == name)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


async def open_page(
    addon: RunningAddon, installation: Installation, kind: str = "configurable", key: str = ""
) -> httpx.Response:
    return await addon.devhost.host.open(installation.client_id, kind, key, room_id=1)


def policy(answer: httpx.Response) -> dict[str, str]:
    """Read the directives of the one content security policy."""
    [value] = answer.headers.get_list("content-security-policy")
    return dict(directive.strip().split(" ", 1) for directive in value.split(";"))
