"""Policies: what a token made with one holds, and what it holds that its policy has not any more."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connect.access import comparing
from app.connect.access.comparing import TooIntricate
from app.connect.access.managing import ManagedTokens
from app.connect.access.policies import Policies
from app.connect.access.wishes import Wish
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import Accesses, AccessRefused
from app.connect.database.engine import Database
from app.connect.declare.token_events import TokenFacts
from app.connect.errors import ConfigurationError
from app.connect.keys.sealing import Vault
from app.connect.tenancy.tenant import Caller
from tests.connect.rows import add_tenant

FACTS = TokenFacts(
    id="1",
    name="CI",
    accesses=("builds.*.report",),
    policy="ci",
    expires_at=None,
    last_used_at=None,
    place=None,
    created_by="7",
    created_via=None,
    created_at=0.0,
)
WORDS = st.sampled_from(["a", "b", "*", "#"])
RULES = st.lists(
    st.builds(
        lambda words, denies: "!" * denies + ".".join(words), st.lists(WORDS, min_size=1, max_size=3), st.booleans()
    ),
    max_size=4,
)


def beyond(held: list[str], policy: list[str]) -> str | None:
    return Policies({"ci": policy}).beyond(replace(FACTS, accesses=tuple(held)))


class TestBeyond:
    @pytest.mark.parametrize(
        ("held", "policy", "more"),
        [
            (["builds.*.report"], ["builds.*.report"], None),
            (["builds.*.report"], ["builds.#"], None),
            (["builds.#"], ["builds.*.report"], "builds.*"),
            (["builds.*.report"], ["builds.web.report", "builds.api.report"], "builds.*.report"),
            (["builds.*.*", "!builds.*.read"], ["builds.*.report"], "builds.*.*"),
            (["builds.*.report", "!builds.web.report"], ["builds.*.report", "!builds.web.report"], None),
            (["builds.*.report"], ["builds.*.report", "!builds.web%2Eapp.report"], "builds.web%2Eapp.report"),
            (["builds.7.report"], ["builds.me.report"], None),
            (["builds.8.report"], ["builds.me.report"], "builds.8.report"),
        ],
        ids=str,
    )
    def test_is_the_shortest_that_the_policy_has_not(
        self, held: list[str], policy: list[str], more: str | None
    ) -> None:
        assert beyond(held, policy) == (None if more is None else f"such as {more}")

    @given(RULES, RULES)
    def test_is_found_wherever_there_is_something(self, held: list[str], allowed: list[str]) -> None:
        one, other = Accesses.read(held), Accesses.read(allowed)
        things = [words for length in range(1, 6) for words in product("abc", repeat=length)]
        more = [thing for thing in things if one.allow(thing) and not other.allow(thing)]
        found = comparing.beyond(one, other)
        if found is None:
            assert more == []
        else:
            words = tuple(found.replace("*", "c").split("."))
            assert one.allow(words)
            assert not other.allow(words)

    def test_is_nothing_for_a_token_without_a_policy(self) -> None:
        assert Policies({"ci": ["builds.a"]}).beyond(replace(FACTS, policy=None, accesses=None)) is None

    def test_ends_where_rules_are_too_intricate(self) -> None:
        steps = [f"#.{'a' if turn % 2 else 'b'}.{'*.' * turn}*" for turn in range(13)]
        with pytest.raises(TooIntricate):
            comparing.beyond(Accesses.read(["#"]), Accesses.read([*steps, "#"]))


class TestPolicies:
    @pytest.mark.parametrize(
        ("rules", "said"),
        [([], "holds nothing"), (["builds.we*"], "no words joined by dots"), (["a"] * 101, "over 100")],
    )
    def test_that_cannot_be_one_stops_the_start(self, rules: list[str], said: str) -> None:
        with pytest.raises(ConfigurationError, match=rf"access\.policies\.ci: .*{said}"):
            Policies({"fine": ["builds.me.#"], "ci": rules})

    async def test_changing_one_touches_no_token_that_is_out(self, db: Database) -> None:
        async with db.session() as session:
            tenant = await add_tenant(session, "tenant")
        vault = Vault(["key-0123456789abcdefghijklmnopqrstuvwxyz"])
        before = ManagedTokens(db, vault, policies={"ci": ["builds.me.report"]})
        made = await before.issue(Principal(tenant, Caller("7")), Wish(policy="ci"))
        after = ManagedTokens(db, vault, policies={"ci": ["builds.*.read"]})
        holder = await after.verify(made.secret)
        assert holder.accesses is not None
        assert holder.accesses.allow(("builds", "7", "report"))
        assert not holder.accesses.allow(("builds", "7", "read"))
        [facts] = await after.page(tenant)
        assert (facts.policy, facts.accesses) == ("ci", ("builds.7.report",))
        assert after.policies.beyond(facts) == "such as builds.7.report"

    async def test_gives_no_more_than_the_giver_holds(self, db: Database) -> None:
        async with db.session() as session:
            tenant = await add_tenant(session, "tenant")
        policies = {"ci": ["builds.*.report"], "web": ["builds.web.report"]}
        tokens = ManagedTokens(db, Vault(["key-0123456789abcdefghijklmnopqrstuvwxyz"]), policies=policies)
        giver = Principal(tenant, Caller(), Accesses.read(["builds.web.*"]))
        with pytest.raises(AccessRefused, match="do not hold"):
            await tokens.issue(giver, Wish(policy="ci"))
        assert (await tokens.issue(giver, Wish(policy="web"))).facts.accesses == ("builds.web.report",)
