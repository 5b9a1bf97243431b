"""In a container: what is no proof of who calls, and a sidecar that misbehaves (reference 12)."""

import asyncio
from typing import Any

import pytest
from starlette.responses import JSONResponse

from tests.hosts.forge.cloud import API, APP, OTHER_APP
from tests.hosts.forge.sidecar import EVENTS, LIFECYCLE, SIDECAR, ContainerStage
from tests.hosts.forge.stage import issue_event

DOUBLE = {"count": 21}


class TestWhatIsNotBelieved:
    async def test_is_an_invocations_id_outside_a_container(self, container: ContainerStage) -> None:
        remote = container.start(egress_proxy_url="")
        site = container.cloud.new_site()
        for sent in (container.sidecar.call(site, "double", DOUBLE), container.sidecar.event(site, issue_event())):
            assert (await container.send(sent, remote)).status == 401
        assert container.sidecar.asked == []

    @pytest.mark.parametrize(
        "invocation",
        ["", " ", "a b", "a\r\nforge: b", "a\n", "a,as=user", "\xe9", "x" * 201, "invocation-of-nobody"],
        ids=["none", "space", "spaces", "header", "line", "fields", "accent", "long", "unknown"],
    )
    async def test_is_an_id_that_is_made_up(self, container: ContainerStage, invocation: str) -> None:
        sent = container.sidecar.call(container.cloud.new_site(), "double", DOUBLE)
        headers = tuple(one for one in sent.headers if one[0] != b"x-forge-invocation-id")
        made_up = (b"x-forge-invocation-id", invocation.encode("latin-1"))
        answer = await container.send(type(sent)(sent.method, sent.target, (*headers, made_up), sent.body))
        assert answer.status == 401
        assert container.sidecar.asked == (["invocation-of-nobody"] if invocation == "invocation-of-nobody" else [])

    async def test_is_one_of_two_ids_or_a_token_beside_one(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        sent = container.sidecar.call(site, "double", DOUBLE)
        twice = type(sent)(sent.method, sent.target, (*sent.headers, sent.headers[-1]), sent.body)
        assert sent.headers[-1][0] == b"x-forge-invocation-id"
        beside = container.cloud.signed(sent, container.cloud.token(site, ("jira:issuePanel", "report")))
        for one in (twice, beside):
            assert (await container.send(one)).status == 401

    async def test_is_a_context_of_another_app_or_environment(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        elsewhere = {"type": "PRODUCTION", "id": f"{APP}/44444444-4444-4444-8444-444444444444"}
        sent = [
            container.sidecar.call(site, "double", DOUBLE, id=OTHER_APP),
            container.sidecar.call(site, "double", DOUBLE, environment=elsewhere),
            container.sidecar.call(site, "double", DOUBLE, apiBaseUrl="https://evil.example/ex/jira/x"),
            container.sidecar.call(site, "double", DOUBLE, installationId="../x"),
        ]
        for one in sent:
            assert (await container.send(one)).status == 401
        strict = container.start(environments=("PRODUCTION",))
        staging = container.cloud.new_site(environment="STAGING")
        assert (await container.send(container.sidecar.call(staging, "double", DOUBLE), strict)).status == 401
        assert await container.tenant(site) is None

    @pytest.mark.parametrize(
        "module",
        [("jira:issuePanel", "forge-events"), ("core:webtrigger", "anybody"), ("core:trigger", "forge-events")],
        ids=["of-a-frontend", "of-a-web-trigger", "of-no-trigger-of-ours"],
    )
    async def test_is_an_event_of_what_is_no_trigger(self, container: ContainerStage, module: tuple[str, str]) -> None:
        sent = container.sidecar.event(container.cloud.new_site(), issue_event(), module)
        assert (await container.send(sent)).status == 401

    @pytest.mark.parametrize("module", [EVENTS, LIFECYCLE, ("core:webtrigger", "anybody")], ids=["e", "l", "web"])
    async def test_is_a_call_of_what_nobody_sees(self, container: ContainerStage, module: tuple[str, str]) -> None:
        site = container.cloud.new_site()
        sent = container.sidecar.call(site, "double", DOUBLE, module)
        assert (await container.send(sent)).status == 401

    async def test_is_a_stamp_from_outside(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        token = container.cloud.token(site, ("jira:issuePanel", "report"))
        plain = container.cloud.call(site, "double", DOUBLE)
        sent = type(plain)(plain.method, plain.target, (), plain.body).with_header("content-type", "application/json")
        sent = sent.with_header("x-connect-container-stamp", token)
        assert (await container.send(sent)).status == 401
        assert (await container.send(sent, container.start(egress_proxy_url=""))).status == 401


class TestSidecar:
    @pytest.mark.parametrize(
        "answer",
        [
            JSONResponse({}, 500),
            JSONResponse({}, 429),
            JSONResponse({}, 302, headers={"location": f"{API}/x"}),
            JSONResponse({"app": "x" * 70_000}),
            JSONResponse(["no object"]),
            30.0,
        ],
        ids=["down", "busy", "redirect", "huge", "no-object", "slow"],
    )
    async def test_that_misbehaves_is_503_and_the_call_can_be_sent_again(
        self, container: ContainerStage, answer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.connect.hosts.forge.container.sidecar.PATIENCE", 0.2)
        sent = container.sidecar.event(container.cloud.new_site(), issue_event())
        container.sidecar.answers.append(answer)
        async with asyncio.timeout(15):
            refused = await container.send(sent)
        assert (refused.status, refused.error()["code"]) == (503, "forge_sidecar_unavailable")
        assert container.cloud.calls == []
        monkeypatch.undo()
        assert (await container.send(sent)).status == 204

    async def test_that_is_not_there_is_503_and_what_needs_it_not_goes_on(self, container: ContainerStage) -> None:
        sent = container.sidecar.call(container.cloud.new_site(), "double", DOUBLE)
        container.cloud.network.remove(SIDECAR)
        assert (await container.send(sent)).status == 503
        health = type(sent)("GET", "/health/live", ())
        assert (await container.send(health)).status == 200

    async def test_whose_list_is_behind_is_asked_again(self, container: ContainerStage) -> None:
        site = container.cloud.new_site()
        sent = container.sidecar.call(site, "double", DOUBLE)
        container.sidecar.sites.clear()
        assert (await container.send(sent)).status == 503
        container.sidecar.sites.append(site)
        assert (await container.send(sent, container.start())).status == 200
