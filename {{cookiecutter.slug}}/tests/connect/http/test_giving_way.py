"""Who keeps a place when there are as many connections as may be: not who keeps us waiting a little at a time."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.connect.http.serving import HELLO, Server, serving

CONNECTIONS = 12
PATIENCE = 8.0
"""Seconds; by the default limits no connection of these tests is overdue by then."""
POST = (
    b"POST /hipchat/installed HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n["
)


@pytest.fixture(scope="module", params=["httptools", "h11"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with few connections, and else with the limits that everybody has."""
    with serving(
        tmp_path_factory.mktemp("served"), "--http", request.param, MAX_CONNECTIONS=str(CONNECTIONS)
    ) as running:
        yield running


@contextlib.contextmanager
def holding(server: Server, *, buffer: int | None = None) -> Iterator[list[socket.socket]]:
    """Open as many connections as may be; `buffer` is what the system keeps of answers that nobody reads."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(CONNECTIONS)]
        for connection in held:
            if buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            connection.connect(("127.0.0.1", server.port))
        yield held


def is_served(server: Server) -> bool:
    """Ask as somebody does who wants an answer, and again while there is no room."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), server.connect() as honest:
            honest.sendall(HELLO)
            if honest.recv(65_536).startswith(b"HTTP/1.1 200"):
                return True
        time.sleep(0.05)
    return False


class TestWhoGivesWay:
    @pytest.mark.parametrize("begun", [HELLO[:-4] + b"\r\nX: ", POST], ids=["head", "body"])
    def test_is_who_sends_a_byte_now_and_then(self, server: Server, begun: bytes) -> None:
        """Something had always come within the second, so they kept every place until they were overdue."""
        ended = threading.Event()
        with holding(server) as held:
            for connection in held:
                connection.sendall(begun)

            def drip() -> None:
                while not ended.wait(0.2):
                    for connection in held:
                        with contextlib.suppress(OSError):
                            connection.sendall(b" ")

            dripping = threading.Thread(target=drip)
            dripping.start()
            try:
                assert is_served(server)
            finally:
                ended.set()
                dripping.join()

    def test_is_who_reads_no_answers(self, server: Server) -> None:
        """Their answers were under way, so they were taken for being served, for half a minute."""
        asked = b"GET /static/swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with holding(server, buffer=2_048) as held:
            for connection in held:
                # More than a mebibyte each, which does not fit into what the systems between hold.
                connection.sendall(asked * 3)
            assert is_served(server)

    def test_is_not_who_sends_a_body_at_some_pace(self, server: Server) -> None:
        with holding(server) as held:
            steady, *idle = held
            steady.sendall(POST.replace(b"100000", b"60001"))
            for connection in idle:
                connection.sendall(POST)
            for _ in range(10):
                steady.sendall(b" " * 6_000)
                time.sleep(0.2)
                with contextlib.suppress(OSError), server.connect() as honest:
                    honest.sendall(HELLO)
            steady.settimeout(PATIENCE)
            assert steady.recv(65_536).startswith(b"HTTP/1.1 4")
