"""The sites as tests and pages hold them: every act of a person, of a site or of an attacker is one method."""

from typing import Any, TypedDict, Unpack

import httpx

from devhost.acts.breaking import Faults
from devhost.dialects.atlassian import attacks, changes, lifecycle, opening, webhooks
from devhost.dialects.atlassian.addresses import context_token
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.library import Content
from devhost.dialects.atlassian.opening import SiteLook, SiteOpening
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import AtlassianState, UserToken
from devhost.dialects.atlassian.tracker import Comment, Issue
from devhost.dialects.atlassian.webhooks import HookDelivery
from devhost.dialects.atlassian.writing import document, text_of
from devhost.errors import not_found
from devhost.wire.deliveries import Delivery
from devhost.wire.outbound import Answer, Outbound
from devhost.world.broken import Forgery
from devhost.world.people import Person, Who
from devhost.world.state import World

JIRA, WIKI = "jira", "wiki"
USER_TOKEN_SECONDS = 900


class Where(TypedDict, total=False):
    """Who looks, and at what: an issue or project by its key, a page by its id, a space by its key."""

    user: Who
    issue: str
    project: str
    page: str | int
    space: str
    values: dict[str, str]


class AtlassianHost:
    """Drive the sites. They are named by their paths (`jira`, `wiki`), add-ons by their keys."""

    def __init__(self, world: World, outbound: Outbound) -> None:
        self.state = AtlassianState(world, outbound)
        # What is broken on purpose: the state is the shell's own, so every table of faults shows it.
        self.faults = Faults(world, lambda kind: f"/{JIRA}/rest/" if kind else "/")

    def site(self, name: str = JIRA) -> Site:
        """Return a site. Raises HostError 404."""
        return self.state.sites.get(name)

    def person(self, who: Who) -> Person:
        """Return somebody. Raises HostError 404."""
        return who if isinstance(who, Person) else self.state.shell.person(who)

    def issue(self, key: str, *, site: str = JIRA) -> Issue:
        """Return an issue. Raises HostError 404."""
        return self.site(site).tracker.issue(key)

    def place(self, site: str = JIRA, **where: Unpack[Where]) -> Place:
        """Say who looks at what. Raises HostError 404."""
        here = self.site(site)
        project, space = where.get("project"), where.get("space")
        if project is not None and project not in here.tracker.projects:
            raise not_found(f"Project {project}")
        if space is not None and space not in here.library.spaces:
            raise not_found(f"Space {space}")
        return Place(
            site=here,
            person=self.person(where.get("user", "admin")),
            issue=here.tracker.issue(where["issue"]) if "issue" in where else None,
            project=here.tracker.projects[project] if project is not None else None,
            content=here.library.page(where["page"]) if "page" in where else None,
            space=here.library.spaces[space] if space is not None else None,
            values=where.get("values", {}),
        )

    # Add-ons come, pause and go.

    async def install(self, descriptor_url: str, *, site: str = JIRA) -> SiteInstallation:
        """Install or update an add-on on a site. Raises InstallRefused."""
        return await lifecycle.install(self.state, self.site(site), descriptor_url)

    async def uninstall(self, addon: str, *, site: str = JIRA) -> Answer | None:
        """Disable and uninstall an add-on, and return what it answered to that."""
        here = self.site(site)
        return await lifecycle.uninstall(self.state, here, here.addon(addon))

    async def set_enabled(self, addon: str, *, enabled: bool, site: str = JIRA) -> Answer | None:
        """Let an add-on work, or pause it."""
        here = self.site(site)
        return await lifecycle.set_enabled(self.state, here, here.addon(addon), enabled=enabled)

    async def rotate_secret(self, addon: str, *, site: str = JIRA) -> Answer:
        """Send a new secret; it holds when the add-on took it."""
        here = self.site(site)
        return await lifecycle.rotate_secret(self.state, here, here.addon(addon))

    # What people see and do.

    def look(
        self,
        addon: str,
        key: str,
        *,
        kind: str = "",
        site: str = JIRA,
        forgery: str | None = None,
        data: dict[str, str] | None = None,
        **where: Unpack[Where],
    ) -> SiteLook:
        """Say which module somebody opens. Raises HostError 404."""
        place = self.place(site, **where)
        return SiteLook(
            installation=place.site.addon(addon),
            key=key,
            kind=kind,
            place=place,
            data=data or {},
            forgery=None if forgery is None else Forgery(forgery),
        )

    async def ask(self, look: SiteLook) -> Answer:
        """Ask for a page as a browser does, whatever comes back."""
        return await opening.ask(self.state, look)

    def opening(self, look: SiteLook) -> SiteOpening:
        """Sign what a click opens."""
        return opening.opening(self.state, look)

    def signed_url(self, look: SiteLook) -> str:
        """Return the address that a browser would open, with a fresh token."""
        return opening.address(self.state, look)[0]

    async def open(self, look: SiteLook) -> httpx.Response:
        """Open a page and return the add-on's answer. Raises httpx.RequestError when there is none."""
        return (await self.ask(look)).response()

    def context_token(self, addon: str, *, site: str = JIRA, **where: Unpack[Where]) -> str:
        """Return what `AP.context.getToken()` gives a script there."""
        place = self.place(site, **where)
        return context_token(self.state, place.site.addon(addon), place)

    def user_token(self, addon: str, *, user: Who = "admin", site: str = JIRA) -> str:
        """Return an access token with which the site is called as somebody, in the scopes of an add-on."""
        installation = self.site(site).addon(addon)
        made = UserToken(
            installation=installation,
            person=self.person(user),
            scopes=installation.descriptor.allowed,
            expires=self.state.clock.now() + USER_TOKEN_SECONDS,
        )
        self.state.user_tokens[made.token] = made
        return made.token

    async def update_issue(
        self, key: str, *, user: Who = "admin", site: str = JIRA, **fields: Any
    ) -> list[HookDelivery]:
        """Change fields of an issue: summary, status, description, assignee, labels."""
        here = self.site(site)
        return await changes.update_issue(self.state, here, here.tracker.issue(key), person=self.person(user), **fields)

    async def create_issue(self, summary: str, *, project: str = "TP", user: Who = "admin", site: str = JIRA) -> Issue:
        """Create an issue."""
        place = self.place(site, project=project, user=user)
        if place.project is None or place.person is None:
            raise not_found(f"Project {project}")
        return await changes.create_issue(self.state, place.site, place.project, summary, person=place.person)

    async def delete_issue(self, key: str, *, user: Who = "admin", site: str = JIRA) -> list[HookDelivery]:
        """Delete an issue."""
        here = self.site(site)
        return await changes.delete_issue(self.state, here, here.tracker.issue(key), person=self.person(user))

    async def create_page(
        self, title: str, *, space: str = "DOC", body: str = "", user: Who = "admin", site: str = WIKI
    ) -> Content:
        """Create a page of Confluence."""
        place = self.place(site, space=space, user=user)
        if place.space is None or place.person is None:
            raise not_found(f"Space {space}")
        return await changes.create_page(self.state, place.site, place.space, title, body, person=place.person)

    async def comment(self, key: str, text: Any, *, user: Who = "admin", site: str = JIRA) -> Comment:
        """Comment on an issue as a person."""
        here, person = self.site(site), self.person(user)
        body = document(text) if isinstance(text, str) else text
        issue = here.tracker.issue(key)
        return await changes.comment(self.state, here, issue, body, person=person, by=person.name)

    async def update_page(
        self, page: str | int, *, user: Who = "admin", site: str = WIKI, **fields: str
    ) -> list[HookDelivery]:
        """Change a page's title or body."""
        here = self.site(site)
        content: Content = here.library.page(page)
        return await changes.update_page(self.state, here, content, person=self.person(user), **fields)

    async def fire(
        self, event: str, members: dict[str, Any] | None = None, *, site: str = JIRA, **where: Unpack[Where]
    ) -> list[HookDelivery]:
        """Let any event happen."""
        return await changes.fire(self.state, event, self.place(site, **where), members or {})

    def comments(self, key: str, *, site: str = JIRA) -> list[str]:
        """List what people read in an issue's comments, oldest first."""
        return [text_of(one.body) for one in self.issue(key, site=site).comments]

    # Deliveries.

    def deliveries(self) -> list[Delivery]:
        """List the newest deliveries, oldest first."""
        return list(self.state.sent)

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Send a delivery again: the same body and identifier under a fresh token."""
        found = self.state.sent.get(delivery_id)
        if not isinstance(found, HookDelivery):
            raise not_found(f"Delivery {delivery_id}")
        await webhooks.send(self.state, found)
        return found

    async def release(self, *, order: str = "reverse") -> list[Delivery]:
        """Send what a fault held back, one after the other."""
        held, self.state.sent.held = self.state.sent.held, []
        for delivery in reversed(held) if order == "reverse" else held:
            if isinstance(delivery, HookDelivery):
                await webhooks.send(self.state, delivery)
        return held

    async def settle(self) -> None:
        """Wait for the events that are reported after a call has its answer, and for retries."""
        await self.state.shell.settle()

    # An attacker.

    async def attack(self, key: str, addon: str, *, site: str = JIRA, **where: Unpack[Where]) -> Answer:
        """Attack an add-on in a way of the table. Raises HostError 400 or 404."""
        found = attacks.ATTACKS.get(key)
        if found is None:
            raise not_found(f"Attack {key}, which is none of {', '.join(attacks.ATTACKS)},")
        place = self.place(site, **where)
        target = attacks.Target(state=self.state, site=place.site, installation=place.site.addon(addon), place=place)
        return await found.send(target)
