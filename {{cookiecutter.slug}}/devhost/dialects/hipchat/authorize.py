"""The page on which a user lets an add-on act for them, and the codes that follow from it."""

from collections.abc import Iterable

from devhost.dialects.hipchat.addresses import with_query
from devhost.dialects.hipchat.installation import HipChatInstallation
from devhost.dialects.hipchat.oauth import USER_SCOPES
from devhost.dialects.hipchat.world import HipChatWorld
from devhost.errors import bad_request, not_found
from devhost.world.people import Person
from devhost.world.sessions import Code

CODE_SECONDS = 300


def check_authorization(
    world: HipChatWorld, *, client_id: str, redirect_uri: str, scope: str, response_type: str
) -> tuple[HipChatInstallation, frozenset[str]]:
    """Check what an add-on asks a user for. Raises HostError 404 or 400: addresses must be listed."""
    installation = world.installations.get(client_id)
    if installation is None or not installation.alive:
        raise not_found(f"OAuth client {client_id}")
    consumer = installation.descriptor.capabilities.oauth2_consumer
    listed = consumer.redirection_urls if consumer else []
    if redirect_uri not in listed:
        raise bad_request(
            "redirect_uri: not listed in capabilities.oauth2Consumer.redirectionUrls of the descriptor",
            field="redirect_uri",
        )
    if response_type != "code":
        raise bad_request("response_type: only `code` is known", field="response_type")
    declared = frozenset(installation.descriptor.scopes)
    scopes = frozenset(scope.split()) or declared & USER_SCOPES
    if not scopes <= declared:
        outside = ", ".join(sorted(scopes - declared))
        raise bad_request(f"scope: {outside} was not asked for in the descriptor", field="scope")
    return installation, scopes


def grant(
    world: HipChatWorld,
    installation: HipChatInstallation,
    person: Person,
    *,
    scopes: Iterable[str],
    redirect_uri: str,
    state: str = "",
) -> str:
    """Return the address to which a user's browser goes after their yes: the add-on's, with a code."""
    code = world.sessions.add_code(
        Code(
            client_id=installation.client_id,
            person_id=person.id,
            scopes=frozenset(scopes),
            redirect_uri=redirect_uri,
            expires=world.clock.now() + CODE_SECONDS,
        )
    )
    query = {"code": code}
    if state:
        query["state"] = state
    return with_query(redirect_uri, query)


def denied(redirect_uri: str, state: str = "") -> str:
    """Return the address to which a user's browser goes after their no."""
    query = {"error": "access_denied"}
    if state:
        query["state"] = state
    return with_query(redirect_uri, query)
