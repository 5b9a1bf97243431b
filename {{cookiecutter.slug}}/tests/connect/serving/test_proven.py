"""The memory of proofs: what it recalls, and how little a stranger or one busy tenant can make it hold."""

import time
import tracemalloc
from dataclasses import replace

import pytest

from app.connect.pages.page_tokens import Visit
from app.connect.serving.proven import LONGEST_TOKEN, MOST, MOST_OF_ONE_TENANT, Claims, Kept, ProofMemory
from app.connect.tenancy.entry import Entry
from app.connect.tenancy.tenant import Caller, Tenant, TenantState

HOUR = 3600.0


def entry_of(tenant: str) -> Entry:
    view = Tenant(
        id=tenant,
        installation_id=tenant,
        host="hipchat",
        client_key=tenant,
        state=TenantState.INSTALLED,
        generation=1,
        origin="https://host.example",
        api_url="https://host.example/v2/",
        web_url="https://host.example",
        details_json="{}",
        memo_json="{}",
        changed_at=0.0,
    )
    return Entry(view, None, None, 0.0)


def kept_of(tenant: str, *, text: str = "ann") -> Kept:
    return Kept(entry_of(tenant), Caller(text, text, text), Visit("panel", "list", 0.0), time.time() + HOUR)


def keep(memory: ProofMemory, tenant: str, token: str) -> bytes:
    name = memory.name("hipchat entry", token)
    memory.keep(name, kept_of(tenant), token=token)
    return name


@pytest.fixture
def memory() -> ProofMemory:
    return ProofMemory(lambda _: True)


class TestNames:
    def test_differ_by_realm_token_and_binding(self, memory: ProofMemory) -> None:
        asked = [
            ("hipchat entry", "token", b""),
            ("hipchat context", "token", b""),
            ("hipchat entry", "other", b""),
            ("hipchat entry", "token", b"GET /a"),
            ("hipchat entry", "tokenGET /a", b""),
            ("hipchat entry", "oken", b"t"),
        ]
        assert len({memory.name(*parts) for parts in asked}) == len(asked)

    def test_are_no_use_in_another_process(self, memory: ProofMemory) -> None:
        assert memory.name("hipchat entry", "token") != ProofMemory(lambda _: True).name("hipchat entry", "token")


class TestRecall:
    def test_returns_what_was_kept(self, memory: ProofMemory) -> None:
        name = memory.name("hipchat entry", "token")
        kept = kept_of("t")
        memory.keep(name, kept, token="token")
        assert memory.recall(name) == kept

    def test_ends_in_time(self, memory: ProofMemory) -> None:
        name = memory.name("hipchat entry", "token")
        memory.keep(name, kept_of("t")._replace(until=time.time() - 0.001), token="token")
        assert memory.recall(name) is None
        assert len(memory) == 0

    def test_ends_with_the_entry(self) -> None:
        memory = ProofMemory(lambda entry: entry.tenant.id != "gone")
        gone, here = keep(memory, "gone", "a"), keep(memory, "here", "b")
        assert memory.recall(gone) is None
        assert memory.recall(here) is not None


class TestBounds:
    def test_holds_so_many_and_forgets_the_oldest(self, memory: ProofMemory) -> None:
        names = [keep(memory, f"t{number}", f"token{number}") for number in range(MOST + 10)]
        assert len(memory) == MOST
        assert [memory.recall(name) for name in names[:10]] == [None] * 10
        assert all(memory.recall(name) for name in names[10:])

    def test_a_tenant_that_floods_it_pushes_out_its_own(self, memory: ProofMemory) -> None:
        quiet = [keep(memory, f"quiet{number}", f"token{number}") for number in range(100)]
        flood = [keep(memory, "loud", f"loud{number}") for number in range(MOST * 2)]
        assert len(memory) == MOST_OF_ONE_TENANT + len(quiet)
        assert all(memory.recall(name) for name in quiet)
        assert memory.recall(flood[0]) is None
        assert memory.recall(flood[-1]) is not None

    def test_keeps_nothing_of_a_token_longer_than_hosts_send(self, memory: ProofMemory) -> None:
        keep(memory, "t", "x" * LONGEST_TOKEN)
        keep(memory, "t", "y" * (LONGEST_TOKEN + 1))
        assert len(memory) == 1

    def test_is_bounded_in_bytes_whatever_the_tokens_say(self, memory: ProofMemory) -> None:
        """A caller's parts come out of the token, so the worst token is one long part."""
        entries = [entry_of(f"t{number}") for number in range(10)]
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(MOST + 1_000):
                token = f"{number:06d}" + "x" * (LONGEST_TOKEN - 6)
                kept = replace_caller(kept_of("t"), token[: LONGEST_TOKEN * 3 // 4])
                memory.keep(memory.name("hipchat entry", token), kept._replace(entry=entries[number % 10]), token=token)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(memory) == MOST
        assert (after - before) / 2**20 < 48

    def test_leaves_nothing_behind_of_tenants_it_forgot(self, memory: ProofMemory) -> None:
        names = [keep(memory, f"t{number}", f"token{number}") for number in range(MOST + 500)]
        assert memory.tenants() == MOST
        assert memory.recall(names[0]) is None


def replace_caller(kept: Kept, text: str) -> Kept:
    return kept._replace(caller=replace(kept.caller, user_id=text, timezone=None, place=None))


class TestClaims:
    def test_are_read_from_the_token_again_when_asked(self) -> None:
        reads: list[str] = []

        def read(token: str) -> dict[str, str]:
            reads.append(token)
            return {"sub": "ann", "jti": token}

        claims = Claims(read, "t1")
        assert reads == []
        assert (claims["sub"], claims.get("none"), dict(claims)) == ("ann", None, {"sub": "ann", "jti": "t1"})
        assert len(claims) == 2
