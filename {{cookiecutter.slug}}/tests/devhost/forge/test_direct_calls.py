"""`requestRemote`: the browser asks first, sends the token and nothing else, and hides what it may not show."""

import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.cors import DirectCall
from devhost.dialects.forge.host import ForgeHost
from tests.devhost.forge.remote import HOST, Remote

PATH = "/forge/call/builds"


def answering(preflight: dict[str, str] | None = None, *, status: int = 204, **headers: str) -> Any:
    allowed = {
        "access-control-allow-origin": HOST,
        "access-control-allow-headers": "authorization, content-type",
        "access-control-allow-methods": "GET, POST, PUT",
    } | (preflight or {})

    async def handler(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=status, headers=allowed)
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        return JSONResponse({"said": "yes"}, headers={"access-control-allow-origin": HOST} | shown)

    return handler


class TestCall:
    async def test_brings_the_token_of_who_looks_and_no_access_token(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        remote.answers[PATH] = answering(x_hidden="1", x_seen="2", access_control_expose_headers="x-seen")
        answer = await forge.request_remote(
            installed, "panel", "backend", PATH, method="PUT", body="{}", issue="TP-2", user="Developer"
        )
        assert answer.json() == {"said": "yes"}
        assert (answer.headers.get("x-seen"), answer.headers.get("x-hidden")) == ("2", None)
        headers = remote.headers[-1]
        assert headers["origin"] == HOST
        assert not [name for name in headers if name.startswith(("x-forge", "x-b3"))]
        claims = remote.claims[-1]
        assert (claims["principal"], claims["context"]["extension"]["issue"]["key"]) == ("devhost:00000002", "TP-2")

    async def test_hands_files_over(self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation) -> None:
        remote.answers[PATH] = answering()
        form = {"note": "well", "file1": "aGVsbG8=", "__file1Name": "a.txt", "__file1Type": "text/plain"}
        call = DirectCall(
            module="panel",
            remote="backend",
            path=PATH,
            method="POST",
            body=json.dumps(form),
            is_form=True,
            place=forge.sites.place(issue="TP-1"),
        )
        await forge.request(installed, call)
        assert remote.headers[-1]["content-type"].startswith("multipart/form-data; boundary=")
        body = remote.bodies[-1]
        assert b'name="note"\r\n\r\nwell' in body
        assert b'name="file1"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello' in body

    @pytest.mark.parametrize(
        ("handler", "reason"),
        [
            (answering(status=405), "the preflight was answered with status 405"),
            (answering({"access-control-allow-origin": "https://a.example"}), "origin is 'https://a.example'"),
            (answering({"access-control-allow-headers": "*"}), "does not name authorization"),
            (answering({"access-control-allow-headers": "authorization"}), "does not name x-mine"),
            (answering({"access-control-allow-methods": "GET"}), "does not name PUT"),
        ],
        ids=["status", "origin", "star", "header", "method"],
    )
    async def test_is_not_sent_where_the_remote_does_not_allow_it(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation, handler: Any, reason: str
    ) -> None:
        remote.answers[PATH] = handler
        with pytest.raises(httpx.RequestError, match=reason):
            await forge.request_remote(
                installed, "panel", "backend", PATH, method="PUT", headers={"x-mine": "1"}, issue="TP-1"
            )
        assert remote.told(PATH) == []

    async def test_answer_is_hidden_where_it_does_not_name_the_page(
        self, forge: ForgeHost, remote: Remote, installed: ForgeInstallation
    ) -> None:
        remote.answers[PATH] = answering(access_control_allow_origin="https://a.example")
        with pytest.raises(httpx.RequestError, match="Failed to fetch"):
            await forge.request_remote(installed, "panel", "backend", PATH, issue="TP-1")
        assert remote.told(PATH) == ["ok"]
