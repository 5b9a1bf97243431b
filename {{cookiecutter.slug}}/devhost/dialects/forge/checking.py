"""Checks a manifest: its members, and what is wrong although each is well formed: references, keys, limits."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from devhost.dialects.forge.manifest import Endpoint, Manifest
from devhost.errors import InstallRefused
from devhost.wire.body import explain
from devhost.world.jsonvalue import Json

_TOP = {
    "app",
    "modules",
    "connectModules",
    "permissions",
    "resources",
    "remotes",
    "providers",
    "environment",
    "translations",
    "services",
    "overrides",
}
_SCHEDULES = 5
_TRIGGERED = ("trigger", "scheduledTrigger", "preUninstall")


def read_manifest(document: Json) -> Manifest:
    """Check a manifest. Raises InstallRefused, which names every member that is wrong."""
    try:
        manifest = Manifest.model_validate(document)
        # These are read when they are needed, and checked with the rest.
        _ = manifest.endpoints, manifest.triggers, manifest.schedules, manifest.farewells
    except ValidationError as error:
        told = "; ".join(f"{path or 'the document'}: {message}" for path, message, _ in explain(error, document))
        raise InstallRefused(f"The manifest is wrong: {told}") from error
    wrong = _faults(document, manifest)
    if wrong:
        raise InstallRefused(f"The manifest is wrong: {'; '.join(wrong)}")
    return manifest


def _faults(document: Any, manifest: Manifest) -> list[str]:
    return [
        *(f"{name}: no member of a manifest; take it out" for name in sorted(document.keys() - _TOP)),
        *_keys(manifest),
        *_remotes(manifest),
        *_endpoints(manifest),
        *_tokens(manifest),
        *_connect(manifest),
    ]


def _modules(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    for kinds in (manifest.modules, manifest.connect_modules):
        for kind, listed in kinds.items():
            yield from ((kind, one) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))


def _keys(manifest: Manifest) -> Iterator[str]:
    for start, kinds in (("modules", manifest.modules), ("connectModules", manifest.connect_modules)):
        for kind, listed in kinds.items():
            if not isinstance(listed, list):
                yield f"{start}.{kind}: a list is needed"
            elif any(not isinstance(one, dict) or not one.get("key") for one in listed):
                yield f"{start}.{kind}: each module needs a key"
    counts = Counter(str(one.get("key")) for _, one in _modules(manifest))
    yield from (f"modules: the key {key!r} is there {many} times" for key, many in counts.items() if many > 1)
    if len(manifest.schedules) > _SCHEDULES:
        yield f"modules.scheduledTrigger: {_SCHEDULES} at most"


def _remotes(manifest: Manifest) -> Iterator[str]:
    for one in manifest.remotes:
        parts = urlsplit(one.url)
        # The platform takes https alone; this host reaches remotes on the same machine.
        if parts.scheme not in ("http", "https") or not parts.hostname:
            yield f"remotes.{one.key}.baseUrl: an absolute address is needed, and a default where it is by region"


def _endpoints(manifest: Manifest) -> Iterator[str]:
    endpoints = manifest.endpoints
    for one in endpoints.values():
        if one.remote and manifest.remote(one.remote) is None:
            yield f"modules.endpoint.{one.key}.remote: there is no remote {one.remote!r}"
        if not one.remote and not one.service:
            yield f"modules.endpoint.{one.key}: a remote or a service is needed"
    for kind, module in _modules(manifest):
        resolver = module.get("resolver")
        names = {module.get("endpoint"), resolver.get("endpoint") if isinstance(resolver, dict) else None}
        for name in sorted(str(each) for each in names if each is not None):
            where = f"modules.{kind}.{module.get('key')}"
            if name not in endpoints:
                yield f"{where}: there is no endpoint {name!r}"
            elif kind in _TRIGGERED:
                yield from (f"{where}: {fault}" for fault in _triggered(endpoints[name]))
        if kind in _TRIGGERED and not (module.get("endpoint") or module.get("function")):
            yield f"modules.{kind}.{module.get('key')}: an endpoint is needed"


def _triggered(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.route is None and not endpoint.service:
        yield f"the endpoint {endpoint.key!r} needs route.path"
    if endpoint.auth.user.enabled:
        yield f"the endpoint {endpoint.key!r} enables appUserToken, which no trigger has"


def _tokens(manifest: Manifest) -> Iterator[str]:
    for one in manifest.endpoints.values():
        if (one.auth.user.enabled or one.auth.system.enabled) and not manifest.gives_tokens:
            named = ", ".join(sorted(manifest.scopes)) or "none"
            yield f"modules.endpoint.{one.key}.auth: a token needs one scope besides {named}"


def _connect(manifest: Manifest) -> Iterator[str]:
    connect = manifest.app.connect
    if manifest.connect_modules and connect is None:
        yield "app.connect: key and remote are needed with connectModules"
    elif manifest.connect_modules and connect is not None and manifest.remote(connect.remote) is None:
        yield f"app.connect.remote: there is no remote {connect.remote!r}"
