"""Calls of frontends: typed, by whom and from where, with files, and for pages of configured origins (reference 4)."""

from typing import Any

import pytest

from app.conformance import Sent
from tests.hosts.forge.cloud import PANEL
from tests.hosts.forge.stage import ForgeStage

FRAME = b"https://1a2b3c.cdn.prod.atlassian-dev.net"
SITE = b"https://example.atlassian.net"
FOREIGN = (
    b"https://evil.example",
    b"https://cdn.prod.atlassian-dev.net.evil.example",
    b"https://evilatlassian.net",
    b"http://example.atlassian.net",
    b"https://example.atlassian.net:8443",
    b"null",
    b"https://a.b@example.atlassian.net",
)


def preflight(origin: bytes) -> Sent:
    headers = ((b"origin", origin), (b"access-control-request-method", b"POST"))
    return Sent("OPTIONS", "/forge/call/double", headers)


def cors(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


class TestTyped:
    async def test_call_is_answered_with_who_and_where(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        answer = await forge.send(forge.cloud.call(site, "double", {"count": 21}))
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() == {"doubled": 42, "user": "account-of-somebody", "place": "TP-1"}

    async def test_caller_is_the_tokens_and_not_the_bodys_or_the_headers(self, forge: ForgeStage) -> None:
        site = forge.cloud.new_site()
        sent = forge.cloud.call(site, "double", {"count": 1, "user": "admin", "principal": "admin"})
        sent = sent.with_header("x-forge-principal", "admin")
        assert (await forge.send(sent)).json()["user"] == "account-of-somebody"
        without = forge.cloud.call(site, "double", {"count": 1}, principal=None, context=None)
        assert (await forge.send(without)).json() == {"doubled": 2, "user": None, "place": None}

    async def test_call_without_a_token_is_401(self, forge: ForgeStage) -> None:
        answer = await forge.send(Sent.post("/forge/call/double", {"count": 1}))
        assert (answer.status, answer.headers["content-type"]) == (401, "application/json")

    async def test_documents_its_model(self, forge: ForgeStage) -> None:
        described = forge.application.app.openapi()
        assert "Asked" in str(described["paths"]["/forge/call/double"]["post"]["requestBody"])


class TestOrigin:
    @pytest.mark.parametrize("origin", [FRAME, SITE])
    async def test_of_atlassian_may_ask_and_call(self, forge: ForgeStage, origin: bytes) -> None:
        asked = await forge.send(preflight(origin))
        assert asked.status == 204
        assert cors(asked)["access-control-allow-origin"] == origin.decode()
        assert "authorization" in cors(asked)["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in cors(asked)
        site = forge.cloud.new_site()
        call = forge.cloud.call(site, "double", {"count": 1}).with_header("origin", origin.decode())
        assert cors(await forge.send(call)) == {"access-control-allow-origin": origin.decode()}
        refused = forge.cloud.signed(Sent.post("/forge/call/double", {}), "x").with_header("origin", origin.decode())
        answer = await forge.send(refused)
        assert (answer.status, cors(answer)) == (401, {"access-control-allow-origin": origin.decode()})

    @pytest.mark.parametrize("origin", FOREIGN, ids=lambda one: one.decode())
    async def test_of_anybody_else_is_told_nothing(self, forge: ForgeStage, origin: bytes) -> None:
        assert cors(await forge.send(preflight(origin))) == {}
        site = forge.cloud.new_site()
        call = forge.cloud.call(site, "double", {"count": 1}).with_header("origin", origin.decode())
        assert cors(await forge.send(call)) == {}

    async def test_is_what_the_settings_say(self, forge: ForgeStage) -> None:
        process = forge.start(frame_origins="https://panel.example.com")
        assert cors(await forge.send(preflight(FRAME), process)) == {}
        told = cors(await forge.send(preflight(b"https://panel.example.com"), process))
        assert told["access-control-allow-origin"] == "https://panel.example.com"


BOUNDARY = "----boundary"
PARTS = {
    "a field and two files": (
        'Content-Disposition: form-data; name="note"\r\n\r\nHällo',
        'Content-Disposition: form-data; name="file1"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc',
        'Content-Disposition: form-data; name="file2"; filename="b.bin"\r\nX-Other: 1\r\n\r\n\x00\x01--x',
    ),
}
BAD = {
    "without a name": ('Content-Disposition: form-data; filename="a"\r\n\r\nabc',),
    "named otherwise": ('Content-Disposition: form-data; name="upload"; filename="a"\r\n\r\nabc',),
    "without parts": (),
    "with too many": ('Content-Disposition: form-data; name="a"\r\n\r\nb',) * 60,
}


def form(forge: ForgeStage, parts: tuple[str, ...], *, kind: str = f"multipart/form-data; boundary={BOUNDARY}") -> Sent:
    body = "".join(f"--{BOUNDARY}\r\n{one}\r\n" for one in parts) + f"--{BOUNDARY}--\r\n"
    token = forge.cloud.token(forge.cloud.new_site(), PANEL)
    sent = Sent("POST", "/forge/call/files", ((b"content-type", kind.encode()),), body.encode())
    return forge.cloud.signed(sent, token)


class TestFiles:
    async def test_come_with_their_fields(self, forge: ForgeStage) -> None:
        answer = await forge.send(form(forge, PARTS["a field and two files"]))
        assert (answer.status, answer.json()) == (200, ["Hällo", "a.txt 3", "b.bin 5"])

    @pytest.mark.parametrize("name", BAD)
    async def test_that_cannot_be_read_are_400(self, forge: ForgeStage, name: str) -> None:
        assert (await forge.send(form(forge, BAD[name]))).status == 400

    async def test_of_another_type_are_415_and_a_cut_form_400(self, forge: ForgeStage) -> None:
        good = PARTS["a field and two files"]
        assert (await forge.send(form(forge, good, kind="application/json"))).status in (400, 415)
        assert (await forge.send(form(forge, good, kind="multipart/form-data"))).status == 400
        cut = form(forge, good)
        assert (await forge.send(cut.with_body(cut.body[:-20]))).status == 400
