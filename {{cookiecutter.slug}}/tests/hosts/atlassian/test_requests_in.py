"""Tokens of a site over HTTP: bound to one request, or to none and then for their own routes alone (matrix 6, 8, 9)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.conformance import Guest, Hear, Sent, Stage
from app.connect.declare.router import Router
from app.connect.hosts.atlassian import JiraCallback, JiraCtx, JiraRouter
from app.connect.hosts.atlassian.inbound import AtlassianInbound
from app.connect.hosts.protocol import Asked, ProofKind
from app.connect.keys.jwt import TokenRefused
from tests.hosts.atlassian.attacks import case_of
from tests.hosts.atlassian.product import LITERAL, hash_of, hs256
from tests.hosts.atlassian_case import JiraCase
from tests.support.clock import ago

pytestmark = pytest.mark.one_database

CALLBACK = Sent("GET", "/pages/who")
SIGNED = Sent("GET", "/pages/signed")
PLACE = {"jira": {"issue": {"id": 10_001, "key": "TP-1"}, "project": {"id": "10000", "key": "TP"}}}


class PagesCase(JiraCase):
    """Jira, and an add-on with a route for scripts and one for the host."""

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        jira = JiraRouter()

        @jira.route(CALLBACK.target, methods=["GET", "POST"])
        async def who(ctx: JiraCallback) -> dict[str, str | None]:
            return {"user": ctx.caller.user_id, "place": ctx.caller.place}

        @jira.route(SIGNED.target, methods=["GET"])
        async def for_the_host(ctx: JiraCtx) -> dict[str, str | None]:
            return {"user": ctx.caller.user_id, "place": ctx.caller.place}

        return (*super().routers(hear), jira)


def in_header(sent: Sent, token: str) -> Sent:
    return sent.with_header("authorization", f"JWT {token}")


def context_token(stage: Stage, guest: Guest, **claims: Any) -> str:
    sent = replace(CALLBACK, method="GET")
    return case_of(stage).sign(guest, sent, ProofKind.CONTEXT, context=PLACE, **claims)


class TestContextToken:
    make_case = PagesCase

    async def test_opens_a_route_for_scripts(self, stage: Stage) -> None:
        guest = await stage.install()
        token = context_token(stage, guest, sub="somebody")
        for method in ("GET", "POST"):
            answer = await stage.send(in_header(replace(CALLBACK, method=method), token))
            assert (answer.status, answer.json()) == (200, {"user": "somebody", "place": "TP-1"})

    async def test_opens_no_other_kind_of_route(self, stage: Stage) -> None:
        guest = await stage.install()
        case, token = case_of(stage), context_token(stage, guest)
        before = await stage.installations()
        routes = {
            "module": stage.module,
            "settings": Sent("GET", "/jira/settings"),
            "page token": Sent("POST", "/jira/page-token"),
            "route of the host": SIGNED,
            "event": case.event(guest, 1),
            **{
                name: case.posted(name, case.site(guest))
                for name in ("installed", "uninstalled", "enabled", "disabled")
            },
        }
        for name, sent in routes.items():
            for carried in (in_header(sent, token), sent.with_query(f"jwt={token}")):
                assert (await stage.send(carried)).status == 401, name
        assert await stage.installations() == before
        await stage.settle()
        assert stage.heard == []

    async def test_opens_no_other_kind_of_route_once_it_is_remembered(self, stage: Stage) -> None:
        guest = await stage.install()
        token = context_token(stage, guest)
        assert (await stage.send(in_header(CALLBACK, token))).status == 200
        for sent in (stage.module, SIGNED, replace(CALLBACK, target=SIGNED.target)):
            assert (await stage.send(in_header(sent, token))).status == 401

    async def test_is_not_taken_from_the_query(self, stage: Stage) -> None:
        guest = await stage.install()
        token = context_token(stage, guest)
        assert (await stage.send(CALLBACK.with_query(f"jwt={token}"))).status == 401
        assert (await stage.send(in_header(CALLBACK.with_query(f"jwt={token}"), token))).status == 401

    async def test_of_the_host_opens_no_route_for_scripts(self, stage: Stage) -> None:
        guest = await stage.install()
        token = case_of(stage).sign(guest, CALLBACK, ProofKind.ENTRY)
        assert (await stage.send(in_header(SIGNED, case_of(stage).sign(guest, SIGNED, ProofKind.ENTRY)))).status == 200
        assert (await stage.send(in_header(CALLBACK, token))).status == 401

    async def test_of_another_secret_or_time_opens_nothing(self, stage: Stage) -> None:
        guest, other = await stage.install(), await stage.install()
        tokens = [
            context_token(stage, Guest(guest.client_key, other.secret)),
            context_token(stage, guest, exp=ago(60), iat=ago(120)),
            context_token(stage, guest, qsh="context"),
            context_token(stage, guest, qsh=None),
        ]
        assert [(await stage.send(in_header(CALLBACK, one))).status for one in tokens] == [401] * 4

    async def test_of_nobody_names_nobody(self, stage: Stage) -> None:
        guest = await stage.install()
        answer = await stage.send(in_header(CALLBACK, context_token(stage, guest, sub=None)))
        assert answer.json() == {"user": None, "place": "TP-1"}


class TestEntry:
    make_case = JiraCase

    @pytest.mark.parametrize(
        ("signed", "asked", "status"),
        [
            ("a=1&b=2", "a=1&b=2", 200),
            ("a=1&b=2", "b=2&a=1", 200),
            ("a=x+y", "a=x%20y", 200),
            ("a=1&a=2", "a=2&a=1", 200),
            ("a=%c3%a9", "a=%C3%A9", 200),
            ("flag", "flag=", 200),
            ("a=1", "a=1&", 200),
            ("a=1", "a=2", 401),
            ("a=1", "a=1&b=2", 401),
            ("a=1&b=2", "a=1", 401),
            ("a=1", "A=1", 401),
            ("a=1", "a=1&JWT=x", 401),
            ("a=1", "a=1;b=2", 401),
            ("a=x+y", "a=x%2By", 401),
            ("", "", 200),
        ],
        ids=range(15),
    )
    async def test_holds_for_its_parameters_in_any_form(
        self, stage: Stage, signed: str, asked: str, status: int
    ) -> None:
        guest = await stage.install()
        token = case_of(stage).sign(guest, stage.module.with_query(signed), ProofKind.ENTRY)
        for _ in range(2):
            answer = await stage.send(stage.module.with_query(asked).with_query(f"jwt={token}"))
            assert answer.status == status

    async def test_may_say_its_token_twice_alike(self, stage: Stage) -> None:
        guest = await stage.install()
        token = case_of(stage).sign(guest, stage.module, ProofKind.ENTRY)
        assert (await stage.send(in_header(stage.module.with_query(f"jwt={token}"), token))).status == 200

    async def test_is_refused_with_two_tokens_in_one_query(self, stage: Stage) -> None:
        guest = await stage.install()
        one, other = (case_of(stage).sign(guest, stage.module, ProofKind.ENTRY, user=user) for user in "ab")
        assert (await stage.send(stage.module.with_query(f"jwt={one}&jwt={other}"))).status == 401

    @pytest.mark.parametrize(
        "claims",
        [
            {"qsh": None},
            {"qsh": ""},
            {"qsh": LITERAL},
            {"qsh": 7},
            {"qsh": "\u00e9" * 64},
            {"sub": ""},
            {"sub": "x" * 129},
            {"sub": "a\nb"},
            {"sub": 7},
            {"iss": "nobody"},
        ],
        ids=range(10),
    )
    async def test_is_refused_with_wrong_claims(self, stage: Stage, claims: dict[str, Any]) -> None:
        guest = await stage.install()
        token = case_of(stage).sign(guest, stage.module, ProofKind.ENTRY, **claims)
        assert (await stage.send(stage.module.with_query(f"jwt={token}"))).status == 401

    async def test_is_refused_when_it_has_expired(self, stage: Stage) -> None:
        guest = await stage.install()
        token = case_of(stage).sign(guest, stage.module, ProofKind.ENTRY, exp=ago(120), iat=ago(300))
        assert (await stage.send(stage.module.with_query(f"jwt={token}"))).status == 401

    async def test_of_an_uninstalled_or_unknown_site_is_refused(self, stage: Stage) -> None:
        guest, unknown = await stage.install(), await stage.case.guest()
        await stage.send(case_of(stage).uninstall(guest))
        assert [(await stage.enter(one)).status for one in (guest, unknown)] == [401, 401]

    async def test_takes_its_token_from_nowhere_else(self, stage: Stage) -> None:
        guest = await stage.install()
        token = case_of(stage).sign(guest, stage.module, ProofKind.ENTRY)
        for sent in (
            stage.module.with_query(f"JWT={token}"),
            stage.module.with_query(f"acpt={token}"),
            stage.module.with_query(f"signed_request={token}"),
            stage.module.with_header("authorization", f"Bearer {token}"),
            stage.module.with_header("cookie", f"jwt={token}"),
        ):
            assert (await stage.send(sent)).status == 401


class TestProxy:
    """What a proxy strips, decodes or renames: the hash comes from the base URL and the raw path (matrix 16)."""

    def _holds(self, base_url: str, asked_path: str, hashed_path: str, query: str = "a=1") -> bool:
        inbound = AtlassianInbound(base_url)
        asked = Asked("GET", asked_path.encode(), query.encode(), ((b"host", b"elsewhere"),), ProofKind.ENTRY, "panel")
        try:
            inbound.require_bound({"qsh": hash_of("GET", f"{hashed_path}?{query}")}, asked)
        except TokenRefused:
            return False
        return True

    @pytest.mark.parametrize("base_url", ["https://x.example/acme", "https://x.example/acme/"])
    def test_may_strip_the_prefix_or_leave_it(self, base_url: str) -> None:
        assert self._holds(base_url, "/acme/jira/panel/report", "/jira/panel/report")
        assert self._holds(base_url, "/jira/panel/report", "/jira/panel/report")
        assert not self._holds(base_url, "/acmeco/jira/panel/report", "/jira/panel/report")
        assert not self._holds(base_url, "/jira/panel/report", "/acme/jira/panel/report")

    def test_may_not_have_decoded_what_the_host_signed(self) -> None:
        assert self._holds("https://x.example", "/jira/page/a%2Fb", "/jira/page/a%2Fb")
        assert self._holds("https://x.example", "/jira/page/a%20b", "/jira/page/a b")
        assert not self._holds("https://x.example", "/jira/page/a/b", "/jira/page/a%2Fb")

    def test_is_not_asked_for_its_host(self) -> None:
        assert self._holds("https://x.example", "/jira/panel/report", "/jira/panel/report")


def test_token_of_a_form_that_nobody_signs_is_refused() -> None:
    inbound = AtlassianInbound("https://x.example")
    asked = Asked("GET", b"/", b"jwt=" + hs256({"sub": "1"}, "s" * 40).encode(), (), ProofKind.ENTRY, "panel")
    found = inbound.find(asked)
    assert found is not None
    with pytest.raises(TokenRefused):
        inbound.read(found)
