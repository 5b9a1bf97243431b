"""What was proven is remembered for its host, binding and kind of proof, and for no other."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from pydantic import BaseModel

from app.connect.database.engine import Database
from app.connect.errors import NotAuthenticated
from app.connect.hosts.protocol import Asked, Found, Host, Proof, ProofKind, Unproven
from app.connect.keys.jwt import DUMMY_KEY, TokenRefused, VerifyKey, prepare_key, read, sign, verify
from app.connect.keys.sealing import Vault
from app.connect.network.tokens import GrantedToken, Wanted
from app.connect.pages.page_tokens import PageTokens, Visit
from app.connect.serving.proof import Authenticator
from app.connect.tenancy.changing import Changing
from app.connect.tenancy.directory import TenantDirectory
from app.connect.tenancy.endings import Endings
from app.connect.tenancy.hints import Hints
from app.connect.tenancy.lifecycle import Lifecycle
from app.connect.tenancy.tenant import Caller, Installed, Tenant
from app.connect.work.inbox import Inbox
from tests.support.running import KEY

CLIENT = "one-name-at-both-hosts"


class NoDetails(BaseModel):
    """This host stores nothing of its own."""


@dataclass
class BoundInbound:
    """Tokens name the path and the kind of route that they are for; `checks` counts how often one was proven."""

    checks: int = 0
    enrols: Installed | None = None
    deposits: tuple[Wanted, GrantedToken] | None = None

    def find(self, asked: Asked) -> Found | None:
        """Take the whole query for the token; the path is its binding."""
        return Found(asked.query.decode(), asked.raw_path) if asked.query else None

    def read(self, found: Found) -> Unproven:
        """Take it apart."""
        token = read(found.token)
        return Unproven(token.issuer, token, found.binding)

    async def keys(self, _: Unproven, stored: Sequence[VerifyKey]) -> Sequence[VerifyKey]:
        """Return the stored ones."""
        return stored or (DUMMY_KEY,)

    def check(
        self, unproven: Unproven, keys: Sequence[VerifyKey], asked: Asked, *, tenant: Tenant | None, now: float
    ) -> Proof:
        """Check signature, path and kind."""
        self.checks += 1
        claims = verify(unproven.token, keys[0], now=now, leeway=0, longest_life=600)
        if (claims["path"], claims["kind"]) != (asked.raw_path.decode(), asked.proof.value):
            raise TokenRefused("for another path or kind of route")
        if tenant is None and self.enrols is None:
            raise TokenRefused("unknown issuer")
        return Proof(Caller(claims["sub"]), claims, float(claims["exp"]), enrol=self.enrols, deposit=self.deposits)


@dataclass
class Door:
    """An authenticator before two hosts of the same make, `north` and `south`, with one installation each."""

    authenticator: Authenticator
    lifecycle: Lifecycle
    deposited: list[tuple[Tenant, Wanted, GrantedToken]]
    north: BoundInbound = field(default_factory=BoundInbound)
    south: BoundInbound = field(default_factory=BoundInbound)

    async def ask(self, host: str, token: str, **changes: Any) -> Caller:
        """Ask as a request to one host's routes."""
        asked = Asked("GET", b"/a", token.encode(), (), ProofKind.ENTRY, "panel", "list")
        proven = await self.authenticator.by_host(host_of(host, getattr(self, host)), asked._replace(**changes))
        assert proven.tenant.host == host
        return proven.proof.caller


def host_of(name: str, inbound: BoundInbound) -> Host:
    """Make a host of one role; the door asks for no other."""
    unused = cast("Any", None)
    return Host(
        name=name,
        details=NoDetails,
        dialect=unused,
        lifecycle=unused,
        inbound=inbound,
        deliveries=unused,
        frames=unused,
        outbound=unused,
    )


def secret(host: str) -> str:
    return f"the-secret-of-{host}-0123456789-0123456789"


def installed(host: str, client_key: str = CLIENT) -> Installed:
    address = f"https://{host}.example"
    return Installed(client_key, address, address, address, NoDetails(), secret(host))


def token(host: str, **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": CLIENT, "sub": "eve", "iat": now, "exp": now + 60, "path": "/a", "kind": "entry"}
    return sign(claims | changes, prepare_key(secret(host)))


@pytest.fixture
async def door(db: Database) -> Door:
    vault = Vault([KEY])
    directory = TenantDirectory(db, vault)
    changing = Changing(db, Inbox(db), directory.drop)
    lifecycle = Lifecycle(
        changing=changing,
        vault=vault,
        directory=directory,
        endings=Endings(changing, keep_days=30),
        hints=Hints(db, changing.inbox),
    )
    deposited: list[tuple[Tenant, Wanted, GrantedToken]] = []

    async def deposit(tenant: Tenant, wanted: Wanted, granted: GrantedToken) -> None:
        deposited.append((tenant, wanted, granted))

    for host in ("north", "south"):
        await lifecycle.apply(host, installed(host))
    authenticator = Authenticator(directory, PageTokens(vault.page_keys), enrol=lifecycle.apply, deposit=deposit)
    return Door(authenticator, lifecycle, deposited)


class TestMemory:
    async def test_proves_a_token_once(self, door: Door) -> None:
        good = token("north")
        assert [await door.ask("north", good) for _ in range(3)] == [Caller("eve")] * 3
        assert door.north.checks == 1

    async def test_of_one_host_is_not_believed_at_another(self, door: Door) -> None:
        good = token("north")
        await door.ask("north", good)
        with pytest.raises(NotAuthenticated):
            await door.ask("south", good)
        assert door.south.checks == 2

    async def test_of_one_binding_is_not_believed_for_another(self, door: Door) -> None:
        good = token("north")
        await door.ask("north", good)
        with pytest.raises(NotAuthenticated):
            await door.ask("north", good, raw_path=b"/b")

    @pytest.mark.parametrize("kind", [kind for kind in ProofKind if kind is not ProofKind.ENTRY])
    async def test_of_one_kind_of_route_is_not_believed_for_another(self, door: Door, kind: ProofKind) -> None:
        good = token("north")
        await door.ask("north", good)
        with pytest.raises(NotAuthenticated):
            await door.ask("north", good, proof=kind)

    async def test_ends_with_the_proof(self, door: Door) -> None:
        now = time.time()
        good = token("north", iat=now - 1, exp=now + 0.3)
        await door.ask("north", good)
        while time.time() < now + 0.3:
            assert door.north.checks == 1
        with pytest.raises(NotAuthenticated):
            await door.ask("north", good)

    async def test_ends_when_the_tenant_changes(self, door: Door) -> None:
        good = token("north")
        await door.ask("north", good)
        await door.lifecycle.apply("north", installed("north"))
        await door.ask("north", good)
        assert door.north.checks == 2


class TestFirstContact:
    async def test_enrols_an_installation_by_its_first_proof(self, door: Door) -> None:
        door.north.enrols = replace(installed("north"), client_key="newcomer")
        newcomer = sign(
            {
                "iss": "newcomer",
                "sub": "ann",
                "iat": time.time(),
                "exp": time.time() + 60,
                "path": "/a",
                "kind": "entry",
            },
            DUMMY_KEY,
        )
        assert await door.ask("north", newcomer) == Caller("ann")

    async def test_of_a_stranger_who_enrols_nothing_is_refused(self, door: Door) -> None:
        with pytest.raises(NotAuthenticated) as refused:
            await door.ask("north", token("north", iss="stranger"))
        assert refused.value.reason

    async def test_hands_on_the_access_token_that_came_along(self, door: Door) -> None:
        wanted, granted = Wanted(frozenset({"read"})), GrantedToken("an-access-token", 60.0)
        door.north.deposits = (wanted, granted)
        await door.ask("north", token("north"))
        [(tenant, *given)] = door.deposited
        assert (tenant.host, given) == ("north", [wanted, granted])


class TestTwoTokens:
    async def test_a_page_token_beside_a_token_of_the_host_is_refused(self, door: Door) -> None:
        """The host looks into the query alone, so the door itself must see that there are two."""
        known = await door.lifecycle.known("north", CLIENT)
        assert known is not None
        visit = Visit.begin("panel", "list")
        page = PageTokens(Vault([KEY]).page_keys).issue(known.tenant, Caller("ann"), visit)
        scope = {"headers": [(b"authorization", f"JWT {page}".encode())]}
        host = host_of("north", door.north)
        alone = Asked("GET", b"/a", b"", (), ProofKind.ENTRY, "panel", "list")
        both = alone._replace(query=token("north").encode())
        proven = await door.authenticator.by_either(host, alone, scope, modules={"panel.list"})
        assert proven.proof.caller == Caller("ann")
        with pytest.raises(NotAuthenticated) as refused:
            await door.authenticator.by_either(host, both, scope, modules={"panel.list"})
        assert refused.value.reason == "two different tokens"
