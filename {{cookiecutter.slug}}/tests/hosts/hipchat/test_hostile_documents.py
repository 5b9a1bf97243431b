"""Capabilities documents of a hostile host: the install ends soon, takes and stores little, and calls nobody else."""

import asyncio
import contextlib
import json
import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest

from app.connect.application import Application
from app.connect.errors import InstallRefused
from app.connect.hosts.hipchat.descriptor import INSTALL
from app.connect.hosts.hipchat.lifecycle import HipChatLifecycle
from app.connect.hosts.protocol import Asked, Posted, ProofKind
from app.connect.network import arrivals
from app.connect.network.addresses import Origins
from app.connect.network.arrivals import Arrivals
from app.connect.network.fetch import Outbound
from app.connect.settings import Settings
from app.connect.tenancy.lifecycle import Known
from devhost.testing import Devhost
from tests.connect.contents import tenants
from tests.connect.network.servers import answer
from tests.connect.probe import DOCUMENT, Probe, ProbedAddon
from tests.hosts.hipchat.hostile_documents import QUICK, SLOW, Hostile, HostileHost, good
from tests.hosts.hipchat.installs import body_of_other_host
from tests.support.running import ADDON

PATH = "/v2/capabilities"
LONG = 60.0
"""Seconds, more than any test here lasts."""
ASKED = Asked("POST", b"/hipchat/installed", b"", (), ProofKind.LIFECYCLE, INSTALL.name)
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def networked(settings: Settings, devhost: Devhost) -> AsyncIterator[ProbedAddon]:
    """The add-on with the real network before it, instead of hosts in the same process."""
    probe = Probe()
    application = Application(settings, probe.routers, document=DOCUMENT)
    transport = httpx.ASGITransport(application.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ADDON) as http:
        yield ProbedAddon(application.app, devhost, http, probe=probe)
    await application.close()


class Installing:
    """What an install does, with as much time as a test gives it."""

    def __init__(self, addon: ProbedAddon, *, patience: float, turn: float) -> None:
        self._addon = addon.parts.addon
        self._client = Outbound(production=False, timeout=patience, connections=16)
        self._lifecycle = HipChatLifecycle(
            self._client,
            Arrivals(self._client, turn=turn),
            origins=Origins([], production=False),
            capabilities_paths=[PATH],
        )

    async def refusal(self, hostile: Hostile) -> str:
        """Install from such a host and return why that is refused."""
        async with HostileHost(hostile).running() as host:
            posted = Posted(ASKED, b"", body_of_other_host(capabilitiesUrl=host.origin + PATH))
            with pytest.raises(InstallRefused) as refused:
                await self._lifecycle.read(INSTALL, posted, self._nobody, self._addon)
            assert len(host.requests) == 1
            return str(refused.value)

    async def _nobody(self, _: str) -> Known | None:
        return None

    async def aclose(self) -> None:
        await self._client.aclose()


@contextlib.asynccontextmanager
async def installing(addon: ProbedAddon, *, patience: float = LONG, turn: float = LONG) -> AsyncIterator[Installing]:
    """Give what installs; `patience` is for one piece of an answer, `turn` for all that an install asks (seconds)."""
    made = Installing(addon, patience=patience, turn=turn)
    yield made
    await made.aclose()


class TestHostileDocuments:
    def test_are_thirty_one_and_more(self) -> None:
        assert len(QUICK | SLOW) >= 31

    async def test_take_little_memory(self, networked: ProbedAddon) -> None:
        took = {}
        async with installing(networked, patience=0.2) as installs:
            await installs.refusal(QUICK["a list"])
            for name, hostile in (QUICK | SLOW).items():
                tracemalloc.start()
                await installs.refusal(hostile)
                took[name] = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        # The document itself may have 64 KiB. A mebibyte was the most; other versions of Python take a little more.
        assert {name: most for name, most in took.items() if most > 2 * MEBIBYTE} == {}

    @pytest.mark.parametrize("limit", ["patience", "turn"])
    async def test_end_soon_however_slowly_they_come(self, networked: ProbedAddon, limit: str) -> None:
        """Each limit does alone; the longest of them would take minutes, and silence for ever."""
        async with asyncio.timeout(30), installing(networked, **{limit: 1.0}) as installs:
            said = await asyncio.gather(*map(installs.refusal, SLOW.values()))
        assert {"patience": "cannot be reached now", "turn": "took too long"}[limit] in min(said)
        assert len(set(said)) == 1

    def test_end_in_20_seconds_with_the_patience_that_the_add_on_has(self) -> None:
        assert arrivals.PATIENCE + arrivals.TURN <= 20

    async def test_are_refused_over_http_and_leave_no_tenant_and_no_secret(self, networked: ProbedAddon) -> None:
        async def install(hostile: Hostile) -> tuple[int, str, list[bytes]]:
            async with HostileHost(hostile).running() as host:
                body = body_of_other_host(capabilitiesUrl=host.origin + PATH)
                answer = await networked.http.post("/hipchat/installed", json=body)
                return answer.status_code, answer.json()["error"]["code"], host.requests

        answers = dict(zip(QUICK, await asyncio.gather(*map(install, QUICK.values())), strict=True))
        assert {(status, code) for status, code, _ in answers.values()} == {(400, "install_refused")}
        # Nothing but the document was asked for.
        assert {request.partition(b"\r\n")[0] for _, _, [request] in answers.values()} == {
            b"GET /v2/capabilities HTTP/1.1"
        }
        assert await tenants(networked) == []

    async def test_would_be_taken_without_what_is_wrong(self, networked: ProbedAddon) -> None:
        """Then the host is asked for a token, which it does not give here."""
        honest = Hostile(lambda origin: answer(json.dumps(good(origin)).encode()))
        async with HostileHost(honest).running() as host:
            body = body_of_other_host(capabilitiesUrl=host.origin + PATH)
            refused = await networked.http.post("/hipchat/installed", json=body)
        assert "gave no token" in refused.json()["error"]["message"]
        assert [request.partition(b" HTTP")[0] for request in host.requests] == [
            b"GET /v2/capabilities",
            b"POST /v2/oauth/token",
        ]
