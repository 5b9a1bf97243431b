"""Sorts what comes to Forge's few addresses: who wants it, under which name, and how the installation changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.connect.declare.addon import Addon
from app.connect.declare.declarations import EventHandler, JobHandler
from app.connect.errors import NotFound
from app.connect.hosts.atlassian.deliveries import as_taken, twin_of
from app.connect.hosts.forge.claims import details_of, read_claims
from app.connect.hosts.forge.events import TYPE, as_connect, name_of, read_event
from app.connect.hosts.forge.joining import JOIN, wants_join
from app.connect.hosts.forge.manifest.events import Triggered, triggered
from app.connect.hosts.forge.paths import EVENTS, HOST, HOURLY, LIFECYCLE_EVENTS, SCHEDULE, UNINSTALL
from app.connect.hosts.forge.settings import ForgeDetails
from app.connect.hosts.protocol import Delivery, Endpoint, Posted, Proof, Told
from app.connect.tenancy.tenant import Caller, Refreshed, Tenant, Uninstalled

PRODUCTS = ("jira", "confluence")
"""Hosts whose handlers are run by Forge, too."""
LINGER = 600.0
"""Seconds after the last word until the data goes: events lag, and what comes late must not begin anew."""
SECONDS: Mapping[str, int] = {"fiveMinute": 300, "hour": 3600, "day": 86_400, "week": 604_800}


class ForgeGates:
    """Sorts what Forge sends, by what the manifest asked it for."""

    def __init__(self, patience: float = 0.0) -> None:
        self.patience = patience
        """Seconds for which the events wait of a site that may have a tenant by Connect, which is not known yet."""
        self._triggered: Mapping[str, Triggered] | None = None

    def sort(self, endpoint: Endpoint, posted: Posted, proof: Proof, tenant: Tenant, addon: Addon) -> Told:
        """Read one request."""
        if endpoint.name == EVENTS.name:
            return self._events(posted, proof, tenant, addon)
        if endpoint.name == HOURLY.name:
            details = _heard(proof, tenant)
            return Told(_refreshed(details, tenant), _joining(details, proof, addon))
        if endpoint.name == UNINSTALL.name:
            return Told(Uninstalled(tenant.client_key, linger=LINGER))
        return Told(deliveries=(_scheduled(posted, proof, addon, self._patience(tenant, addon)),))

    def _events(self, posted: Posted, proof: Proof, tenant: Tenant, addon: Addon) -> Told:
        event = read_event(posted.document)
        name = name_of(event)
        caller = Caller(_text(event.get("atlassianId")), None, proof.caller.place)
        patience = self._patience(tenant, addon)
        deliveries = [
            (handler, Delivery(f"{handler.host}.{handler.key}:{name}", payload, actor, twin, patience))
            for handler, payload, actor, twin in _wanted(event, caller, self._handlers(event, addon))
        ]
        if event[TYPE] not in LIFECYCLE_EVENTS:
            return Told(deliveries=deliveries)
        details = _heard(proof, tenant)
        return Told(_refreshed(details, tenant), (*deliveries, *_joining(details, proof, addon)))

    def _patience(self, tenant: Tenant, addon: Addon) -> float:
        # Of a site that may come from Connect nothing runs before that is known: what a handler kept in a tenant of its
        # own could not be joined with what is there. It is asked by `installed`, which comes with the first events.
        return self.patience if wants_join(tenant.details(ForgeDetails), addon) else 0.0

    def _handlers(self, event: Mapping[str, Any], addon: Addon) -> Sequence[EventHandler]:
        if self._triggered is None:
            self._triggered = triggered(addon)
        found = self._triggered.get(event[TYPE])
        return () if found is None else found.handlers


def _wanted(
    event: Mapping[str, Any], caller: Caller, handlers: Sequence[EventHandler]
) -> Iterator[tuple[EventHandler, Any, Caller, str | None]]:
    """Yield whoever wants an event, with the event as they take it."""
    for handler in handlers:
        if handler.host == HOST:
            yield handler, dict(event), caller, None
            continue
        body = as_connect(event, handler.host, handler.event)
        read = as_taken(handler, body)
        place = read.place if read is not None else None
        yield (
            handler,
            body if read is None else read.model_dump(mode="json"),
            Caller(caller.user_id, None, place or caller.place),
            twin_of(handler, body),
        )


def _scheduled(posted: Posted, proof: Proof, addon: Addon, patience: float) -> tuple[EventHandler, Delivery]:
    """Name a run by half its interval: two in a row never share one, and what comes twice within it runs once."""
    handler = addon.events_of("forge").get(posted.asked.key or "")
    if handler is None or not handler.event.startswith(SCHEDULE):
        raise NotFound
    slot = int(float(proof.claims["iat"]) // (SECONDS[handler.event.removeprefix(SCHEDULE)] / 2))
    return handler, Delivery(f"{handler.host}.{handler.key}:{slot}", None, proof.caller, patience=patience)


def _heard(proof: Proof, tenant: Tenant) -> ForgeDetails:
    """Return what the installation is by this token, which came when it was made."""
    found = details_of(read_claims(proof.claims), tenant.details(ForgeDetails))
    return found.model_copy(update={"heard_at": float(proof.claims["iat"])})


def _refreshed(details: ForgeDetails, tenant: Tenant) -> Refreshed:
    return Refreshed(tenant.client_key, details.base_url + "/", details.display_url or tenant.web_url, details)


def _joining(details: ForgeDetails, proof: Proof, addon: Addon) -> tuple[tuple[JobHandler, Delivery], ...]:
    """Have the site asked for its Connect installation, once an hour until it has answered."""
    if not wants_join(details, addon):
        return ()
    hour = int(float(proof.claims["iat"]) // 3600)
    return ((addon.jobs["forge", JOIN], Delivery(f"{JOIN}:{hour}", None, proof.caller)),)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable() else None  # noqa: PLR2004
