"""Deliveries: named, run once each, and answered at the host; pages: framed by named origins alone."""

from urllib.parse import urlsplit

import pytest

from app.conformance.case import Listens
from app.conformance.sending import Sent
from app.conformance.stage import Stage
from app.connect.declare.addon import route_path
from app.connect.hosts.protocol import ProofKind


@pytest.mark.asyncio
class Delivering:
    """Events."""

    async def test_same_delivery_twice_runs_once(self, stage: Stage) -> None:
        guest = await stage.install()
        again = stage.signed_event(guest, 1)
        answers = [await stage.send(again), await stage.send(again), await stage.deliver(guest, 1)]
        await stage.settle()
        assert [one.status for one in answers] == [204, 204, 204]
        assert stage.heard == [(guest.client_key, "event 1")]

    async def test_many_at_once_run_once(self, stage: Stage) -> None:
        guest = await stage.install()
        answers = await stage.together([stage.signed_event(guest, 1)] * 5)
        await stage.settle()
        assert {one.status for one in answers} == {204}
        assert stage.heard == [(guest.client_key, "event 1")]

    async def test_other_deliveries_and_other_tenants_run_too(self, stage: Stage) -> None:
        one, other = await stage.install(), await stage.install()
        for guest, number in ((one, 1), (one, 2), (other, 1)):
            assert (await stage.deliver(guest, number)).status == 204
        await stage.settle()
        assert sorted(stage.heard) == sorted(
            [(one.client_key, "event 1"), (one.client_key, "event 2"), (other.client_key, "event 1")]
        )

    async def test_result_that_cannot_be_sent_is_a_type_error(self, stage: Stage) -> None:
        deliveries = stage.application.hosts[stage.case.name].deliveries
        with pytest.raises(TypeError, match=r"returns .*not object"):
            deliveries.answer(object())
        assert deliveries.answer(None) is None


@pytest.mark.asyncio
class Replying:
    """For a `Listens` case."""

    async def test_what_a_handler_returns_is_said_at_its_host_once(self, stage: Stage) -> None:
        assert isinstance(stage.case, Listens)
        guest, other = await stage.install(), await stage.install()
        await stage.deliver(guest, 7)
        await stage.settle()
        await stage.settle()
        assert list(stage.case.replies(guest)) == ["heard event 7"]
        assert list(stage.case.replies(other)) == []


@pytest.mark.asyncio
class Framing:
    """Pages."""

    async def test_only_named_origins_frame_a_page(self, stage: Stage) -> None:
        guest = await stage.install()
        settings = Sent("GET", route_path(stage.case.name, "settings"))
        for sent in (stage.module, settings):
            answer = await stage.enter(guest, sent=sent)
            policy = dict(
                one.strip().partition(" ")[::2] for one in answer.headers["content-security-policy"].split(";")
            )
            framed_by = set(policy["frame-ancestors"].split())
            if answer.status == 200:
                assert framed_by == set(stage.case.frame_origins(guest))
            for origin in framed_by - {"'none'"}:
                place = urlsplit(origin)
                assert place.scheme in {"http", "https"}
                assert place.hostname
                assert "*" not in origin
                assert place.path in {"", "/"}

    async def test_page_is_not_kept_by_browsers(self, stage: Stage) -> None:
        guest = await stage.install()
        answer = await stage.enter(guest)
        assert "no-store" in answer.headers["cache-control"].split(", ")
        assert "set-cookie" not in answer.headers

    async def test_refusal_is_framed_by_nobody_and_names_no_tenant(self, stage: Stage) -> None:
        guest = await stage.install()
        token = stage.case.sign(guest, stage.module, ProofKind.EVENT, exp=1)
        answer = await stage.send(stage.case.carry(stage.module, token))
        assert answer.status == 401
        assert guest.client_key.encode() not in answer.body
