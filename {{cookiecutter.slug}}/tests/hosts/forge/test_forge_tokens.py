"""Forge Invocation Tokens: what holds, and every way in which one must not (reference 5 and 14)."""

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.conformance import Sent
from tests.hosts.atlassian.product import encode, rsa_key, segment
from tests.hosts.forge.cloud import APP, ENDPOINT, OTHER_APP, PANEL, Cloud, Site, jwk
from tests.hosts.forge.stage import ForgeStage, issue_event

pytestmark = pytest.mark.one_database

TIMES = ("iat", "nbf", "exp")
CLAIMS: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "somebody"},
    "without issuer": {"iss": None},
    "of another app": {"aud": OTHER_APP, "app": {"id": OTHER_APP}},
    "whose audience is a list": {"aud": ["ari:cloud:ecosystem::app/11111111-1111-4111-8111-111111111111"]},
    "whose audience is a list of two": {"aud": [APP, OTHER_APP]},
    "whose audience is a prefix": {"aud": "ari:cloud:ecosystem::app/11111111-1111-4111-8111"},
    "whose audience goes on": {"aud": "ari:cloud:ecosystem::app/11111111-1111-4111-8111-111111111111/x"},
    "without audience": {"aud": None},
    "whose app is another than its audience": {"app": {"id": OTHER_APP}},
    "of an environment that is not served": {"app": {"environment": {"type": "DEVELOPMENT", "id": "x"}}},
    "of another environment that is not served": {"app": {"environment": {"type": "STAGING", "id": "x"}}},
    "of an environment in small letters": {"app": {"environment": {"type": "production", "id": "x"}}},
    "of no environment": {"app": {"environment": None}},
    "expired": {"iat": -100, "exp": -70},
    "without exp": {"exp": None},
    "of the future": {"nbf": 100},
    "issued in the future": {"iat": 100, "exp": 125},
    "without nbf": {"nbf": None},
    "without jti": {"jti": None},
    "that lives for a day": {"exp": 86_400},
    "with a label of another host": {"icLabel": "a.evil.com/"},
    "with a label where none is served": {"icLabel": "isolated-1"},
    "with a label that is a number": {"icLabel": 7},
    "of no installation": {"app": {"installationId": None}},
    "whose installation is malformed": {"app": {"installationId": "ari:cloud:ecosystem::installation/../x"}},
    "whose API is elsewhere": {"app": {"apiBaseUrl": "https://api.evil.example/ex/jira/1"}},
    "whose API only begins well": {"app": {"apiBaseUrl": "https://api.atlassian.com.evil.example/ex/jira/1"}},
    "whose API is by http": {"app": {"apiBaseUrl": "http://api.atlassian.com/ex/jira/1"}},
    "whose API has a user": {"app": {"apiBaseUrl": "https://api.atlassian.com@evil.example/ex/jira/1"}},
    "whose API has another path": {"app": {"apiBaseUrl": "https://api.atlassian.com/ex/jira/1/../../x"}},
    "whose further API is elsewhere": {
        "app": {"installation": {"contexts": [{"name": "jira", "apiBaseUrl": "https://evil.example"}]}}
    },
    "for another endpoint": {"app": {"module": {"type": ENDPOINT, "key": "forge-hourly"}}},
    "for a module that people see": {"app": {"module": {"type": "jira:issuePanel", "key": "forge-events"}}},
    "for no module": {"app": {"module": None}},
}
EVENTS = (ENDPOINT, "forge-events")


def forged(cloud: Cloud, site: Site) -> dict[str, str]:
    """Return tokens that nobody at Atlassian signed."""
    claims = cloud.claims(site, EVENTS)
    good = cloud.token(site, EVENTS)
    head, payload, signature = good.split(".")
    known = json.dumps(jwk("forge", "key-1")).encode()
    own = segment({"alg": "RS256", "kid": "key-9", "jwk": jwk("stranger", "key-9")})
    made = {
        "of a stranger's key": cloud.token(site, EVENTS, key="stranger"),
        "of an unknown key id": cloud.token(site, EVENTS, kid="key-9"),
        "whose key id is a path": cloud.token(site, EVENTS, kid="../key-1 "),
        "without signature": f"{head}.{payload}.",
        "without algorithm": f"{segment({'alg': 'none', 'kid': 'key-1'})}.{payload}.",
        "altered": f"{head}.{segment(claims | {'principal': 'admin'})}.{signature}",
        "of another algorithm": f"{segment({'alg': 'RS512', 'kid': 'key-1'})}.{payload}.{signature}",
        "without key id": f"{segment({'alg': 'RS256'})}.{payload}.{signature}",
        "with its own key": f"{own}.{payload}.{signature}",
        "too long": cloud.token(site, EVENTS, padding="x" * 20_000),
        "no token": "x",
    }
    public = rsa_key("forge").public_key()
    modulus = jwk("forge", "key-1")["n"].encode()
    secrets = {
        "the key set": known,
        "the modulus": modulus,
        "the modulus in bytes": urlsafe_b64decode(modulus + b"=="),
        "the key in PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "the key in DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "nothing": b"",
    }
    for name, secret in secrets.items():
        text = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': 'key-1'})}.{payload}"
        made[f"by HMAC with {name}"] = f"{text}.{encode(hmac.digest(secret, text.encode(), 'sha256'))}"
    return made


FORGED = sorted(forged(Cloud(), Site()))


class TestGoodToken:
    async def test_brings_an_event_a_call_and_a_schedule(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        run = Sent.post("/forge/schedules/refresh", {})
        token = forge.cloud.token(site, (ENDPOINT, "forge-every-refresh"))
        answers = [
            await forge.send(forge.cloud.event(site, issue_event())),
            await forge.send(forge.cloud.call(site, "double", {"count": 2})),
            await forge.send(forge.cloud.signed(run, token)),
            await forge.send(forge.cloud.hourly(site)),
        ]
        assert [one.status for one in answers] == [204, 200, 204, 204]
        assert answers[1].json() == {"doubled": 4, "user": "account-of-somebody", "place": "TP-1"}

    async def test_is_long_where_its_context_is(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        sent = forge.cloud.call(site, "double", {"count": 1}, padding="x" * 8_000)
        assert (await forge.send(sent)).status == 200

    async def test_is_logged_by_its_trace_and_not_by_itself(
        self, forge: ForgeStage, caplog: pytest.LogCaptureFixture
    ) -> None:
        from app.connect.logging import trace_id  # noqa: PLC0415

        site = forge.cloud.new_site()
        with caplog.at_level("DEBUG"):
            sent = forge.cloud.event(site, issue_event())
            await forge.send(sent)
        assert trace_id.get() == "463ac35c9f6413ad"
        token = dict(sent.headers)[b"authorization"].decode().removeprefix("Bearer ")
        assert token not in caplog.text


class TestBadToken:
    @pytest.mark.parametrize("name", CLAIMS)
    async def test_whose_claims_do_not_fit_is_401(self, forge: ForgeStage, name: str) -> None:
        site = forge.cloud.new_site()
        production = forge.start(environments="PRODUCTION")
        # Times are written as seconds from now, which is when the test runs.
        now = int(time.time())
        wrong = {one: now + value if one in TIMES and value else value for one, value in CLAIMS[name].items()}
        answer = await forge.send(forge.cloud.event(site, issue_event(), **wrong), production)
        assert (answer.status, answer.headers["content-type"]) == (401, "application/json")
        assert await forge.tenant(site) is None

    @pytest.mark.parametrize("name", FORGED)
    async def test_that_nobody_signed_is_401(self, forge: ForgeStage, name: str) -> None:
        site = forge.cloud.new_site()
        sent = forge.cloud.signed(Sent.post("/forge/events", issue_event()), forged(forge.cloud, site)[name])
        answer = await forge.send(sent)
        assert (answer.status, answer.headers["content-type"]) == (401, "application/json")
        assert await forge.tenant(site) is None

    async def test_of_an_event_opens_no_call_and_the_other_way_round(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        call = Sent.post("/forge/call/double", {"count": 1})
        for endpoint in ("forge-events", "forge-hourly", "forge-uninstall", "forge-every-refresh"):
            sent = forge.cloud.signed(call, forge.cloud.token(site, (ENDPOINT, endpoint)))
            assert (await forge.send(sent)).status == 401
        for gate in ("events", "hourly", "uninstall", "schedules/refresh"):
            sent = forge.cloud.signed(Sent.post(f"/forge/{gate}", {}), forge.cloud.token(site, PANEL))
            assert (await forge.send(sent)).status == 401

    async def test_is_none_two_or_in_the_query(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        token = forge.cloud.token(site, EVENTS)
        plain = Sent.post("/forge/events", issue_event())
        twice = forge.cloud.signed(plain, token)
        twice = Sent(twice.method, twice.target, (*twice.headers, (b"authorization", b"JWT x")), twice.body)
        assert (await forge.send(twice)).status == 400
        for sent in (plain, plain.with_query(f"jwt={token}"), plain.with_header("authorization", f"JWT {token}")):
            assert (await forge.send(sent)).status == 401

    async def test_of_the_staging_cloud_is_401(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        app = {"apiBaseUrl": f"https://api.stg.atlassian.com/ex/jira/{site.cloud_id}"}
        assert (await forge.send(forge.cloud.event(site, issue_event(), app=app))).status == 401


class TestRefusal:
    async def test_of_an_author_is_403_and_json(self, forge: ForgeStage) -> None:
        answer = await forge.send(forge.cloud.call(forge.cloud.new_site(), "denied"))
        assert (answer.status, answer.error()["code"]) == (403, "not_allowed")

    async def test_of_a_body_that_does_not_fit_is_json_and_not_401(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        answers = [
            await forge.send(forge.cloud.call(site, "double", {"count": "many"})),
            await forge.send(forge.cloud.call(site, "double").with_body(b"{")),
            await forge.send(forge.cloud.event(site, issue_event()).with_body(b"[]")),
            await forge.send(forge.cloud.event(site, {"eventType": 7})),
            await forge.send(forge.cloud.call(site, "nothing")),
        ]
        assert [one.status for one in answers] == [422, 400, 400, 400, 404]
        assert {one.headers["content-type"] for one in answers} == {"application/json"}

    async def test_of_a_mistake_in_a_resolver_is_500_with_json(self, forge: ForgeStage) -> None:
        answer = await forge.send(forge.cloud.call(forge.cloud.new_site(), "broken"))
        assert (answer.status, answer.error()["code"]) == (500, "internal_error")

    async def test_of_a_slow_database_is_no_401(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        await forge.application.database.dispose()
        answers = await asyncio.gather(*(forge.send(forge.cloud.event(site, issue_event(n))) for n in range(3)))
        assert {one.status for one in answers} == {204}
