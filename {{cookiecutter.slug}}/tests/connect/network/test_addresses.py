"""Which addresses may be called, as pure rules."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connect.network.addresses import (
    AddressRefused,
    Origins,
    check_addresses,
    check_url,
    embedded,
    is_allowed,
    origin_of,
)


def wrapped(inner: IPv4Address) -> list[IPv6Address]:
    """Every IPv6 form that ends at this IPv4 address."""
    number = int(inner)
    return [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x0064_FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x2001_0000 << 96) | (int(IPv4Address("8.8.8.8")) << 64) | (number ^ 0xFFFF_FFFF)),
        IPv6Address((0x2001_0000 << 96) | (number << 64) | (int(IPv4Address("8.8.8.8")) ^ 0xFFFF_FFFF)),
    ]


class TestAddresses:
    @pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
    def test_public_addresses_are_called(self, address: str) -> None:
        assert is_allowed(ip_address(address), production=True)
        assert is_allowed(ip_address(address), production=False)

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
    def test_loopback_is_called_in_development_only(self, address: str) -> None:
        assert is_allowed(ip_address(address), production=False)
        assert not is_allowed(ip_address(address), production=True)

    @pytest.mark.parametrize("production", [True, False])
    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",  # noqa: S104 - nothing listens here
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::7f00:1",
            "100::1",
            "64:ff9b:1::a00:1",
            "2001:db8::1",
            "3fff::1",
            "4000::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "ff02::1",
        ],
    )
    def test_special_addresses_are_never_called(self, address: str, production: bool) -> None:  # noqa: FBT001
        assert not is_allowed(ip_address(address), production=production)

    @pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "168.63.129.16", "0.0.0.0"])  # noqa: S104
    def test_no_ipv6_form_hides_a_special_address(self, address: str) -> None:
        for form in wrapped(IPv4Address(address)):
            assert IPv4Address(address) in embedded(form)
            assert not is_allowed(form, production=False)

    @given(st.ip_addresses(v=4))
    def test_an_ipv6_form_is_allowed_only_when_its_ipv4_address_is(self, inner: IPv4Address) -> None:
        for form in wrapped(inner):
            assert is_allowed(form, production=True) == is_allowed(inner, production=True)

    @given(st.ip_addresses())
    def test_production_never_allows_what_development_refuses(self, address: IPv4Address | IPv6Address) -> None:
        assert is_allowed(address, production=False) or not is_allowed(address, production=True)


class TestAddressesOfOneName:
    def test_all_good_addresses_are_returned_in_order(self) -> None:
        assert check_addresses(["8.8.8.8", "2606:4700::1111"], production=True) == [
            "8.8.8.8",
            "2606:4700::1111",
        ]

    def test_one_bad_address_spoils_the_name(self) -> None:
        with pytest.raises(AddressRefused):
            check_addresses(["8.8.8.8", "10.0.0.1"], production=True)

    def test_a_name_without_addresses_is_refused(self) -> None:
        with pytest.raises(AddressRefused):
            check_addresses([], production=False)


class TestUrls:
    def test_https_passes(self) -> None:
        check_url("https://api.host.example/v2/capabilities?x=1", production=True)

    def test_http_passes_in_development_only(self) -> None:
        check_url("http://localhost:9000/v2", production=False)
        with pytest.raises(AddressRefused, match="Use https"):
            check_url("http://api.host.example/", production=True)

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://api.host.example/",
            "file:///etc/passwd",
            "data:application/json,{}",
            "javascript:alert(1)",
            "//api.host.example/",
            "/v2/capabilities",
            "https://",
            "https:///path",
            "https://user@api.host.example/",
            "https://user:password@api.host.example/",
            "https://@api.host.example/",
            "https://api.host.example:99999/",
            "https://api.host.example:port/",
            "https://api.host.example:0/",
            "https://[::1",
            "https://api.host\texample/",
            " https://api.host.example/",
            "https://api.host.example/\r\nX: y",
            "https://public.example\\@inside.example/",
            "https://10.0.0.1/",
            "https://[::ffff:169.254.169.254]/latest/meta-data",
            "https://[fe80::1]/",
            "https://host;script-src.example/",
            "https://host,default-src.example/",
            "https://*.example/",
            "https://host'.example/",
            "https://bücher.example/",
            "",
        ],
    )
    def test_other_forms_are_refused_everywhere(self, url: str) -> None:
        with pytest.raises(AddressRefused):
            check_url(url, production=False)

    def test_a_loopback_literal_passes_in_development_only(self) -> None:
        check_url("https://127.0.0.1:9000/", production=False)
        with pytest.raises(AddressRefused):
            check_url("https://127.0.0.1:9000/", production=True)


class TestOriginOf:
    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            ("https://API.Host.Example/v2/?q#f", "https://api.host.example"),
            ("https://api.host.example:443/", "https://api.host.example"),
            ("http://api.host.example:80", "http://api.host.example"),
            ("http://api.host.example:443", "http://api.host.example:443"),
            ("https://api.host.example.:8443/", "https://api.host.example:8443"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
        ],
    )
    def test_one_form_for_all_spellings(self, url: str, origin: str) -> None:
        assert origin_of(url) == origin


class TestOrigins:
    def test_nobody_is_allowed_in_production_without_a_list(self) -> None:
        origins = Origins([], production=True)
        assert not origins.allows("https://api.host.example")
        assert not origins.allows("https://127.0.0.1:9000")

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:9000/v2",
            "http://localhost:1",
            "https://[::1]/",
            "http://127.1.2.3",
            "http://a.localhost",
        ],
    )
    def test_this_machine_is_allowed_in_development_without_a_list(self, url: str) -> None:
        assert Origins([], production=False).allows(url)
        assert Origins([], production=False).lists(url)

    @pytest.mark.parametrize(
        "url", ["https://api.host.example", "http://localhost.host.example", "http://10.0.0.1", "x"]
    )
    def test_others_are_not_allowed_in_development_without_a_list(self, url: str) -> None:
        assert not Origins([], production=False).allows(url)

    def test_a_listed_origin_is_allowed_in_any_spelling(self) -> None:
        origins = Origins(["https://Host.Example:443"], production=True)
        assert origins.allows("https://host.example/v2/capabilities")

    @pytest.mark.parametrize(
        "url",
        [
            "http://host.example",
            "https://host.example:8443",
            "https://api.host.example",
            "https://host.example.evil.example",
            "https://host.example@evil.example",
            "https://evil.example/https://host.example",
        ],
    )
    def test_only_the_listed_origin_is_allowed(self, url: str) -> None:
        assert not Origins(["https://host.example"], production=True).allows(url)

    def test_a_list_replaces_the_development_default(self) -> None:
        assert not Origins(["https://host.example"], production=False).allows("http://localhost:9000")

    def test_a_star_allows_any_public_https_origin_without_listing_it(self) -> None:
        origins = Origins(["*"], production=True)
        assert origins.allows("https://api.host.example:8443/v2")
        assert not origins.lists("https://api.host.example:8443/v2")

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.host.example",
            "https://localhost",
            "https://127.0.0.1",
            "https://10.1.1.1",
            "https://[fd00::1]",
        ],
    )
    def test_a_star_allows_nothing_else(self, url: str) -> None:
        assert not Origins(["*"], production=False).allows(url)
