"""Forge as tests and pages hold it: every act of a person, of the platform or of an attacker is one method."""

from pathlib import Path
from typing import Any, Unpack

import httpx

from devhost.acts.breaking import Faults
from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.host import JIRA, AtlassianHost, Where
from devhost.dialects.atlassian.place import Place
from devhost.dialects.forge import attacks, connect, cors, deliveries, invoking, lifecycle, schedules
from devhost.dialects.forge.apps import Environment, ForgeApp, ForgeInstallation
from devhost.dialects.forge.checking import read_manifest
from devhost.dialects.forge.claims import claims_of, context_of, signed
from devhost.dialects.forge.cors import DirectCall
from devhost.dialects.forge.deliveries import Call
from devhost.dialects.forge.events import happened
from devhost.dialects.forge.gateway import PATH as API
from devhost.dialects.forge.invoking import FrontendCall
from devhost.dialects.forge.jwks import FAULTS, SHARED
from devhost.dialects.forge.reading import Source, is_file, read_file, read_source, resolve
from devhost.dialects.forge.state import ACTING, JWKS_PATH, ForgeState
from devhost.errors import InstallRefused, bad_request, not_found
from devhost.wire.deliveries import Delivery
from devhost.wire.outbound import Answer
from devhost.world.jsonvalue import Json
from devhost.world.people import Who

Ref = str | ForgeInstallation
Given = str | Path | dict[str, Any]


class ForgeHost:
    """Drive Forge. Installations are named by themselves, by their ARIs, or by their app's; sites by their paths."""

    def __init__(self, sites: AtlassianHost) -> None:
        self.sites = sites
        self.state = ForgeState(sites.state)
        # What is broken on purpose: the state is the whole devhost's.
        self.faults = Faults(sites.state.shell, lambda kind: API if kind else "/")
        sites.state.listeners.append(self._hear)

    # Apps come, change and go.

    async def install(
        self,
        manifest: Given,
        *,
        site: str = JIRA,
        also: tuple[str, ...] = (),
        environment: Environment = "DEVELOPMENT",
        variables: dict[str, str] | None = None,
        user: Who = "admin",
    ) -> ForgeInstallation:
        """Install the app of a manifest (its text, address, file or members) on a site. Raises InstallRefused.

        `also` are further products of the same site, `variables` the values of `${NAME}` in the manifest.
        """
        app = await self._app(manifest, environment, variables or {})
        places = [self.sites.site(name) for name in (site, *also)]
        return await lifecycle.install(self.state, app, places, person=self.sites.person(user))

    async def move(self, manifest: Given, *, site: str = JIRA, **more: Any) -> ForgeInstallation:
        """Move a site from a Connect app to the Forge app of a manifest. Raises InstallRefused.

        The site keeps its client key, and what the app kept there; its Connect part is installed anew from the
        manifest's `connectModules`, or vanishes without a word where there are none.
        """
        app = await self._app(manifest, more.get("environment", "DEVELOPMENT"), more.get("variables") or {})
        here = self.sites.site(site)
        connect.require_connect(app, here)
        person = self.sites.person(more.get("user", "admin"))
        return await lifecycle.install(self.state, app, [here], person=person)

    async def upgrade(
        self,
        ref: Ref,
        manifest: Given | None = None,
        *,
        major: bool = True,
        variables: dict[str, str] | None = None,
        user: Who = "admin",
    ) -> ForgeInstallation:
        """Deploy the app anew, on every site that has it. Raises InstallRefused.

        Without a manifest the one of before is read again. A major version is approved, and the remote is told.
        """
        found = self.state.find(ref)
        if manifest is None and not found.app.given:
            raise bad_request("The manifest was given as members: give the new one")
        source = await self._read(found.app.given if manifest is None else manifest)
        found.app.variables |= variables or {}
        new = read_manifest(resolve(source.document, found.app.variables))
        await lifecycle.upgrade(self.state, found.app, new, person=self.sites.person(user), major=major)
        return found

    async def uninstall(self, ref: Ref, *, silently: bool = False) -> list[Call]:
        """Uninstall an app and return what its remote was told; `silently` tells it nothing."""
        return await lifecycle.uninstall(self.state, self.state.find(ref), silently=silently)

    async def reinstall(self, ref: Ref, *, silently: bool = True, user: Who = "admin") -> ForgeInstallation:
        """Uninstall an app and install it again: another installation of the same site. Raises InstallRefused."""
        found = self.state.find(ref)
        await lifecycle.uninstall(self.state, found, silently=silently)
        return await lifecycle.install(self.state, found.app, found.sites, person=self.sites.person(user))

    def installation(self, ref: Ref) -> ForgeInstallation:
        """Return an installation that is there. Raises HostError 404."""
        return self.state.find(ref)

    async def _app(self, given: Given, environment: Environment, variables: dict[str, str]) -> ForgeApp:
        source = await self._read(given)
        manifest = read_manifest(resolve(source.document, variables))
        made = ForgeApp(
            manifest=manifest,
            environment=environment,
            given=_kept(given),
            folder=source.folder,
            variables=variables,
        )
        for one in self.state.apps:
            if one.id == made.id and one.environment == environment:
                if one.manifest != manifest and any(each.app is one for each in self.state.installed):
                    raise InstallRefused(f"{one.name} is installed with another manifest: upgrade it first")
                one.manifest, one.folder, one.given, one.variables = manifest, made.folder, made.given, variables
                return one
        return made

    async def _read(self, given: Given) -> Source:
        if isinstance(given, dict):
            return Source(document=given)
        if isinstance(given, Path) or is_file(given):
            return read_file(Path(given))
        return await read_source(self.state.outbound, self.state.settings, given)

    # What frontends do.

    async def invoke(
        self,
        ref: Ref,
        module: str,
        path: str,
        *,
        method: str = "GET",
        body: Json = None,
        headers: dict[str, str] | None = None,
        site: str = "",
        **where: Unpack[Where],
    ) -> Answer:
        """Send `invokeRemote` of a module's frontend, and return the remote's own answer."""
        found = self.state.find(ref)
        place = self._place(found, site, where)
        call = FrontendCall(module=module, path=path, method=method, headers=headers or {}, body=body, place=place)
        return await invoking.invoke(self.state, found, call)

    def told(self, answer: Answer) -> dict[str, Any]:
        """Return what the script of a frontend gets of an answer: `{success, payload}` or `{success, error}`."""
        return invoking.told(self.state, answer)

    async def request(self, ref: Ref, call: DirectCall) -> httpx.Response:
        """Send `requestRemote` as a browser does. Raises httpx.RequestError where it says `Failed to fetch`."""
        return await cors.request_remote(self.state, self.state.find(ref), call)

    async def request_remote(
        self,
        ref: Ref,
        module: str,
        remote: str,
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        headers: dict[str, str] | None = None,
        **where: Unpack[Where],
    ) -> httpx.Response:
        """Send `requestRemote` of a module's frontend. Raises httpx.RequestError where a browser refuses."""
        place = self._place(self.state.find(ref), "", where)
        listed = list((headers or {}).items())
        return await self.request(
            ref,
            DirectCall(module=module, remote=remote, path=path, method=method, headers=listed, body=body, place=place),
        )

    def context(self, ref: Ref, module: str, *, site: str = "", **where: Unpack[Where]) -> dict[str, Any]:
        """Return what `view.getContext()` gives the script of a frontend."""
        found = self.state.find(ref)
        place = self._place(found, site, where)
        kind = invoking.module_type(invoking.find_module(found, module).kind)
        said = context_of(found, place, kind=kind, key=module)
        return said | {
            "accountId": account_id(place.person) if place.person else None,
            "environmentType": found.app.environment,
            "environmentId": found.app.environment_number,
        }

    def token(
        self, ref: Ref, *, kind: str = "core:endpoint", key: str = "", site: str = "", **where: Unpack[Where]
    ) -> str:
        """Return a fresh invocation token, for tests that send it themselves; with a place it is a frontend's."""
        found = self.state.find(ref)
        place = self._place(found, site, where) if where else None
        person = place.person if place else None
        return signed(self.state, claims_of(self.state, found, kind=kind, key=key, place=place, person=person))

    def access_token(self, ref: Ref, *, user: Who | None = None) -> str:
        """Return the access token that comes with invocations: the app's own, or somebody's."""
        person = None if user is None else self.sites.person(user)
        return self.state.tokens.give(self.state.find(ref), person).value

    def expire_tokens(self, ref: Ref) -> int:
        """End all access tokens of an installation at once, and return how many there were."""
        return self.state.tokens.end(self.state.find(ref))

    def _place(self, found: ForgeInstallation, site: str, where: Where) -> Place:
        return self.sites.place(site or found.site.name, **where)

    # Events, schedules and time.

    async def fire(self, event: str, payload: dict[str, Any] | None = None, *, site: str = JIRA) -> list[Call]:
        """Let any event of Forge happen on a site, with the members that are given."""
        here = self.sites.site(site)
        body = {"eventType": event, "timestamp": str(int(self.state.clock.now() * 1000))} | (payload or {})
        found = [one for one in self.state.installed if here in one.sites]
        return [call for one in found for call in await deliveries.tell(self.state, one, event, body)]

    async def _hear(self, event: str, place: Place, body: dict[str, Any]) -> None:
        acting = ACTING.get()
        for name, payload in happened(event, place, body):
            for one in self.state.installed:
                if place.site in one.sites:
                    is_own = one is acting
                    said = payload | {"selfGenerated": is_own}
                    await deliveries.tell(self.state, one, name, said, by_itself=is_own)

    async def run_schedule(self, ref: Ref, key: str) -> Call:
        """Call a scheduled trigger now. Raises HostError 404."""
        return await schedules.run(self.state, self.state.find(ref), key)

    async def advance(self, seconds: float) -> None:
        """Move the devhost's clock, and run what falls due on the way: retries and schedules."""
        await self.state.agenda.advance(seconds)

    async def hurry(self, seconds: float) -> None:
        """Run at once what falls due within so many seconds. The clock stays, as an add-on with its own needs it."""
        await self.state.agenda.hurry(seconds)

    def deliveries(self) -> list[Delivery]:
        """List the newest events, schedules and goodbyes, oldest first."""
        return list(self.state.sent)

    async def release(self, *, order: str = "reverse") -> list[Delivery]:
        """Send what a fault held back, one after the other."""
        held, self.state.sent.held = self.state.sent.held, []
        for one in reversed(held) if order == "reverse" else held:
            if isinstance(one, Call):
                await deliveries.send(self.state, one)
        return held

    async def settle(self) -> None:
        """Wait until nothing is under way; what is planned for later is not."""
        await self.state.shell.settle()

    # What goes wrong, and who attacks.

    def break_jwks(self, fault: str, *, seconds: float = 5, times: int | None = None) -> None:
        """Break the key server until `mend`: down, slow, error, huge, redirect, empty, missing or garbage."""
        if fault in SHARED:
            more: dict[str, Any] = {"seconds": seconds} if fault == "slow" else {}
            self.faults.put(fault, path=JWKS_PATH, times=times, **more)
            return
        known = {one: one for one in FAULTS}
        if fault not in known:
            raise bad_request(f"fault: {fault!r} is none of {', '.join((*SHARED, *FAULTS))}", field="fault")
        self.state.jwks_fault = known[fault]

    def rotate_key(self) -> str:
        """Sign with a new key from now on, and return its id; the older ones stay published."""
        return self.state.keys.rotate()

    def mend(self) -> None:
        """Mend everything; the clock stays where it is."""
        self.state.jwks_fault = None
        self.faults.clear()

    async def attack(self, key: str, ref: Ref) -> Answer:
        """Attack a remote in a way of the table. Raises HostError 400 or 404."""
        found = attacks.ATTACKS.get(key)
        if found is None:
            raise not_found(f"Attack {key}, which is none of {', '.join(attacks.ATTACKS)},")
        return await found.send(attacks.aim(self.state, self.state.find(ref)))


def _kept(given: Given) -> str:
    """Return from where a manifest can be read again; empty when only its members were given."""
    return "" if isinstance(given, dict) else str(given)
