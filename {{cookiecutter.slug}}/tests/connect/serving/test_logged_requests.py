"""What is logged of requests and events, and that a tenant's whole life leaves no secret behind."""

import asyncio
import json
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.connect.api_tokens.table import ApiToken
from app.connect.database.engine import Base
from app.connect.network.token_rows import AccessToken
from tests.connect.logs import Log
from tests.support.running import KEY, RunningAddon


class TestRequests:
    @pytest.mark.parametrize("as_json", [True, False], ids=["json", "plain"])
    async def test_one_line_a_request_whatever_its_path_holds(
        self, showcase: RunningAddon, start_log: Callable[..., Log], *, as_json: bool
    ) -> None:
        log = start_log(as_json=as_json)
        await showcase.http.get("/hipchat/%0d%0a12:00:00 INFO forged %1b[31m/%22%7d")
        await asyncio.sleep(0)  # lines are written at the end of a turn
        written = [line for line in log.text.splitlines() if "forged" in line]
        assert len(written) == 1
        assert "\x1b" not in log.text
        if as_json:
            assert json.loads(written[0])["status"] == 404

    async def test_name_request_tenant_method_path_and_status(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1)
        await showcase.http.get(url, headers={"X-Request-Id": "from-the-proxy-1"})
        await asyncio.sleep(0)
        line = next(line for line in log.lines if line["request_id"] == "from-the-proxy-1")
        tenant = await showcase.tenant(installation)
        assert (line["method"], line["path"], line["status"]) == ("GET", "/hipchat/glance/status", 200)
        assert line["tenant"] == tenant.id

    async def test_have_an_id_of_their_own_unless_a_proxy_gave_a_plain_one(self, showcase: RunningAddon) -> None:
        for given, taken in (("abc-DEF_12345", True), ("short", False), ("x" * 65, False), ("a b c d e f", False)):
            answer = await showcase.http.get("/nowhere", headers={"X-Request-Id": given})
            assert (answer.headers["x-request-id"] == given) is taken, given
            assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
        ids = {(await showcase.http.get("/health/live")).headers["x-request-id"] for _ in range(20)}
        assert len(ids) == 20

    async def test_failure_is_found_by_the_id_in_its_answer(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1)
        answer = await showcase.http.post("/showcase/broken?" + url.partition("?")[2])
        found = [line for line in log.lines if line["request_id"] == answer.json()["error"]["request_id"]]
        [line] = [line for line in found if "exception" in line]
        assert "cannot be used" in line["exception"]
        assert "a-secret-of-" not in line["exception"]
        assert line["tenant"] == (await showcase.tenant(installation)).id

    async def test_refusal_says_its_reason_to_the_log_alone(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1, forgery="expired")
        answer = await showcase.http.get(url)
        assert "not authenticated: expired" in log.text
        assert "expired" not in answer.text

    async def test_events_that_run_later_name_their_entry_and_tenant(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        line = next(line for line in log.lines if line["message"] == "installed")
        assert line["tenant"] == (await showcase.tenant(installation)).id


class TestWholeScenario:
    """Everything a tenant does once, then a look at every byte that was written down."""

    async def test_neither_database_nor_log_holds_a_secret_in_clear_text(
        self, showcase: RunningAddon, log: Log
    ) -> None:
        host = showcase.devhost.host
        room, group = await showcase.install(), await showcase.install(room_id=None)
        pages = [await host.open(one.client_id, "configurable", room_id=1) for one in (room, group)]
        page_tokens = [page.text.partition('name="page-token" content="')[2].partition('"')[0] for page in pages]
        api_tokens = [await showcase.api_token(one) for one in (room, group)]
        for token in api_tokens:
            header = {"Authorization": f"Bearer {token}"}
            body = {"name": "web", "number": 1}
            assert (await showcase.http.post("/showcase/report", json=body, headers=header)).status_code == 201
        for event in ("room_message", "room_enter", "room_exit"):
            await host.fire(event, 1, message="/show it")
        await host.glance(room.client_id, "status")
        await host.forge_install(room.client_id)
        await host.update(room.client_id)
        await host.forge_uninstall(room.client_id)
        host.faults.error(503, times=2)
        await host.say(1, "/show it again")
        await showcase.settle()

        signed_tokens = [
            entry.path.partition("signed_request=")[2].partition("&")[0]
            for entry in host.wire
            if "signed_request=" in entry.path
        ]
        access_tokens = [
            json.loads(entry.answer_body)["access_token"]
            for entry in host.wire
            if entry.path == "/v2/oauth/token" and entry.status == 200
        ]
        secrets = [
            KEY,
            room.secret,
            group.secret,
            *showcase.parts.vault.page_keys,
            *page_tokens,
            *api_tokens,
            *signed_tokens,
            *access_tokens,
        ]
        dump = await dump_of(showcase)
        assert await count(showcase, ApiToken) == 2
        assert await count(showcase, AccessToken) >= 1
        assert access_tokens
        assert len(signed_tokens) > 2
        assert room.client_id in dump
        for secret in secrets:
            assert secret
            assert secret not in dump
            assert secret not in log.text


async def dump_of(addon: RunningAddon) -> str:
    """Write out every value of every table; bytes as the text they would be."""
    found = []
    async with addon.parts.database.session() as session:
        for table in Base.metadata.sorted_tables:
            for row in await session.execute(select(table)):
                found += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(found)


async def count(addon: RunningAddon, model: type[Base]) -> int:
    async with addon.parts.database.session() as session:
        return len((await session.scalars(select(model))).all())
