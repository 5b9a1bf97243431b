"""Fetches an add-on's descriptor, from a web address or from inside a data: URI."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from devhost.dialects.hipchat.descriptor import Descriptor, read_descriptor
from devhost.dialects.hipchat.matching import check_pattern
from devhost.errors import InstallRefused
from devhost.wire.body import strict_json
from devhost.wire.outbound import Ask
from devhost.world.state import World


async def fetch_descriptor(world: World, url: str) -> Descriptor:
    """Fetch and check a descriptor. Raises InstallRefused with what is wrong and where."""
    raw = _from_data(url, world.settings.descriptor_limit) if url.startswith("data:") else await _get(world, url)
    try:
        data: Any = strict_json(raw)
    except ValueError as error:
        raise InstallRefused(
            f"The descriptor is not JSON: {error}", body=raw[:2000].decode("utf-8", "replace")
        ) from error
    descriptor = read_descriptor(data, url=url)
    for number, hook in enumerate(descriptor.capabilities.webhook):
        reason = check_pattern(hook.pattern) if hook.pattern is not None else ""
        if reason:
            raise InstallRefused(f"capabilities.webhook[{number}].pattern: {reason}")
    return descriptor


def _from_data(url: str, limit: int) -> bytes:
    head, comma, text = url.partition(",")
    if not comma:
        raise InstallRefused("The data: URI has no comma and so no content")
    raw = unquote_to_bytes(text)
    if head.endswith(";base64"):
        try:
            raw = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InstallRefused("The data: URI is not base64") from error
    if len(raw) > limit:
        raise InstallRefused(f"The descriptor is larger than {limit} bytes")
    return raw


async def _get(world: World, url: str) -> bytes:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InstallRefused(
            "The descriptor URL must be an absolute http or https address, such as "
            "http://127.0.0.1:8000/hipchat/capabilities.json, or a data: URI"
        )
    answer = await world.outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose="descriptor",
            timeout=world.settings.callback_timeout,
            headers={"accept": "application/json"},
            limit=world.settings.descriptor_limit,
        )
    )
    if answer.error or answer.status != 200:  # noqa: PLR2004
        hint = " (redirects are not followed)" if answer.status and 300 <= answer.status < 400 else ""  # noqa: PLR2004
        raise InstallRefused(
            f"The descriptor {url} cannot be fetched: {answer.told()}{hint}",
            status=answer.status,
            body=answer.text,
        )
    return answer.body
