"""The home page says what the add-on is."""

import httpx

from app.connect import AddonRouter
from app.connect.application import Application
from app.connect.settings import Settings, load_settings
from tests.connect.pages.reading import Tags
from tests.connect.showcase import DOCUMENT, make_routers
from tests.connect.waiting import until
from tests.support.chat import DESCRIPTOR
from tests.support.running import ADDON, KEY, RunningAddon


class TestHomePage:
    async def test_says_what_it_is_and_how_to_install_it(self, showcase: RunningAddon) -> None:
        answer = await showcase.http.get("/")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        for said in ("<h1>Showcase</h1>", "Shows one of everything", DESCRIPTOR):
            assert said in answer.text
        links = [link["href"] for link in Tags(answer.text).all("a")]
        for link in (DESCRIPTOR, "/docs", "/openapi.json", "/health/live", "/health/ready", "https://example.com"):
            assert link in links

    async def test_links_lead_somewhere(self, showcase: RunningAddon) -> None:
        page = Tags((await showcase.http.get("/")).text)

        async def is_ready() -> bool:
            return (await showcase.http.get("/health/ready")).status_code == 200

        # Just after the start it is not, and says so.
        await until(is_ready)
        for link in page.all("a"):
            href = link["href"] or ""
            if href.startswith(("/", ADDON)):
                assert (await showcase.http.get(href)).status_code == 200, href

    async def test_names_are_text_and_never_markup(self, settings: Settings) -> None:
        hostile = "<script>alert(1)</script>"
        about = DOCUMENT["addon"] | {"name": hostile, "description": hostile}
        vendor = {"name": hostile, "url": "https://v.example/\"onclick='x'"}
        document = {"addon": about | {"vendor": vendor}, "hipchat": {"scopes": []}}
        application = Application(settings, (AddonRouter(),), document=document)
        transport = httpx.ASGITransport(application.app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            text = (await http.get("/")).text
        await application.close()
        assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4
        assert Tags(text).all("script") == []
        assert not [tag for tag in Tags(text).all("a") if "onclick" in tag]

    async def test_development_points_at_the_devhost_and_production_does_not(
        self, showcase: RunningAddon, database_url: str
    ) -> None:
        settings: Settings = load_settings(
            _env_file=None,
            secret_keys=KEY,
            database_url=database_url,
            base_url="https://addon.example",
            environment="production",
        )
        application = Application(settings, make_routers(), document=DOCUMENT)
        transport = httpx.ASGITransport(application.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://addon.example") as http:
            production = (await http.get("/")).text
        await application.close()
        assert "make devhost" in (await showcase.http.get("/")).text
        assert "make devhost" not in production
