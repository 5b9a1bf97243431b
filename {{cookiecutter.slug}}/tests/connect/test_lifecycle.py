"""How tenants come, change and go: nothing is believed that the host does not vouch for."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Row, select, update
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.connect import Context
from app.connect.tenancy.directory import secret_owner
from app.connect.tenancy.lifecycle import CHECK_UNINSTALL, CHECKS, PURGE, UNINSTALLED
from app.connect.tenancy.tables import TenantRow, TenantState
from app.connect.tenancy.tenant import Identity, User, Verified
from app.connect.work.inbox import InboxRow, Status
from devhost.dialects.hipchat.install import payload
from devhost.errors import InstallRefused
from devhost.testing import Devhost
from devhost.world.installations import Installation
from tests.conftest import DESCRIPTOR
from tests.connect.conftest import Start
from tests.connect.probe import ProbedAddon

HOST = "http://127.0.0.1:9000"
OTHER = "http://127.0.0.1:9100"
CAPABILITIES = f"{OTHER}/v2/capabilities"


async def every_row(process: ProbedAddon) -> dict[str, Sequence[Row[Any]]]:
    """Return what every table of the database holds, whatever tables there are."""

    def read(connection: Connection) -> dict[str, Sequence[Row[Any]]]:
        metadata = MetaData()
        metadata.reflect(connection)
        return {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}

    async with process.connect.db.engine.connect() as connection:
        return await connection.run_sync(read)


async def rows_of(process: ProbedAddon, tenant_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return by table the rows that name a tenant in any of their columns."""
    found = {
        table: [tuple(row) for row in rows if tenant_id in row] for table, rows in (await every_row(process)).items()
    }
    return {table: rows for table, rows in found.items() if rows}


async def tenants(process: ProbedAddon) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in (await every_row(process))["tenants"]]


async def register(devhost: Devhost, *, room_id: int | None = 1) -> Installation:
    """Make credentials that the host knows and the add-on does not yet."""
    consent = await devhost.host.consent(DESCRIPTOR, room_id=room_id)
    world = devhost.host.world
    installation = Installation(
        descriptor_url=DESCRIPTOR, descriptor=consent.descriptor, room_id=room_id, created=world.clock.date()
    )
    world.installations.add(installation)
    return installation


def install_body(devhost: Devhost, installation: Installation, **changes: object) -> dict[str, object]:
    return payload(devhost.host.world, installation) | changes


class OtherHost:
    """A host that says what a test makes it say, and gives a token to whoever asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.group_id: object = 1
        self.document: dict[str, Any] = {
            "links": {"self": CAPABILITIES, "homepage": OTHER},
            "capabilities": {
                "oauth2Provider": {"tokenUrl": f"{OTHER}/v2/oauth/token"},
                "hipchatApiProvider": {"url": f"{OTHER}/v2/"},
            },
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        token = {"access_token": "any", "expires_in": 3600, "group_id": self.group_id, "group_name": "Other"}
        answers: dict[str, Any] = {"/v2/capabilities": self.document, "/v2/oauth/token": token}
        body = answers.get(scope["path"])
        await JSONResponse(body, status_code=404 if body is None else 200)(scope, receive, send)


@pytest.fixture
def other_host(devhost: Devhost) -> OtherHost:
    host = OtherHost()
    devhost.transport.add(OTHER, host)
    return host


def body_of_other_host(**changes: object) -> dict[str, object]:
    return {
        "oauthId": "client-of-the-other-host",
        "oauthSecret": "s" * 40,
        "capabilitiesUrl": CAPABILITIES,
        "groupId": 1,
        "roomId": 7,
    } | changes


MISSHAPEN: tuple[dict[str, object], ...] = (
    {"oauthId": None},
    {"oauthId": ""},
    {"oauthId": "with space"},
    {"oauthId": "nul\0"},
    {"oauthId": "x" * 256},
    {"oauthId": "connect:page"},
    {"oauthId": ["client"]},
    {"oauthSecret": "short"},
    {"oauthSecret": 7},
    {"capabilitiesUrl": None},
    {"capabilitiesUrl": "x" * 2001},
    {"groupId": "one"},
    {"groupId": True},
    {"roomId": 1.5},
    {"roomId": "٣"},
)
FOREIGN = (
    "https://attacker.example/v2/capabilities",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/v2/capabilities",
    "file:///etc/passwd",
    "//127.0.0.1:9100/v2/capabilities",
)


class TestInstalling:
    async def test_keeps_the_secret_sealed(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        async with probed.connect.db.session() as session:
            sealed = (await session.get_one(TenantRow, tenant.id)).sealed_secret
        assert probed.connect.vault.open(sealed, owner=secret_owner(tenant.id)) == installation.secret
        assert installation.secret not in repr(await every_row(probed))

    async def test_learns_what_the_group_is_called(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        assert (tenant.group_id, tenant.group_name) == ("1", "Devhost")

    async def test_learns_where_the_hosts_endpoints_are(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        assert (tenant.origin, tenant.api_url) == (HOST, f"{HOST}/v2/")
        assert (tenant.token_url, tenant.web_url) == (f"{HOST}/v2/oauth/token", HOST)

    async def test_in_a_room_is_for_that_room(self, probed: ProbedAddon) -> None:
        assert (await probed.tenant(await probed.install(room_id=2))).room_id == "2"

    async def test_for_the_group_names_no_room(self, probed: ProbedAddon) -> None:
        assert (await probed.tenant(await probed.install(room_id=None))).room_id is None

    async def test_runs_on_installed(self, probed: ProbedAddon) -> None:
        tenant = await probed.tenant(await probed.install())
        assert [(run.handler, run.tenant_id) for run in probed.probe.runs] == [("installed", tenant.id)]

    async def test_makes_a_tenant_of_each_place(self, probed: ProbedAddon) -> None:
        for place in (1, 2, None):
            await probed.install(room_id=place)
        assert len(await tenants(probed)) == 3
        assert len({run.tenant_id for run in probed.probe.runs}) == 3

    async def test_of_a_host_that_gives_no_token_is_refused(self, probed: ProbedAddon) -> None:
        probed.devhost.host.faults.error(503, path="/v2/oauth/token")
        with pytest.raises(InstallRefused):
            await probed.install()
        assert await tenants(probed) == []

    async def test_of_a_host_that_cannot_be_reached_is_refused(self, probed: ProbedAddon) -> None:
        installation = await register(probed.devhost)
        body = install_body(probed.devhost, installation, capabilitiesUrl="http://127.0.0.1:9999/v2/capabilities")
        answer = await probed.http.post("/hipchat/installed", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "install_refused")
        assert await tenants(probed) == []


class TestBodyOfAnInstall:
    async def test_of_another_host_is_taken_when_everything_holds(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 204
        assert other_host.asked == ["/v2/capabilities", "/v2/oauth/token"]
        assert len(await tenants(probed)) == 1

    async def test_with_a_token_address_elsewhere_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        for url in ("https://attacker.example/token", "http://127.0.0.1@attacker.example/", "file:///etc/passwd", ""):
            other_host.document["capabilities"]["oauth2Provider"]["tokenUrl"] = url
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "install_refused")
        assert set(other_host.asked) == {"/v2/capabilities"}
        assert await tenants(probed) == []

    async def test_with_an_api_address_elsewhere_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        other_host.document["capabilities"]["hipchatApiProvider"]["url"] = "https://attacker.example/v2/"
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 400
        assert await tenants(probed) == []

    async def test_with_another_self_link_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        for link in (f"{HOST}/v2/capabilities", f"{CAPABILITIES}/", "https://elsewhere.example/"):
            other_host.document["links"]["self"] = link
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
            assert answer.status_code == 400
            assert "links.self" in answer.json()["error"]["message"]
        assert await tenants(probed) == []

    async def test_for_a_group_that_is_not_the_tokens_is_refused(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        other_host.group_id = 2
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 400
        assert "group" in answer.json()["error"]["message"]
        assert await tenants(probed) == []

    async def test_that_does_not_fit_the_protocol_is_refused_unasked(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        for changes in MISSHAPEN:
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host(**changes))
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request"), changes
        assert other_host.asked == []
        assert await tenants(probed) == []

    async def test_from_an_origin_that_may_not_install_is_refused_unasked(self, probed: ProbedAddon) -> None:
        for url in FOREIGN:
            answer = await probed.http.post("/hipchat/installed", json=body_of_other_host(capabilitiesUrl=url))
            assert answer.status_code == 400
            assert "HIPCHAT_ORIGINS" in answer.json()["error"]["message"]
        assert await tenants(probed) == []


class TestInstallingAgain:
    async def test_raises_the_generation_of_the_same_tenant(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await probed.tenant(installation)
        assert await probed.reinstall(installation) == 204
        after = await probed.tenant(installation)
        assert (after.id, after.generation) == (before.id, before.generation + 1)
        assert len(await tenants(probed)) == 1

    async def test_runs_on_installed_again(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.reinstall(installation)
        await probed.settle()
        assert probed.probe.names == ["installed", "installed"]

    async def test_replaces_the_secret(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        old = installation.secret
        installation.secret = "n" * 40
        assert await probed.reinstall(installation) == 204
        assert (await probed.say()).status == 204
        installation.secret = old
        assert (await probed.say()).status == 401

    async def test_keeps_what_the_tenant_had(self, probed: ProbedAddon) -> None:
        async def remember(ctx: Context) -> None:
            await ctx.store.set("kept", value=True)

        installation = await probed.install()
        probed.probe.acts["message"] = remember
        await probed.say()
        await probed.settle()
        before = (await rows_of(probed, (await probed.tenant(installation)).id))["store_items"]
        await probed.reinstall(installation)
        await probed.settle()
        assert (await rows_of(probed, (await probed.tenant(installation)).id))["store_items"] == before


class TestTakingOver:
    async def test_from_another_origin_is_a_conflict_and_changes_nothing(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_install(
            installation.client_id, oauthSecret=installation.secret, capabilitiesUrl=CAPABILITIES
        )
        assert answer.status == 409
        assert answer.error == ""
        assert other_host.asked == []
        assert await every_row(probed) == before
        assert (await probed.say()).status == 204

    async def test_with_another_secret_is_refused_and_changes_nothing(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_install(installation.client_id)
        assert answer.status == 400
        assert await every_row(probed) == before
        assert (await probed.say()).status == 204

    async def test_for_another_group_is_refused_and_changes_nothing(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_install(
            installation.client_id, oauthSecret=installation.secret, groupId=2
        )
        assert answer.status == 400
        assert await every_row(probed) == before

    async def test_of_an_uninstalled_tenant_is_a_conflict_until_it_is_purged(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install()
        await probed.set_state(installation, TenantState.UNINSTALLED)
        body = body_of_other_host(oauthId=installation.client_id)
        assert (await probed.http.post("/hipchat/installed", json=body)).status_code == 409


class TestRacing:
    async def test_installs_leave_one_tenant(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await register(probed.devhost)
        body = install_body(probed.devhost, installation)
        answers = await asyncio.gather(
            *((probed, other)[number % 2].http.post("/hipchat/installed", json=body) for number in range(8))
        )
        assert {answer.status_code for answer in answers} == {204}
        await asyncio.gather(probed.settle(), other.settle())
        [_] = await tenants(probed)
        tenant = await probed.tenant(installation)
        assert (tenant.state, tenant.generation) == (TenantState.INSTALLED, 8)
        assert probed.probe.names + other.probe.names != []
        glance = await probed.http.post("/probe/signed", headers=await signed(probed, installation))
        assert glance.status_code == 204

    async def test_installs_with_the_secret_and_without_keep_the_right_one(self, probed: ProbedAddon) -> None:
        installation = await register(probed.devhost)
        right = install_body(probed.devhost, installation)
        wrong = install_body(probed.devhost, installation, oauthSecret="w" * 40)
        answers = await asyncio.gather(
            *(probed.http.post("/hipchat/installed", json=body) for body in (wrong, right) * 4)
        )
        assert [answer.status_code for answer in answers] == [400, 204] * 4
        assert (await probed.http.post("/probe/signed", headers=await signed(probed, installation))).status_code == 204

    async def test_installs_from_two_origins_leave_one_of_them(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await register(probed.devhost)
        ours = install_body(probed.devhost, installation)
        theirs = body_of_other_host(oauthId=installation.client_id)
        answers = await asyncio.gather(
            *(probed.http.post("/hipchat/installed", json=body) for body in (ours, theirs) * 4)
        )
        tenant = await probed.tenant(installation)
        winner = 0 if tenant.origin == HOST else 1
        won, lost = answers[winner::2], answers[1 - winner :: 2]
        assert {answer.status_code for answer in won} == {204}
        assert {answer.status_code for answer in lost} == {409}
        assert tenant.token_url.startswith(tenant.origin)
        async with probed.connect.db.session() as session:
            sealed = (await session.get_one(TenantRow, tenant.id)).sealed_secret
        opened = probed.connect.vault.open(sealed, owner=secret_owner(tenant.id))
        assert opened == (ours, theirs)[winner]["oauthSecret"]

    async def test_installs_of_a_known_tenant_each_count(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        statuses = await asyncio.gather(*(probed.reinstall(installation) for _ in range(6)))
        assert statuses == [204] * 6
        await probed.settle()
        assert (await probed.tenant(installation)).generation == 7


async def signed(process: ProbedAddon, installation: Installation) -> dict[str, str]:
    """Sign a request as the host does."""
    url = process.devhost.host.signed_url(installation.client_id, "configurable", room_id=1)
    return {"Authorization": "JWT " + url.partition("signed_request=")[2].partition("&")[0]}


class TestUpdating:
    async def test_keeps_the_installation(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await probed.tenant(installation)
        updated = await probed.devhost.host.update(installation.client_id)
        after = await probed.tenant(installation)
        assert updated.client_id == installation.client_id
        assert (after.id, after.generation) == (before.id, before.generation)
        assert (await probed.say()).status == 204

    async def test_reads_where_the_hosts_endpoints_are_now(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        await probed.http.post("/hipchat/installed", json=body_of_other_host())
        other_host.document["capabilities"]["hipchatApiProvider"]["url"] = f"{OTHER}/v3"
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host(oauthSecret=None))
        assert answer.status_code == 204
        async with probed.connect.db.session() as session:
            [row] = await session.scalars(select(TenantRow))
        assert (row.api_url, row.generation) == (f"{OTHER}/v3/", 1)

    async def test_from_another_address_is_a_conflict_and_changes_nothing(
        self, probed: ProbedAddon, other_host: OtherHost
    ) -> None:
        installation = await probed.install()
        before = await every_row(probed)
        for url in ("https://attacker.example/v2/capabilities", CAPABILITIES):
            answer = await probed.devhost.host.forge_update(installation.client_id, capabilitiesUrl=url)
            assert answer.status == 409
        assert other_host.asked == []
        assert await every_row(probed) == before

    async def test_for_another_room_is_refused(self, probed: ProbedAddon) -> None:
        installation = await probed.install(room_id=1)
        before = await every_row(probed)
        answer = await probed.devhost.host.forge_update(
            installation.client_id, capabilitiesUrl=f"{HOST}/v2/capabilities", roomId=2
        )
        assert answer.status == 400
        assert await every_row(probed) == before

    async def test_to_endpoints_elsewhere_is_refused(self, probed: ProbedAddon, other_host: OtherHost) -> None:
        await probed.http.post("/hipchat/installed", json=body_of_other_host())
        before = await every_row(probed)
        other_host.document["capabilities"]["oauth2Provider"]["tokenUrl"] = "https://attacker.example/token"
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host())
        assert answer.status_code == 400
        assert await every_row(probed) == before

    async def test_of_an_unknown_tenant_says_so(self, probed: ProbedAddon) -> None:
        answer = await probed.http.post("/hipchat/updated", json=body_of_other_host())
        assert answer.status_code == 404


class TestReportedUninstall:
    async def test_of_a_live_tenant_is_only_a_hint(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        before = await tenants(probed)
        answer = await probed.devhost.host.forge_uninstall(installation.client_id)
        await probed.settle()
        assert answer.status == 204
        assert await tenants(probed) == before
        assert (await probed.say()).status == 204
        assert "uninstalled" not in probed.probe.names

    async def test_of_a_live_tenant_is_looked_at_again_a_few_times(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.devhost.host.forge_uninstall(installation.client_id)
        for _ in range(2 * len(CHECKS)):
            await probed.let_time_pass()
            await probed.settle()
        checks = await probed.entries(CHECK_UNINSTALL)
        assert [entry.status for entry in checks] == [Status.DONE] * len(CHECKS)
        assert (await probed.tenant(installation)).is_installed

    async def test_is_written_down_once_however_often_it_comes(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        for _ in range(20):
            await probed.devhost.host.forge_uninstall(installation.client_id)
        # One entry for each half minute: the second is there when one began meanwhile.
        assert len(await probed.entries(CHECK_UNINSTALL)) in {1, 2}

    async def test_of_nobody_writes_nothing(self, probed: ProbedAddon) -> None:
        await probed.install()
        before = await every_row(probed)
        for name in ("nobody", "%00", "%F0%9F%92%A5", "x" * 300, "..%2F.."):
            answer = await probed.http.delete(f"/hipchat/installed/{name}")
            assert answer.status_code in {204, 404}
        assert await every_row(probed) == before

    async def test_waits_while_the_host_cannot_be_asked(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        probed.devhost.host.faults.error(503)
        await probed.devhost.host.uninstall(installation.client_id)
        await probed.settle()
        assert (await probed.tenant(installation)).is_installed
        probed.devhost.host.faults.clear()
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED

    async def test_that_came_before_the_client_was_revoked_is_found_out(self, probed: ProbedAddon) -> None:
        probed.devhost.host.settings.revoke_before_delete = False
        installation = await probed.install()
        await probed.devhost.host.forge_uninstall(installation.client_id)
        await probed.settle()
        await probed.devhost.host.uninstall(installation.client_id, delete=False, browser=False)
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED


class TestUninstalling:
    async def test_runs_on_uninstalled_and_no_other_handler(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.connect.lifecycle.uninstall(await probed.tenant(installation))
        await probed.settle()
        assert probed.probe.names == ["installed", "uninstalled"]

    async def test_keeps_what_was_accepted_before_from_running(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.connect.lifecycle.uninstall(await probed.tenant(installation))
        await probed.settle()
        assert "message" not in probed.probe.names

    async def test_leaves_no_row_of_the_tenant_in_any_table(self, probed: ProbedAddon) -> None:
        gone, kept = await probed.install(room_id=1), await probed.install(room_id=2)
        gone_tenant, kept_tenant = await probed.tenant(gone), await probed.tenant(kept)
        for tenant in (gone_tenant, kept_tenant):
            await fill(probed, tenant.id, Verified(tenant, Identity(User("1"), None), {}, float("inf")))
        assert set(await rows_of(probed, gone_tenant.id)) >= {
            "access_tokens",
            "api_tokens",
            "inbox",
            "store_items",
            "tenants",
        }
        kept_rows = await rows_of(probed, kept_tenant.id)
        await probed.devhost.host.uninstall(gone.client_id)
        await probed.settle()
        # Only the purge: what the other tenant has shall not move.
        await probed.change(update(InboxRow).where(InboxRow.name == PURGE).values(due_at=0.0))
        await probed.settle()
        assert probed.probe.names.count("uninstalled") == 1
        assert await rows_of(probed, gone_tenant.id) == {}
        assert gone.client_id not in repr(await every_row(probed))
        assert await rows_of(probed, kept_tenant.id) == kept_rows

    async def test_purges_only_after_every_process_has_seen_it(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.devhost.host.uninstall(installation.client_id)
        await probed.settle()
        [entry] = await probed.entries(PURGE)
        assert entry.status == Status.NEW
        assert entry.due_at > entry.created_at
        assert (await probed.tenant(installation)).state is TenantState.UNINSTALLED

    async def test_is_found_out_by_the_hosts_refusal_alone(self, probed: ProbedAddon) -> None:
        async def call_the_host(ctx: Context) -> None:
            await ctx.room.notify("anybody there?")

        installation = await probed.install()
        probed.probe.acts["message"] = call_the_host
        await probed.say()
        await probed.devhost.host.uninstall(installation.client_id, delete=False, browser=False)
        await probed.settle()
        await probed.let_time_pass()
        await probed.settle()
        assert probed.probe.names[-1] == "uninstalled"

    async def test_says_goodbye_once_when_two_checks_find_it_out(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await asyncio.gather(*(probed.connect.lifecycle.uninstall(tenant) for _ in range(4)))
        await probed.settle()
        assert len(await probed.entries(UNINSTALLED)) == 1
        assert probed.probe.names == ["installed", "uninstalled"]

    async def test_purges_although_the_goodbye_fails(self, probed: ProbedAddon) -> None:
        async def fail(_: Context) -> None:
            raise RuntimeError("goodbye cannot be said")

        installation = await probed.install()
        tenant = await probed.tenant(installation)
        probed.probe.acts["uninstalled"] = fail
        await probed.devhost.host.uninstall(installation.client_id)
        for _ in range(12):
            await probed.settle()
            await probed.let_time_pass()
        assert await rows_of(probed, tenant.id) == {}

    async def test_can_be_followed_by_a_new_installation(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.devhost.host.uninstall(installation.client_id)
        await probed.settle()
        await probed.let_time_pass()
        await probed.settle()
        again = await probed.install()
        assert (await probed.tenant(again)).generation == 1
        assert (await probed.say()).status == 204

    async def test_is_forgotten_when_the_tenant_is_installed_again_before_the_purge(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await probed.connect.lifecycle.uninstall(tenant)
        await probed.settle()
        assert await probed.reinstall(installation) == 204
        await probed.let_time_pass()
        await probed.settle()
        assert (await probed.tenant(installation)).is_installed
        assert (await probed.say()).status == 204

    async def test_never_purges_a_tenant_that_is_being_installed_again(self, probed: ProbedAddon, start: Start) -> None:
        other = start()
        installation = await probed.install()
        for _ in range(5):
            tenant = await probed.tenant(installation)
            await probed.connect.lifecycle.uninstall(tenant)
            answer, _ = await asyncio.gather(probed.reinstall(installation), other.connect.lifecycle.purge(tenant))
            assert answer == 204
            left = await rows_of(probed, (await probed.tenant(installation)).id)
            assert (await probed.tenant(installation)).is_installed
            assert "inbox" in left


async def fill(process: ProbedAddon, mark: str, verified: Verified) -> None:
    """Give a tenant rows of every kind that the plumbing has."""
    context = Context(process.connect, verified)
    await context.store.set(mark, mark)
    await context.store.narrow("settings").set("kept", value=True)
    await context.memo.set("known", mark)
    await context.enqueue("probe-job", mark, delay=3600)
    await context.commit()
    await context.close()
    await process.connect.api_tokens.create(verified.tenant, user=verified.identity.user, room_id=None)
    await process.connect.tokens[verified.tenant.host].get(verified.tenant, ("view_room",))


class TestWhatAnEarlierInstallationLeftBehind:
    async def test_page_tokens_are_refused(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        verified = Verified(tenant, Identity(User("1"), "1"), {}, float("inf"))
        headers = {"Authorization": f"JWT {probed.connect.page_tokens.issue(verified)}"}
        assert (await probed.http.post("/probe/signed", headers=headers)).status_code == 204
        await probed.reinstall(installation)
        assert (await probed.http.post("/probe/signed", headers=headers)).status_code == 401

    async def test_api_tokens_are_refused(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        token = await probed.connect.api_tokens.create(await probed.tenant(installation), user=None, room_id=None)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await probed.http.post("/probe/api", headers=headers)).status_code == 204
        await probed.reinstall(installation)
        assert (await probed.http.post("/probe/api", headers=headers)).status_code == 401
        assert await probed.connect.api_tokens.count(await probed.tenant(installation)) == 0

    async def test_deliveries_are_acknowledged_and_ignored(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        await probed.say()
        await probed.reinstall(installation)
        await probed.settle()
        [entry] = await probed.entries("probe")
        assert entry.status == Status.DONE
        assert "message" not in probed.probe.names

    async def test_jobs_are_ignored(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        await fill(probed, "job", Verified(tenant, Identity(None, None), {}, float("inf")))
        await probed.reinstall(installation)
        await probed.let_time_pass()
        await probed.settle()
        assert "job" not in probed.probe.names


class TestTenantThatIsNotInstalled:
    @pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.UNINSTALLED])
    async def test_is_served_nothing(self, probed: ProbedAddon, state: TenantState) -> None:
        installation = await probed.install()
        tenant = await probed.tenant(installation)
        token = await probed.connect.api_tokens.create(tenant, user=None, room_id=None)
        page_token = probed.connect.page_tokens.issue(Verified(tenant, Identity(None, None), {}, float("inf")))
        await probed.set_state(installation, state)
        by_host = await signed(probed, installation)
        by_page = {"Authorization": f"JWT {page_token}"}
        assert (await probed.say()).status == 401
        assert (await probed.http.post("/probe/signed", headers=by_host)).status_code == 401
        assert (await probed.http.post("/probe/signed", headers=by_page)).status_code == 401
        api = await probed.http.post("/probe/api", headers={"Authorization": f"Bearer {token}"})
        assert api.status_code == 401
        await probed.settle()
        assert probed.probe.names == ["installed"]

    async def test_is_told_the_same_as_a_stranger(self, probed: ProbedAddon) -> None:
        installation = await probed.install()
        headers = await signed(probed, installation)
        await probed.set_state(installation, TenantState.SUSPENDED)
        suspended = await probed.http.post("/probe/signed", headers=headers)
        stranger = await probed.http.post("/probe/signed", headers={"Authorization": "JWT a.b.c"})
        own = [json.loads(answer.text)["error"] for answer in (suspended, stranger)]
        assert own[0] | {"request_id": ""} == own[1] | {"request_id": ""}
