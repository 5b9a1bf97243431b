"""Proofs: what holds opens exactly the routes of its kind, and whatever does not hold is one and the same 401."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from app.conformance.case import Guest, SignsLifecycle
from app.conformance.sending import Received, Sent, all_alike
from app.conformance.stage import Stage
from app.connect.declare.addon import route_path
from app.connect.hosts.protocol import ProofKind

STRANGER = "a stranger's secret, as long as it must be to be one"
MALFORMED = ("", "x", "a.b", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "\u00e9\u00ff.\u00e9.\u00e9", "a" * 9000)


@pytest.mark.asyncio
class Proving:
    """What a token of the host opens."""

    async def test_good_token_opens_its_route(self, stage: Stage) -> None:
        guest = await stage.install()
        assert (await stage.enter(guest)).status == 200
        assert (await stage.deliver(guest, 1)).status in (200, 204)

    async def test_no_token_is_401(self, stage: Stage) -> None:
        guest = await stage.install()
        answers = [await stage.send(stage.module), await stage.send(stage.case.event(guest, 1))]
        assert [one.status for one in answers] == [401, 401]

    async def test_every_broken_token_is_the_same_401(self, stage: Stage) -> None:
        guest = await stage.install()
        for kind, sent in ((ProofKind.ENTRY, stage.module), (ProofKind.EVENT, stage.case.event(guest, 1))):
            broken = {name: await stage.send(one) for name, one in _broken(stage, guest, sent, kind).items()}
            token = stage.case.sign(guest, sent, kind, sub=["1"])
            broken["subject is a list"] = await stage.send(stage.case.carry(sent, token))
            wrong = {name: one.status for name, one in broken.items() if one.status != 401}
            assert not wrong
            assert all_alike([await stage.send(sent), *broken.values()])
        await stage.settle()
        assert stage.heard == []

    async def test_two_tokens_are_refused_though_both_hold(self, stage: Stage) -> None:
        guest = await stage.install()
        one, other = (stage.case.sign(guest, stage.module, ProofKind.ENTRY, user=user) for user in ("1", "2"))
        carried = stage.case.carry(stage.module, one)
        twice = stage.case.carry_elsewhere(carried, other)
        if twice is None:
            assert (await stage.send(stage.case.carry(carried, other))).status in (400, 401)
        else:
            assert (await stage.send(twice)).status == 401

    async def test_kinds_that_tokens_say_open_no_other_kind_of_route(self, stage: Stage) -> None:
        guest = await stage.install()
        routes = {ProofKind.ENTRY: stage.module, ProofKind.EVENT: stage.case.event(guest, 1)}
        for said, asked in permutations(stage.case.told_apart, 2):
            if asked in routes:
                token = stage.case.sign(guest, routes[asked], said)
                answer = await stage.send(stage.case.carry(routes[asked], token))
                assert answer.status == 401, f"a token of the kind {said} opened a route of the kind {asked}"
        await stage.settle()
        assert stage.heard == []

    async def test_hosts_token_is_no_page_token(self, stage: Stage) -> None:
        guest = await stage.install()
        renewal = Sent("POST", route_path(stage.case.name, "page-token"))
        for kind in (ProofKind.ENTRY, ProofKind.CONTEXT, ProofKind.EVENT):
            carried = stage.case.carry(renewal, stage.case.sign(guest, renewal, kind))
            assert (await stage.send(carried)).status == 401

    async def test_tokens_of_two_tenants_do_not_mix(self, stage: Stage) -> None:
        one, other = await stage.install(), await stage.install()
        swapped = Guest(one.client_key, other.secret)
        assert (await stage.enter(swapped)).status == 401
        foreign = stage.case.event(one, 1)
        token = stage.case.sign(other, foreign, ProofKind.EVENT)
        answer = await stage.send(stage.case.carry(foreign, token))
        await stage.settle()
        if stage.case.events_name_their_installation:
            assert answer.status in (400, 401)
            assert stage.heard == []
        else:
            # It says nothing of whose it is, so it is whose token it has.
            assert {client_key for client_key, _ in stage.heard} == {other.client_key}

    async def test_stranger_is_answered_like_a_bad_signature(self, stage: Stage) -> None:
        guest, unknown = await stage.install(), await stage.case.guest()
        answers = [await stage.enter(Guest(guest.client_key, STRANGER)), await stage.enter(Guest("nobody", STRANGER))]
        answers.append(await stage.enter(replace(unknown, secret=STRANGER)))
        assert {one.status for one in answers} == {401}
        assert all_alike(answers)

    async def test_hostile_requests_are_refused_and_never_an_error(self, stage: Stage) -> None:
        guest = await stage.install()
        token = stage.case.sign(guest, stage.module, ProofKind.ENTRY)
        tried: list[Received] = [
            await stage.send(stage.module.with_header("authorization", text))
            for text in ("", " ", "JWT", "Bearer", "Basic eA==", "JWT " + token[:-4], "\x80\xff", "JWT " * 500)
        ]
        tried += [
            await stage.send(replace(stage.module, target=stage.module.target + tail))
            for tail in ("?" + "&" * 300, "?%", "?%00=%ff", "?=&=", "?\xff", "/%2e%2e", "/" * 50)
        ]
        assert {one.status for one in tried} <= {400, 401, 404, 414, 431}


@pytest.mark.asyncio
class Paging:
    """What the token of a page opens."""

    async def test_page_token_opens_its_page_and_no_event(self, stage: Stage) -> None:
        guest = await stage.install()
        token = await stage.page_token(guest)
        renewal = Sent("POST", route_path(stage.case.name, "page-token"))
        assert (await stage.send(_by_page(renewal, token))).status == 200
        assert (await stage.send(_by_page(stage.module, token))).status == 200
        assert (await stage.send(_by_page(stage.case.event(guest, 1), token))).status == 401

    async def test_page_token_of_a_module_does_not_save_settings(self, stage: Stage) -> None:
        guest = await stage.install()
        token = await stage.page_token(guest)
        saving = Sent(
            "POST",
            route_path(stage.case.name, "settings"),
            ((b"content-type", b"application/x-www-form-urlencoded"),),
            b"word=taken",
        )
        assert (await stage.send(_by_page(saving, token))).status == 401


def _by_page(sent: Sent, token: str) -> Sent:
    return sent.with_header("authorization", f"JWT {token}")


def _broken(stage: Stage, guest: Guest, sent: Sent, kind: ProofKind) -> dict[str, Sent]:
    """Return requests whose token is broken in one way each."""
    case, now = stage.case, int(time.time())
    good = case.sign(guest, sent, kind)
    head, payload, signature = good.split(".")
    changes: dict[str, dict[str, Any]] = {
        "expired": {"iat": now - 7200, "exp": now - 3600},
        "of the future": {"iat": now + 3600, "exp": now + 3700},
        "too long": {"iat": now, "exp": now + 10 * 365 * 24 * 3600},
        "not valid yet": {"nbf": now + 3600},
        "without exp": {"exp": None},
        "without iat": {"iat": None},
        "exp is text": {"exp": "tomorrow"},
        "exp is NaN": {"exp": float("nan")},
    }
    tokens = {name: case.sign(guest, sent, kind, **claims) for name, claims in changes.items()}
    tokens |= {
        "of a stranger": case.sign(Guest(guest.client_key, STRANGER), sent, kind),
        "altered": f"{head}.{_altered(payload)}.{signature}",
        "unsigned": f"{head}.{payload}.",
        "without algorithm": f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "of another algorithm": f"{_segment({'alg': 'HS512', 'typ': 'JWT'})}.{payload}.{signature}",
        "with an extension": f"{_segment({'alg': 'HS256', 'crit': ['x']})}.{payload}.{signature}",
        "of another signature": f"{head}.{payload}.{signature[::-1]}",
        "too large": case.sign(guest, sent, kind, padding="x" * 5000),
        **{f"malformed {number}": text for number, text in enumerate(MALFORMED)},
    }
    broken = {name: case.carry(sent, token) for name, token in tokens.items()}
    twice = case.carry_elsewhere(case.carry(sent, good), case.sign(guest, sent, kind, user="424242"))
    return broken if twice is None else broken | {"two different": twice}


def _segment(document: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _altered(payload: str) -> str:
    """Change one claim and leave the signature."""
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return _segment(claims | {"sub": "somebody else"})


@pytest.mark.asyncio
class SignedLifecycle:
    """For a `SignsLifecycle` case: endpoints believe tokens of their own kind alone."""

    async def test_signed_renewal_is_taken(self, stage: Stage) -> None:
        guest = await stage.install()
        sent = _renewal(stage, guest)
        token = stage.case.sign(guest, sent, ProofKind.LIFECYCLE)
        assert (await stage.send(stage.case.carry(sent, token))).status == 204

    async def test_no_other_kind_and_no_broken_token_changes_an_installation(self, stage: Stage) -> None:
        guest = await stage.install()
        sent, before = _renewal(stage, guest), await stage.installations()
        tried = {"unsigned": sent, **_broken(stage, guest, sent, ProofKind.LIFECYCLE)}
        for kind in (ProofKind.ENTRY, ProofKind.CONTEXT, ProofKind.EVENT):
            tried[kind.value] = stage.case.carry(sent, stage.case.sign(guest, sent, kind))
        answers = {name: await stage.send(one) for name, one in tried.items()}
        assert {name: one.status for name, one in answers.items() if one.status != 401} == {}
        assert all_alike(list(answers.values()))
        assert await stage.installations() == before

    async def test_lifecycle_token_shows_no_module_and_brings_no_event(self, stage: Stage) -> None:
        guest = await stage.install()
        for sent in (stage.module, stage.case.event(guest, 1)):
            token = stage.case.sign(guest, sent, ProofKind.LIFECYCLE)
            assert (await stage.send(stage.case.carry(sent, token))).status == 401


def _renewal(stage: Stage, guest: Guest) -> Sent:
    assert isinstance(stage.case, SignsLifecycle)
    return stage.case.unsigned_renewal(guest)


@pytest.mark.asyncio
class Binding:
    """For a `Binds` case: a token holds for one method, path and query."""

    async def test_token_of_one_query_does_not_open_another(self, stage: Stage) -> None:
        guest = await stage.install()
        asked, other = stage.module.with_query("a=1"), stage.module.with_query("a=2")
        token = stage.case.sign(guest, asked, ProofKind.ENTRY)
        assert (await stage.send(stage.case.carry(other, token))).status == 401
        assert (await stage.send(stage.case.carry(stage.module, token))).status == 401
        assert (await stage.send(stage.case.carry(asked, token))).status == 200

    async def test_remembered_token_does_not_open_another_query_or_path(self, stage: Stage) -> None:
        guest = await stage.install()
        asked = stage.module.with_query("a=1")
        token = stage.case.sign(guest, asked, ProofKind.ENTRY)
        assert (await stage.send(stage.case.carry(asked, token))).status == 200
        settings = Sent("GET", route_path(stage.case.name, "settings"))
        for other in (stage.module, stage.module.with_query("a=2"), settings.with_query("a=1")):
            assert (await stage.send(stage.case.carry(other, token))).status == 401
        assert (await stage.send(stage.case.carry(asked, token))).status == 200

    async def test_token_of_one_method_does_not_open_another(self, stage: Stage) -> None:
        guest = await stage.install()
        event = stage.case.event(guest, 1)
        token = stage.case.sign(guest, replace(event, method="GET"), ProofKind.EVENT)
        assert (await stage.send(stage.case.carry(event, token))).status == 401
