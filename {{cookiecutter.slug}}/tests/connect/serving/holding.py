"""What everybody holds who may try to get in: a token of every kind, as headers."""

import time
from dataclasses import dataclass, field

from app.connect.access.wishes import Wish
from app.connect.api_tokens.principal import Principal
from app.connect.keys.jwt import prepare_key, sign
from app.connect.pages.page_tokens import Visit
from app.connect.tenancy.tenant import Caller
from devhost.wire import signing
from devhost.world.installations import Installation
from tests.connect.asking import claims_of, header, host_token, install_again, page_token, signed
from tests.support.running import RunningAddon


@dataclass(frozen=True)
class Holder:
    """The headers by kind of token, and whose they are."""

    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    own: str = ""
    another: str = ""

    def client_key(self, kind: str) -> str:
        """Return the tenant that a kind of token is of."""
        return self.another if "another tenant" in kind else self.own


async def collect(addon: RunningAddon) -> Holder:
    """Install one tenant in a room and another for the whole group, and collect a token of every kind.

    The first was installed anew after those of an earlier generation were made.
    """
    own, another = await addon.install(), await addon.install(room_id=None)
    earlier = {"page of before": await page_token(addon, own), "settings of before": await page_token(addon, own, "")}
    api_of_before = await addon.api_token(own)
    await install_again(addon, own)
    page, api = await page_token(addon, own), await addon.api_token(own)
    ours, past = prepare_key(addon.parts.vault.page_keys[0]), int(time.time()) - 3600
    guest = Caller(str(addon.devhost.guest.id), "UTC", "1")
    tokens = {
        "host": host_token(addon, own),
        "host of another tenant": host_token(addon, another),
        "host of another tenant, without a room": signed(another, context={}),
        "host for a guest": host_token(addon, own, user="guest"),
        "host for nobody": signed(own, sub=...),
        "host with the secret of another tenant": signed(own, secret=another.secret),
        "host, expired": signed(own, iat=past, exp=past + 60),
        "page": page,
        "page of another tenant": await page_token(addon, another),
        "page of another module": await page_token(addon, own, "ask"),
        "page of settings": await page_token(addon, own, ""),
        "page of settings of another tenant": await page_token(addon, another, ""),
        "page of a guest": await page_token(addon, own, user="Guest"),
        "page of a guest's settings": addon.parts.page_tokens.issue(
            await addon.tenant(own), guest, Visit.begin("settings", None)
        ),
        "page, expired": sign(claims_of(page) | {"iat": past, "exp": past + 60}, ours),
        "page under the secret of the host": signing.sign(claims_of(page), own.secret),
        "api token as a JWT": api,
        **earlier,
    }
    bearers = {
        "api": api,
        "api for web": await limited(addon, own, "reports.web.*"),
        "api that gives": await limited(addon, own, "tokens.*", "reports.web.read"),
        "api of another tenant": await addon.api_token(another),
        "api of before": api_of_before,
        "page as a bearer": page,
        "host as a bearer": tokens["host"],
    }
    headers = {kind: header(token) for kind, token in tokens.items()}
    headers |= {kind: {"Authorization": f"Bearer {token}"} for kind, token in bearers.items()}
    return Holder(headers | {"nothing": {}}, own.client_id, another.client_id)


async def limited(addon: RunningAddon, installation: Installation, *accesses: str) -> str:
    """Create an API token that may do these things and no other."""
    giver = Principal(await addon.tenant(installation), Caller("1", "UTC", "1"))
    return (await addon.parts.api_tokens.issue(giver, Wish(accesses=accesses))).secret
