"""An add-on with [jira] and [confluence] in its addon.toml, installed and used on the devhost's sites over ASGI."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.connect import AddonRouter, Ctx, Page
from app.connect.application import Application
from app.connect.hosts.atlassian import (
    ConfluenceRouter,
    IssueUpdated,
    JiraCallback,
    JiraCtx,
    JiraRouter,
    PageUpdated,
)
from app.connect.hosts.atlassian.settings import AtlassianSettings
from app.connect.settings import Settings
from devhost.dialects.atlassian.attacks import ATTACKS
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.errors import InstallRefused
from devhost.testing import Devhost
from tests.support.running import ADDON

KEY = "com.example.sites"
DOCUMENT: dict[str, Any] = {
    "addon": {"key": KEY, "name": "Sites", "description": "On the devhost's sites"},
    "jira": {
        "scopes": ["READ", "WRITE", "ACT_AS_USER"],
        "webPanels": {
            "report": {
                "name": "Builds",
                "location": "atl.jira.view.issue.right.context",
                "query": {"issue": "{issue.key}"},
            }
        },
        "generalPages": {"hello": {"name": "Hello"}},
    },
    "confluence": {"scopes": ["READ"]},
}


@dataclass
class Ours:
    """The running application, and what its handlers noted."""

    application: Application
    devhost: Devhost
    noted: list[str] = field(default_factory=list)

    @property
    def app(self) -> FastAPI:
        return self.application.app

    @property
    def sites(self) -> AtlassianHost:
        return self.devhost.sites

    async def install(self, site: str = "jira") -> str:
        """Install it, and return the secret that it was given."""
        name = self.sites.site(site).product
        made = await self.sites.install(f"{ADDON}/{name}/atlassian-connect.json", site=site)
        return made.secret

    async def settle(self) -> None:
        await self.application.worker.drain()
        await self.sites.settle()
        await self.application.worker.drain()


def routers(noted: list[str]) -> list[Any]:
    both, jira, confluence = AddonRouter(), JiraRouter(), ConfluenceRouter()

    @both.panel("report")
    async def report(ctx: Ctx) -> Page:
        return Page(f"<p>{ctx.caller.user_id} looks at {ctx.caller.place} of {ctx.tenant.web_url}</p>")

    @both.page("hello")
    async def hello(ctx: Ctx) -> Page:
        return Page("<p>Hello</p>")

    @jira.on(IssueUpdated, filter="status = Done")
    async def done(ctx: JiraCtx, event: IssueUpdated) -> None:
        noted.append(event.issue.key)
        issue = await ctx.jira.issue(event.issue.key, ["summary"])
        await ctx.jira.comment(issue.key, f"{issue.summary}: done")
        await ctx.jira.set_property(issue.key, "done", {"by": ctx.caller.user_id})

    @jira.route("/jira-test/retry", methods=["POST"])
    async def retry(ctx: JiraCallback) -> str:
        await ctx.require_permission("ADMINISTER")
        assert ctx.caller.user_id
        made = await ctx.as_user(ctx.caller.user_id).comment(str(ctx.caller.place), "as you said")
        return made.id

    @confluence.on(PageUpdated)
    async def changed(ctx: Any, event: PageUpdated) -> None:
        page = await ctx.confluence.page(event.place)
        noted.append(f"{page.title} in {page.space.key}")

    return [both, jira, confluence]


@pytest.fixture
async def ours(settings: Settings, devhost: Devhost) -> AsyncIterator[Ours]:
    """Serve it to the devhost, whose key server and authorization server its settings name."""
    state = devhost.sites.state
    named = AtlassianSettings(_env_file=None, keys_url=(state.keys_url,), oauth_url=state.authorization_url)
    noted: list[str] = []
    application = Application(
        settings.model_copy(update={"hosts": ()}),
        routers(noted),
        transport=devhost.transport,
        document=DOCUMENT,
        host_settings={"jira": named, "confluence": named},
    )
    devhost.serve(ADDON, application.app)
    # The first request makes the key and the devhost's routes, for which the add-on's patience is not meant.
    assert (await devhost.client.get(f"{state.keys_url}/{state.keys.current[0]}")).status_code == 200
    yield Ours(application, devhost, noted)
    await application.close()


class TestInstall:
    async def test_is_signed_and_taken_on_both_products(self, ours: Ours) -> None:
        for site in ("jira", "wiki"):
            secret = await ours.install(site)
            known = await ours.application.lifecycle.known(
                ours.sites.site(site).product, ours.sites.site(site).client_key
            )
            assert known is not None
            assert known.secret == secret

    async def test_again_rotates_the_secret_and_uninstalling_ends_it(self, ours: Ours) -> None:
        await ours.install()
        assert (await ours.sites.rotate_secret(KEY)).status == 204
        frame = await ours.devhost.open_module(KEY, "hello")
        assert frame.status == 200
        look = ours.sites.look(KEY, "hello")
        answer = await ours.sites.uninstall(KEY)
        assert answer is not None
        assert answer.status == 204
        assert (await ours.sites.ask(look)).status == 401

    async def test_with_the_key_server_down_is_refused_and_can_be_made_later(self, ours: Ours) -> None:
        ours.sites.state.keys.rotate()
        ours.sites.faults.error(500, path="/install-keys/")
        with pytest.raises(InstallRefused, match="status 503"):
            await ours.install()
        ours.sites.faults.clear()
        await ours.install()


class TestPanel:
    async def test_knows_who_looks_at_which_issue(self, ours: Ours) -> None:
        await ours.install()
        frame = await ours.devhost.open_module(KEY, "report", issue="TP-2", user="Developer")
        assert frame.text == "devhost:00000002 looks at TP-2 of http://127.0.0.1:9000/jira"

    async def test_may_be_framed_by_the_site(self, ours: Ours) -> None:
        await ours.install()
        frame = await ours.devhost.open_module(KEY, "report", issue="TP-2")
        assert "frame-ancestors http://127.0.0.1:9000" in frame.response.headers["content-security-policy"]

    async def test_script_acts_for_the_person_who_may(self, ours: Ours) -> None:
        await ours.install()
        answers = {}
        for name in ("Admin", "Developer"):
            token = ours.sites.context_token(KEY, issue="TP-3", user=name)
            transport = httpx.ASGITransport(ours.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ADDON) as client:
                answer = await client.post("/jira-test/retry", headers={"authorization": f"JWT {token}"})
                answers[name] = answer.status_code
        assert answers == {"Admin": 200, "Developer": 403}
        [comment] = ours.sites.issue("TP-3").comments
        assert comment.author is ours.devhost.admin


class TestEvent:
    async def test_runs_its_handler_which_comments_and_sets_a_property(self, ours: Ours) -> None:
        await ours.install()
        [sent] = await ours.sites.update_issue("TP-1", user="Developer", status="Done")
        assert sent.status == 204, sent.note
        await ours.settle()
        assert ours.noted == ["TP-1"]
        assert ours.sites.comments("TP-1") == ["Log in with a passkey: done"]
        assert ours.sites.issue("TP-1").properties == {"done": {"by": "devhost:00000002"}}

    async def test_that_is_sent_again_runs_once(self, ours: Ours) -> None:
        await ours.install()
        ours.sites.faults.duplicate(3)
        [sent] = await ours.sites.update_issue("TP-1", status="Done")
        await ours.sites.redeliver(sent.id)
        await ours.settle()
        assert ours.noted == ["TP-1"]
        assert len(ours.sites.comments("TP-1")) == 1

    async def test_of_a_page_runs_its_handler(self, ours: Ours) -> None:
        await ours.install("wiki")
        page = next(iter(ours.sites.site("wiki").library))
        [sent] = await ours.sites.update_page(page.id, title="How we ship")
        assert sent.ok, sent.note
        await ours.settle()
        assert ours.noted == ["How we ship in DOC"]


class TestAttack:
    @pytest.mark.parametrize("key", sorted(ATTACKS))
    async def test_of_every_kind_is_refused_and_changes_nothing(self, ours: Ours, key: str) -> None:
        await ours.install()
        answer = await ours.sites.attack(key, KEY, issue="TP-1")
        assert answer.status in (400, 401), answer.told()
        assert (await ours.devhost.open_module(KEY, "report", issue="TP-1")).status == 200
