"""What one connection, and all of them, may hold of a server that was started as users start it.

These talk to `uvicorn app.main:app` over sockets, so that they fail when a newer uvicorn leaves our limits out.
"""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.connect.http.serving import HELLO, Server, read_all, read_answer, serving, start

CONNECTIONS = 12
HEAD_SECONDS = 1.0
BODY_SECONDS = 2.0
LIMITS = {
    "MAX_CONNECTIONS": str(CONNECTIONS),
    "HEAD_SECONDS": str(HEAD_SECONDS),
    "BODY_SECONDS": str(BODY_SECONDS),
}
SLACK = 3.0
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module", params=["httptools", "h11"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with both of uvicorn's parsers; the first is what it chooses by itself."""
    options = () if request.param == "httptools" else ("--http", request.param)
    with serving(tmp_path_factory.mktemp("served"), *options, **LIMITS) as running:
        yield running


def post(length: int, *, extra: bytes = b"") -> bytes:
    return (
        b"POST /hipchat/installed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: " + str(length).encode() + b"\r\n" + extra + b"\r\n"
    )


def pour(connection: socket.socket, piece: bytes, most: int) -> int:
    """Send a piece again and again until the server closes or `most` bytes are sent; return how many were."""
    sent = 0
    try:
        while sent < most:
            connection.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def seconds_until_closed(connection: socket.socket) -> tuple[float, bytes]:
    started = time.monotonic()
    heard = read_all(connection)
    return time.monotonic() - started, heard


class TestHead:
    def test_of_a_mebibyte_is_refused_and_not_kept(self, server: Server) -> None:
        before = server.memory()
        for _ in range(20):
            with server.connect() as connection:
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n")
                assert pour(connection, b"a: " + b"b" * 1_000 + b"\r\n", 64 * MEBIBYTE) < 16 * MEBIBYTE
                assert read_all(connection)[:12] in (b"HTTP/1.1 431", b"")
        assert server.memory() - before < 8 * MEBIBYTE

    def test_of_one_endless_header_is_refused(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nx: ")
            assert pour(connection, b"b" * 1_000, 64 * MEBIBYTE) < 16 * MEBIBYTE

    def test_of_too_many_headers_is_answered_with_what_to_do(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n" + b"a: b\r\n" * 300 + b"\r\n")
            heard = read_all(connection)
        assert heard.startswith(b"HTTP/1.1 431 ")
        assert b'"head_too_large"' in heard

    def test_that_is_whole_and_just_too_large_is_refused(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nx: " + b"b" * 100_000 + b"\r\n\r\n")
            assert read_all(connection)[:12] in (b"HTTP/1.1 431", b"")

    def test_as_large_as_may_be_is_served(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(HELLO.replace(b"\r\n\r\n", b"\r\nx: " + b"b" * 60_000 + b"\r\n\r\n"))
            assert read_answer(connection).startswith(b"HTTP/1.1 200")

    @pytest.mark.parametrize("sent", [b"", b"GET /health/live HTTP/1.1\r\nHo"], ids=["nothing", "half"])
    def test_that_does_not_come_ends_the_connection(self, server: Server, sent: bytes) -> None:
        with server.connect() as connection:
            connection.sendall(sent)
            seconds, heard = seconds_until_closed(connection)
        assert HEAD_SECONDS * 0.9 < seconds < HEAD_SECONDS + SLACK
        assert heard.startswith(b"HTTP/1.1 408" if sent else b"")
        assert bool(heard) == bool(sent)

    def test_that_drips_is_not_waited_for_any_longer(self, server: Server) -> None:
        started = time.monotonic()
        with server.connect() as connection:
            connection.sendall(HELLO[:-4])
            try:
                while time.monotonic() - started < HEAD_SECONDS + SLACK:
                    connection.sendall(b"x")
                    time.sleep(0.1)
            except OSError:
                pass
        assert time.monotonic() - started < HEAD_SECONDS + SLACK

    def test_that_is_begun_after_an_answer_must_come_in_time_too(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(HELLO)
            read_answer(connection)
            connection.sendall(b"G")
            seconds, _ = seconds_until_closed(connection)
        assert seconds < HEAD_SECONDS + SLACK


class TestBody:
    def test_that_stops_is_answered_and_closed(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(post(1_000) + b"{")
            seconds, heard = seconds_until_closed(connection)
        assert BODY_SECONDS / 2 * 0.9 < seconds < BODY_SECONDS / 2 + SLACK
        assert heard.startswith(b"HTTP/1.1 408 ")

    def test_that_drips_ends_all_the_same(self, server: Server) -> None:
        started = time.monotonic()
        with server.connect() as connection:
            connection.sendall(post(1_000) + b"{")
            try:
                while time.monotonic() - started < BODY_SECONDS + SLACK:
                    connection.sendall(b" ")
                    time.sleep(0.1)
            except OSError:
                pass
        assert BODY_SECONDS * 0.9 < time.monotonic() - started < BODY_SECONDS + SLACK

    def test_after_its_answer_ends_too(self, server: Server) -> None:
        """Its length alone is refused; what follows is read by nobody."""
        started = time.monotonic()
        with server.connect() as connection:
            connection.sendall(post(99_999_999))
            assert b"413" in connection.recv(65_536)
            try:
                while time.monotonic() - started < BODY_SECONDS + SLACK:
                    connection.sendall(b" ")
                    time.sleep(0.1)
            except OSError:
                pass
        assert time.monotonic() - started < BODY_SECONDS + SLACK

    @pytest.mark.parametrize("around", [b"x: " + b"y" * 1_000, b"1;" + b"e" * 1_000], ids=["trailers", "extension"])
    def test_has_little_around_it(self, server: Server, around: bytes) -> None:
        before = server.memory()
        with server.connect() as connection:
            connection.sendall(
                b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + (b"0\r\n" + around[:3] if around.startswith(b"x") else around[:2])
            )
            assert pour(connection, around[3:], 64 * MEBIBYTE) < 16 * MEBIBYTE
        assert server.memory() - before < 8 * MEBIBYTE

    def test_of_a_mebibyte_is_read(self, server: Server) -> None:
        # The route has read it whole when it says that an install needs less.
        body = b"{}" + b" " * (MEBIBYTE - 2)
        with server.connect() as connection:
            connection.sendall(post(len(body)) + body)
            assert read_answer(connection).startswith(b"HTTP/1.1 413")

    def test_of_a_mebibyte_that_was_announced_is_read(self, server: Server) -> None:
        body = b"{}" + b" " * (MEBIBYTE - 2)
        with server.connect() as connection:
            connection.sendall(post(len(body), extra=b"Expect: 100-continue\r\n"))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 100")
            connection.sendall(body)
            assert read_answer(connection).startswith(b"HTTP/1.1 413")


class TestAnswer:
    def test_that_is_not_read_is_thrown_away(self, server: Server) -> None:
        """The answers of a thousand requests do not fit into what the systems between hold."""
        with server.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.settimeout(BODY_SECONDS + SLACK)
            asked = b"GET /hipchat/capabilities.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
            started = time.monotonic()
            pour(connection, asked * 50, 64 * MEBIBYTE)
            assert time.monotonic() - started < BODY_SECONDS + SLACK


class TestConnections:
    def test_over_the_limit_are_told_so_and_those_before_are_served(self, server: Server) -> None:
        before = [server.connect() for _ in range(CONNECTIONS)]
        for connection in before:
            connection.sendall(HELLO)
            assert read_answer(connection).startswith(b"HTTP/1.1 200")
        with server.connect() as late:
            heard = read_all(late)
        assert heard.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 1\r\n" in heard
        for connection in before:
            connection.sendall(HELLO)
            assert read_answer(connection).startswith(b"HTTP/1.1 200")
            connection.close()

    def test_that_only_wait_make_room_for_who_asks(self, server: Server) -> None:
        """Half-sent requests held every place for as long as somebody sent more of them."""
        waiting = [server.connect() for _ in range(CONNECTIONS)]
        for connection in waiting:
            connection.sendall(b"POST /hipchat/installed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        deadline = time.monotonic() + BODY_SECONDS / 2
        served = False
        while not served and time.monotonic() < deadline + SLACK:
            with server.connect() as honest:
                honest.sendall(HELLO)
                served = read_all_or_answer(honest).startswith(b"HTTP/1.1 200")
        assert served
        for connection in waiting:
            connection.close()

    def test_are_kept_for_the_next_request(self, server: Server) -> None:
        with server.connect() as connection:
            for _ in range(50):
                connection.sendall(HELLO)
                assert read_answer(connection).startswith(b"HTTP/1.1 200")

    def test_take_several_requests_at_once(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(HELLO * 19 + HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert read_all(connection).count(b"HTTP/1.1 200 OK") == 20

    def test_do_not_pile_requests_up(self, server: Server) -> None:
        before = server.memory()
        with server.connect() as connection:
            connection.settimeout(BODY_SECONDS + SLACK)
            pour(connection, HELLO * 2_000, 64 * MEBIBYTE)
        assert server.memory() - before < 32 * MEBIBYTE


def read_all_or_answer(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionError:
        return b""


class TestStart:
    @pytest.mark.parametrize("environment", ["development", "production"])
    def test_without_limits_is_said_and_in_production_refused(
        self, environment: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """A server whose connections are its own; it stands for every one that is not uvicorn as we know it."""
        folder = tmp_path_factory.mktemp("foreign")
        foreign = ("--http", "tests.connect.http.foreign:Foreign")
        address = "https://addon.example" if environment == "production" else "http://localhost"
        given = {"ENVIRONMENT": environment, "BASE_URL": address}
        said = "The limits on connections could not be put in place"
        if environment == "production":
            _, process = start(folder, *foreign, **given)
            assert process.wait(60) != 0
        else:
            with serving(folder, *foreign, **given):
                pass
        log = (folder / "log").read_text(encoding="utf-8")
        assert said in log
        assert "MAX_CONNECTIONS=0" in log
        assert "Traceback" not in log

    def test_by_request_without_limits_says_nothing(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        folder = tmp_path_factory.mktemp("unlimited")
        with serving(folder, MAX_CONNECTIONS="0") as running, running.connect() as connection:
            connection.sendall(HELLO.replace(b"\r\n\r\n", b"\r\n" + b"a: b\r\n" * 300 + b"\r\n"))
            assert read_answer(connection).startswith(b"HTTP/1.1 200")
        assert "limits" not in (folder / "log").read_text(encoding="utf-8")

    @pytest.mark.parametrize("options", [("--reload",), ("--workers", "2"), ("--log-level", "trace")], ids=" ".join)
    def test_by_other_ways_has_them_too(
        self, options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        with serving(tmp_path_factory.mktemp("served"), *options) as running, running.connect() as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n" + b"a: b\r\n" * 300 + b"\r\n")
            assert read_all(connection).startswith(b"HTTP/1.1 431")
