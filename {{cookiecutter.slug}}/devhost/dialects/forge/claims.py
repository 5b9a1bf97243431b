"""What an invocation token says, and how it is signed (reference 5)."""

import uuid
from typing import Any

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.keys import sign_rs256
from devhost.dialects.atlassian.place import Place, kind_id
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.state import ForgeState
from devhost.world.people import Person

ISSUER = "forge/invocation-token"


def claims_of(
    state: ForgeState,
    installation: ForgeInstallation,
    *,
    kind: str,
    key: str,
    place: Place | None = None,
    person: Person | None = None,
) -> dict[str, Any]:
    """Say what a token says of a call by the module `key` of type `kind`; a frontend's is made at a `place`."""
    app, now = installation.app, state.now()
    site = place.site if place else installation.site
    said: dict[str, Any] = {
        "app": {
            "id": app.id,
            "installationId": installation.id,
            "apiBaseUrl": state.api_url(site),
            "installation": {
                "id": installation.id,
                "contexts": [
                    {"name": one.product, "apiBaseUrl": state.api_url(one), "cloudId": one.cloud_id}
                    for one in installation.sites
                ],
            },
            "appVersion": app.version,
            "environment": {"type": app.environment, "id": app.environment_id},
            "module": {"type": kind, "key": key},
        },
        "iss": ISSUER,
        "aud": app.id,
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now + state.knobs.token_seconds),
        "jti": uuid.uuid4().hex,
    }
    if installation.license is not None:
        said["app"]["license"] = installation.license
    if place is not None:
        said["context"] = context_of(installation, place, kind=kind, key=key)
    if person is not None:
        said["principal"] = account_id(person)
    return said


def context_of(installation: ForgeInstallation, place: Place, *, kind: str, key: str) -> dict[str, Any]:
    """Say where a frontend is: what its own script may ask for, too."""
    extension: dict[str, Any] = {"type": kind}
    project = place.issue.project if place.issue else place.project
    if place.issue:
        extension["issue"] = {
            "id": str(place.issue.id),
            "key": place.issue.key,
            "type": place.issue.kind,
            "typeId": kind_id(place.issue.kind),
        }
        extension |= {"isNewToIssue": False, "location": f"{place.site.base_url}/browse/{place.issue.key}"}
    if project:
        extension["project"] = {"id": str(project.id), "key": project.key, "type": "software"}
    if place.content:
        extension["content"] = {"id": str(place.content.id), "type": place.content.type}
    space = place.content.space if place.content else place.space
    if space:
        extension["space"] = {"id": str(space.id), "key": space.key}
    return {
        "cloudId": place.site.cloud_id,
        "siteUrl": place.site.base_url,
        "localId": f"ari:cloud:ecosystem::extension/{installation.app.number}/{key}",
        "moduleKey": key,
        "extension": extension,
    }


def signed(state: ForgeState, claims: dict[str, Any]) -> str:
    """Sign claims as the platform does."""
    key_id, key = state.keys.current
    return sign_rs256(claims, key, key_id)


def site_ari(installation: ForgeInstallation) -> str:
    """Return the ARI of the site on which an app was installed."""
    return f"ari:cloud:{installation.site.product}::site/{installation.site.cloud_id}"
