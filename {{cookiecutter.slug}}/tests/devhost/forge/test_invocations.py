"""What a remote is called with: the token, its claims, the headers, and what a frontend is told of the answer."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.host import ForgeHost
from devhost.errors import HostError
from devhost.testing import Devhost
from tests.devhost.forge.remote import APP, ORIGIN, Remote, manifest

PATH = "/forge/call/builds"
INVALID = "Invalid response from remote"
TEXT = "must be set to application/json and is currently: text/plain; charset=utf-8"


def answering(answer: Response) -> Any:
    async def handler(request: Request) -> Response:
        return answer

    return handler


class TestToken:
    async def test_of_a_frontend_says_who_is_where(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.invoke(installed, "panel", PATH, issue="TP-2", user="Developer")
        claims = remote.claims[-1]
        site = forge.sites.site()
        base = f"http://127.0.0.1:9000/ex/jira/{site.cloud_id}"
        app = claims["app"]
        assert (claims["iss"], claims["aud"], app["id"]) == ("forge/invocation-token", APP, APP)
        assert app["installationId"] == app["installation"]["id"] == installed.id
        assert app["apiBaseUrl"] == base
        assert app["installation"]["contexts"] == [{"name": "jira", "apiBaseUrl": base, "cloudId": site.cloud_id}]
        assert app["environment"] == {"type": "DEVELOPMENT", "id": installed.app.environment_id}
        assert app["module"] == {"type": "jira:issuePanel", "key": "panel"}
        assert (app["appVersion"], claims["principal"]) == ("2.0.0", "devhost:00000002")
        assert claims["exp"] - claims["iat"] == 25
        context = claims["context"]
        assert (context["cloudId"], context["siteUrl"], context["moduleKey"]) == (
            site.cloud_id,
            "http://127.0.0.1:9000/jira",
            "panel",
        )
        assert context["extension"]["issue"]["key"] == "TP-2"
        assert context["extension"]["project"]["key"] == "TP"

    async def test_of_an_event_has_no_place_and_nobody(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.sites.update_issue("TP-1", status="Done")
        claims = remote.claims[-1]
        assert claims["app"]["module"] == {"type": "core:endpoint", "key": "events"}
        assert claims.keys() & {"context", "principal"} == set()

    async def test_has_an_id_of_its_own_each_time(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        for _ in range(3):
            await forge.invoke(installed, "panel", PATH, issue="TP-1")
        assert len({one["jti"] for one in remote.claims}) == len(remote.claims)

    async def test_names_every_product_of_the_installation(self, forge: ForgeHost, remote: Remote) -> None:
        installed = await forge.install(manifest(), also=("wiki",))
        await forge.invoke(installed, "panel", PATH, issue="TP-1")
        contexts = remote.claims[-1]["app"]["installation"]["contexts"]
        assert [one["name"] for one in contexts] == ["jira", "confluence"]

    async def test_has_a_licence_where_the_installation_has_one(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.invoke(installed, "panel", PATH, issue="TP-1")
        assert "license" not in remote.claims[-1]["app"]
        installed.license = {"active": True, "type": "COMMERCIAL"}
        await forge.invoke(installed, "panel", PATH, issue="TP-1")
        assert remote.claims[-1]["app"]["license"] == {"active": True, "type": "COMMERCIAL"}


class TestHeaders:
    async def test_of_a_frontend_bring_both_access_tokens(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.invoke(installed, "panel", PATH, issue="TP-1", headers={"x-mine": "1", "x-forge-oauth-user": "x"})
        headers = remote.headers[-1]
        assert headers["x-forge-oauth-system"] == forge.access_token(installed)
        assert headers["x-forge-oauth-user"] == forge.access_token(installed, user="admin")
        assert headers["x-mine"] == "1"
        assert (len(headers["x-b3-traceid"]), len(headers["x-b3-spanid"])) == (32, 16)

    async def test_of_an_event_bring_the_token_of_the_app(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        await forge.sites.update_issue("TP-1", status="Done")
        assert "x-forge-oauth-system" in remote.headers[-1]
        assert "x-forge-oauth-user" not in remote.headers[-1]

    @pytest.mark.parametrize(
        "scopes",
        [["read:app-system-token"], ["read:jira-work"]],
        ids=["no-product", "no-delivery"],
    )
    async def test_bring_no_token_without_its_scopes(self, forge: ForgeHost, remote: Remote, scopes: list[str]) -> None:
        modules = {
            "endpoint": [
                {
                    "key": "ui",
                    "remote": "backend",
                    "auth": {"appSystemToken": {"enabled": "read:jira-work" in scopes}},
                }
            ],
            "trigger": [],
            "scheduledTrigger": [],
            "preUninstall": [],
        }
        installed = await forge.install(manifest(modules=modules, permissions={"scopes": scopes}))
        await forge.invoke(installed, "panel", PATH, issue="TP-1")
        assert "x-forge-oauth-system" not in remote.headers[-1]


class TestAnswer:
    async def test_reaches_the_frontend_with_status_headers_and_body(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        remote.answers[PATH] = answering(JSONResponse({"a": 1}, status_code=201, headers={"x-mine": "yes"}))
        told = forge.told(await forge.invoke(installed, "panel", PATH, method="POST", body={"b": 2}, issue="TP-1"))
        assert told["success"]
        assert (told["payload"]["status"], told["payload"]["body"]) == (201, {"a": 1})
        assert told["payload"]["headers"]["x-mine"] == ["yes"]
        assert remote.bodies[-1] == {"b": 2}

    @pytest.mark.parametrize(
        ("answer", "text"),
        [
            (JSONResponse({}, status_code=401), "Remote could not verify the Forge Invocation Token"),
            (
                PlainTextResponse("no", status_code=403),
                f"{INVALID} - content-type header {TEXT}. Status: 403.",
            ),
            (Response(status_code=404), "Invalid response from remote - cannot parse body as JSON. Status: 404."),
            (
                Response(b"{", media_type="application/json"),
                "Invalid response from remote - cannot parse body as JSON. Status: 200.",
            ),
        ],
        ids=["401", "text", "empty", "broken"],
    )
    async def test_that_breaks_the_contract_becomes_a_fixed_text(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation, answer: Response, text: str
    ) -> None:
        remote.answers[PATH] = answering(answer)
        told = forge.told(await forge.invoke(installed, "panel", PATH, issue="TP-1"))
        assert told == {"success": False, "error": {"message": text}}

    @pytest.mark.parametrize(
        "answer",
        [JSONResponse({"error": "no"}, status_code=403), Response(status_code=204)],
        ids=["403", "204"],
    )
    async def test_that_keeps_it_is_a_success_whatever_its_status(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation, answer: Response
    ) -> None:
        remote.answers[PATH] = answering(answer)
        told = forge.told(await forge.invoke(installed, "panel", PATH, issue="TP-1"))
        assert (told["success"], told["payload"]["status"]) == (True, answer.status_code)

    async def test_that_does_not_come_is_a_network_error_or_a_timeout(self) -> None:
        async with Devhost() as devhost:
            devhost.forge.state.knobs.frontend_timeout = 0.1
            remote = Remote(devhost)
            devhost.serve(ORIGIN, remote)
            installed = await devhost.forge.install(manifest())

            async def late(request: Request) -> Response:
                await asyncio.sleep(30)
                return Response()

            remote.answers[PATH] = late
            told = devhost.forge.told(await devhost.forge.invoke(installed, "panel", PATH, issue="TP-1"))
            assert told["error"]["message"] == "Remote invocation timed out after 0.1 seconds"
            devhost.stop(ORIGIN)
            told = devhost.forge.told(await devhost.forge.invoke(installed, "panel", PATH, issue="TP-1"))
            assert told["error"]["message"] == "Invalid response from remote - remote network error"

    async def test_redirects_are_not_followed(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        remote.answers[PATH] = answering(Response(status_code=302, headers={"location": "/elsewhere"}))
        told = forge.told(await forge.invoke(installed, "panel", PATH, issue="TP-1"))
        assert told["success"] is False
        assert remote.told("/elsewhere") == []


class TestCall:
    @pytest.mark.parametrize(
        ("module", "path", "method", "body", "reason"),
        [
            ("another", PATH, "GET", None, "Module another"),
            ("events", PATH, "GET", None, "Module events"),
            ("panel", PATH, "TRACE", None, "none of GET"),
            ("panel", PATH, "POST", {"a": "x" * 520_000}, "512000 bytes"),
        ],
        ids=["module", "endpoint", "method", "size"],
    )
    async def test_that_no_frontend_may_make_is_refused(
        self,
        forge: ForgeHost,
        remote: Remote,
        installed: ForgeInstallation,
        module: str,
        path: str,
        method: str,
        body: Any,
        reason: str,
    ) -> None:
        asked = len(remote.heard)
        with pytest.raises(HostError, match=reason):
            await forge.invoke(installed, module, path, method=method, body=body, issue="TP-1")
        assert len(remote.heard) == asked
