"""Access tokens: pushed, kept sealed, replaced by newer ones, used on the installation's API alone (reference 6)."""

import json
from typing import Any

import pytest
from sqlalchemy import select
from starlette.responses import JSONResponse

from app.connect.database.engine import Base, Database
from app.connect.hosts.forge.client.auth import PushedAuth
from app.connect.network.addresses import AddressRefused
from app.connect.network.bearer import BearerAuth
from app.connect.network.tokens import TokenAwaited, TokenDenied, Wanted
from app.connect.tenancy.tenant import NOBODY, Caller
from tests.hosts.forge.cloud import ADMIN, API, OTHER, access_token
from tests.hosts.forge.stage import ForgeStage, issue_event


async def _every_row(database: Database) -> list[Any]:
    async with database.session() as session:
        tables = Base.metadata.sorted_tables
        return [row for table in tables for row in (await session.execute(select(table))).all()]


def bearers(forge: ForgeStage) -> list[str]:
    return [bearer.removeprefix("Bearer ") for _, _, bearer, _ in forge.cloud.calls]


class TestSystemToken:
    async def test_is_the_one_that_calls_use_on_the_installations_api(self, forge: ForgeStage) -> None:
        site, token = forge.cloud.new_site(), access_token("system")
        await forge.send(forge.cloud.call(site, "later", system=token))
        await forge.settle()
        assert forge.heard.of("comment") == ["It works"]
        [(method, path, bearer, _)] = [one for one in forge.cloud.calls if "issue" in one[1]]
        assert (method, path) == ("GET", f"/ex/jira/{site.cloud_id}/rest/api/3/issue/TP-1")
        assert bearer == f"Bearer {token}"

    async def test_that_lasts_longer_takes_the_place_in_every_process(self, forge: ForgeStage) -> None:
        site, other = forge.cloud.new_site(), forge.start()
        lives = {"old": 3600, "new": 9000, "short": 1800}
        old, new, short = (access_token(name, life=life) for name, life in lives.items())
        for token in (old, new, short):
            await forge.send(forge.cloud.hourly(site, system=token))
        assert await (await forge.context(site)).access_token() == new
        entry = await other.directory.find("forge", site.installation)
        assert entry is not None
        ctx: Any = other.contexts.open(entry.tenant, NOBODY)
        assert await ctx.access_token() == new

    async def test_that_is_over_or_missing_lets_a_job_wait_and_says_so(
        self, forge: ForgeStage, caplog: pytest.LogCaptureFixture
    ) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.call(site, "later", system=access_token("over", life=-1)))
        for _ in range(12):
            await forge.settle()
            forge.clock.ahead += 600
        assert forge.heard.of("comment") == []
        assert "waits for the next one" in caplog.text
        await forge.send(forge.cloud.hourly(site, system=access_token("fresh")))
        await forge.settle()
        assert forge.heard.of("comment") == ["It works"]

    async def test_that_is_refused_is_given_up_for_the_next(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.hourly(site, system=access_token("revoked")))
        await forge.settle()
        forge.cloud.refusals.append(JSONResponse({"message": "no"}, 401))
        ctx = await forge.context(site)
        with pytest.raises(TokenAwaited):
            await ctx.jira.issue("TP-1")
        await forge.send(forge.cloud.hourly(site, system=access_token("next")))
        assert (await (await forge.context(site)).jira.issue("TP-1")).summary == "It works"

    async def test_goes_to_no_other_address(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.hourly(site, system=access_token("system")))
        await forge.settle()
        before = len(forge.cloud.calls)
        ctx = await forge.context(site)
        for path in ("../../../forge/storage", "/graphql", "https://evil.example/x"):
            with pytest.raises(Exception, match="below"):
                await ctx.jira.get(path)
        assert len(forge.cloud.calls) == before

    async def test_is_put_on_no_request_that_goes_elsewhere(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.hourly(site, system=access_token("system")))
        tenant = await forge.tenant(site)
        assert tenant is not None
        calls = len(forge.cloud.calls)
        for auth in (
            BearerAuth(tenant, forge.application.tokens["forge"], Wanted(), f"{site.api}/"),
            PushedAuth("of a person", f"{site.api}/"),
        ):
            for url in (f"{API}/ex/jira/another-site/x", f"{site.api}evil/x", "https://evil.example/ex/jira"):
                with pytest.raises(AddressRefused):
                    await forge.application.client.send("GET", url, auth=auth)
        assert len(forge.cloud.calls) == calls

    async def test_is_in_no_log_no_answer_and_no_row(self, forge: ForgeStage, caplog: pytest.LogCaptureFixture) -> None:
        site = forge.cloud.new_site()
        opaque = {"system": "opaque-token-of-the-system-0123456789", "user": "opaque-token-of-a-person-0123456789"}
        answers = []
        with caplog.at_level("DEBUG"):
            names = ("mine", "later", "broken", "denied", "nothing")
            answers += [await forge.send(forge.cloud.call(site, name, **opaque)) for name in names]
            answers.append(await forge.send(forge.cloud.event(site, issue_event(), system=opaque["system"])))
            forge.cloud.refusals.extend([JSONResponse({"message": opaque["system"]}, 401)] * 3)
            await forge.settle()
        rows = str(await _every_row(forge.application.database))
        said = caplog.text + rows + "".join(one.body.decode() for one in answers)
        assert [token for token in opaque.values() if token in said] == []


class TestUserToken:
    async def test_is_used_for_its_person_in_its_request_alone(self, forge: ForgeStage) -> None:
        site, token = forge.cloud.new_site(), access_token("user")
        answer = await forge.send(forge.cloud.call(site, "mine", user=token, system=access_token("system")))
        assert answer.json() == "It works"
        assert bearers(forge) == [token]
        # The next request brings none, so the person is asked for offline.
        forge.cloud.people[OTHER] = {"success": True, "authToken": {"token": "offline", "ttl": 900}}
        assert (await forge.send(forge.cloud.call(site, "mine"))).status == 200
        assert token not in bearers(forge)[1:]
        assert bearers(forge)[-1] == "offline"

    async def test_of_somebody_who_is_not_there_is_kept_for_installation_and_person(self, forge: ForgeStage) -> None:
        site, system = forge.cloud.new_site(), access_token("system")
        await forge.send(forge.cloud.hourly(site, system=system))
        ctx: Any = await forge.context(site)
        for _ in range(3):
            await ctx.as_user(ADMIN).issue("TP-1")
        asked = [body for _, path, _, body in forge.cloud.calls if path == "/graphql"]
        assert len(asked) == 1
        assert asked[0]["variables"]["input"] == {
            "contextIds": [f"ari:cloud:jira::site/{site.cloud_id}"],
            "userId": ADMIN,
        }
        assert bearers(forge)[-3:] == ["offline-token"] * 3

    async def test_that_is_not_given_says_why(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.hourly(site, system=access_token("system")))
        ctx: Any = await forge.context(site)
        with pytest.raises(TokenDenied, match="allowImpersonation"):
            await ctx.as_user("nobody").issue("TP-1")

    async def test_needs_a_token_of_the_system(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.hourly(site))
        ctx: Any = await forge.context(site)
        with pytest.raises(TokenAwaited):
            await ctx.as_user(ADMIN).issue("TP-1")


class TestAdministrator:
    async def test_is_who_the_site_says(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.send(forge.cloud.hourly(site, system=access_token("system")))
        tenant = await forge.tenant(site)
        assert tenant is not None
        told = {}
        for user in (ADMIN, OTHER):
            ctx = forge.application.contexts.open(tenant, Caller(user))
            told[user] = await ctx.is_admin()
        assert json.dumps(told) == json.dumps({ADMIN: True, OTHER: False})
