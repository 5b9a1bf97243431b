"""The host's own capabilities document and the schema of add-on descriptors."""

from typing import Any

from fastapi import APIRouter

from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.dialects.hipchat.scopes import SCOPES, described
from devhost.dialects.hipchat.world import HipChatWorld, WorldDep, capabilities_url

router = APIRouter(prefix="/v2")


def capabilities_document(world: HipChatWorld) -> dict[str, Any]:
    """Write the document; every address in it begins with the host's base URL."""
    base = world.base_url
    return {
        "key": "hipchat",
        "name": "HipChat",
        "description": "A host on this machine for the development of add-ons",
        "vendor": {"name": "Devhost", "url": base},
        "connect_server_api_version": 1,
        "links": {
            "self": capabilities_url(world.base_url),
            "api": f"{base}/v2",
            "homepage": base,
            "subdomain": base,
        },
        "capabilities": {
            "oauth2Provider": {
                "authorizationUrl": f"{base}/users/authorize",
                "tokenUrl": f"{base}/v2/oauth/token",
            },
            "hipchatApiProvider": {
                "url": f"{base}/v2/",
                "availableScopes": {scope: described(scope) for scope in SCOPES},
            },
        },
    }


@router.get("/capabilities")
async def get_capabilities(world: WorldDep) -> dict[str, Any]:
    """Return where the host's endpoints are."""
    return capabilities_document(world)


@router.get("/capabilities/addon/schema")
async def get_schema() -> dict[str, Any]:
    """Return the JSON schema of an add-on's descriptor."""
    return Descriptor.model_json_schema()
