"""Where tokens and signatures go: below one address."""

import pytest

from app.connect.network.addresses import AddressRefused
from app.connect.network.bearer import require_below
from app.connect.network.fetch import Request

BASE = "https://api.host.example/ex/site-1/"


@pytest.mark.parametrize("url", [BASE, f"{BASE}rest/api?next=/", "https://API.host.example:443/ex/site-1/rest"])
def test_an_address_below_the_base_is_called(url: str) -> None:
    require_below(Request("GET", url), BASE)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.host.example/ex/site-10/rest",
        "https://api.host.example/ex/site-1",
        "https://api.host.example/?of=/ex/site-1/",
        "https://api.host.example/ex/site-1%2f",
        "http://api.host.example/ex/site-1/",
        "https://api.host.example:8443/ex/site-1/",
        "https://api.host.example@evil.example/ex/site-1/",
        "https://api.host.example.evil.example/ex/site-1/",
    ],
)
def test_one_beside_it_is_not(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"below|user name"):
        require_below(Request("GET", url), BASE)
