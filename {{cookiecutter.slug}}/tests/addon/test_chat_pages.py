"""What the builds look like to people: everything a CI server sends is text."""

from html.parser import HTMLParser

from tests.addon.test_chat_builds import report
from tests.support.running import RunningAddon

HOSTILE = "<script>alert('1')</script>\"><img src=x>{{ 7 * 7 }}"


class Texts(HTMLParser):
    """Collects the texts and tags of a page as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


async def open_page(addon: RunningAddon, client_id: str, kind: str, key: str) -> str:
    return (await addon.devhost.host.open(client_id, kind, key, room_id=1)).text


class TestHostileBuildNames:
    async def test_are_shown_as_they_are_in_every_list(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        token = await addon.api_token(installation)
        await report(addon, token, name="web")
        pages = [("webPanel", "report"), ("externalPage", "overview")]
        before = [Texts(await open_page(addon, installation.client_id, *page)).tags for page in pages]
        await report(addon, token, name=HOSTILE)
        for page, tags in zip(pages, before, strict=True):
            shown = Texts(await open_page(addon, installation.client_id, *page))
            assert f"{HOSTILE} #1" in shown.texts
            assert set(shown.tags) == set(tags)

    async def test_reach_the_room_and_the_glance_as_text(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        assert await report(addon, await addon.api_token(installation), name=HOSTILE) == 201
        last = addon.devhost.host.timeline(1)[-1]
        assert last.card is not None
        assert last.card["title"] == f"{HOSTILE} #1"
        assert "<script>" not in last.text or last.format == "text"

    async def test_addresses_that_run_scripts_are_refused(self, addon: RunningAddon) -> None:
        token = await addon.api_token(await addon.install())
        for url in ("javascript:alert(1)", "data:text/html,x", "//ci.example.com", "ci.example.com"):
            assert await report(addon, token, url=url) == 422, url
