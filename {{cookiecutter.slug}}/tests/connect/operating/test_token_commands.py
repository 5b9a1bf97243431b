"""The commands about API tokens: what routes ask for, and tokens under a key that is to be retired."""

import asyncio
import logging
import re
import time

import pytest
from sqlalchemy import update

from app.connect.access.asked import asked_rules, unguarded_routes
from app.connect.access.expired import LATE
from app.connect.access.wishes import Wish
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.table import ApiToken
from app.connect.application import Application
from app.connect.cli import main
from app.connect.serving.openapi import asked_by_routes
from app.connect.settings import load_settings
from app.connect.tenancy.tenant import NOBODY, Caller
from tests.connect.operating.own_process import run
from tests.connect.probe import DOCUMENT
from tests.connect.showcase import make_routers
from tests.connect.tenancy.changes import installed
from tests.support.running import KEY, RunningAddon

NEW = "new-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    monkeypatch.setenv("DATABASE_URL", database_url)


class TestAccess:
    def test_lists_every_route_with_what_it_asks_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["access"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "GET\t/health/live\tnothing" in lines
        assert "POST\t/api/tokens\ttokens.create or a page token" in lines
        assert "HEAD\t/api/tokens/current\tany API token" in lines
        assert len({line.rpartition("\t")[0] for line in lines}) == len(lines)

    async def test_tells_what_each_kind_of_route_asks_for(self, showcase: RunningAddon) -> None:
        asked = {(method, path): what for method, path, what in asked_by_routes(showcase.app.openapi())}
        assert asked["POST", "/showcase/reports"] == "reports.{name}.write"
        assert asked["POST", "/showcase/report"] == "an API token that may do everything"
        assert asked["POST", "/hipchat/form/vote"] == "a page token"
        assert (
            asked["GET", "/showcase/signed"]
            == "a token of the host in the address or a token of the host, or of the page"
        )

    def test_check_names_the_routes_that_ask_for_nothing(self) -> None:
        [line] = unguarded_routes(make_routers())
        assert line.startswith("/showcase/report: report asks for no access")
        assert asked_rules(make_routers()) == ["reports.*.read", "reports.*.write"]


class TestAccessTokens:
    def test_names_those_that_hold_more_than_their_policy_now(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = DOCUMENT | {"access": {"policies": {"ci": ["builds.*.report", "builds.*.read"], "gone": ["a"]}}}

        async def make(application: Application) -> str:
            await application.lifecycle.apply("hipchat", installed("living"))
            known = await application.lifecycle.known("hipchat", "living")
            assert known is not None
            giver = Principal(known.tenant, Caller("7", place="3"))
            for policy in ("ci", "gone"):
                await application.api_tokens.issue(giver, Wish(name=f"of {policy}", policy=policy))
            await application.api_tokens.issue(giver, Wish(name="of none", accesses=["#"]))
            return known.tenant.id

        async def live() -> str:
            application = Application(load_settings(), [], document=document)
            try:
                return await make(application)
            finally:
                await application.close()

        tenant_id = asyncio.run(live())
        assert main(["access", "tokens"]) == 0
        lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        assert [line[2] for line in lines] == ["name", "of ci", "of gone", "of none"]
        assert lines[1][0] == tenant_id
        assert lines[1][3:] == ["ci", "7", "3", "never", "never", "more than its policy: such as builds.*.read"]
        assert lines[2][-1] == "more than its policy: its policy is gone"
        assert lines[3][-1] == ""
        assert main(["access", "tokens", "--beyond"]) == 0
        assert [line.split("\t")[2] for line in capsys.readouterr().out.splitlines()] == ["name", "of ci", "of gone"]
        assert main(["access", "tokens", "--tenant", "nobody"]) == 0
        assert capsys.readouterr().out == "There are no API tokens.\n"


class TestAccessRevoke:
    def test_ends_the_tokens_of_a_person(self, capsys: pytest.CaptureFixture[str]) -> None:
        async def make(application: Application) -> str:
            await application.lifecycle.apply("hipchat", installed("living"))
            known = await application.lifecycle.known("hipchat", "living")
            assert known is not None
            for person in ("7", "7", "8"):
                await application.api_tokens.issue(Principal(known.tenant, Caller(person)), Wish(name=f"of {person}"))
            return known.tenant.id

        tenant_id = run(make)
        assert main(["access", "revoke", "--tenant", tenant_id, "--by", "7"]) == 0
        assert capsys.readouterr().out == "API tokens revoked: 2.\n"
        assert main(["access", "tokens"]) == 0
        assert [line.split("\t")[2] for line in capsys.readouterr().out.splitlines()] == ["name", "of 8"]
        assert main(["access", "revoke", "--tenant", tenant_id, "--by", "7"]) == 1
        assert "7 made none there" in capsys.readouterr().err
        assert main(["access", "revoke", "--tenant", "nobody", "--by", "7"]) == 1


class TestOverdue:
    def test_is_told(self, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
        async def make(application: Application) -> str:
            await application.lifecycle.apply("hipchat", installed("living"))
            known = await application.lifecycle.known("hipchat", "living")
            assert known is not None
            await application.api_tokens.issue(Principal(known.tenant, Caller("7")), Wish(expires_in=60))
            async with application.database.session() as session:
                await session.execute(update(ApiToken).values(expires_at=time.time() - 2 * LATE))
            return ""

        run(make)
        assert main(["access", "tokens"]) == 0
        said = re.fullmatch(r"Expired and not deleted yet: the oldest for (\d+) seconds\.\n", capsys.readouterr().err)
        assert said is not None
        assert int(said[1]) >= 2 * LATE

        async def sweep(application: Application) -> str:
            with caplog.at_level(logging.WARNING):
                for _ in range(2):
                    await application.api_tokens.erase_expired()
            return ""

        run(sweep)
        [line] = [record for record in caplog.records if "were not deleted for long" in record.message]
        assert vars(line)["oldest_overdue_seconds"] >= 2 * LATE
        assert main(["access", "tokens"]) == 0
        assert capsys.readouterr().err == ""


class TestKeysRotate:
    def test_waits_for_tokens_that_were_not_used_since(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def make(application: Application) -> str:
            await application.lifecycle.apply("hipchat", installed("living"))
            known = await application.lifecycle.known("hipchat", "living")
            assert known is not None
            return await application.api_tokens.create(known.tenant, NOBODY)

        token = run(make)

        async def use(application: Application) -> str:
            return (await application.api_tokens.verify(token)).tenant.id

        monkeypatch.setenv("SECRET_KEYS", f"{NEW},{KEY}")
        assert main(["keys", "rotate"]) == 1
        assert "Left: 1 API tokens, known by an older key alone." in capsys.readouterr().err
        run(use)
        assert main(["keys", "rotate"]) == 0
        monkeypatch.setenv("SECRET_KEYS", NEW)
        run(use)
        assert main(["keys", "rotate"]) == 0
        assert "nobody can use" not in capsys.readouterr().out
