"""What can be broken, and what an add-on meets then."""

from contextlib import suppress
from typing import Any

import httpx
import pytest

from devhost.acts.faults import FAULTS
from devhost.errors import DroppedConnection
from devhost.testing import Devhost
from devhost.wire.signing import read_claims
from devhost.world.broken import Forgery
from devhost.world.installations import Installation
from tests.devhost.foreign import DESCRIPTOR_URL, ORIGIN, ForeignAddon, descriptor, verify


class TestBrokenAnswers:
    async def test_down_and_dropped_connections_are_network_errors(
        self, devhost: Devhost, api: httpx.AsyncClient
    ) -> None:
        devhost.host.faults.down(times=1)
        with pytest.raises(httpx.ReadError):
            await api.post("/v2/room/1/notification", json={"message": "lost"})
        devhost.host.faults.drop(times=1)
        with pytest.raises(DroppedConnection):
            await api.post("/v2/room/1/notification", json={"message": "done"})
        assert devhost.said(devhost.lobby) == ["done"]
        assert (await api.get("/v2/room/1")).status_code == 200

    async def test_error_is_answered_and_nothing_done(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        devhost.host.faults.error(503, times=1)
        answer = await api.post("/v2/room/1/notification", json={"message": "x"})
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == 503
        assert devhost.said(devhost.lobby) == []

    async def test_truncated_json_ends_in_the_middle(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        devhost.host.faults.truncate(times=1)
        answer = await api.get("/v2/room/1")
        assert answer.status_code == 200
        assert len(answer.content) == int(answer.headers["content-length"])
        with pytest.raises(ValueError, match=r"."):
            answer.json()

    async def test_slow_answer_arrives(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        devhost.host.faults.slow(0.01, times=1)
        assert (await api.get("/v2/room/1")).status_code == 200

    async def test_rate_and_flood_tell_how_long_to_wait(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        now = devhost.host.world.clock.now()
        devhost.host.faults.rate_limited(30, times=1)
        rate = await api.get("/v2/room/1")
        devhost.host.faults.flooded(30, times=1)
        flood = await api.get("/v2/room/1")
        assert (rate.status_code, flood.status_code) == (429, 429)
        assert rate.headers["x-ratelimit-remaining"] == "0"
        assert flood.headers["x-floodcontrol-remaining"] == "0"
        assert now + 29 < int(rate.headers["x-ratelimit-reset"]) < now + 33

    async def test_path_narrows_a_fault(self, devhost: Devhost, api: httpx.AsyncClient) -> None:
        devhost.host.faults.error(path="/v2/user")
        assert (await api.get("/v2/room/1")).status_code == 200
        assert (await api.get("/v2/user")).status_code == 500
        devhost.host.faults.clear()
        assert (await api.get("/v2/user")).status_code == 200


class TestOneTable:
    """The page's cards, the JSON control and the test kit's methods are the same faults."""

    LASTING = sorted(key for key, fault in FAULTS.items() if fault.lasting)

    @pytest.mark.parametrize("key", LASTING)
    async def test_control_sets_each_and_the_kit_tells_it(self, devhost: Devhost, key: str) -> None:
        answer = await devhost.client.post("/_devhost/faults", json={"kind": key})
        assert answer.status_code == 200
        assert list(devhost.host.faults.active()) == [key]
        devhost.host.faults.mend()
        assert devhost.host.faults.active() == {}

    async def test_kit_has_a_method_for_each(self, devhost: Devhost) -> None:
        faults = devhost.host.faults
        faults.down()
        faults.drop()
        faults.truncate()
        faults.error()
        faults.slow(1)
        faults.rate_limited()
        faults.flooded()
        faults.expire_tokens_in(5)
        faults.skew_clock(-60)
        faults.advance(1)
        faults.duplicate()
        faults.delay(1)
        faults.hold_deliveries()
        faults.forge("expired")
        assert sorted(faults.active()) == self.LASTING

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "kind"),
            ({"kind": "gravity"}, "kind"),
            ({"kind": "release"}, "kind"),
            ({"kind": "down", "status": 500}, "status"),
            ({"kind": "error", "status": 200}, "status"),
            ({"kind": "error", "status": True}, "status"),
            ({"kind": "error", "status": 500.5}, "status"),
            ({"kind": "error", "times": 0}, "times"),
            ({"kind": "error", "path": "/static"}, "path"),
            ({"kind": "late", "seconds": -1}, "seconds"),
            ({"kind": "late", "seconds": 10**400}, "seconds"),
            ({"kind": "forgery", "forgery": "none"}, "forgery"),
        ],
    )
    async def test_control_names_what_is_wrong(self, devhost: Devhost, body: dict[str, Any], field: str) -> None:
        answer = await devhost.client.post("/_devhost/faults", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == field
        assert devhost.host.faults.active() == {}


class TestTheLogOfFaults:
    @pytest.mark.parametrize("kind", ["error", "rate", "flood", "down", "drop", "truncate"])
    async def test_broken_request_keeps_its_body(self, devhost: Devhost, api: httpx.AsyncClient, kind: str) -> None:
        devhost.host.faults.put(kind, times=1)
        with suppress(httpx.ReadError):
            await api.post("/v2/room/1/notification", json={"message": "the body"})
        entry = list(devhost.host.wire)[-1]
        assert entry.reason.startswith(("broken on purpose", "the host dropped"))
        assert entry.request_body == '{"message":"the body"}'

    async def test_answer_headers_are_kept_of_good_and_broken_answers(
        self, devhost: Devhost, api: httpx.AsyncClient
    ) -> None:
        await api.get("/v2/room/1")
        good = list(devhost.host.wire)[-1].answer_headers
        assert (good["content-type"], good["x-ratelimit-limit"]) == ("application/json", "500")
        devhost.host.faults.rate_limited(times=1)
        await api.get("/v2/room/1")
        assert list(devhost.host.wire)[-1].answer_headers["x-ratelimit-remaining"] == "0"


class TestBrokenTokens:
    async def test_new_tokens_live_as_long_as_told(self, devhost: Devhost, installed: Installation) -> None:
        devhost.host.faults.expire_tokens_in(3)
        answer = await devhost.client.post(
            "/v2/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(installed.client_id, installed.secret),
        )
        assert answer.json()["expires_in"] == 3

    async def test_skewed_clock_shows_in_claims(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        devhost.host.faults.skew_clock(-7200)
        await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1)
        claims = verify(addon.requests[-1][2]["signed_request"], installed.secret)
        assert claims["exp"] < devhost.host.world.clock.now()

    @pytest.mark.parametrize("forgery", list(Forgery))
    async def test_each_forgery_reaches_the_add_on(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation, forgery: Forgery
    ) -> None:
        await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1)
        honest = addon.requests[-1][2]["signed_request"]
        devhost.host.faults.forge(forgery)
        await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1)
        token = addon.requests[-1][2]["signed_request"]
        claims, before = read_claims(token), read_claims(honest)
        assert claims is not None
        assert before is not None
        changed = {name for name in claims.keys() | before.keys() if claims.get(name) != before.get(name)}
        wanted = {
            Forgery.EXPIRED: {"exp", "iat"},
            Forgery.MISSING_EXP: {"exp"},
            Forgery.MISSING_IAT: {"iat"},
            Forgery.FUTURE_IAT: {"exp", "iat"},
            Forgery.WRONG_PLACE: {"context"},
            Forgery.UNKNOWN_ISSUER: {"iss"},
            Forgery.TAMPERED: {"sub"},
            Forgery.PRN: {"prn", "sub"},
            Forgery.INTEGER_SUB: {"sub"},
        }.get(forgery, set())
        assert wanted <= changed <= wanted | {"jti", "iat", "exp"}
        if forgery in (
            Forgery.WRONG_KEY,
            Forgery.ALG_NONE,
            Forgery.OTHER_ALGORITHM,
            Forgery.TAMPERED,
        ):
            with pytest.raises(AssertionError):
                verify(token, installed.secret)
        else:
            assert verify(token, installed.secret) == claims

    async def test_one_page_may_be_forged_alone(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        await devhost.host.open(installed.client_id, "webPanel", "panel", room_id=1, forgery="alg_none")
        assert addon.requests[-1][2]["signed_request"].endswith(".")


class TestBrokenDeliveries:
    def hooks(self, addon: ForeignAddon) -> list[dict[str, Any]]:
        return [data for verb, path, data in addon.requests if (verb, path) == ("POST", "/hook")]

    async def test_duplicates_carry_the_same_token(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        devhost.host.faults.duplicate(3)
        (delivery,) = await devhost.host.say(1, "/hello")
        assert len(delivery.attempts) == 3
        assert len({headers["authorization"] for headers in addon.headers[-3:]}) == 1

    async def test_held_deliveries_arrive_in_reverse(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        devhost.host.faults.hold_deliveries()
        for number in range(3):
            (held,) = await devhost.host.say(1, f"/hello {number}")
            assert held.status is None
        await devhost.host.release()
        texts = [body["item"]["message"]["message"] for body in self.hooks(addon)]
        assert texts == ["/hello 2", "/hello 1", "/hello 0"]

    async def test_late_delivery_arrives(self, devhost: Devhost, addon: ForeignAddon, installed: Installation) -> None:
        devhost.host.faults.delay(0.01)
        (delivery,) = await devhost.host.say(1, "/hello")
        assert delivery.ok


class TestAttacks:
    async def test_forged_install_names_the_victim_with_another_secret(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        answer = await devhost.host.forge_install(installed.client_id)
        forged = addon.requests[-1][2]
        assert forged["oauthId"] == installed.client_id
        assert forged["oauthSecret"] != installed.secret
        assert answer.status == 403

    async def test_forged_uninstall_leaves_the_client_alive(
        self, devhost: Devhost, addon: ForeignAddon, installed: Installation
    ) -> None:
        answer = await devhost.host.forge_uninstall(installed.client_id)
        assert answer.status == 204
        assert devhost.host.installations() == [installed]

    async def test_forged_update_names_another_host(self, devhost: Devhost, addon: ForeignAddon) -> None:
        addon.descriptor = descriptor(
            installable={"callbackUrl": f"{ORIGIN}/installed", "updateCallbackUrl": f"{ORIGIN}/updated"}
        )
        one = await devhost.host.install(DESCRIPTOR_URL)
        await devhost.host.forge_update(one.client_id)
        assert "attacker" in addon.requests[-1][2]["capabilitiesUrl"]
