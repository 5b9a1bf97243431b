"""Tricks with addresses, against the guarded client as it runs in production."""

import socket

import pytest

from app.connect.network.addresses import AddressRefused, Origins, check_addresses
from app.connect.network.fetch import HostUnavailable
from tests.connect.network.servers import Server, answer, client, resolver
from tests.connect.network.tricks import (
    FORBIDDEN,
    FOREIGN_ORIGINS,
    LISTED,
    MISSHAPEN_URLS,
    PUBLIC,
    SPELLED_HOSTS,
)


class TestForbiddenAddresses:
    def test_are_fifty_four_beside_a_public_one(self) -> None:
        assert len(set(FORBIDDEN)) == 54
        assert check_addresses([PUBLIC], production=True) == [PUBLIC]

    @pytest.mark.parametrize("address", FORBIDDEN)
    async def test_are_called_under_no_name(self, address: str) -> None:
        async with (
            Server(answer()).running() as server,
            client(production=True, resolve=resolver(address)) as outbound,
        ):
            with pytest.raises(AddressRefused):
                await outbound.get_json(f"https://host.example:{server.port}/")
            assert server.connections == 0

    @pytest.mark.parametrize("address", FORBIDDEN)
    def test_spoil_a_name_that_has_a_public_address_too(self, address: str) -> None:
        with pytest.raises(AddressRefused):
            check_addresses([PUBLIC, address], production=True)


class TestUrlTricks:
    def test_are_forty_nine_and_more(self) -> None:
        assert len({*MISSHAPEN_URLS, *SPELLED_HOSTS}) >= 49

    @pytest.mark.parametrize("url", MISSHAPEN_URLS, ids=ascii)
    async def test_are_refused_before_any_name_is_looked_up(self, url: str) -> None:
        asked: list[str] = []

        async def resolve(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["8.8.8.8"]

        async with client(production=True, resolve=resolve) as outbound:
            with pytest.raises(AddressRefused):
                await outbound.get_json(url)
        assert asked == []

    @pytest.mark.parametrize("host", SPELLED_HOSTS)
    async def test_lead_to_no_inner_address_in_another_spelling(self, host: str) -> None:
        found: list[str] = []

        async def resolve(host: str, port: int) -> list[str]:
            numeric = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            found.extend(str(entry[4][0]) for entry in numeric)
            return found

        async with Server(answer()).running() as server, client(production=True, resolve=resolve) as outbound:
            with pytest.raises((AddressRefused, HostUnavailable)):
                await outbound.get_json(f"https://{host}:{server.port}/")
            assert server.connections == 0
        assert found[0] in {"127.0.0.1", "0.0.0.0", "169.254.169.254"}  # noqa: S104 - nothing listens here


class TestOriginTricks:
    def test_are_twenty_five_and_more(self) -> None:
        assert len(set(FOREIGN_ORIGINS)) >= 25

    @pytest.mark.parametrize("origin", FOREIGN_ORIGINS, ids=ascii)
    @pytest.mark.parametrize("rest", ["", "/v2/capabilities"])
    def test_are_not_the_listed_origin(self, origin: str, rest: str) -> None:
        origins = Origins([LISTED], production=True)
        assert not origins.allows(origin + rest)
        assert not origins.lists(origin + rest)

    @pytest.mark.parametrize("url", [LISTED, f"{LISTED}/", f"{LISTED}:443/v2", "HTTPS://Host.Example/v2"])
    def test_would_be_let_in_without_the_trick(self, url: str) -> None:
        assert Origins([LISTED], production=True).lists(url)
