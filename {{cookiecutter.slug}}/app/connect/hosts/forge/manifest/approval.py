"""How a committed manifest differs from the one made now, and what of that customers must approve (reference 11).

A major version is installed by nobody but who approves it; a minor one reaches everybody by itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.connect.hosts.forge.manifest.yaml_text import read_yaml
from app.connect.hosts.kept import Differences

Read = Mapping[str, Any]
KEYED = "key"


def compare(committed: bytes, made: Read) -> Differences:
    """Compare; comments and the order of keys do not count."""
    before = read_yaml(committed)
    return Differences(tuple(_lines(before, made, "")), tuple(_approvals(before, made)))


def _lines(before: Any, after: Any, where: str) -> Iterator[str]:
    """Name each place that differs, once, as deep as it can be named."""
    before, after = _by_key(before), _by_key(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*after, *(name for name in before if name not in after)]:
            inner = f"{where}.{name}" if where else str(name)
            if name not in before:
                yield f"{inner}: is missing in the file"
            elif name not in after:
                yield f"{inner}: is in the file, and nothing asks for it any more"
            else:
                yield from _lines(before[name], after[name], inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from (f"{where}: {_said(one)} is missing in the file" for one in after if one not in before)
        yield from (
            f"{where}: {_said(one)} is in the file, and nothing asks for it" for one in before if one not in after
        )
        if sorted(map(str, before)) == sorted(map(str, after)) and before != after:
            yield f"{where}: is in another order"
    elif before != after or type(before) is not type(after):
        yield f"{where}: is {_said(before)} in the file and {_said(after)} now"


def _by_key(value: Any) -> Any:
    """Turn a list of things with keys into a mapping, so that a moved one is the same one."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and KEYED in one for one in value):
        return {one[KEYED]: {name: member for name, member in one.items() if name != KEYED} for one in value}
    return value


def _said(value: Any) -> str:
    text = str(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - one line of a terminal


def _approvals(before: Read, after: Read) -> Iterator[str]:
    """List what makes a major version: more than was approved, or the same from elsewhere. Less never does."""
    for scope in _scopes(after) - _scopes(before):
        yield f'The scope "{scope}" is new.'
    for scope in _impersonated(after) - _impersonated(before):
        yield f'The scope "{scope}" is used in the name of people who are away.'
    yield from _of_remotes(_keyed(before.get("remotes")), _keyed(after.get("remotes")))
    yield from _of_endpoints(before, after)
    old, new = (_leaves(one.get("permissions", {}).get("external", {})) for one in (before, after))
    yield from (f"What the app reaches grows: {place} {what}." for place, what in sorted(new - old))
    if after.get("services") and not before.get("services"):
        yield "The app runs in containers for the first time."


def _of_remotes(before: Mapping[str, Read], after: Mapping[str, Read]) -> Iterator[str]:
    for key, remote in after.items():
        if key not in before:
            yield f'The remote "{key}" is new.'
            continue
        old, new = (_addresses(one) for one in (before[key], remote))
        for region, url in new.items():
            if region not in old:
                yield f'The remote "{key}" has an address for another region, {region}.'
            elif old[region] != url:
                which = "" if region == "default" else f" of {region}"
                yield f'The address{which} of the remote "{key}" changes from {old[region]} to {url}.'
        if _in_scope(remote) and not _in_scope(before[key]):
            yield f'The remote "{key}" now stores data that must stay in its region.'
        if "configurable" in remote and "configurable" not in before[key]:
            yield f'The remote "{key}" is now run by the customer.'


def _of_endpoints(before: Read, after: Read) -> Iterator[str]:
    old, new = (_keyed(one.get("modules", {}).get("endpoint")) for one in (before, after))
    for key, endpoint in new.items():
        if key not in old:
            yield f'The endpoint "{key}" is new.'
        elif old[key] != endpoint:
            yield f'The endpoint "{key}" changes.'


def _scopes(manifest: Read) -> set[str]:
    return {*(manifest.get("permissions") or {}).get("scopes", ())}


def _impersonated(manifest: Read) -> set[str]:
    scopes = (manifest.get("permissions") or {}).get("scopes", ())
    if not isinstance(scopes, Mapping):
        return set()
    return {name for name, options in scopes.items() if (options or {}).get("allowImpersonation")}


def _keyed(listed: Any) -> dict[str, Read]:
    return {one[KEYED]: one for one in listed or () if isinstance(one, Mapping) and KEYED in one}


def _addresses(remote: Read) -> Mapping[str, str]:
    url = remote.get("baseUrl", {})
    return url if isinstance(url, Mapping) else {"default": url}


def _in_scope(remote: Read) -> bool:
    # Without operations a remote counts as storing the data of end users.
    return bool((remote.get("storage") or {}).get("inScopeEUD")) or "operations" not in remote


def _leaves(value: Any, where: str = "") -> set[tuple[str, str]]:
    match value:
        case Mapping():
            return {leaf for name, one in value.items() for leaf in _leaves(one, f"{where}.{name}" if where else name)}
        case list():
            return {(where, str(one)) for one in value}
    return {(where, str(value))}
