"""Plays the attacker at one remote: what anybody could send to the endpoint of its events (reference 14, row 2)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from devhost.dialects.atlassian.place import Place
from devhost.dialects.forge import forging
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.claims import ISSUER, claims_of, signed
from devhost.dialects.forge.events import happened
from devhost.dialects.forge.forging import OTHER_APP, within, without
from devhost.dialects.forge.invoking import request_of
from devhost.dialects.forge.state import ForgeState
from devhost.errors import bad_request
from devhost.wire.outbound import Answer, Ask

# Ids of keys that nobody has, and how many are tried at a time.
UNKNOWN_KEYS = 1000
_AT_ONCE = 20
_HUGE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The remote that is attacked: a genuine request to it, and the claims of its token."""

    state: ForgeState
    installation: ForgeInstallation
    ask: Ask
    claims: dict[str, Any]

    async def send(self, token: str | None, purpose: str) -> Answer:
        """Send the request with another token, or with none."""
        headers = without(self.ask.headers, "authorization")
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return await self.state.outbound.send(replace(self.ask, headers=headers, purpose=f"attack: {purpose}"))


Send = Callable[[Target], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: what it is called, what it does, and how."""

    key: str
    title: str
    sentence: str
    send: Send


def aim(state: ForgeState, installation: ForgeInstallation) -> Target:
    """Write a genuine request to the endpoint of the first trigger. Raises HostError 400 where there is none."""
    for one in installation.app.manifest.triggers:
        if one.endpoint and installation.app.manifest.remote(installation.endpoint(one.endpoint).remote):
            body = _body(state, installation, one.names)
            ask = request_of(state, installation, installation.endpoint(one.endpoint), body, purpose="attack")
            return Target(state=state, installation=installation, ask=ask, claims=ask.claims or {})
    raise bad_request("The app has no trigger with an endpoint that could be attacked")


def _body(state: ForgeState, installation: ForgeInstallation, names: list[str]) -> dict[str, Any]:
    name = next((one for one in names if not one.startswith("avi:forge:")), names[0])
    said = {"timestamp": int(state.clock.now() * 1000)}
    issue = next(iter(installation.site.tracker), None)
    return happened(name, Place(site=installation.site, issue=issue), said)[0][1]


def _claiming(key: str, title: str, sentence: str, change: Callable[[Target], dict[str, Any]]) -> Attack:
    """Make an attack by a token that the platform signed, which says something else."""

    async def send(target: Target) -> Answer:
        return await target.send(signed(target.state, change(target)), key)

    return Attack(key, title, sentence, send)


def _forging(key: str, title: str, sentence: str, make: Callable[[Target], str | None]) -> Attack:
    """Make an attack by a token that somebody else made."""

    async def send(target: Target) -> Answer:
        return await target.send(make(target), key)

    return Attack(key, title, sentence, send)


def _frontend(target: Target) -> dict[str, Any]:
    """Return the claims of a token that the browser of anybody who looks at a page of the site has."""
    site = target.installation.site
    place = Place(site=site, person=target.state.shell.person("Guest"), issue=next(iter(site.tracker), None))
    return claims_of(
        target.state, target.installation, kind="jira:issuePanel", key="panel", place=place, person=place.person
    )


async def _in_query(target: Target) -> Answer:
    token = signed(target.state, target.claims)
    asked = replace(target.ask, headers=without(target.ask.headers, "authorization"))
    return await target.state.outbound.send(
        replace(asked, url=f"{asked.url}?jwt={token}&access_token={token}", purpose="attack: in-query")
    )


async def _flood(target: Target) -> Answer:
    """Send tokens with ids of keys that nobody has, and return the answer to the last one."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one() -> Answer:
        async with gate:
            token = forging.by_stranger(target.claims, f"unknown-{secrets.token_hex(8)}")
            return await target.send(token, "unknown-kids")

    answers = await asyncio.gather(*(one() for _ in range(UNKNOWN_KEYS)))
    taken = [answer for answer in answers if answer.ok]
    return taken[0] if taken else answers[-1]


ATTACKS = {
    one.key: one
    for one in (
        _forging("no-token", "No token", "An event without any token.", lambda _: None),
        _forging(
            "no-algorithm", "alg: none", "A token without a signature.", lambda t: forging.unsigned(t.state, t.claims)
        ),
        _forging(
            "hs256-modulus",
            "HS256 with the modulus",
            "Signed with the number that the key server publishes, as if it were a secret.",
            lambda t: forging.hs256(t.state, t.claims, forging.modulus(t.state)),
        ),
        _forging(
            "hs256-pem",
            "HS256 with the PEM",
            "Signed with the public key in its other form.",
            lambda t: forging.hs256(t.state, t.claims, forging.pem(t.state)),
        ),
        _forging(
            "hs256-jwk",
            "HS256 with the JWK",
            "Signed with the whole entry of the key server.",
            lambda t: forging.hs256(t.state, t.claims, forging.jwk(t.state)),
        ),
        _forging(
            "unknown-kid",
            "Unknown kid",
            "Signed with a key that the key server does not have.",
            lambda t: forging.by_stranger(t.claims, f"unknown-{secrets.token_hex(8)}"),
        ),
        _forging(
            "wrong-key",
            "Another key",
            "The kid of the platform, and the signature of somebody else.",
            lambda t: forging.by_stranger(t.claims, t.state.keys.current[0]),
        ),
        _forging(
            "own-key",
            "A key in the header",
            "The header names the attacker's key and where it is (jwk, jku).",
            lambda t: forging.with_own_key(t.state, t.claims),
        ),
        _forging(
            "tampered",
            "Changed claims",
            "Claims that were changed after the platform signed them.",
            lambda t: forging.tampered(t.state, t.claims),
        ),
        _claiming(
            "issuer",
            "Another issuer",
            "Signed by the platform, and no invocation token.",
            lambda t: t.claims | {"iss": f"{ISSUER}/x"},
        ),
        _claiming(
            "other-app",
            "Another app's token",
            "The platform signed it for an app of somebody else.",
            lambda t: within(t.claims, id=OTHER_APP) | {"aud": OTHER_APP},
        ),
        _claiming(
            "audience",
            "Another audience",
            "Its aud is another app, its app.id is yours.",
            lambda t: t.claims | {"aud": OTHER_APP},
        ),
        _claiming(
            "app-id",
            "app.id at odds",
            "Its aud is yours, its app.id is another app.",
            lambda t: within(t.claims, id=OTHER_APP),
        ),
        _claiming(
            "audience-list",
            "Audience as a list",
            "Your app beside another one in a list.",
            lambda t: t.claims | {"aud": [t.claims["aud"], OTHER_APP]},
        ),
        _claiming(
            "audience-prefix",
            "Audience cut short",
            "An app whose id is the beginning of yours.",
            lambda t: within(t.claims, id=t.claims["aud"][:-2]) | {"aud": t.claims["aud"][:-2]},
        ),
        _claiming(
            "environment",
            "Another environment",
            "Of your app in another environment: refused where FORGE_ENVIRONMENTS does not name it.",
            lambda t: forging.other_environment(t.claims),
        ),
        _claiming(
            "expired",
            "Expired",
            "It ended an hour ago.",
            lambda t: (
                t.claims | {"iat": t.claims["iat"] - 3700, "nbf": t.claims["nbf"] - 3700, "exp": t.claims["exp"] - 3700}
            ),
        ),
        _claiming(
            "not-yet",
            "nbf in the future",
            "It begins in an hour.",
            lambda t: t.claims | {"nbf": t.claims["nbf"] + 3600, "exp": t.claims["exp"] + 3700},
        ),
        _claiming("no-exp", "Without exp", "It would never end.", lambda t: without(t.claims, "exp")),
        _claiming("no-jti", "Without jti", "It has no id.", lambda t: without(t.claims, "jti")),
        _claiming(
            "installation",
            "No installation",
            "Its app.installationId is no ARI of an installation.",
            lambda t: within(t.claims, installationId="../../1"),
        ),
        _claiming(
            "isolated",
            "Isolated Cloud of the attacker",
            "Its icLabel would make an address of the attacker's key server.",
            lambda t: t.claims | {"icLabel": "a.evil.com/"},
        ),
        _claiming(
            "foreign-api",
            "Foreign apiBaseUrl",
            "Signed, and its apiBaseUrl is no address of the platform: what is sent there, the attacker gets.",
            lambda t: _elsewhere(t.claims),
        ),
        _claiming(
            "frontend-token",
            "A frontend's token",
            "Everybody who may open a page has one in the browser; here it brings an event.",
            _frontend,
        ),
        Attack("in-query", "Token in the query", "A good token in the address, where logs keep it.", _in_query),
        _claiming(
            "huge", "Huge token", "A signed token of 20 KB and more.", lambda t: t.claims | {"padding": "x" * _HUGE}
        ),
        Attack(
            "unknown-kids",
            "A thousand unknown kids",
            "Each names a key that nobody has; the key server must not be asked for each.",
            _flood,
        ),
    )
}


def _elsewhere(claims: dict[str, Any]) -> dict[str, Any]:
    """Return claims whose addresses of the API begin like the platform's and are not."""

    def moved(url: str) -> str:
        return url.replace("://", "://api.attacker.example/", 1)

    app = claims["app"]
    contexts = [one | {"apiBaseUrl": moved(one["apiBaseUrl"])} for one in app["installation"]["contexts"]]
    return within(
        claims, apiBaseUrl=moved(app["apiBaseUrl"]), installation=app["installation"] | {"contexts": contexts}
    )
