"""Whole applications on Jira, Confluence and HipChat at once, for what is asked of them over HTTP."""

from collections.abc import Callable, Mapping
from typing import Any

from app.conformance import Guest, Sent
from app.conformance.sending import Received, send
from app.conformance.stage import ABOUT, BASE_URL
from app.connect.application import Application
from app.connect.declare.router import Router
from app.connect.hosts.protocol import ProofKind
from app.connect.settings import Settings
from tests.hosts.atlassian_case import JiraCase, SiteCase
from tests.hosts.hipchat_case import HipChatCase

Case = HipChatCase | SiteCase
Serve = Callable[..., "Served"]


class Served:
    """One application on a network with the products that it is installed in."""

    def __init__(
        self,
        settings: Settings,
        document: Mapping[str, Any],
        routers: list[Router[Any]],
        *cases: Case,
        base_url: str = BASE_URL,
    ) -> None:
        network = JiraCase().network
        for case in cases:
            if isinstance(case, SiteCase):
                case.network = network
            else:
                network.add(case.origin, case.product)
        self.cases = cases
        self.application = Application(
            settings.model_copy(update={"base_url": base_url, "hosts": ()}),
            routers,
            transport=network,
            document={"addon": ABOUT, **{case.name: document[case.name] for case in cases}},
            host_settings={case.name: case.settings() for case in cases},
        )

    async def send(self, sent: Sent) -> Received:
        return await send(self.application.app, sent, BASE_URL)

    async def descriptor(self, name: str) -> Any:
        """Read a descriptor as the host does."""
        answer = await self.send(Sent("GET", f"/{name}/atlassian-connect.json"))
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        return answer.json()

    async def installed(self, case: Case) -> Guest:
        """Install the add-on for a new guest."""
        await case.begin(self.application.app, BASE_URL)
        guest = await case.guest()
        assert (await self.send(case.install(guest))).status == 204
        return guest

    async def enter(self, case: Case, guest: Guest, target: str) -> Received:
        """Show a module to somebody."""
        sent = Sent("GET", target)
        return await self.send(case.carry(sent, case.sign(guest, sent, ProofKind.ENTRY)))
