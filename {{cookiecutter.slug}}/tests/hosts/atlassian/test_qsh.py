"""The query string hash, by the vectors that public test suites and documentation give.

`qsh-vectors.json` names the source of each vector and the four claims that were left out, with reasons.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connect.hosts.atlassian.inbound import AtlassianInbound
from app.connect.hosts.atlassian.qsh import candidates, canonical_request, query_string_hash
from app.connect.hosts.protocol import Asked, Found, ProofKind
from app.connect.keys.jwt import TokenRefused, prepare_key, read, verify
from app.connect.tenancy.tenant import Tenant, TenantState
from tests.hosts.atlassian.product import hash_of

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "qsh-vectors.json").read_text(encoding="utf-8"))[
    "vectors"
]
PLAIN = [one for one in VECTORS if "form_body" not in one]
FORMS = [one for one in VECTORS if "form_body" in one]
SIGNED = [one for one in VECTORS if "jwt" in one and "secret" in one]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)

ESCAPES = [f"%{number:02X}" for number in range(0x80)] + ["%2f", "%7e", "%C3%A9", "%E2%82%AC", "%", "%2"]
PIECES = ["&", "=", "&a=", "&a", "jwt=x&", "&JWT=", "a", "B", "9", "-", "~", "+", ";", "*", "é", *ESCAPES]

SITE = "https://a.atlassian.net"
TENANT = Tenant("t", "i", "jira", "c", TenantState.INSTALLED, 1, SITE, f"{SITE}/", SITE, "{}", "{}", 0.0)


def named(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[one["id"] for one in vectors])


def given_by(vector: dict[str, Any]) -> list[str]:
    """Return what a received request of a vector may hash to."""
    target = urlsplit(vector["url"])
    return list(
        candidates(
            vector["method"],
            target.path,
            target.query,
            context=urlsplit(vector["base_url"]).path,
            form=vector.get("form_body", ""),
        )
    )


class TestVectors:
    def test_are_all_here(self) -> None:
        assert (len(VECTORS), len(PLAIN) + len(FORMS)) == (63, 63)
        assert len(SIGNED) > 20

    @named(PLAIN)
    def test_have_the_canonical_request_and_the_hash(self, vector: dict[str, Any]) -> None:
        about = {"base_url": vector["base_url"]}
        assert canonical_request(vector["method"], vector["url"], **about) == vector["canonical"]
        assert query_string_hash(vector["method"], vector["url"], **about) == vector["sha256"]

    @named(VECTORS)
    def test_are_among_the_candidates_of_a_received_request(self, vector: dict[str, Any]) -> None:
        assert vector["sha256"] in given_by(vector)

    @named(SIGNED)
    def test_hold_in_the_tokens_of_signed_addresses(self, vector: dict[str, Any]) -> None:
        token = read(vector["jwt"])
        now = float(token.claims["iat"])
        claims = verify(token, prepare_key(vector["secret"]), now=now, leeway=0, longest_life=7200)
        assert claims["qsh"] in given_by(vector)


class TestReceived:
    """The vectors with a token, as whole requests, with the clock at the moment of their making (matrix 7)."""

    @named(SIGNED)
    async def test_is_proven_by_its_token(self, vector: dict[str, Any]) -> None:
        inbound, asked = AtlassianInbound(vector["base_url"]), asked_by(vector)
        unproven = inbound.read(Found(vector["jwt"]))
        now = float(unproven.token.claims["iat"])
        keys = await inbound.keys(unproven, [prepare_key(vector["secret"])])
        assert inbound.check(unproven, keys, asked, tenant=TENANT, now=now).expires > now
        changed = asked._replace(query=asked.query + b"&more=1")
        for wrong in (changed, asked._replace(method="PATCH"), asked._replace(raw_path=asked.raw_path + b"/more")):
            with pytest.raises(TokenRefused, match="another request"):
                inbound.check(unproven, keys, wrong, tenant=TENANT, now=now)


def asked_by(vector: dict[str, Any]) -> Asked:
    """Return a vector's request as the server hands it over, with its token in the query where it has none."""
    target = urlsplit(vector["url"])
    path, query = target.path.encode(), target.query.encode()
    return Asked(vector["method"].upper(), path, query, (), ProofKind.ENTRY, "panel")


class TestPath:
    @pytest.mark.parametrize(
        ("url", "base_url", "canonical"),
        [
            ("https://x.example/acme/panel?b=2&a=1", "https://x.example/acme", "GET&/panel&a=1&b=2"),
            ("https://x.example/acme", "https://x.example/acme", "GET&/&"),
            ("https://x.example/acme", "https://x.example/acme/", "GET&/&"),
            ("https://x.example/acmeco/x", "https://x.example/acme", "GET&/acmeco/x&"),
            ("https://x.example/a//b/", "https://x.example", "GET&/a//b&"),
            ("https://x.example/me&you?x=1", "https://x.example", "GET&/me%26you&x=1"),
            ("https://t.example/wiki/rest/api/content?expand=space,version", "https://t.example/wiki",
             "GET&/rest/api/content&expand=space%2Cversion"),
            ("//x/y?a=1", "", "GET&//x/y&a=1"),
            ("/x?next=https://y.example/", "", "GET&/x&next=https%3A%2F%2Fy.example%2F"),
        ],
    )  # fmt: skip
    def test_is_what_is_below_the_base(self, url: str, base_url: str, canonical: str) -> None:
        assert canonical_request("get", url, base_url=base_url) == canonical

    def test_with_escapes_is_tried_as_written_and_decoded(self) -> None:
        found = list(candidates("GET", "/a%20b%26c", "x=1"))
        assert found == [query_string_hash("GET", "/a%20b%26c?x=1"), query_string_hash("GET", "/a b%26c?x=1")]

    def test_without_escapes_is_tried_once(self) -> None:
        assert len(list(candidates("GET", "/a", "x=%20"))) == 1


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "canonical"),
        [
            ("k=b&k=a&k=", "k=,a,b"),
            ("k=a,b&k=c", "k=a%2Cb,c"),
            ("B=1&a=2&A=3", "A=3&B=1&a=2"),
            ("b:=1&b1=2", "b%3A=1&b1=2"),
            ("flag&empty=", "empty=&flag="),
            ("a=1;b=2", "a=1%3Bb%3D2"),
            ("&a=1&&", "a=1"),
            ("a=1=2", "a=1%3D2"),
            ("t=*~()!%27", "t=%2A~%28%29%21%27"),
            ("t=%e2%82%ac", "t=%E2%82%AC"),
            ("JWT=1&jwt=2&%6awt=3", "JWT=1"),
            ("__proto__=1&a=2", "__proto__=1&a=2"),
            ("k=%F0%9F%98%80&k=%EF%BF%BD", "k=%F0%9F%98%80,%EF%BF%BD"),
        ],
    )  # fmt: skip
    def test_is_decoded_grouped_sorted_and_encoded(self, query: str, canonical: str) -> None:
        assert canonical_request("GET", f"/x?{query}") == f"GET&/x&{canonical}"

    @given(st.lists(st.tuples(WORDS, WORDS), max_size=5))
    def test_in_another_order_is_the_same(self, pairs: list[tuple[str, str]]) -> None:

        one, other = urlencode(pairs), urlencode(pairs[::-1])
        assert query_string_hash("GET", f"/x?{one}") == query_string_hash("GET", f"/x?{other}")

    @given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
    def test_is_the_same_whether_or_not_there_is_anything_to_rewrite(self, query: str) -> None:
        """What is canonical as it is written is not taken apart; the product of the tests takes everything apart."""
        assert query_string_hash("GET", f"/x?{query}") == hash_of("GET", f"/x?{query}")

    @given(WORDS.filter(lambda text: text != "jwt"), WORDS)
    def test_with_one_parameter_more_is_another(self, name: str, value: str) -> None:

        more = urlencode([("a", "1"), (name, value)])
        assert query_string_hash("GET", "/x?a=1") != query_string_hash("GET", f"/x?{more}")

    @given(st.binary(max_size=40), st.binary(max_size=40))
    def test_of_anything_is_a_hash_and_no_error(self, path: bytes, query: bytes) -> None:
        found = list(candidates("POST", path.decode("latin-1"), query.decode("latin-1"), form="a=1"))
        assert found
        assert all(len(one) == 64 for one in found)


class TestForm:
    def test_counts_only_where_there_is_no_query(self) -> None:
        assert query_string_hash("POST", "/m?a=1&b=2") in list(candidates("POST", "/m", "", form="b=2&a=1"))
        assert list(candidates("POST", "/m", "q=1", form="b=2")) == [query_string_hash("POST", "/m?q=1")]
        assert list(candidates("GET", "/m", "", form="b=2")) == [query_string_hash("GET", "/m")]
