"""Requests by which a stranger tries to install or uninstall: the attack table (reference 22, rows 2 and 3)."""

from collections.abc import Callable
from typing import Any

from app.conformance import STRANGER, Guest, Sent, Stage
from app.conformance.stage import BASE_URL
from tests.hosts.atlassian.product import LITERAL, hs256, pem, rs256, rsa_key, segment
from tests.hosts.atlassian_case import SiteCase
from tests.support.clock import ago


def case_of(stage: Stage) -> SiteCase:
    assert isinstance(stage.case, SiteCase)
    return stage.case


def signed(case: SiteCase, guest: Guest, sent: Sent, *, header: dict[str, Any] | None = None, **claims: Any) -> Sent:
    """Sign a callback as Atlassian does, with changes of claims and header."""
    said = case.product.claims(case.site(guest), sent.method, sent.target, **({"aud": BASE_URL} | claims))
    return case.carry(sent, rs256(said, rsa_key("atlassian"), **({"kid": "key-1"} | (header or {}))))


def install_of(case: SiteCase, guest: Guest, **changes: Any) -> Sent:
    return case.posted("installed", case.site(guest), **changes)


Attack = Callable[[SiteCase, Guest, Sent], Sent]


def claims_of(case: SiteCase, guest: Guest, sent: Sent, **claims: Any) -> dict[str, Any]:
    return case.product.claims(case.site(guest), sent.method, sent.target, **({"aud": BASE_URL} | claims))


def with_hs256(secret: Callable[[Guest], str]) -> Attack:
    return lambda case, guest, sent: case.carry(sent, hs256(claims_of(case, guest, sent), secret(guest), kid="key-1"))


def with_claims(**claims: Any) -> Attack:
    return lambda case, guest, sent: signed(case, guest, sent, **claims)


def with_times(**since: int) -> Attack:
    """Claim times that are so many seconds ago when it is signed."""

    def attack(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
        times: dict[str, Any] = {name: ago(seconds) for name, seconds in since.items()}
        return signed(case, guest, sent, **times)

    return attack


def with_header(**header: Any) -> Attack:
    return lambda case, guest, sent: signed(case, guest, sent, header=header)


def with_body(**changes: Any) -> Attack:
    return lambda case, guest, sent: signed(case, guest, install_of(case, guest, **changes))


def unsigned(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
    claims = claims_of(case, guest, sent)
    return case.carry(sent, f"{segment({'alg': 'none', 'typ': 'JWT', 'kid': 'key-1'})}.{segment(claims)}.")


def of_another_key(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
    return case.carry(sent, rs256(claims_of(case, guest, sent), rsa_key("stranger"), kid="key-1"))


def in_the_query(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
    return case.carry_elsewhere(sent, rs256(claims_of(case, guest, sent), rsa_key("atlassian"), kid="key-1"))


def in_both_places(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
    token = rs256(claims_of(case, guest, sent), rsa_key("atlassian"), kid="key-1")
    return case.carry(case.carry_elsewhere(sent, token), token)


def with_a_parameter_more(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
    return signed(case, guest, sent).with_query("a=1")


def of_another_installation(case: SiteCase, guest: Guest, sent: Sent) -> Sent:
    other = case.product.new_site()
    return signed(case, Guest(other.client_key, other.secret), sent)


ATTACKS: dict[str, Attack] = {
    "without a token": lambda case, guest, sent: sent,
    "HS256 with the public key": with_hs256(lambda guest: pem(rsa_key("atlassian")).decode()),
    "HS256 with the new secret": with_hs256(lambda guest: guest.secret),
    "HS256 with another secret": with_hs256(lambda guest: STRANGER),
    "no algorithm": unsigned,
    "another algorithm": with_header(alg="RS512"),
    "another key": of_another_key,
    "unknown key": with_header(kid="fake-kid"),
    "no key": with_header(kid=None),
    "key that is a path": with_header(kid="../../x"),
    "key that is an address": with_header(kid="https://evil.example/key"),
    "key with a query": with_header(kid="key-1?x"),
    "key that is encoded": with_header(kid="key%2D1"),
    "key that is a list": with_header(kid=["key-1"]),
    "key that is empty": with_header(kid=""),
    "key that is long": with_header(kid="k" * 129),
    "key of its own": with_header(kid=None, jku="https://evil.example/keys", jwk={"kty": "RSA"}),
    "expired": with_times(iat=600, exp=300),
    "of the future": with_times(iat=-600, exp=-700),
    "for ever": with_times(exp=-100 * 24 * 3600),
    "audience another add-on": with_claims(aud="https://other.example"),
    "audience by prefix": with_claims(aud=f"{BASE_URL}.evil.example"),
    "audience a part of ours": with_claims(aud=BASE_URL[:-1]),
    "audience below ours": with_claims(aud=f"{BASE_URL}/jira"),
    "audience others": with_claims(aud=["https://a.example", "https://b.example"]),
    "audience an object": with_claims(aud={BASE_URL: 1}),
    "no audience": with_claims(aud=None),
    "issuer another": with_claims(iss="somebody-else"),
    "issuer of another installation": of_another_installation,
    "hash of another path": with_claims(qsh="0" * 64),
    "hash of a script": with_claims(qsh=LITERAL),
    "no hash": with_claims(qsh=None),
    "hash is a list": with_claims(qsh=["0" * 64]),
    "a parameter more": with_a_parameter_more,
    "token in the query": in_the_query,
    "token in both places": in_both_places,
    "body for another add-on": with_body(key="com.example.other"),
    "body of another event": with_body(eventType="enabled"),
    "body of another product": with_body(productType="bitbucket"),
    "site elsewhere": with_body(baseUrl="https://evil.example"),
    "site by its end": with_body(baseUrl="https://evilatlassian.net"),
    "site by its beginning": with_body(baseUrl="https://a.atlassian.net.evil.example"),
    "site without TLS": with_body(baseUrl="http://a.atlassian.net"),
    "site at a port": with_body(baseUrl="https://a.atlassian.net:8443"),
}
