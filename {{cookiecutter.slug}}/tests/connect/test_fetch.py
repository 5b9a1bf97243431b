"""The guarded client, against servers that really listen on this machine."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.connect.network.addresses import AddressRefused
from app.connect.network.fetch import BasicAuth, HostUnavailable, Outbound, ResponseInvalid

Answer = Callable[[bytes], bytes]


class Server:
    """Answers every request on loopback with the same bytes, and remembers what it was sent."""

    def __init__(self, answer: bytes, *, pause: float = 0.0, piece: int = 1 << 16) -> None:
        self.answer = answer
        self.pause = pause
        self.piece = piece
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                for start in range(0, len(self.answer), self.piece):
                    writer.write(self.answer[start : start + self.piece])
                    await writer.drain()
                    await asyncio.sleep(self.pause)
                if b"Connection: close" in self.answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            server.close_clients() if hasattr(server, "close_clients") else None


def answer(body: bytes = b"{}", *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def resolver(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


@asynccontextmanager
async def client(**options: object) -> AsyncIterator[Outbound]:
    outbound = Outbound(**{"production": False, **options})  # type: ignore[arg-type]
    try:
        yield outbound
    finally:
        await outbound.aclose()


class TestAddressesOfTheNetwork:
    async def test_development_reaches_this_machine(self) -> None:
        async with Server(answer(b'{"key": "x"}')).running() as server, client() as outbound:
            assert await outbound.get_json(server.url) == {"key": "x"}

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "017700000001", "[::ffff:127.0.0.1]"]
    )
    async def test_production_refuses_this_machine_in_every_spelling(self, host: str) -> None:
        async with Server(answer()).running() as server, client(production=True) as outbound:
            with pytest.raises((AddressRefused, HostUnavailable)):
                await outbound.get_json(f"https://{host}:{server.port}/")
            assert server.connections == 0

    async def test_a_name_that_stands_for_this_machine_is_refused_in_production(self) -> None:
        async with (
            Server(answer()).running() as server,
            client(production=True, resolve=resolver("127.0.0.1")) as outbound,
        ):
            with pytest.raises(AddressRefused):
                await outbound.get_json(f"https://public.example:{server.port}/")
            assert server.connections == 0

    async def test_a_name_with_one_inner_address_among_its_own_is_refused(self) -> None:
        async with (
            Server(answer()).running() as server,
            client(resolve=resolver("127.0.0.1", "169.254.169.254")) as outbound,
        ):
            with pytest.raises(AddressRefused):
                await outbound.get_json(f"http://public.example:{server.port}/")
            assert server.connections == 0

    async def test_a_name_is_resolved_once_and_called_at_the_checked_address(self) -> None:
        asked: list[str] = []

        async def rebinding(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

        async with Server(answer()).running() as server, client(resolve=rebinding) as outbound:
            await outbound.get_json(f"http://rebinding.example:{server.port}/")
            assert asked == ["rebinding.example"]
            assert f"Host: rebinding.example:{server.port}".encode() in server.requests[0]

    async def test_the_next_address_is_tried_when_one_does_not_answer(self) -> None:
        async with (
            Server(answer()).running() as server,
            client(resolve=resolver("::1", "127.0.0.1")) as outbound,
        ):
            assert await outbound.get_json(f"http://two.example:{server.port}/") == {}

    async def test_proxies_of_the_environment_are_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with (
            Server(answer(b'{"proxy": true}')).running() as proxy,
            Server(answer()).running() as server,
        ):
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
            async with client() as outbound:
                assert await outbound.get_json(server.url) == {}


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        [
            "http://api.host.example/",
            "https://user:password@api.host.example/",
            "ftp://api.host.example/",
            "https://10.0.0.1/",
            "https://[",
            "https://\ud800/",
            "not a url",
        ],
    )
    async def test_rules_hold_for_a_stand_in_of_the_network_too(self, url: str) -> None:
        called: list[httpx.Request] = []

        def network(request: httpx.Request) -> httpx.Response:
            called.append(request)
            return httpx.Response(200, json={})

        async with client(production=True, transport=httpx.MockTransport(network)) as outbound:
            with pytest.raises(AddressRefused):
                await outbound.get_json(url)
        assert called == []

    async def test_rules_hold_for_where_an_auth_turns_to(self) -> None:
        class Turning(httpx.Auth):
            def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
                request.url = httpx.URL("http://169.254.169.254/latest/meta-data")
                yield request

        network = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
        async with client(transport=network) as outbound:
            with pytest.raises(AddressRefused):
                await outbound.send("GET", "https://api.host.example/", auth=Turning())

    async def test_redirects_are_not_followed(self) -> None:
        async with Server(answer()).running() as inner:
            moved = answer(b"", f"Location: {inner.url}/", status="302 Found")
            async with Server(moved).running() as server, client() as outbound:
                assert (await outbound.send("GET", server.url)).status_code == 302
                with pytest.raises(ResponseInvalid, match="302"):
                    await outbound.get_json(server.url)
            assert inner.connections == 0


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """Make a certificate for host.example that signs itself, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host.example")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("host.example")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / "host.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return path

    async def test_the_name_is_what_tls_is_asked_for(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        names: list[str | None] = []
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
        tls.sni_callback = lambda _, name, __: names.append(name)
        async with (
            Server(answer()).running(tls) as server,
            client(resolve=resolver("127.0.0.1")) as outbound,
        ):
            assert await outbound.get_json(f"https://host.example:{server.port}/") == {}
        assert names == ["host.example"]

    async def test_a_certificate_for_another_name_is_no_connection(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
        async with (
            Server(answer()).running(tls) as server,
            client(resolve=resolver("127.0.0.1")) as outbound,
        ):
            with pytest.raises(HostUnavailable):
                await outbound.get_json(f"https://other.example:{server.port}/")
            assert server.requests == []


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
