"""Fetches an add-on's descriptor, from a web address or from inside a data: URI."""

import base64
import binascii
from urllib.parse import unquote_to_bytes, urlsplit

from devhost.errors import InstallRefused
from devhost.settings import HostSettings
from devhost.wire.body import strict_json
from devhost.wire.outbound import Ask, Outbound
from devhost.world.jsonvalue import Json


async def fetch_document(outbound: Outbound, settings: HostSettings, url: str) -> Json:
    """Return the JSON at an address. Raises InstallRefused."""
    inside = url.startswith("data:")
    raw = _from_data(url, settings.descriptor_limit) if inside else await _get(outbound, settings, url)
    try:
        return strict_json(raw)
    except ValueError as error:
        raise InstallRefused(
            f"The descriptor is not JSON: {error}", body=raw[:2000].decode("utf-8", "replace")
        ) from error


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


async def _get(outbound: Outbound, settings: HostSettings, url: str) -> bytes:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InstallRefused(
            "The descriptor URL must be an absolute http or https address, such as "
            "http://127.0.0.1:8000/descriptor.json, or a data: URI"
        )
    answer = await outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose="descriptor",
            timeout=settings.callback_timeout,
            headers={"accept": "application/json"},
            limit=settings.descriptor_limit,
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
