"""Installations: accepted, renewed and never taken over; what is posted badly is refused and never an error."""

import pytest

from app.conformance.case import Pauses
from app.conformance.sending import JSON, Received, Sent
from app.conformance.stage import Stage
from app.connect.hosts.protocol import ProofKind
from app.connect.tenancy.tenant import TenantState

BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"\xff\xfe",
    b"[" * 20_000,
    b'{"client_key": "\\u0000", "event": [], "item": 1, "data": null}',
    b'{"client_key": {"a": 1}, "oauthId": 7, "clientKey": [], "secret": 1e999}',
    b'{"a": "' + b"x" * 2_000_000 + b'"}',
)


@pytest.mark.asyncio
class Installing:
    """How a tenant comes into being, and that it stays whose it is."""

    async def test_install_makes_a_tenant(self, stage: Stage) -> None:
        guest = await stage.install()
        tenant = await stage.tenant(guest)
        assert tenant is not None
        assert (tenant.state, tenant.generation) == (TenantState.INSTALLED, 1)
        assert stage.ran == [("installed", guest.client_key)]
        assert tenant.origin.count("/") == 2, "an origin is scheme and host"
        assert tenant.details(stage.application.hosts[stage.case.name].details)

    async def test_stranger_does_not_take_a_tenant_over(self, stage: Stage) -> None:
        guest = await stage.install()
        takeovers = stage.case.takeovers(guest)
        assert takeovers, "give the case at least one takeover"
        before = await stage.installations()
        for takeover in takeovers:
            answer = await stage.send(takeover)
            assert answer.status in (400, 401, 403, 409), answer.body
            assert await stage.installations() == before
        assert (await stage.enter(guest)).status == 200

    async def test_many_installs_at_once_make_one_tenant(self, stage: Stage) -> None:
        guest = await stage.case.guest()
        answers = await stage.together([stage.case.install(guest)] * 4)
        assert 204 in {one.status for one in answers}
        assert max(one.status for one in answers) < 500
        assert len((await stage.rows())["tenants"]) == 1

    async def test_bad_bodies_are_refused_and_never_an_error(self, stage: Stage) -> None:
        guest = await stage.install()
        before = await stage.installations()
        wrong = {}
        for path, sent in _posted(stage).items():
            for body in BODIES:
                answer = await stage.send(stage.case.endpoint(guest, sent.with_body(body)))
                if not 400 <= answer.status < 500 or not _has_one_shape(answer):
                    wrong[path, body[:40]] = answer.status
        assert not wrong
        assert await stage.installations() == before

    async def test_bad_events_are_refused_and_never_an_error(self, stage: Stage) -> None:
        guest = await stage.install()
        event = stage.case.event(guest, 1)
        wrong = {}
        for body in BODIES:
            sent = event.with_body(body)
            answer = await stage.send(stage.case.carry(sent, stage.case.sign(guest, sent, ProofKind.EVENT)))
            if not 400 <= answer.status < 500 or not _has_one_shape(answer):
                wrong[body[:40]] = answer.status
        await stage.settle()
        assert not wrong
        assert stage.heard == []

    async def test_body_of_another_type_is_refused(self, stage: Stage) -> None:
        guest = await stage.install()
        event = stage.case.event(guest, 1)
        plain = Sent("POST", event.target, ((b"content-type", b"text/plain"),), event.body)
        carried = stage.case.carry(plain, stage.case.sign(guest, plain, ProofKind.EVENT))
        assert (await stage.send(carried)).status == 415


@pytest.mark.asyncio
class Renewing:
    """A host installs anew what it has installed: what was before that is over."""

    async def test_second_install_raises_the_generation_of_the_same_tenant(self, stage: Stage) -> None:
        guest = await stage.install()
        before, page = await stage.tenant(guest), await stage.page_token(guest)
        assert (await stage.send(stage.case.renew(guest))).status == 204
        after = await stage.tenant(guest)
        assert before is not None
        assert after is not None
        assert (after.id, after.generation) == (before.id, before.generation + 1)
        assert (await stage.enter(guest)).status == 200
        old = stage.module.with_header("authorization", f"JWT {page}")
        assert (await stage.send(old)).status == 401

    async def test_delivery_before_a_renewal_runs_after_it(self, stage: Stage) -> None:
        guest = await stage.install()
        assert (await stage.deliver(guest, 1)).status == 204
        await stage.send(stage.case.renew(guest))
        await stage.settle()
        assert stage.heard == [(guest.client_key, "event 1")]


@pytest.mark.asyncio
class Pausing:
    """For a `Pauses` case: what is paused is not served, nothing is lost, and a stranger pauses nobody."""

    async def test_paused_tenant_is_not_served_until_it_is_resumed(self, stage: Stage) -> None:
        guest = await stage.install()
        assert (await stage.enter(guest)).status == 200
        assert (await stage.send(_pauses(stage).suspend(guest))).status == 204
        assert (await stage.enter(guest)).status == 401
        assert (await stage.deliver(guest, 1)).status == 401
        assert (await stage.send(_pauses(stage).resume(guest))).status == 204
        assert (await stage.enter(guest)).status == 200

    async def test_what_waits_runs_after_the_pause(self, stage: Stage) -> None:
        guest = await stage.install()
        assert (await stage.deliver(guest, 1)).status == 204
        await stage.send(_pauses(stage).suspend(guest))
        await stage.settle()
        assert stage.heard == []
        await stage.send(_pauses(stage).resume(guest))
        await stage.settle()
        assert stage.heard == [(guest.client_key, "event 1")]

    async def test_stranger_pauses_nobody(self, stage: Stage) -> None:
        guest = await stage.install()
        for forged in _pauses(stage).forged_pauses(guest):
            assert (await stage.send(forged)).status in (401, 404)
        assert (await stage.enter(guest)).status == 200


def _posted(stage: Stage) -> dict[str, Sent]:
    """Return a request to each endpoint that takes a body."""
    name = stage.case.name
    endpoints = stage.application.hosts[name].dialect.endpoints(stage.application.addon)
    return {
        one.path: Sent(one.method, f"/{name}/{one.path}".replace("{", "").replace("}", ""), JSON)
        for one in endpoints
        if one.has_body
    }


def _has_one_shape(answer: Received) -> bool:
    return set(answer.json()) == {"error"} and {"code", "message"} <= set(answer.json()["error"])


def _pauses(stage: Stage) -> Pauses:
    assert isinstance(stage.case, Pauses)
    return stage.case
