"""What people see: glances, framed pages, the settings page with its API tokens, the home page, and their headers."""

import re
import time
from html.parser import HTMLParser

import httpx
import pytest
from sqlalchemy import select, update

from app.connect.access.api_tokens import MOST_TOKENS, ApiToken
from app.connect.application import Connect
from app.connect.database.store import TenantStore
from app.connect.declare.manifest import Manifest
from app.connect.serving.web import build_app
from app.connect.settings import Settings, load_settings
from app.connect.tenancy.tables import TenantRow
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.conftest import ADDON, DESCRIPTOR, KEY, RunningAddon
from tests.connect.showcase import MANIFEST, make_router

HOST = "http://127.0.0.1:9000"
GLANCE = "/hipchat/glance/status"
SETTINGS = "/hipchat/settings"
PAGES = [("webPanel", "list"), ("dialog", "ask"), ("externalPage", "sheet"), ("configurable", "")]
GOOD = {"greeting": "Servus", "limit": "42", "share": "0.25", "loud": "true", "colour": "green"}


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


async def page_token(addon: RunningAddon, installation: Installation) -> dict[str, str]:
    """Open the settings as a person and return the header with which their page calls back."""
    token = Tags((await open_page(addon, installation)).text).named("page-token")["content"]
    return {"Authorization": f"JWT {token}"}


async def save(addon: RunningAddon, installation: Installation, **fields: str) -> httpx.Response:
    return await addon.http.post(SETTINGS, data=fields, headers=await page_token(addon, installation))


def policy(answer: httpx.Response) -> dict[str, str]:
    """Read the directives of the one content security policy."""
    [value] = answer.headers.get_list("content-security-policy")
    return dict(directive.strip().split(" ", 1) for directive in value.split(";"))


class TestGlances:
    async def test_any_origin_may_read_one_because_its_token_is_in_the_address(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1)
        answer = await showcase.http.get(url, headers={"Origin": "https://client.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_preflight_is_answered_alike(self, showcase: RunningAddon) -> None:
        answer = await showcase.http.options(GLANCE, headers={"Origin": "https://client.example"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-methods"] == "GET"
        assert "access-control-allow-credentials" not in answer.headers

    async def test_refusal_is_not_for_every_origin(self, showcase: RunningAddon) -> None:
        answer = await showcase.http.get(GLANCE, headers={"Origin": "https://client.example"})
        assert answer.status_code == 401
        assert "access-control-allow-origin" not in answer.headers


class TestFrames:
    async def test_only_the_tenants_host_may_frame_a_page(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        for kind, key in PAGES:
            answer = await open_page(showcase, installation, kind, key)
            assert answer.status_code == 200, kind
            assert policy(answer)["frame-ancestors"] == HOST, kind
            assert "x-frame-options" not in answer.headers, kind

    async def test_each_tenant_has_its_own_host(self, showcase: RunningAddon) -> None:
        """The address of the host's pages counts, not the one of its API."""
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        statement = update(TenantRow).where(TenantRow.client_key == group.client_id)
        async with showcase.connect.db.session() as session:
            await session.execute(statement.values(web_url="https://chat.example/web", changed_at=time.time()))
        showcase.connect.forget(await showcase.tenant(group))
        ours, theirs = await open_page(showcase, lobby), await open_page(showcase, group)
        assert policy(ours)["frame-ancestors"] == HOST
        assert policy(theirs)["frame-ancestors"] == "https://chat.example"
        assert policy(theirs)["script-src"] == "'self' https://chat.example"
        assert "https://chat.example/web/atlassian-connect/all.js" in theirs.text

    async def test_configured_origins_may_frame_it_too(self, database_url: str, devhost: Devhost) -> None:
        settings = load_settings(
            _env_file=None,
            secret_keys=KEY,
            database_url=database_url,
            base_url=ADDON,
            hipchat_frame_ancestors="https://desktop.example,https://mobile.example",
        )
        routers = (make_router(),)
        connect = Connect(settings, routers, transport=devhost.transport, manifest=MANIFEST)
        devhost.serve(ADDON, build_app(connect, routers))
        installation = await devhost.host.install(DESCRIPTOR, room_id=1)
        answer = await devhost.host.open(installation.client_id, "webPanel", "list", room_id=1)
        await connect.close()
        assert policy(answer)["frame-ancestors"] == f"{HOST} https://desktop.example https://mobile.example"

    async def test_nothing_is_cached_sniffed_or_told_to_others(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        for kind, key in PAGES:
            answer = await open_page(showcase, installation, kind, key)
            assert answer.headers["referrer-policy"] == "no-referrer", kind
            assert answer.headers["x-content-type-options"] == "nosniff", kind
            assert answer.headers["cache-control"] == "no-store", kind
            assert answer.headers["content-type"] == "text/html; charset=utf-8", kind
            assert "set-cookie" not in answer.headers, kind

    async def test_scripts_come_from_here_and_from_the_host_alone(self, showcase: RunningAddon) -> None:
        answer = await open_page(showcase, await showcase.install(), "webPanel", "list")
        directives = policy(answer)
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == f"'self' {HOST}"
        assert directives["base-uri"] == "'none'"
        assert directives["form-action"] == directives["connect-src"] == "'self'"
        page = Tags(answer.text)
        sources = [script["src"] for script in page.all("script")]
        assert sources == [f"{HOST}/atlassian-connect/all.js", "/static/connect/connect.js"]
        assert not [
            name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"
        ]

    async def test_page_knows_where_its_token_is_renewed(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        page = Tags((await open_page(showcase, installation, "dialog", "ask")).text)
        refresh = page.named("page-token-refresh")["content"]
        assert refresh is not None
        token = page.named("page-token")["content"]
        renewed = await showcase.http.post(refresh, headers={"Authorization": f"JWT {token}"})
        assert set(renewed.json()) == {"token"}

    async def test_everything_else_may_be_framed_by_nobody(self, showcase: RunningAddon) -> None:
        for path in ("/", "/docs", "/hipchat/capabilities.json", "/nowhere", SETTINGS, "/static/connect/connect.css"):
            answer = await showcase.http.get(path)
            assert policy(answer)["frame-ancestors"] == "'none'", path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["referrer-policy"] == "no-referrer", path


class TestSettingsPage:
    async def test_inputs_come_from_the_model(self, showcase: RunningAddon) -> None:
        text = (await open_page(showcase, await showcase.install())).text
        page = Tags(text)
        greeting, limit, share = page.named("greeting"), page.named("limit"), page.named("share")
        assert (greeting["type"], greeting["value"], greeting["minlength"], greeting["maxlength"]) == (
            "text",
            "Hello",
            "2",
            "40",
        )
        assert (limit["type"], limit["value"], limit["min"], limit["max"]) == ("number", "10", "1", "99")
        assert (share["type"], share["step"]) == ("number", "any")
        assert page.named("loud")["type"] == "checkbox"
        assert "checked" in page.named("loud")
        assert re.findall(r'<option value="(\w+)" (selected)?>', text) == [("red", "selected"), ("green", "")]

    async def test_every_input_has_its_label_hint_and_place_for_a_message(self, showcase: RunningAddon) -> None:
        text = (await open_page(showcase, await showcase.install())).text
        page = Tags(text)
        labels = {label["for"] for label in page.all("label") if "for" in label}
        assert labels == {"settings-greeting", "settings-limit", "settings-share", "settings-colour"}
        assert "Said on arrival." in text
        for name in ("greeting", "limit", "share", "loud", "colour"):
            hint = "settings-greeting-hint " if name == "greeting" else ""
            assert page.named(name)["aria-describedby"] == f"{hint}settings-{name}-error"
            assert any(tag.get("data-error-for") == name for tag in page.all("p"))

    async def test_saved_values_are_shown_again(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        answer = await save(showcase, installation, **GOOD)
        assert (answer.status_code, answer.json()) == (200, {"message": "Saved."})
        text = (await open_page(showcase, installation)).text
        page = Tags(text)
        assert page.named("greeting")["value"] == "Servus"
        assert page.named("limit")["value"] == "42"
        assert page.named("share")["value"] == "0.25"
        assert '<option value="green" selected>' in text

    async def test_unticked_box_is_saved_as_unticked(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        await save(showcase, installation, **{name: value for name, value in GOOD.items() if name != "loud"})
        assert "checked" not in Tags((await open_page(showcase, installation)).text).named("loud")

    async def test_wrong_values_are_answered_field_by_field_and_nothing_is_saved(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        answer = await save(showcase, installation, **GOOD | {"limit": "100", "colour": "s3cr3t", "share": "much"})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "invalid")
        assert {field["path"]: field["message"] for field in error["fields"]} == {
            "limit": "Input should be less than or equal to 99",
            "share": "Input should be a valid number, unable to parse string as a number",
            "colour": "Input should be 'red' or 'green'",
        }
        assert "s3cr3t" not in answer.text
        assert Tags((await open_page(showcase, installation)).text).named("greeting")["value"] == "Hello"

    async def test_settings_of_one_tenant_are_not_those_of_another(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        await save(showcase, lobby, **GOOD)
        assert Tags((await open_page(showcase, lobby)).text).named("greeting")["value"] == "Servus"
        assert Tags((await open_page(showcase, group)).text).named("greeting")["value"] == "Hello"

    async def test_stored_value_that_no_longer_fits_falls_back_to_its_default(self, showcase: RunningAddon) -> None:
        """The model changes with a new version of the add-on; what was saved before must not break the page."""
        installation = await showcase.install()
        await save(showcase, installation, **GOOD)
        store = TenantStore(showcase.connect.db, (await showcase.tenant(installation)).id).narrow("settings")
        await store.set("colour", "mauve")
        await store.set("limit", {"no": "number"})
        await store.set("gone", 1)
        page = Tags((await open_page(showcase, installation)).text)
        assert page.named("limit")["value"] == "10"
        assert page.named("greeting")["value"] == "Servus"

    @pytest.mark.parametrize(
        "hostile",
        ['"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "{{ 7 * 7 }}{% raw %}", "</p>&lt;b"],
    )
    async def test_values_are_text_and_never_markup(self, showcase: RunningAddon, hostile: str) -> None:
        installation = await showcase.install()
        before = [tag for tag, _ in Tags((await open_page(showcase, installation)).text).tags]
        assert (await save(showcase, installation, **GOOD | {"greeting": hostile})).status_code == 200
        page = Tags((await open_page(showcase, installation)).text)
        assert page.named("greeting")["value"] == hostile
        assert [tag for tag, _ in page.tags] == before


class TestApiTokens:
    REPORT = {"name": "web", "number": 1}

    async def call(self, addon: RunningAddon, token: str) -> int:
        header = {"Authorization": f"Bearer {token}"}
        return (await addon.http.post("/showcase/report", json=self.REPORT, headers=header)).status_code

    async def create(self, addon: RunningAddon, installation: Installation) -> httpx.Response:
        return await addon.http.post("/hipchat/api-token", headers=await page_token(addon, installation))

    async def revoke(self, addon: RunningAddon, installation: Installation) -> httpx.Response:
        return await addon.http.post("/hipchat/api-token/revoke", headers=await page_token(addon, installation))

    async def test_created_one_lets_a_program_in(self, showcase: RunningAddon) -> None:
        created = await self.create(showcase, await showcase.install())
        assert created.status_code == 201
        assert created.json()["token_count"] == 1
        assert await self.call(showcase, created.json()["token"]) == 201

    async def test_is_shown_this_once_and_kept_as_a_digest(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = (await self.create(showcase, installation)).json()["token"]
        page = (await open_page(showcase, installation)).text
        assert token not in page
        assert "<strong data-token-count>1</strong>" in page
        async with showcase.connect.db.session() as session:
            [row] = (await session.scalars(select(ApiToken))).all()
        assert token not in repr(vars(row))
        assert (row.room_id, row.created_by) == ("1", "1")

    async def test_revoked_ones_let_nobody_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        tokens = [(await self.create(showcase, installation)).json()["token"] for _ in range(2)]
        assert [await self.call(showcase, token) for token in tokens] == [201, 201]
        assert (await self.revoke(showcase, installation)).json()["token_count"] == 0
        assert [await self.call(showcase, token) for token in tokens] == [401, 401]

    async def test_one_tenant_cannot_revoke_those_of_another(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        token = (await self.create(showcase, lobby)).json()["token"]
        await self.revoke(showcase, group)
        assert await self.call(showcase, token) == 201

    async def test_acts_for_the_tenant_that_made_it(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        assert await self.call(showcase, (await self.create(showcase, lobby)).json()["token"]) == 201
        stores = [
            await TenantStore(showcase.connect.db, (await showcase.tenant(installation)).id).get("report")
            for installation in (lobby, group)
        ]
        assert stores[0]["name"] == "web"
        assert stores[1] is None

    async def test_of_an_uninstalled_tenant_lets_nobody_in(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        token = (await self.create(showcase, installation)).json()["token"]
        await showcase.devhost.host.uninstall(installation.client_id)
        await showcase.settle()
        assert await self.call(showcase, token) == 401

    async def test_end_at_twenty_with_a_way_out(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        header = await page_token(showcase, installation)
        answers = [await showcase.http.post("/hipchat/api-token", headers=header) for _ in range(MOST_TOKENS + 1)]
        assert [answer.status_code for answer in answers] == [201] * MOST_TOKENS + [409]
        assert "Revoke them all" in answers[-1].json()["error"]["message"]

    @pytest.mark.parametrize("token", ["", "addon_", "addon_" + "x" * 43, "x", "addon_\u00e4", "Bearer"])
    async def test_unknown_ones_are_refused_like_unsigned_requests(self, showcase: RunningAddon, token: str) -> None:
        header = {b"Authorization": f"Bearer {token}".encode()}
        answer = await showcase.http.post("/showcase/report", json=self.REPORT, headers=header)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")


class TestHomePage:
    async def test_says_what_it_is_and_how_to_install_it(self, showcase: RunningAddon) -> None:
        answer = await showcase.http.get("/")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        for said in ("<h1>Showcase</h1>", "Shows one of everything", "send_notification", "view_room", DESCRIPTOR):
            assert said in answer.text
        links = [link["href"] for link in Tags(answer.text).all("a")]
        for link in (DESCRIPTOR, "/docs", "/openapi.json", "/health/live", "/health/ready", "https://example.com"):
            assert link in links

    async def test_links_lead_somewhere(self, showcase: RunningAddon) -> None:
        page = Tags((await showcase.http.get("/")).text)
        for link in page.all("a"):
            href = link["href"] or ""
            if href.startswith(("/", ADDON)):
                assert (await showcase.http.get(href)).status_code == 200, href

    async def test_names_are_text_and_never_markup(self, settings: Settings) -> None:
        hostile = "<script>alert(1)</script>"
        about = {"key": "com.example.test", "name": hostile, "description": hostile, "scopes": []}
        manifest = Manifest.model_validate(
            {"addon": about | {"vendor": {"name": hostile, "url": "https://v.example/\"onclick='x'"}}}
        )
        connect = Connect(settings, (), manifest=manifest)
        transport = httpx.ASGITransport(build_app(connect, ()))
        async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
            text = (await http.get("/")).text
        await connect.close()
        assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4
        assert Tags(text).all("script") == []
        assert not [tag for tag in Tags(text).all("a") if "onclick" in tag]

    async def test_development_points_at_the_devhost_and_production_does_not(
        self, showcase: RunningAddon, database_url: str
    ) -> None:
        settings = load_settings(
            _env_file=None,
            secret_keys=KEY,
            database_url=database_url,
            base_url="https://addon.example",
            environment="production",
        )
        connect = Connect(settings, (make_router(),), manifest=MANIFEST)
        transport = httpx.ASGITransport(build_app(connect, (make_router(),)))
        async with httpx.AsyncClient(transport=transport, base_url="https://addon.example") as http:
            production = (await http.get("/")).text
        await connect.close()
        assert "make devhost" in (await showcase.http.get("/")).text
        assert "make devhost" not in production


class TestStaticFiles:
    async def test_are_served_with_their_types(self, showcase: RunningAddon) -> None:
        for name, kind in (("connect.css", "text/css"), ("connect.js", "text/javascript")):
            answer = await showcase.http.get(f"/static/connect/{name}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)

    async def test_are_always_sent_whole(self, showcase: RunningAddon) -> None:
        whole = await showcase.http.get("/static/connect/connect.css")
        part = await showcase.http.get("/static/connect/connect.css", headers={"Range": "bytes=0-9"})
        assert (part.status_code, part.content) == (200, whole.content)

    async def test_are_not_sent_again_to_who_has_them(self, showcase: RunningAddon) -> None:
        first = await showcase.http.get("/static/connect/connect.css")
        again = await showcase.http.get("/static/connect/connect.css", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
