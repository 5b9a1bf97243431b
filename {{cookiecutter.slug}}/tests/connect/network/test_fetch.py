"""The guarded client, against servers that really listen on this machine: whom it calls, and how."""

import ssl
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.connect.network.addresses import AddressRefused
from app.connect.network.fetch import HostUnavailable, ResponseInvalid
from tests.connect.network.servers import Server, answer, client, resolver


class TestBeside:
    async def test_reaches_this_machine_in_production_where_the_client_itself_does_not(self) -> None:
        async with Server(answer(b'{"key": "x"}')).running() as server, client(production=True) as outbound:
            assert await outbound.beside().get_json(server.url) == {"key": "x"}
            with pytest.raises(AddressRefused):
                await outbound.get_json(server.url)

    async def test_is_closed_with_the_client(self) -> None:
        async with Server(answer(b"{}")).running() as server:
            async with client(production=True) as outbound:
                beside = outbound.beside()
            with pytest.raises(RuntimeError, match="closed"):
                await beside.get_json(server.url)


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
