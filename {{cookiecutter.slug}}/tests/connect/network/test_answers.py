"""What the guarded client makes of answers: a document within its limits, or a host that is not available."""

import json
import socket

import pytest

from app.connect.network.fetch import BasicAuth, HostUnavailable, ResponseInvalid
from tests.connect.network.servers import Server, answer, client


class TestAnswers:
    @pytest.mark.parametrize(
        "sent",
        [
            answer(b"<html>", kind="text/html"),
            answer(b"{}", kind="text/plain"),
            answer(b"{"),
            answer(b"[]"),
            answer(b'"text"'),
            answer(b'{"a": NaN}'),
            answer(b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}"),
            answer(b"{}", status="201 Created"),
            answer(b"{}", status="500 Internal Server Error"),
            answer(b"{}", "Content-Encoding: gzip"),
        ],
        ids=range(10),
    )
    async def test_anything_but_a_json_object_is_refused(self, sent: bytes) -> None:
        async with Server(sent).running() as server, client() as outbound:
            with pytest.raises(ResponseInvalid):
                await outbound.get_json(server.url)

    async def test_json_with_parameters_and_suffixes_is_read(self) -> None:
        for kind in ("application/json; charset=utf-8", "Application/JSON", "application/vnd.host+json"):
            async with Server(answer(b"{}", kind=kind)).running() as server, client() as outbound:
                assert await outbound.get_json(server.url) == {}

    async def test_a_document_at_the_limit_is_read_and_one_byte_more_is_not(self) -> None:
        body = json.dumps({"a": "x" * 91}).encode()
        assert len(body) == 100
        async with Server(answer(body)).running() as server, client() as outbound:
            assert await outbound.get_json(server.url, limit=100)
            with pytest.raises(ResponseInvalid, match="larger than 99 bytes"):
                await outbound.get_json(server.url, limit=99)

    async def test_an_endless_answer_is_cut_off(self) -> None:
        endless = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 64
        )
        async with Server(endless).running() as server, client() as outbound:
            with pytest.raises(ResponseInvalid, match="larger than 1048576 bytes"):
                await outbound.send("GET", server.url)

    async def test_endless_answers_before_the_answer_are_counted_and_end(self) -> None:
        hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
        async with Server(hint * 100_000 + answer()).running() as server, client() as outbound:
            with pytest.raises(HostUnavailable):
                await outbound.get_json(server.url)
        async with Server(hint * 100 + answer()).running() as server, client() as outbound:
            assert await outbound.get_json(server.url) == {}

    async def test_the_limit_holds_for_the_answer_that_an_auth_repeats(self) -> None:
        class Retrying(BasicAuth):
            requires_response_body = True

        big = answer(b"x" * 2000, "WWW-Authenticate: Basic", status="401 Unauthorized")
        async with Server(big).running() as server, client() as outbound:
            with pytest.raises(ResponseInvalid, match="larger than 1000 bytes"):
                await outbound.send("GET", server.url, auth=Retrying("user", "password"), limit=1000)

    async def test_cookies_are_not_kept_for_the_next_call(self) -> None:
        async with (
            Server(answer(b"{}", "Set-Cookie: tenant=one; Path=/")).running() as server,
            client() as outbound,
        ):
            await outbound.get_json(server.url)
            await outbound.get_json(server.url)
            assert len(server.requests) == 2
            assert b"cookie" not in server.requests[1].lower()


class TestUnavailableHosts:
    async def test_a_port_where_nobody_listens(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            async with client() as outbound:
                with pytest.raises(HostUnavailable):
                    await outbound.get_json(f"http://127.0.0.1:{unused.getsockname()[1]}/")

    async def test_a_name_without_an_address(self) -> None:
        async def unknown(host: str, port: int) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        async with client(resolve=unknown) as outbound:
            with pytest.raises(HostUnavailable):
                await outbound.get_json("http://nowhere.example/")

    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{",
            b"SSH-2.0-server\r\n\r\n",
        ],
        ids=["silence", "half an answer", "another protocol"],
    )
    async def test_an_answer_that_is_not_one(self, sent: bytes) -> None:
        async with Server(sent).running() as server, client(timeout=0.2) as outbound:
            with pytest.raises(HostUnavailable):
                await outbound.get_json(server.url)

    # Each piece comes in time, and the whole would be a good answer.
    async def test_a_head_that_drips(self) -> None:
        slow = Server(answer(b"{}", *["X: y"] * 100), pause=0.05, piece=16)
        async with slow.running() as server, client(timeout=0.4) as outbound:
            with pytest.raises(HostUnavailable):
                await outbound.get_json(server.url)

    async def test_a_body_that_drips(self) -> None:
        slow = Server(answer(b"{" + b" " * 3000 + b"}"), pause=0.05, piece=75)
        async with slow.running() as server, client(timeout=0.4) as outbound:
            with pytest.raises(HostUnavailable):
                await outbound.get_json(server.url)
