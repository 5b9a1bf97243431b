"""Covers what a call to a host costs besides what it must."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import pytest

from app.connect.network.fetch import Auth, HostUnavailable, Outbound
from tests.connect.network.servers import Server, answer, client

BODY = {"message": "x" * 500}


class Receiver:
    """Notes what each look at a connection finds, and answers a request once its whole body is there."""

    def __init__(self, *, closes_early: bool = False) -> None:
        self.pieces: list[bytes] = []
        self.ended = asyncio.Event()
        self._closes_early = closes_early

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(1 << 20):
                self.pieces.append(piece)
                if self._closes_early or piece.endswith(b'"}'):
                    writer.write(answer(status="413 Too Large") if self._closes_early else answer())
                    await writer.drain()
                if self._closes_early:
                    break
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self.ended.set()

    @contextlib.asynccontextmanager
    async def called(self) -> AsyncIterator[tuple[Outbound, str]]:
        """Give a client, and the address where this listens."""
        async with await asyncio.start_server(self.serve, "127.0.0.1", 0) as server:
            async with client() as outbound:
                yield outbound, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            await self.ended.wait()


class TestRequest:
    async def test_goes_out_in_one_piece(self) -> None:
        receiver = Receiver()
        async with receiver.called() as (outbound, url):
            for _ in range(2):
                assert (await outbound.send("POST", url, json=BODY)).status_code == 200
        assert [piece.startswith(b"POST / ") and piece.endswith(b'"}') for piece in receiver.pieces] == [True, True]

    async def test_that_is_large_goes_out_whole(self) -> None:
        receiver = Receiver()
        async with receiver.called() as (outbound, url):
            assert (await outbound.send("POST", url, json={"message": "y" * 300_000})).status_code == 200
        sent = b"".join(receiver.pieces)
        assert sent.count(b"y" * 300_000) == 1

    async def test_that_is_answered_before_it_was_read_has_that_answer_or_none(self) -> None:
        receiver = Receiver(closes_early=True)
        async with receiver.called() as (outbound, url):
            try:
                status = (await outbound.send("POST", url, json={"message": "z" * 5_000_000})).status_code
            except HostUnavailable:
                status = 413
        assert status == 413

    def test_looks_for_no_module_on_the_disk(self) -> None:
        assert "sniffio" in sys.modules


class TestAuth:
    async def test_sees_the_answer_read_and_may_send_again(self) -> None:
        seen: list[bytes] = []

        class Twice(Auth):
            async def async_auth_flow(self, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
                response = yield request
                seen.append(response.content)
                request.headers["Authorization"] = "again"
                yield request

        async with Server(answer(b'{"key": "x"}')).running() as server, client() as outbound:
            response = await outbound.send("GET", server.url, auth=Twice())
            assert seen == [b'{"key": "x"}'] == [response.content]
            assert [b"uthorization: again" in request for request in server.requests] == [False, True]

    async def test_that_fails_is_told_and_leaves_nothing_open(self) -> None:
        ended: list[bool] = []

        class Failing(Auth):
            async def async_auth_flow(self, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
                try:
                    yield request
                    raise LookupError("no token")
                finally:
                    ended.append(True)

        async with Server(answer()).running() as server, client() as outbound:
            with pytest.raises(LookupError, match="no token"):
                await outbound.send("GET", server.url, auth=Failing())
        assert ended == [True]
